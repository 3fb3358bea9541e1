"""How a migration meets a database: `storage.migrations` opens the connection and hands it over."""

from typing import Any

from alembic import context
from sqlalchemy import Connection, DateTime, text
from sqlmodel.sql.sqltypes import AutoString

import storage.tables  # noqa: F401  (fills BaseRow.metadata)
from storage.base import BaseRow, UtcDateTime


def render(kind: str, item: Any, _context: Any) -> str | bool:
    """Write plain SQLAlchemy types into revisions, so that they stand without our classes."""
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def compare_type(
    _context: Any, _column: Any, _metadata_column: Any, inspected: Any, declared: Any
) -> bool | None:
    if isinstance(declared, UtcDateTime):
        return not isinstance(inspected, DateTime)
    return None


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=BaseRow.metadata,
        render_item=render,
        compare_type=compare_type,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            # Never queue behind a long query while holding everyone else up.
            connection.execute(text("SET LOCAL lock_timeout = '10s'"))
            connection.execute(text("SET LOCAL statement_timeout = '15min'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(7203941)"))
        context.run_migrations()


run(context.config.attributes["connection"])
