"""Many small writes, few commits: a batch takes what queued while the last one ran.

It never waits to fill a batch, so a lone write costs what it always costs; under load the price of
a commit is shared. Everyone in a batch learns the outcome of that batch, and no one before it.

Before a batch is taken the event loop gets a few turns. With nothing else to do they pass in
microseconds; otherwise what is on its way meanwhile joins the batch, rather than paying for a
commit of its own: at half of the peak rate events wait little more than half as long.

Writes that nobody waits for may gather for a moment. Meanwhile the database is free for writes that
somebody waits for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeAlias, TypeVar, cast

from storage.errors import StorageUnavailable

_TURNS = 6
"""Turns of the event loop before a batch is taken; a request takes about three to get here."""

_ENOUGH = 16
"""Items that are taken without another turn: their commit is shared well enough."""

Item = TypeVar("Item")
Result = TypeVar("Result")


_Entry: TypeAlias = tuple[Item, asyncio.Future[Result]]


class GroupCommit(Generic[Item, Result]):
    """Runs `commit` on batches of what was submitted, in order.

    `gather` is how many seconds the first of a batch waits for others; `at_once` how many batches
    may be under way, where a database takes several.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        most: int = 500,
        gather: float = 0.0,
        at_once: int = 1,
    ) -> None:
        self._commit = commit
        self._most = most
        self._gather = gather
        self._at_once = at_once
        self._queue: list[_Entry[Item, Result]] = []
        self._running: set[asyncio.Task[None]] = set()

    async def submit(self, item: Item) -> Result:
        """Hand in one item and wait until its batch is committed.

        Raises what the commit raised. A caller that is cancelled stops waiting; its item is written
        all the same if its batch had begun.
        """
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._queue.append((item, future))
        if len(self._running) < self._at_once:
            self._running.add(asyncio.create_task(self._run()))
        return await future

    async def drain(self) -> None:
        """Wait until nothing is queued or being written."""
        while self._running:
            await asyncio.wait(self._running)

    async def _run(self) -> None:
        try:
            while self._queue:
                await self._let_join()
                batch, self._queue = self._queue[: self._most], self._queue[self._most :]
                batch = [entry for entry in batch if not entry[1].cancelled()]
                if batch:
                    await self._settle(batch)
        except BaseException:
            # Cancelled with the service that it belongs to: those still queued must not wait.
            left, self._queue = self._queue, []
            self._fail(left, StorageUnavailable("the service is stopping"))
            raise
        finally:
            # here, since whoever submits from now on must see that nobody takes it
            self._running.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _let_join(self) -> None:
        """Let others join the next batch."""
        if self._gather:
            if len(self._queue) < self._most:
                await asyncio.sleep(self._gather)
            return
        for _ in range(_TURNS):
            if len(self._queue) >= _ENOUGH:
                break
            await asyncio.sleep(0)

    async def _settle(self, batch: list[_Entry[Item, Result]]) -> None:
        try:
            await self._write(batch)
        except StorageUnavailable as error:
            # The database is away: asking it once per item would only take longer to say so.
            self._fail(batch, error)
        except Exception as error:
            if len(batch) == 1:
                self._fail(batch, error)
                return
            # One item may have spoilt the batch; alone, each gets its own answer.
            for number, entry in enumerate(batch):
                if entry[1].done():
                    continue
                try:
                    await self._write([entry])
                except StorageUnavailable as away:
                    self._fail(batch[number:], away)
                    return
                except Exception as alone:
                    self._fail([entry], alone)

    async def _write(self, batch: list[_Entry[Item, Result]]) -> None:
        """Commit a batch and tell the results. Raises what the commit raised; nobody knows then."""
        try:
            results = await self._commit([item for item, _ in batch])
        except asyncio.CancelledError:
            self._fail(batch, StorageUnavailable("the service is stopping"))
            raise
        if len(results) != len(batch):
            # It is written, so it can't be tried again, and nobody knows whose result is whose.
            error = ValueError(f"{len(results)} answers to {len(batch)} items")
            self._fail(batch, error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)

    @staticmethod
    def _fail(batch: list[_Entry[Item, Result]], error: Exception) -> None:
        for _, future in batch:
            if not future.done():
                future.set_exception(error)
