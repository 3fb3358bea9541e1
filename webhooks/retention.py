"""Deleting what has been kept long enough. The audit trail is not touched.

It deletes finished deliveries with their attempts, then events that no delivery needs, then known
records of unlinked accounts, and secrets that are no longer valid. Chunks are small and each is a
transaction of its own, so that events coming in and going out wait for none of them. Any number of
processes may do it at once.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.clock import Clock
from storage.log import logger
from storage.repositories.retention import RetentionBatch
from storage.unit_of_work import UnitOfWork

CHUNK = 500
PAUSE = 0.01
"""Seconds between two chunks."""


@dataclass(frozen=True, slots=True)
class Removed:
    """How many rows went, or would go."""

    deliveries: int
    events: int
    known_records: int
    secrets: int = 0


@dataclass(frozen=True)
class Retention:
    """`keep` is how long a delivery stays in the log after it was finished."""

    work: UnitOfWork
    clock: Clock
    keep: timedelta
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def run(self) -> Removed:
        """Delete what is older than that; return how much it was."""
        now = self.clock()
        before = now - self.keep
        deliveries = events = known = 0
        async for ids in self._old_deliveries(before):
            async with self.work.writing() as tx:
                deliveries += await tx.retention.delete_deliveries(ids, before)
        async for ids in self._old_events(before):
            async with self.work.writing() as tx:
                events += await tx.retention.delete_events(ids)
        async with self.work.reading() as tx:
            unlinked = await tx.retention.unlinked_accounts()
        for account_id, _ in unlinked:
            gone = CHUNK
            while gone == CHUNK:
                async with self.work.writing() as tx:
                    gone = await tx.retention.delete_known_records(account_id, most=CHUNK)
                known += gone
                await self.pause(PAUSE)
        async with self.work.writing() as tx:
            secrets = await tx.subscriptions.forget_previous_secrets(now)
        removed = Removed(deliveries, events, known, secrets)
        if removed != Removed(0, 0, 0, 0):
            logger.info("retention.done", deliveries=deliveries, events=events, records=known)
        return removed

    async def look(self) -> Removed:
        """Count what `run` would delete now, and delete nothing."""
        before = self.clock() - self.keep
        deliveries = sum([len(ids) async for ids in self._old_deliveries(before)])
        events = sum([len(ids) async for ids in self._old_events(before)])
        async with self.work.reading() as tx:
            known = sum(number for _, number in await tx.retention.unlinked_accounts())
        return Removed(deliveries, events, known)

    async def _old_deliveries(self, before: datetime) -> AsyncGenerator[tuple[str, ...]]:
        after: str | None = ""
        while after is not None:
            async with self.work.reading() as tx:
                step: RetentionBatch = await tx.retention.deliveries(after, before, most=CHUNK)
            if step.ids:
                yield step.ids
            after = step.last
            await self.pause(PAUSE)

    async def _old_events(self, before: datetime) -> AsyncGenerator[tuple[str, ...]]:
        after: str | None = ""
        while after is not None:
            async with self.work.reading() as tx:
                step: RetentionBatch = await tx.retention.events(after, before, most=CHUNK)
            if step.ids:
                yield step.ids
            after = step.last
            await self.pause(PAUSE)
