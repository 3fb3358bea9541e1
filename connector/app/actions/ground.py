"""What commands stand on that need the settings, or the database, and nothing above it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from connector.app import logs
from connector.app.opening import open_database
from connector.app.settings import Settings, load
from storage import schema
from storage.unit_of_work import DatabaseTransaction, UnitOfWork


def settings(**overrides: Any) -> Settings:
    """Read the settings and set logging up by them. Raises SettingsInvalid."""
    read = load(**overrides)
    logs.configure(read.log)
    return read


@asynccontextmanager
async def reading() -> AsyncGenerator[DatabaseTransaction]:
    """One read transaction; needs no sealing key."""
    database = open_database(settings())
    try:
        await schema.require_current(database)
        async with UnitOfWork(database).reading() as tx:
            yield tx
    finally:
        await database.close()
