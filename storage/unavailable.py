"""What databases raise when they can't be used just now, as the one error that callers know."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from storage.errors import StorageUnavailable

_AWAY = ("08", "53", "57")
"""PostgreSQL's classes of errors that pass: connection, resources, being stopped or started."""


def unavailable(error: BaseException) -> StorageUnavailable | None:
    """Answer what "can't be reached", "full" and "locked" mean to callers; None for the rest."""
    match error:
        case OperationalError() | InterfaceError() | PoolTimeout() | sqlite3.OperationalError():
            return StorageUnavailable("the database can't be used right now; try again")
        case DBAPIError():
            state = str(getattr(error.orig, "sqlstate", None) or "")
            lost = error.connection_invalidated or state.startswith(_AWAY)
        case asyncpg.InterfaceError() | asyncpg.InternalClientError():
            lost = True
        case asyncpg.PostgresError():
            lost = str(getattr(error, "sqlstate", "")).startswith(_AWAY)
        case OSError():
            # asyncpg lets these through while it connects: refused, timed out, no such socket
            return StorageUnavailable("the database can't be reached right now; try again")
        case _:
            lost = False
    return StorageUnavailable("the connection to the database was lost") if lost else None


@asynccontextmanager
async def translated() -> AsyncGenerator[None]:
    """Raise StorageUnavailable for those errors."""
    try:
        yield
    except Exception as error:
        if (known := unavailable(error)) is not None:
            raise known from error
        raise
