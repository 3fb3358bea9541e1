"""Sending what is due: claim, check once more, send, record, decide. Safe with many workers.

A delivery that was just committed is handed over in memory; the claim query serves retries,
restarts and other processes. No slot is held while a delivery waits for its next try.
"""

import asyncio
import random
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

import structlog

from storage.clock import Clock
from storage.errors import SecretUnreadable, ServiceError
from storage.group_commit import GroupCommit
from storage.repositories.deliveries import Attempt, Completion, Delivery, DueDelivery
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from webhooks.lanes import Lanes
from webhooks.message import prepare
from webhooks.metrics import RelayMetrics
from webhooks.planning import Lease
from webhooks.schedule import (
    RETRY_DELAYS,
    Decision,
    Done,
    Failed,
    GiveUp,
    Outcome,
    RetryAt,
    decide,
)
from webhooks.sender import Sender

logger = structlog.get_logger()


@dataclass(frozen=True)
class DispatchSettings:
    """`lease` must outlast a whole try."""

    lease: timedelta = timedelta(seconds=60)
    deadline: timedelta = timedelta(seconds=12)
    """What is left of a lease when a try starts: the sender's deadline and some air."""
    at_once: int = 256
    """Tries under way in this process."""
    per_endpoint: int = 64
    """Of those, tries to one subscription's URL."""
    waiting: int = 10_000
    """Deliveries held in memory. Fresh ones fill half of it, so that a claim always finds room."""
    waiting_per_endpoint: int = 1_000
    """Of those, how many of one endpoint before claims pass it over."""
    poll: timedelta = timedelta(seconds=1)
    retry_delays: tuple[timedelta, ...] = RETRY_DELAYS


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
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.owner = f"worker_{secrets.token_hex(8)}"
        self._work = work
        self._ring = ring
        self._sender = sender
        self._clock = clock
        self._metrics = metrics
        self._settings = settings or DispatchSettings()
        self._jitter = jitter
        self._lanes = Lanes(at_once=self._settings.at_once, per_lane=self._settings.per_endpoint)
        self._crowded = False
        """The last claim found no room."""
        self._full: set[str] = set()
        """Endpoints that the last claim passed over, because enough of theirs is here."""
        self._held: set[str] = set()
        self._ended: set[str | None] = set()
        self._tries: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._stopping = False
        self._running = False
        self._left = asyncio.Event()
        self._left.set()
        self._check: GroupCommit[str, DueDelivery | None] = GroupCommit(self._read_due)
        self._record: GroupCommit[Completion, None] = GroupCommit(self._write_completions)

    # -- fresh work ------------------------------------------------------------------------------

    def lease(self) -> Lease | None:
        """Answer the lease under which fresh deliveries come straight here, if there is room."""
        room = (
            self._running and not self._stopping and len(self._held) < self._settings.waiting // 2
        )
        return Lease(self.owner, self._settings.lease) if room else None

    def hand_over(self, deliveries: Sequence[Delivery]) -> None:
        """Take deliveries that were just committed; those under this worker's lease start now."""
        for delivery in deliveries:
            if delivery.lease_owner == self.owner:
                self._enqueue(delivery)
        self._pump()

    def ended(self, subscription_id: str) -> None:
        """Start no further try for it, even one whose check in the database was just made."""
        self._ended.add(subscription_id)

    def wake(self) -> None:
        """Look for due deliveries and new notices now rather than at the next poll."""
        self._wake.set()

    # -- the loop --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Claim and send until cancelled or stopped; gives its leases back at the end."""
        self._running = True
        self._left.clear()
        try:
            while not self._stopping:
                self._wake.clear()
                more = False
                try:
                    more = await self._claim()
                except ServiceError as error:
                    logger.warning("dispatch.claim_failed", code=error.code)
                except Exception as error:
                    # without this loop nothing is tried again, so nothing may end it
                    logger.error("dispatch.broken", exc_info=error)
                if not more:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(self._settings.poll.total_seconds()):
                            await self._wake.wait()
        finally:
            self._running = False
            self._left.set()

    async def stop(self) -> None:
        """Start nothing more, let the tries under way end, and give the leases back."""
        self._stopping = True
        self._wake.set()
        await self._left.wait()  # a claim under way would take leases after they are given back
        self._lanes.clear()
        if self._tries:
            await asyncio.wait(self._tries)
        await self._record.drain()
        with suppress(ServiceError):
            async with self._work.writing() as tx:
                await tx.deliveries.release(self.owner)

    async def _claim(self) -> bool:
        """Take what is due, as much as there is room for; answer whether there may be more."""
        room = self._settings.waiting - len(self._held)
        self._crowded = room <= 0
        if self._crowded:
            return False
        now = self._clock()
        async with self._work.reading() as tx:
            waiting = await tx.deliveries.anything_due(now)
        if not waiting:
            return False
        enough = self._settings.waiting_per_endpoint
        most = min(room, max(1, enough // 2))
        self._full = self._lanes.longer_than(enough)
        async with self._work.writing() as tx:
            planned = await tx.deliveries.plan_notices(now, most=most)
            claimed = await tx.deliveries.claim(
                self.owner,
                now=now,
                until=now + self._settings.lease,
                most=most,
                passing_over=sorted(self._full),
            )
        for delivery in claimed:
            self._enqueue(delivery)
        self._pump()
        return len(claimed) == most or planned == most

    # -- from memory to tries --------------------------------------------------------------------

    def _enqueue(self, delivery: Delivery) -> None:
        if delivery.id not in self._held:
            self._held.add(delivery.id)
            self._lanes.put(delivery.subscription_id or delivery.id, delivery.id)

    def _pump(self) -> None:
        """Start tries while there are slots."""
        while not self._stopping and (taken := self._lanes.take()) is not None:
            lane, delivery_id = taken
            half = self._settings.waiting_per_endpoint // 2
            if lane in self._full and self._lanes.length(lane) <= half:
                self._full.discard(lane)
                self._wake.set()
            task = asyncio.create_task(self._deliver(delivery_id))
            self._tries.add(task)
            task.add_done_callback(lambda done, lane=lane: self._finished(done, lane))

    def _finished(self, task: asyncio.Task[None], lane: str) -> None:
        self._tries.discard(task)
        self._lanes.done(lane)
        if self._crowded and len(self._held) <= self._settings.waiting // 2:
            self._crowded = False
            self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("delivery.broken", exc_info=error)
        self._pump()

    # -- one try ---------------------------------------------------------------------------------

    async def _deliver(self, delivery_id: str) -> None:
        """Try one delivery and write down what happened."""
        try:
            due = await self._check.submit(delivery_id)
            if due is None or self._stopping:
                return
            if not self._ended.isdisjoint((due.subscription_id, due.tenant_webhook_id)):
                return
            if due.lease_until < self._clock() + self._settings.deadline:
                return  # too little is left of the lease; it will be claimed again
            started = self._clock()
            outcome = await self._send(due, started)
            ended = self._clock()
            decision = decide(
                due.attempts + 1,
                outcome,
                now=ended,
                jitter=self._jitter(),
                delays=self._settings.retry_delays,
            )
            await self._record.submit(self._completion(due, outcome, decision, started, ended))
        except ServiceError as error:
            # The lease runs out and the delivery is claimed again: at least once, never lost.
            logger.warning("delivery.postponed", delivery_id=delivery_id, code=error.code)
        finally:
            self._held.discard(delivery_id)

    async def _send(self, due: DueDelivery, now: datetime) -> Outcome:
        """Make the attempt. Whatever breaks on our side is a failed one: seen, and bounded."""
        try:
            return await self._sender.send(prepare(due, self._ring, now))
        except SecretUnreadable as error:
            logger.error("delivery.not_sent", delivery_id=due.id, code=error.code)
            return Failed(error.code)
        except Exception as error:
            logger.error("delivery.not_sent", delivery_id=due.id, exc_info=error)
            return Failed("NOT_SENT")

    def _completion(
        self,
        due: DueDelivery,
        outcome: Outcome,
        decision: Decision,
        started: datetime,
        ended: datetime,
    ) -> Completion:
        match decision:
            case Done():
                status, due_at, completed_at = "DELIVERED", ended, ended
            case RetryAt(moment):
                status, due_at, completed_at = "PENDING", moment, None
            case GiveUp():
                status, due_at, completed_at = "GIVEN_UP", ended, ended
            case _:
                assert_never(decision)
        error = outcome.error
        self._metrics.attempts.labels(error or "delivered").inc()
        self._metrics.attempt_seconds.observe((ended - started).total_seconds())
        if status == "DELIVERED":
            self._metrics.waiting_seconds.observe((ended - due.created_at).total_seconds())
        else:
            logger.info(
                "delivery.retry_planned" if status == "PENDING" else "delivery.given_up",
                delivery_id=due.id,
                attempt=due.attempts + 1,
                error=error,
            )
        return Completion(
            attempt=Attempt(
                delivery_id=due.id,
                number=due.attempts + 1,
                started_at=started,
                duration_ms=round((ended - started).total_seconds() * 1000),
                status_code=getattr(outcome, "status", None),
                error=error,
            ),
            owner=self.owner,
            status=status,
            due_at=due_at,
            completed_at=completed_at,
            notice_id=due.notice_id,
        )

    async def _read_due(self, delivery_ids: Sequence[str]) -> list[DueDelivery | None]:
        async with self._work.reading() as tx:
            found = await tx.deliveries.due(delivery_ids, self.owner)
        return [found.get(delivery_id) for delivery_id in delivery_ids]

    async def _write_completions(self, completions: Sequence[Completion]) -> list[None]:
        async with self._work.writing() as tx:
            await tx.deliveries.complete(completions)
        return [None] * len(completions)
