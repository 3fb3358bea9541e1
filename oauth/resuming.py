"""Refreshes that a process began and didn't finish are finished by another, without any traffic.

The refresh token of such a refresh may be used up already: it works for a minute more, so every
process looks every few seconds.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

from oauth.refreshing import Refresher
from oauth.tokens import Access
from storage.clock import Clock
from storage.errors import ServiceError
from storage.log import logger
from storage.repositories.tokens import Unfinished
from storage.unit_of_work import UnitOfWork

EVERY = 3.0
"""Seconds between two looks, a quarter more or less."""

AT_MOST = 100
"""Refreshes taken up in one look."""

_AT_ONCE = 10
_FIRST_PAUSE = 2.0
_LONGEST_PAUSE = 60.0
"""Seconds until one that failed is taken up again: at first, and at most."""

Newer = Callable[[str, int], Awaitable[Access]]


class Resumer:
    """Looks for interrupted refreshes. One per vault."""

    def __init__(
        self,
        work: UnitOfWork,
        clock: Clock,
        refresher: Refresher,
        newer: Newer,
        *,
        jitter: Callable[[], float] = random.random,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._work = work
        self._clock = clock
        self._refresher = refresher
        self._newer = newer
        self._jitter = jitter
        self._now = now
        self._failed: dict[tuple[str, int], tuple[float, float]] = {}
        """When each may be taken up again, and the pause that led there."""
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._under_way: set[tuple[str, int]] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look, now and every few seconds."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="resume-refreshes")

    async def stop(self) -> None:
        """Look no more; what is under way goes on, for whoever waits for refreshes."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def turn(self) -> int:
        """Finish the refreshes whose lease is over; return how many."""
        async with self._work.reading() as tx:
            found = await tx.tokens.interrupted(self._clock(), most=AT_MOST)
        self._forget_but(found)
        # in an order of its own, so that processes don't wait for each other's leases
        due = sorted((one for one in found if self._is_due(one)), key=lambda _: self._jitter())
        self._under_way.update((one.connection_id, one.version) for one in due)
        finished = await asyncio.gather(*(self._finish(one) for one in due))
        return sum(finished)

    async def _run(self) -> None:
        """Begin a look every few seconds; one that takes long holds up no other."""
        async with asyncio.TaskGroup() as looks:
            while True:
                looks.create_task(self._look())
                await asyncio.sleep(EVERY * (0.75 + self._jitter() / 2))

    async def _look(self) -> None:
        try:
            await self.turn()
        except ServiceError as error:
            logger.warning("token.resume_failed", code=error.code)
        except Exception as error:
            # whatever it is, the next look must come
            logger.error("token.resume_broken", exc_info=error)

    def _is_due(self, one: Unfinished) -> bool:
        key = (one.connection_id, one.version)
        not_before, _ = self._failed.get(key, (0.0, 0.0))
        return (
            key not in self._under_way
            and self._now() >= not_before
            and not self._refresher.must_wait(one)
        )

    async def _finish(self, one: Unfinished) -> bool:
        if one.account_id is None:
            return False
        key = (one.connection_id, one.version)
        try:
            async with self._places:
                await self._newer(one.account_id, one.version)
        except ServiceError as error:
            _, pause = self._failed.get(key, (0.0, 0.0))
            pause = min(pause * 2, _LONGEST_PAUSE) or _FIRST_PAUSE
            self._failed[key] = (self._now() + pause, pause)
            logger.warning("token.not_resumed", account_id=one.account_id, code=error.code)
            return False
        finally:
            self._under_way.discard(key)
        self._failed.pop(key, None)
        logger.info("token.resumed", account_id=one.account_id)
        return True

    def _forget_but(self, found: list[Unfinished]) -> None:
        kept = {(one.connection_id, one.version) for one in found}
        for key in [key for key in self._failed if key not in kept]:
            del self._failed[key]
