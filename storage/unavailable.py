"""What databases raise when they can't be used just now, or can't store a text, in our words."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from storage.errors import Invalid, ServiceError, StorageUnavailable

_AWAY = ("08", "53", "57", "25006")
"""PostgreSQL's errors that pass: connection, resources, being stopped or started, and a server that
takes no writes, as one does that others took over from."""


_NO_TEXT = "22021"
"""PostgreSQL's error for a text that holds NUL."""


def known(error: BaseException) -> ServiceError | None:
    """Return what "can't be reached", "full" and "locked" mean to callers; None for the rest.

    A text that can't be stored is refused where it comes in; this is for one that got past.
    """
    if _state_of(error) == _NO_TEXT:
        return Invalid("a text holds the character NUL, which can't be stored")
    return unavailable(error)


def _state_of(error: BaseException) -> str:
    own = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(own, "sqlstate", None) or "")


def unavailable(error: BaseException) -> StorageUnavailable | None:
    """Return StorageUnavailable for what passes; None for the rest."""
    match error:
        case OperationalError() | InterfaceError() | PoolTimeout() | sqlite3.OperationalError():
            return StorageUnavailable("the database can't be used right now; try again")
        case DBAPIError():
            lost = error.connection_invalidated or _state_of(error).startswith(_AWAY)
        case asyncpg.InterfaceError() | asyncpg.InternalClientError():
            lost = True
        case asyncpg.PostgresError():
            lost = _state_of(error).startswith(_AWAY)
        case OSError():
            # asyncpg lets these through while it connects: refused, timed out, no such socket
            return StorageUnavailable("the database can't be reached right now; try again")
        case _:
            lost = False
    return StorageUnavailable("the connection to the database was lost") if lost else None


@asynccontextmanager
async def translated() -> AsyncGenerator[None]:
    """Raise StorageUnavailable or Invalid for those errors."""
    try:
        yield
    except Exception as error:
        if (told := known(error)) is not None:
            raise told from error
        raise
