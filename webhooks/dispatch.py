"""Sending what is due: claim, check once more, send, record, decide. Safe with many workers.

A delivery that was just committed is handed over in memory; the claim query serves retries,
restarts and other processes. No slot is held while a delivery waits for its next try.
"""

import asyncio
import json
import random
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

import structlog

from storage.clock import Clock
from storage.errors import ServiceError
from storage.group_commit import GroupCommit
from storage.repositories.deliveries import Attempt, Completion, Delivery, DueDelivery
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from webhooks.envelope import event_body
from webhooks.metrics import RelayMetrics
from webhooks.planning import Lease
from webhooks.schedule import RETRY_DELAYS, Decision, Done, GiveUp, Outcome, RetryAt, decide
from webhooks.sender import OutgoingRequest, Sender
from webhooks.signing import signed_headers

logger = structlog.get_logger()


@dataclass(frozen=True)
class DispatchSettings:
    """`lease` must outlast a whole try; `waiting` bounds what is held in memory."""

    lease: timedelta = timedelta(seconds=60)
    deadline: timedelta = timedelta(seconds=12)
    """What is left of a lease when a try starts: the sender's deadline and some air."""
    at_once: int = 256
    """Tries under way in this process."""
    per_endpoint: int = 64
    """Of those, tries to one subscription's URL."""
    waiting: int = 10_000
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
        self._lanes: dict[str, deque[str]] = {}
        """Delivery ids waiting in memory, by endpoint; endpoints take turns."""
        self._busy: dict[str, int] = {}
        self._held: set[str] = set()
        self._ended: set[str | None] = set()
        self._tries: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._stopping = False
        self._running = False
        self._check: GroupCommit[str, DueDelivery | None] = GroupCommit(self._read_due)
        self._record: GroupCommit[Completion, None] = GroupCommit(self._write_completions)

    # -- fresh work ------------------------------------------------------------------------------

    def lease(self) -> Lease | None:
        """Answer the lease under which fresh deliveries come straight here, if there is room."""
        room = self._running and not self._stopping and len(self._held) < self._settings.waiting
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
        try:
            while not self._stopping:
                self._wake.clear()
                try:
                    more = await self._claim()
                except ServiceError as error:
                    more = False
                    logger.warning("dispatch.claim_failed", code=error.code)
                if not more:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(self._settings.poll.total_seconds()):
                            await self._wake.wait()
        finally:
            self._running = False

    async def stop(self) -> None:
        """Start nothing more, let the tries under way end, and give the leases back."""
        self._stopping = True
        self._wake.set()
        self._lanes.clear()
        if self._tries:
            await asyncio.wait(self._tries)
        await self._record.drain()
        with suppress(ServiceError):
            async with self._work.writing() as tx:
                await tx.deliveries.release(self.owner)

    async def _claim(self) -> bool:
        """Take what is due, as much as there is room for; answer whether there may be more."""
        room = min(self._settings.waiting - len(self._held), 500)
        if room <= 0:
            return False
        now = self._clock()
        async with self._work.reading() as tx:
            waiting = await tx.deliveries.anything_due(now)
        if not waiting:
            return False
        async with self._work.writing() as tx:
            planned = await tx.deliveries.plan_notices(now, most=room)
            claimed = await tx.deliveries.claim(
                self.owner, now=now, until=now + self._settings.lease, most=room
            )
        for delivery in claimed:
            self._enqueue(delivery)
        self._pump()
        return len(claimed) == room or planned == room

    # -- fairness: endpoints take turns, none has more than its share -----------------------------

    def _enqueue(self, delivery: Delivery) -> None:
        if delivery.id not in self._held:
            self._held.add(delivery.id)
            lane = delivery.subscription_id or delivery.id
            self._lanes.setdefault(lane, deque()).append(delivery.id)

    def _pump(self) -> None:
        """Start tries while there are slots, going round the endpoints."""
        blocked = 0
        while (
            self._lanes and len(self._tries) < self._settings.at_once and blocked < len(self._lanes)
        ):
            name = next(iter(self._lanes))
            lane = self._lanes.pop(name)
            if self._busy.get(name, 0) >= self._settings.per_endpoint:
                self._lanes[name] = lane
                blocked += 1
                continue
            blocked = 0
            delivery_id = lane.popleft()
            if lane:
                self._lanes[name] = lane
            self._busy[name] = self._busy.get(name, 0) + 1
            task = asyncio.create_task(self._deliver(delivery_id))
            self._tries.add(task)
            task.add_done_callback(lambda done, lane=name: self._finished(done, lane))

    def _finished(self, task: asyncio.Task[None], lane: str) -> None:
        self._tries.discard(task)
        left = self._busy.pop(lane) - 1
        if left:
            self._busy[lane] = left
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("delivery.broken", exc_info=error)
        if not self._stopping:
            self._pump()

    # -- one try ---------------------------------------------------------------------------------

    async def _deliver(self, delivery_id: str) -> None:
        """Try one delivery and write down what happened."""
        try:
            due = await self._check.submit(delivery_id)
            if due is None or not self._ended.isdisjoint(
                (due.subscription_id, due.tenant_webhook_id)
            ):
                return
            if due.lease_until < self._clock() + self._settings.deadline:
                return  # too little is left of the lease; it will be claimed again
            started = self._clock()
            outcome = await self._sender.send(self._prepare(due, started))
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

    def _prepare(self, due: DueDelivery, now: datetime) -> OutgoingRequest:
        if due.notice_id is not None:
            body = self._ring.open(due.notice_body or b"", place=f"notices.body:{due.notice_id}")
            key = self._ring.open(
                due.signing_secret or b"", place=f"tenants.signing_secret:{due.tenant_id}"
            )
            message_id = due.notice_id
        else:
            assert due.event_id and due.event_type and due.resource and due.resource_id
            body = event_body(
                event_type=due.event_type, resource=due.resource, resource_id=due.resource_id
            )
            key = self._ring.open(
                due.secret or b"", place=f"subscriptions.secret:{due.subscription_id}"
            )
            message_id = due.event_id
        headers = {
            "Content-Type": "application/json",
            "X-Connector-Account": due.account_id,
            **signed_headers(message_id, body, key, now),
        }
        if due.reference is not None:
            # JSON's escapes keep any reference a valid header value.
            headers["X-Connector-Reference"] = json.dumps(due.reference)[1:-1]
        return OutgoingRequest(due.callback_url, headers, body)

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
