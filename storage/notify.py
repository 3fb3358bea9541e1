"""Waking other processes: what is due at once is announced with the commit. PostgreSQL only."""

from sqlalchemy import func, literal_column, text

from storage.connection import SqlConnection

CHANNEL = "connector_deliveries"

announced = func.pg_notify(literal_column(f"'{CHANNEL}'"), literal_column("''"))
"""The same within another statement."""

_notify = text(f"NOTIFY {CHANNEL}")


async def notify(connection: SqlConnection) -> None:
    """Wake whoever listens once this transaction commits. On SQLite there is nobody else."""
    if connection.dialect.name == "postgresql":
        await connection.execute(_notify)
