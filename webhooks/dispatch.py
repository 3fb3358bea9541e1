"""Sending what is due: claim, check once more, send, record, decide. Safe with many workers.

A delivery that was just committed is handed over in memory; `claims` serve retries, restarts and
other processes. No slot is kept while a delivery waits for its next attempt.

Who may start is decided twice: `slots` shares out those of this process; and right before each
attempt `checks` says whether its subscription wants it now.
"""

import asyncio
import random
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress

from storage.clock import Clock
from storage.errors import ServiceError
from storage.log import logger
from storage.repositories.deliveries import Delivery
from storage.repositories.due_deliveries import DueDelivery
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from webhooks.attempt_records import AttemptRecords
from webhooks.attempting import Attempter, AttemptResult
from webhooks.bell import Bell
from webhooks.checks import Checks, returned_as
from webhooks.claims import Claims
from webhooks.dispatch_settings import DispatchSettings
from webhooks.endpoints import Endpoints
from webhooks.held import Held
from webhooks.metrics import RelayMetrics
from webhooks.planning import FirstLease
from webhooks.secret_cache import SecretCache
from webhooks.sender import Sender
from webhooks.slots import Slot, Slots

_MOST_UNWRITTEN = 4
"""Times as many attempts as there are slots may be under way or waiting to be written down."""


class Dispatcher:
    """One worker. `run` it until it is told to stop; `hand_over` gives it fresh work."""

    def __init__(
        self,
        work: UnitOfWork,
        ring: KeyRing,
        sender: Sender,
        clock: Clock,
        metrics: RelayMetrics,
        settings: DispatchSettings | None = None,
        *,
        endpoints: Endpoints,
        bell: Bell | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.owner = owner = f"worker_{secrets.token_hex(8)}"
        self._work = work
        self._clock = clock
        self._settings = settings = settings or DispatchSettings()
        self._is_stopping = False
        self._under_way: set[asyncio.Task[None]] = set()
        self._slots = Slots(settings, metrics)
        self._held = Held(self._slots.queues, settings, wake=self.wake)
        self._checks = Checks(work, owner)
        self._attempter = Attempter(
            SecretCache(ring), sender, clock, metrics, owner, settings.retry_delays, jitter
        )
        self._records = AttemptRecords(
            work, endpoints, owner, followed=self.wake, changed=self._checks.doubt
        )
        self._claims = Claims(
            *(work, endpoints, clock, settings, owner),
            held=self._held,
            checks=self._checks,
            start=self._start_attempts,
            bell=bell or Bell(),
        )

    def lease(self) -> FirstLease | None:
        """Return the lease under which fresh deliveries come straight here, if there is room."""
        takes = self.is_running and not self._is_stopping and self._held.takes_fresh()
        return FirstLease(self.owner, self._settings.lease) if takes else None

    def hand_over(
        self, deliveries: Sequence[Delivery], ready: Sequence[DueDelivery], read_at: float
    ) -> None:
        """Take deliveries that were just committed; those under this worker's lease start now.

        `ready` says what sending those takes, and that they were wanted at `read_at`.
        """
        known = {due.delivery.id: due for due in ready}
        for delivery in deliveries:
            if delivery.lease_owner == self.owner:
                if self._held.wants(delivery):
                    self._checks.know(known[delivery.id], read_at)
                    self._held.add(delivery)
            elif delivery.lease_owner is None and delivery.status == "PENDING":
                self.wake()
        self._start_attempts()

    def subscription_deleted(self, subscription_id: str) -> None:
        """Start no further attempt for it, even one whose check in the database was just made."""
        self._checks.end(subscription_id)

    def wake(self) -> None:
        """Look for due deliveries and new notices now rather than at the next poll."""
        self._claims.wake()

    @property
    def is_running(self) -> bool:
        """Whether this process sends at all."""
        return self._claims.is_running

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing waits in memory, is under way, or is being written down."""
        return not (self._held or self._slots.queues or self._under_way)

    async def run(self) -> None:
        """Claim and send until cancelled or stopped; gives its leases back at the end."""
        await self._claims.run()

    async def stop(self) -> None:
        """Start nothing more, let the attempts under way end, and give the leases back."""
        self._is_stopping = True
        await self._claims.stop()  # one under way would take leases after they are given back
        self._slots.queues.clear()
        if self._under_way:
            await asyncio.wait(self._under_way)
        await self._records.drain()
        with suppress(ServiceError):
            async with self._work.writing() as tx:
                await tx.deliveries.release(self.owner)

    def _start_attempts(self) -> None:
        """Start attempts while there are slots, and not too much waits to be written down."""
        most = _MOST_UNWRITTEN * self._settings.at_once
        while not self._is_stopping and len(self._under_way) < most:
            if (slot := self._slots.take()) is None:
                return
            self._held.taken(slot.endpoint)
            task = asyncio.create_task(self._deliver(slot))
            self._under_way.add(task)
            task.add_done_callback(lambda done, slot=slot: self._finished(done, slot))

    def _finished(self, task: asyncio.Task[None], slot: Slot) -> None:
        self._under_way.discard(task)
        self._slots.free(slot)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("delivery.broken", exc_info=error)
        self._start_attempts()

    async def _deliver(self, slot: Slot) -> None:
        """Send one delivery, if it is still wanted, and write down what happened."""
        delivery_id = slot.delivery_id
        is_over = True
        try:
            due = await self._checks.wanted(delivery_id)
            if due is None or self._is_stopping:
                return
            until = due.delivery.lease_until
            if until is None or until < self._clock() + self._settings.deadline:
                return  # too little is left of the lease; it will be claimed again
            is_probe = self._held.is_probe(delivery_id)
            if (status := returned_as(due, is_probe=is_probe)) is not None:
                await self._records.put_back(delivery_id, status)
            elif self._slots.begin(slot, due):
                await self._records.add(await self._attempt(slot, due, is_probe=is_probe))
            else:
                is_over = False
        except ServiceError as error:
            # The lease runs out and the delivery is claimed again: at least once, never lost.
            logger.warning("delivery.postponed", delivery_id=delivery_id, code=error.code)
        finally:
            if is_over:
                self._held.drop(delivery_id)

    async def _attempt(self, slot: Slot, due: DueDelivery, *, is_probe: bool) -> AttemptResult:
        """Make an attempt; its slot is free before it is written down, which is bookkeeping."""
        outcome = None
        try:
            result = await self._attempter.make(due, is_probe=is_probe)
            outcome = result.outcome
        finally:
            self._slots.end(slot, outcome)
        self._start_attempts()
        return result
