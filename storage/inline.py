"""SQLite in this very thread, for short transactions that come by the thousand.

aiosqlite takes each statement to a thread and back, and under load every trip waits for the
interpreter; the statements themselves take microseconds. So here they run at once, and so do
commits while the disk is quick; a slow disk is waited for in a thread.
"""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable, create_engine
from sqlalchemy.pool import StaticPool

from storage.connection import HotConnection, SqlRow

PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")

_BUSY_SECONDS = 5.0
_AGAIN = 0.005
_STATEMENTS = 256
"""Statements that the driver keeps compiled."""

_QUICK = 0.001
"""Seconds that a commit may hold up the event loop; a trip to a thread takes about a third."""

_WEIGHT = 0.2
"""Of the latest commit among those by which the disk is judged."""


class InlineConnection(HotConnection):
    """One in whose methods nothing waits."""

    def __init__(self, driver: sqlite3.Connection) -> None:
        self.driver = driver
        # transactions are begun and ended on the driver's connection
        engine = create_engine(
            "sqlite://",
            creator=lambda: driver,
            poolclass=StaticPool,
            pool_reset_on_return=None,
            isolation_level="AUTOCOMMIT",
        )
        self._core: Connection = engine.connect()
        self.dialect = engine.dialect
        self._changes = 0

    @property
    def state(self) -> object:
        (version,) = self.driver.execute("PRAGMA data_version").fetchone()
        return self, version, self._changes

    async def execute(
        self, statement: Executable, parameters: Any = None
    ) -> CursorResult[*tuple[Any, ...]]:
        self._changes += 1
        return self._core.execute(statement, parameters)

    async def run_many(self, sql: str, rows: Sequence[SqlRow]) -> None:
        self.driver.executemany(sql, rows)

    async def fetch_many(self, sql: str, rows: Sequence[SqlRow]) -> list[SqlRow]:
        execute = self.driver.execute
        return [found for row in rows for found in execute(sql, row).fetchall()]

    def close(self) -> None:
        self._core.close()
        self.driver.close()


class InlineReader:
    """One connection that reads, statement by statement, whoever writes meanwhile."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: InlineConnection | None = None

    async def begin(self, *, single: bool) -> InlineConnection:
        """Return the connection. Raises sqlite3.OperationalError when it can't be opened."""
        if self._opened is None:
            self._opened = _connected(self._path)
            self._opened.driver.execute("PRAGMA query_only=ON")
        return self._opened

    async def commit(self, connection: InlineConnection) -> None:
        """There is nothing to commit."""

    async def abandon(self, connection: InlineConnection, error: BaseException) -> None:
        """When something is wrong with the connection, the next one starts afresh."""
        if isinstance(error, sqlite3.OperationalError):
            await self.close()

    async def close(self) -> None:
        """Let go of the file."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None


class InlineSqlite:
    """One connection that writes; who uses it sees to it that nobody else here writes meanwhile."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: InlineConnection | None = None
        self._committer = ThreadPoolExecutor(1, "sqlite-commit")
        self._pace = 0.0
        """Seconds that commits have taken lately."""

    async def begin(self, *, single: bool) -> InlineConnection:
        """Begin a write transaction, in which it makes no difference whether it's a `single` one.

        Raises sqlite3.OperationalError when the database can't be opened or stays locked.
        """
        connection = self._opened or self._open()
        try:
            await self._begin(connection.driver)
        except BaseException as error:
            await self.abandon(connection, error)
            raise
        return connection

    async def commit(self, connection: InlineConnection) -> None:
        """Commit. Raises sqlite3.OperationalError when the disk is full."""
        try:
            await self._commit(connection.driver)
        except BaseException as error:
            await self.abandon(connection, error)
            raise

    async def abandon(self, connection: InlineConnection, error: BaseException) -> None:
        """Roll back; when something is wrong with the connection, the next one starts afresh."""
        with suppress(sqlite3.Error):
            connection.driver.rollback()
        if isinstance(error, sqlite3.OperationalError) or connection.driver.in_transaction:
            self._close()

    async def _begin(self, driver: sqlite3.Connection) -> None:
        """Take the write lock; another process may hold it for a moment."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _BUSY_SECONDS
        while True:
            try:
                driver.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or loop.time() > until:
                    raise
            await asyncio.sleep(_AGAIN)

    async def _commit(self, driver: sqlite3.Connection) -> None:
        """Commit. Once begun it's waited for, whoever is cancelled."""
        if self._pace < _QUICK:
            self._note(_committed(driver))
            return
        loop = asyncio.get_running_loop()
        committing = loop.run_in_executor(self._committer, _committed, driver)
        try:
            self._note(await asyncio.shield(committing))
        except asyncio.CancelledError:
            with suppress(sqlite3.Error):
                await committing
            raise

    def _note(self, seconds: float) -> None:
        self._pace += (seconds - self._pace) * _WEIGHT

    def _open(self) -> InlineConnection:
        self._opened = _connected(self._path)
        return self._opened

    def _close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    async def close(self) -> None:
        """Let go of the file."""
        self._close()
        self._committer.shutdown(wait=False)


def _connected(path: Path) -> InlineConnection:
    driver = sqlite3.connect(
        path,
        timeout=0,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_STATEMENTS,
    )
    for pragma in PRAGMAS:
        driver.execute(f"PRAGMA {pragma}")
    return InlineConnection(driver)


def _committed(driver: sqlite3.Connection) -> float:
    """Commit; return the seconds that it took."""
    began = time.perf_counter()
    driver.execute("COMMIT")
    return time.perf_counter() - began
