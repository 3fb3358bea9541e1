"""Transactions that come by the thousand. No generator in between: those cost more than a commit.

What they run on is in `inline` for SQLite and in `hot_postgres` for PostgreSQL.
"""

import asyncio
from types import TracebackType
from typing import Generic, Protocol, TypeVar

from storage.connection import HotConnection
from storage.unavailable import known

Own = TypeVar("Own", bound=HotConnection)


class HotStore(Protocol[Own]):
    """Where such transactions are begun and ended, on connections of one kind."""

    async def begin(self, *, single: bool) -> Own:
        """Return a connection in a transaction; whoever has it ends it in either way below."""
        ...

    async def commit(self, connection: Own) -> None:
        """End it well; one that can't be committed is abandoned."""
        ...

    async def abandon(self, connection: Own, error: BaseException) -> None:
        """Roll it back because of this error."""
        ...

    async def close(self) -> None:
        """Close what isn't in use."""
        ...


class HotTransaction(Generic[Own]):
    """Committed on a clean exit, rolled back otherwise. Raises StorageUnavailable.

    `alone` is held as long as it lasts, where only one may write.
    """

    __slots__ = ("_alone", "_connection", "_single", "_store")

    def __init__(self, store: HotStore[Own], alone: asyncio.Lock | None, *, single: bool) -> None:
        self._store = store
        self._alone = alone
        self._single = single

    async def __aenter__(self) -> HotConnection:
        if self._alone is not None:
            await self._alone.acquire()
        try:
            self._connection = await self._store.begin(single=self._single)
        except BaseException as error:
            self._leave(error)
            raise
        return self._connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        try:
            if error is None:
                await self._store.commit(self._connection)
            else:
                await self._store.abandon(self._connection, error)
        except BaseException as failure:
            self._leave(failure)
            raise
        self._leave(error)

    def _leave(self, error: BaseException | None) -> None:
        """Let others write; raise what callers know if that is what went wrong."""
        if self._alone is not None:
            self._alone.release()
        if error is not None and (told := known(error)) is not None:
            raise told from error
