"""The database behind one door: SQLite in a file (default) or PostgreSQL, same code above it.

SQLite: WAL and synchronous=FULL, because acknowledging an event is a promise; one writer at a time,
since more of them only wait on each other; readers never wait. PostgreSQL: READ COMMITTED.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import DisconnectionError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from storage.hot import HotStore, HotTransaction
from storage.hot_postgres import HotPostgres
from storage.inline import PRAGMAS, InlineReader, InlineSqlite
from storage.postgres import is_postgres, read_address
from storage.settings import BROKEN, PATIENCE, StorageSettings
from storage.unavailable import translated


def async_url(url: str) -> URL:
    """Turn a plain database URL into the one for the asynchronous driver. Raises ValueError."""
    if is_postgres(url):
        return read_address(url).url
    parsed = make_url(url)
    if parsed.drivername not in ("sqlite", "sqlite+aiosqlite"):
        raise ValueError(f"databases are sqlite or postgresql, not {parsed.drivername!r}")
    if parsed.database in (None, "", ":memory:"):
        raise ValueError("SQLite needs a file: sqlite:///qonto-connector.db")
    return parsed.set(drivername="sqlite+aiosqlite")


class Database:
    """Opens transactions. One per process; close it when the process ends."""

    def __init__(self, settings: StorageSettings) -> None:
        self.settings = settings
        self.url = async_url(settings.url)
        self.is_sqlite = self.url.drivername.startswith("sqlite")
        self.engine = (
            _sqlite(self.url, settings) if self.is_sqlite else _postgres(self.url, settings)
        )
        self._hot: HotStore[Any]
        self._hot_reader: HotStore[Any]
        if self.is_sqlite:
            path = Path(self.url.database or "")
            self._hot, self._hot_reader = InlineSqlite(path), InlineReader(path)
        else:
            self._hot = self._hot_reader = HotPostgres(self.url, settings)
        self._writer: asyncio.Lock | None = asyncio.Lock() if self.is_sqlite else None

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
            async with translated(), self.engine.begin() as connection:
                yield connection
            return
        async with self._writer, translated(), self.engine.connect() as connection:
            await connection.execution_options(begin="IMMEDIATE")
            async with connection.begin():
                yield connection

    def hot(self, *, single: bool = False) -> HotTransaction[Any]:
        """Open a write transaction for what comes by the thousand: short, and on indexes only.

        On SQLite its statements hold up everything else in the process. With `single` PostgreSQL
        commits each statement by itself, which saves a trip to begin and one to commit.
        """
        return HotTransaction(self._hot, self._writer, single=single)

    def hot_reading(self) -> HotTransaction[Any]:
        """Open the same for statements that only read, each by itself; it waits for no writer."""
        return HotTransaction(self._hot_reader, None, single=True)

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncConnection]:
        """Open one read transaction; it waits for no writer. Raises StorageUnavailable."""
        async with translated(), self.engine.connect() as connection:
            yield connection

    def for_revisions(self) -> "Database":
        """Open the same database for what revisions do; close it as well.

        Statements may take any time, and SQLite lets a table be replaced that others refer to.
        """
        return Database(replace(self.settings, statement_seconds=None, checks_references=False))

    async def close(self) -> None:
        await self._hot.close()
        await self._hot_reader.close()
        await self.engine.dispose()


def _sqlite(url: URL, settings: StorageSettings) -> AsyncEngine:
    engine = create_async_engine(url, connect_args={"isolation_level": None}, pool_size=5)

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        cursor = connection.cursor()
        checks = () if settings.checks_references else ("foreign_keys=OFF",)
        for pragma in (*PRAGMAS, "busy_timeout=5000", *checks):
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
        pool_timeout=PATIENCE,
        connect_args=settings.driver(),
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
