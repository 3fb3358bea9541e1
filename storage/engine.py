"""The database behind one door: SQLite in a file (default) or PostgreSQL, same code above it.

SQLite: WAL and synchronous=FULL, because acknowledging an event is a promise; one writer at a time,
since more of them only wait on each other; readers never wait. PostgreSQL: READ COMMITTED.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import (
    DBAPIError,
    DisconnectionError,
    InterfaceError,
    InvalidatePoolError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from storage.errors import StorageUnavailable
from storage.hot_postgres import HotConnection, HotPostgres
from storage.inline import PRAGMAS, InlineConnection, InlineSqlite
from storage.settings import BROKEN, StorageSettings

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
}

_AWAY = ("08", "53", "57")
"""PostgreSQL's classes of errors that pass: connection, resources, being stopped or started."""


def async_url(url: str) -> URL:
    """Turn a plain database URL into the one for the asynchronous driver. Raises ValueError."""
    parsed = make_url(url)
    driver = _DRIVERS.get(parsed.drivername, parsed.drivername)
    if driver not in _DRIVERS.values():
        raise ValueError(f"databases are sqlite or postgresql, not {parsed.drivername!r}")
    if driver.startswith("sqlite") and parsed.database in (None, "", ":memory:"):
        raise ValueError("SQLite needs a file: sqlite:///qonto-connector.db")
    return parsed.set(drivername=driver)


class Database:
    """Opens transactions. One per process; close it when the process ends."""

    def __init__(self, settings: StorageSettings) -> None:
        self.settings = settings
        self.url = async_url(settings.url)
        self.is_sqlite = self.url.drivername.startswith("sqlite")
        self.engine = _sqlite(self.url) if self.is_sqlite else _postgres(self.url, settings)
        self._hot = None if self.is_sqlite else HotPostgres(self.url, settings)
        self._writer: asyncio.Lock | None = asyncio.Lock() if self.is_sqlite else None
        self._inline = InlineSqlite(Path(self.url.database or "")) if self.is_sqlite else None

    @property
    def path(self) -> Path | None:
        """The file behind an SQLite database; None for PostgreSQL."""
        return Path(self.url.database or "") if self.is_sqlite else None

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[AsyncConnection]:
        """Open one write transaction: committed on a clean exit, rolled back otherwise.

        Raises StorageUnavailable when the database can't be reached, is full or stays locked.
        """
        if self._writer is None:
            async with _translated(), self.engine.begin() as connection:
                yield connection
            return
        async with self._writer, _translated(), self.engine.connect() as connection:
            await connection.execution_options(begin="IMMEDIATE")
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def hot(self) -> AsyncGenerator[InlineConnection | HotConnection]:
        """Open a write transaction for what comes by the thousand: short, and on indexes only.

        On SQLite its statements hold up everything else in the process. Raises StorageUnavailable.
        """
        if self._writer is not None and self._inline is not None:
            async with self._writer, _translated(), self._inline.writing() as connection:
                yield connection
            return
        assert self._hot is not None
        async with _translated(), self._hot.writing() as connection:
            yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncConnection]:
        """Open one read transaction; it waits for no writer. Raises StorageUnavailable."""
        async with _translated(), self.engine.connect() as connection:
            yield connection

    def without_haste(self) -> "Database":
        """Open the same database for statements that may take long, such as revisions.

        Close it as well.
        """
        return Database(replace(self.settings, statement_seconds=None))

    async def close(self) -> None:
        if self._inline is not None:
            self._inline.close()
        if self._hot is not None:
            await self._hot.close()
        await self.engine.dispose()


def _sqlite(url: URL) -> AsyncEngine:
    engine = create_async_engine(url, connect_args={"isolation_level": None}, pool_size=5)

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        cursor = connection.cursor()
        for pragma in (*PRAGMAS, "busy_timeout=5000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        mode = connection.get_execution_options().get("begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")

    return engine


def _postgres(url: URL, settings: StorageSettings) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=10,
        connect_args=settings.driver,
    )

    # A connection that doesn't answer in time may never do; nor may the others of the pool, so none
    # of them is used again.
    @event.listens_for(engine.sync_engine, "handle_error")
    def judge(context: ExceptionContext) -> None:  # pyright: ignore[reportUnusedFunction]
        if isinstance(context.original_exception, TimeoutError | asyncpg.InternalClientError):
            context.is_disconnect = True

    @event.listens_for(engine.sync_engine, "checkin")
    def note(_connection: Any, record: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def try_out(connection: Any, record: Any, _: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        if connection.driver_connection.is_closed():
            raise DisconnectionError("the connection was closed")
        now = time.monotonic()
        if now - record.info.get("used_at", now) < settings.trust_seconds:
            return
        try:
            connection.run_async(settings.ping)
        except BROKEN as error:
            raise InvalidatePoolError("the connection is dead") from error  # as TimeoutErrors are

    return engine


@asynccontextmanager
async def _translated() -> AsyncGenerator[None]:
    """Turn "can't be reached", "full" and "locked" into the one error callers know."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout, sqlite3.OperationalError) as error:
        raise StorageUnavailable("the database can't be used right now; try again") from error
    except DBAPIError as error:
        state = str(getattr(error.orig, "sqlstate", None) or "")
        if error.connection_invalidated or state.startswith(_AWAY):
            raise StorageUnavailable("the connection to the database was lost") from error
        raise
    except (asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise StorageUnavailable("the connection to the database was lost") from error
    except asyncpg.PostgresError as error:
        if str(getattr(error, "sqlstate", "")).startswith(_AWAY):
            raise StorageUnavailable("the connection to the database was lost") from error
        raise
    except OSError as error:
        # asyncpg lets these through while it connects: refused, timed out, no such socket
        raise StorageUnavailable("the database can't be reached right now; try again") from error
