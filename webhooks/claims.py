"""Claims: what is due in the database comes under this worker's lease.

They serve retries, restarts, other processes' deliveries, notices, and probes of paused
subscriptions; what is accepted here is handed over in memory.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime

from storage.clock import Clock
from storage.errors import ServiceError
from storage.log import logger
from storage.unit_of_work import UnitOfWork
from webhooks.bell import Bell
from webhooks.checks import Checks
from webhooks.dispatch_settings import DispatchSettings
from webhooks.endpoints import Endpoints
from webhooks.held import Held


class Claims:
    """Fills `held` with what is due, as long as it runs; `start` is called when there is some."""

    def __init__(
        self,
        work: UnitOfWork,
        endpoints: Endpoints,
        clock: Clock,
        settings: DispatchSettings,
        owner: str,
        *,
        held: Held,
        checks: Checks,
        start: Callable[[], None],
        bell: Bell,
    ) -> None:
        self._work = work
        self._endpoints = endpoints
        self._clock = clock
        self._settings = settings
        self._owner = owner
        self._held = held
        self._checks = checks
        self._start = start
        self._bell = bell
        self._is_stopping = False
        self._left = asyncio.Event()
        self._left.set()

    @property
    def is_running(self) -> bool:
        """Whether claims are made."""
        return not self._left.is_set()

    def wake(self) -> None:
        """Look for what is due now rather than at the next poll."""
        self._bell.ring()

    async def run(self) -> None:
        """Claim until cancelled or stopped."""
        self._left.clear()
        try:
            while not self._is_stopping:
                if not await self._claim_safely():
                    await self._bell.wait(self._settings.poll)
        finally:
            self._left.set()

    async def stop(self) -> None:
        """Return when no claim is being made, and none will be."""
        self._is_stopping = True
        self._bell.ring()
        await self._left.wait()

    async def _claim_safely(self) -> bool:
        try:
            return await self.claim()
        except ServiceError as error:
            logger.warning("dispatch.claim_failed", code=error.code)
        except Exception as error:
            # without this loop nothing is sent again, so nothing may end it
            logger.error("dispatch.broken", exc_info=error)
        return False

    async def claim(self) -> bool:
        """Take what is due, as much as there is room for; return whether there may be more."""
        room = self._held.room()
        if not room:
            return False
        now = self._clock()
        async with self._work.reading() as tx:
            is_waiting = await tx.deliveries.anything_due(now)
            is_probing = await tx.endpoints.probe_is_due(now)
        if is_probing:
            await self._claim_probes(now)
        return is_waiting and await self._claim_due(now, room)

    async def _claim_probes(self, now: datetime) -> None:
        until = now + self._settings.lease
        for probe in await self._endpoints.probes(self._owner, until=until):
            self._held.add(probe, is_probe=True)
        self._start()

    async def _claim_due(self, now: datetime, room: int) -> bool:
        most = min(room, max(1, self._settings.waiting_per_endpoint // 2))
        passing_over = self._held.full_endpoints()
        read_at = time.monotonic()
        async with self._work.writing() as tx:
            planned = await tx.deliveries.plan_notices(now, most=most)
            claimed = await tx.deliveries.claim(
                self._owner,
                now=now,
                until=now + self._settings.lease,
                most=most,
                passing_over=passing_over,
            )
            # those in order are asked about when this is committed, and others see it
            alone = [delivery for delivery in claimed if delivery.record_key is None]
            found = await tx.due_deliveries.of(alone)
        for delivery in claimed:
            if delivery.id in found and delivery.id not in self._held:
                self._checks.know(found[delivery.id], read_at)
            self._held.add(delivery)
        self._start()
        return len(claimed) == most or planned == most
