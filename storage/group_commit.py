"""Many small writes, few commits: a batch takes what queued while the last one ran.

It never waits to fill a batch, so a lone write costs what it always costs; under load the price of
a commit is shared. Everyone in a batch learns the outcome of that batch, and no one before it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from storage.errors import StorageUnavailable

Item = TypeVar("Item")
Result = TypeVar("Result")


class GroupCommit(Generic[Item, Result]):
    """Runs `commit` on batches of what was submitted, one batch at a time, in order."""

    def __init__(
        self, commit: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]], *, most: int = 500
    ) -> None:
        self._commit = commit
        self._most = most
        self._queue: list[tuple[Item, asyncio.Future[Result]]] = []
        self._running: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Result:
        """Hand in one item and wait until its batch is committed.

        Raises what the commit raised. A caller that is cancelled stops waiting; its item is written
        all the same if its batch had begun.
        """
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._queue.append((item, future))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await future

    async def drain(self) -> None:
        """Wait until nothing is queued or being written."""
        while self._running is not None:
            await asyncio.wait([self._running])

    async def _run(self) -> None:
        try:
            while self._queue:
                batch, self._queue = self._queue[: self._most], self._queue[self._most :]
                batch = [entry for entry in batch if not entry[1].cancelled()]
                if batch:
                    await self._settle(batch)
        finally:
            self._running = None

    async def _settle(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._commit([item for item, _ in batch])
        except StorageUnavailable as error:
            # The database is away: asking it once per item would only take longer to say so.
            self._fail(batch, error)
        except Exception as error:
            if len(batch) == 1:
                self._fail(batch, error)
                return
            # One item may have spoilt the batch; alone, each gets its own answer.
            for entry in batch:
                await self._settle([entry])
        except BaseException as error:
            self._fail(batch, StorageUnavailable("the service is stopping"))
            raise error
        else:
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():
                    future.set_result(result)

    @staticmethod
    def _fail(batch: list[tuple[Item, asyncio.Future[Result]]], error: Exception) -> None:
        for _, future in batch:
            if not future.done():
                future.set_exception(error)
