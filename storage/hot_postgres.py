"""PostgreSQL for short transactions that come by the thousand: connections of their own, kept open.

Taking one from SQLAlchemy's pool and giving it back costs more than what is done on it.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import asyncpg
from sqlalchemy import CursorResult, Executable
from sqlalchemy.engine import URL
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from storage.connection import HotConnection, SqlRow
from storage.settings import BROKEN, PATIENCE, StorageSettings


class PostgresConnection(HotConnection):
    """One that is kept; `core` and `driver` are the same connection to the server."""

    def __init__(self, core: AsyncConnection, driver: Any) -> None:
        self.core = core
        self.driver = driver  # asyncpg's, which bears no types
        self.dialect = core.dialect
        self.used_at = time.monotonic()
        self.in_transaction = False

    async def execute(
        self, statement: Executable, parameters: Any = None
    ) -> CursorResult[*tuple[Any, ...]]:
        return await self.core.execute(statement, parameters)

    async def run_many(self, sql: str, rows: Sequence[SqlRow]) -> None:
        for row in rows:
            await self.driver.execute(sql, *row)

    async def fetch_many(self, sql: str, rows: Sequence[SqlRow]) -> Sequence[Sequence[Any]]:
        return [found for row in rows for found in await self.driver.fetch(sql, *row)]


class HotPostgres:
    """As many connections as are used at once, and no more than the pool has.

    A server takes a certain number from all processes together, and refuses whoever comes after.
    Those that find none wait in turn, for as long as for one of the pool. Its methods raise what
    SQLAlchemy and asyncpg raise.
    """

    def __init__(self, url: URL, settings: StorageSettings) -> None:
        self._settings = settings
        # transactions are begun and ended on the driver's connection
        self._engine = create_async_engine(
            url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=settings.driver()
        )
        self._idle: list[PostgresConnection] = []
        self._free = asyncio.Semaphore(settings.pool_size)

    async def begin(self, *, single: bool) -> PostgresConnection:
        """Take a connection and begin a transaction; or let each `single` statement be one."""
        await self._wait()
        try:
            connection = await self._living() or await self._connect()
        except BaseException:
            self._free.release()
            raise
        # preparing and running a statement are two trips, which a pooler may send to two servers
        if not single or self._settings.transaction_pooling:
            await self._run(connection, "BEGIN")
            connection.in_transaction = True
        return connection

    async def commit(self, connection: PostgresConnection) -> None:
        """Commit, and take the connection back."""
        if connection.in_transaction:
            await self._run(connection, "COMMIT")
        await self._take_back(connection)

    async def abandon(self, connection: PostgresConnection, error: BaseException) -> None:
        """Undo what was done before this error; take the connection back if it's still good."""
        driver = connection.driver
        try:
            if isinstance(error, TimeoutError | asyncpg.InternalClientError):
                driver.terminate()  # it may never answer, not even to a ROLLBACK
                self._condemn()
            elif connection.in_transaction and not driver.is_closed():
                await driver.execute("ROLLBACK")
        finally:
            await self._take_back(connection)

    async def close(self) -> None:
        """Close what isn't in use."""
        while self._idle:
            await self._idle.pop().core.close()
        await self._engine.dispose()

    async def _run(self, connection: PostgresConnection, statement: str) -> None:
        try:
            await connection.driver.execute(statement)
        except BaseException as error:
            await self.abandon(connection, error)
            raise

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._free.acquire()
        except TimeoutError:
            raise PoolTimeout(f"no connection was free for {PATIENCE} s") from None

    async def _take_back(self, connection: PostgresConnection) -> None:
        connection.in_transaction = False
        try:
            if connection.driver.is_closed():
                await connection.core.close()
            else:
                connection.used_at = time.monotonic()
                self._idle.append(connection)
        finally:
            self._free.release()

    async def _living(self) -> PostgresConnection | None:
        """Return the connection that was used last, if it still lives; drop the ones that don't."""
        while self._idle:
            connection = self._idle.pop()
            try:
                if time.monotonic() - connection.used_at >= self._settings.trust_seconds:
                    await self._settings.ping(connection.driver)
                if not connection.driver.is_closed():
                    return connection
            except BROKEN:
                connection.driver.terminate()
                self._condemn()
            await connection.core.close()
        return None

    def _condemn(self) -> None:
        """Believe none of the others any more: what one died of is seldom its own."""
        for connection in self._idle:
            connection.driver.terminate()

    async def _connect(self) -> PostgresConnection:
        core = await self._engine.connect()
        raw = await core.get_raw_connection()
        return PostgresConnection(core, raw.driver_connection)
