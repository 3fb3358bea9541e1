"""Waking other processes: what is due at once is announced with the commit. PostgreSQL only."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

CHANNEL = "connector_deliveries"

_notify = text(f"NOTIFY {CHANNEL}")


async def notify(connection: AsyncConnection) -> None:
    """Wake whoever listens once this transaction commits. On SQLite there is nobody else."""
    if connection.dialect.name == "postgresql":
        await connection.execute(_notify)
