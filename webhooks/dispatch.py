"""Sending what is due: claim, check once more, send, record, decide. Safe with many workers.

A delivery that was just committed is handed over in memory; the claim query serves retries,
restarts and other processes. No slot is held while a delivery waits for its next try.

Who may start is decided twice: `lanes` and `breaker` share out the slots of this process; and
right before each try the database says whether its subscription wants it now.
"""

import asyncio
import random
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString, NamedTuple, TypeAlias, assert_never

from storage.clock import Clock
from storage.errors import SecretUnreadable, ServiceError
from storage.group_commit import GroupCommit
from storage.log import logger
from storage.repositories.deliveries import Attempt, Completion, Delivery, DueDelivery
from storage.repositories.endpoints import ACTIVE
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from webhooks import transcript
from webhooks.breaker import UNREACHABLE, Breakers, origin_of
from webhooks.endpoints import Endpoints, Tried
from webhooks.lanes import Lanes
from webhooks.message import prepare
from webhooks.metrics import RelayMetrics
from webhooks.opened import OpenedSecrets
from webhooks.planning import Lease
from webhooks.schedule import (
    GONE,
    RETRY_DELAYS,
    Answered,
    Decision,
    Done,
    Failed,
    GiveUp,
    Outcome,
    RetryAt,
    decide,
)
from webhooks.sender import OutgoingRequest, Sender

_OURS = (
    "HTTPS_REQUIRED",
    "NOT_SENT",
    "PROXY_REFUSED",
    "PROXY_UNREACHABLE",
    "SECRET_UNREADABLE",
)
"""Errors of tries that say nothing about the receiver."""

_MOST_ORIGINS = 10_000

_MOST_UNWRITTEN = 4
"""Times as many tries as there are slots may be under way or waiting to be written down."""

_Checked: TypeAlias = tuple[DueDelivery | None, float]
"""A delivery that is still wanted, or None, and when that was asked, in monotonic seconds."""

_GATHER = 0.005
"""Seconds that an ended try may wait for others to be written down with."""

CHECK_HOLDS = 0.5
"""Seconds between asking whether a delivery is still wanted and starting its try, at most."""


@dataclass(slots=True)
class _Slot:
    """Taken for a try, and held until the receiver answered."""

    lane: str
    held: bool = True


class _Ended(NamedTuple):
    """A try to write down, and what it says of its subscription's receiver."""

    completion: Completion
    tried: Tried | None


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
    on_trial: int = 8
    """Of those, tries to one that doesn't answer, or hasn't yet."""
    not_well: float = 0.5
    """The part of `at_once` that all such endpoints have together."""
    patience: float = 0.25
    """Seconds without an answer after which an endpoint that is called counts as such a one."""
    breaker_after: int = 5
    """Failures in a row, from which on a host that can't be reached, or a subscription whose tries
    fail, is tried once at a time."""
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
        endpoints: Endpoints,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.owner = f"worker_{secrets.token_hex(8)}"
        self._work = work
        self._secrets = OpenedSecrets(ring)
        self._endpoints = endpoints
        self._sender = sender
        self._clock = clock
        self._metrics = metrics
        self._settings = settings or DispatchSettings()
        self._jitter = jitter
        self._lanes = Lanes(
            at_once=self._settings.at_once,
            per_lane=self._settings.per_endpoint,
            on_trial=self._settings.on_trial,
            not_well=max(1, int(self._settings.at_once * self._settings.not_well)),
            patience=self._settings.patience,
            failures=self._settings.breaker_after,
            may_start=self._may_start,
        )
        self._breakers = Breakers(self._settings.breaker_after)
        self._origins: dict[str, str] = {}
        """Of the lanes whose URL is known."""
        self._probes: set[str] = set()
        """Deliveries under way although their subscription is paused."""
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
        self._checks: dict[str, _Checked] = {}
        """What is known already of deliveries that are held."""
        self._check: GroupCommit[str, tuple[DueDelivery | None, float]] = GroupCommit(
            self._read_due
        )
        self._record: GroupCommit[_Ended, None] = GroupCommit(
            self._write_completions, gather=_GATHER
        )
        self._put_back: GroupCommit[tuple[str, str], None] = GroupCommit(self._write_put_back)

    # -- fresh work ------------------------------------------------------------------------------

    def lease(self) -> Lease | None:
        """Answer the lease under which fresh deliveries come straight here, if there is room."""
        room = (
            self._running and not self._stopping and len(self._held) < self._settings.waiting // 2
        )
        return Lease(self.owner, self._settings.lease) if room else None

    def hand_over(
        self, deliveries: Sequence[Delivery], ready: Sequence[DueDelivery], read_at: float
    ) -> None:
        """Take deliveries that were just committed; those under this worker's lease start now.

        `ready` says what sending those takes, and that they were wanted at `read_at`. Those of an
        endpoint in trouble that has enough here are claimed when their lease is over.
        """
        for due in ready:
            self._checks[due.id] = (due, read_at)
        for delivery in deliveries:
            if delivery.lease_owner == self.owner:
                lane = _lane(delivery)
                few = self._lanes.length(lane) < self._settings.per_endpoint
                if few or not self._lanes.is_in_trouble(lane):
                    self._enqueue(delivery)
                else:
                    self._checks.pop(delivery.id, None)
            elif delivery.lease_owner is None and delivery.status == "PENDING":
                self._wake.set()
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
        await self._put_back.drain()
        with suppress(ServiceError):
            async with self._work.writing() as tx:
                await tx.deliveries.release(self.owner)

    @property
    def is_running(self) -> bool:
        """Whether this process sends at all."""
        return self._running

    async def _claim(self) -> bool:
        """Take what is due, as much as there is room for; answer whether there may be more."""
        room = self._settings.waiting - len(self._held)
        self._crowded = room <= 0
        if self._crowded:
            return False
        now = self._clock()
        async with self._work.reading() as tx:
            waiting = await tx.deliveries.anything_due(now)
            probing = await tx.endpoints.probe_is_due(now)
        if probing:
            for probe in await self._endpoints.probes(self.owner, until=now + self._settings.lease):
                self._probes.add(probe.id)
                self._enqueue(probe)
            self._pump()
        if not waiting:
            return False
        enough = self._settings.waiting_per_endpoint
        most = min(room, max(1, enough // 2))
        self._full = self._lanes.longer_than(enough)
        read_at = time.monotonic()
        async with self._work.writing() as tx:
            planned = await tx.deliveries.plan_notices(now, most=most)
            claimed = await tx.deliveries.claim(
                self.owner,
                now=now,
                until=now + self._settings.lease,
                most=most,
                passing_over=sorted(self._full),
            )
            # those in order are asked about when this is committed, and others see it
            alone = [delivery.id for delivery in claimed if delivery.record_key is None]
            found = await tx.deliveries.due(alone, self.owner)
        for delivery in claimed:
            if delivery.id in found and delivery.id not in self._held:
                self._checks[delivery.id] = (found[delivery.id], read_at)
            self._enqueue(delivery)
        self._pump()
        return len(claimed) == most or planned == most

    # -- from memory to tries --------------------------------------------------------------------

    def _enqueue(self, delivery: Delivery) -> None:
        if delivery.id not in self._held:
            self._held.add(delivery.id)
            self._lanes.put(_lane(delivery), delivery.id)

    def _may_start(self, lane: str) -> bool:
        """Say whether the host behind a lane may be called, as far as it's known."""
        origin = self._origins.get(lane)
        return origin is None or self._breakers.admits(origin, ill=self._lanes.is_ill(lane))

    def _pump(self) -> None:
        """Start tries while there are slots, and not too much is waiting to be written down."""
        most = _MOST_UNWRITTEN * self._settings.at_once
        while not self._stopping and len(self._tries) < most:
            if (taken := self._lanes.take()) is None:
                return
            lane, delivery_id = taken
            slot = _Slot(lane)
            half = self._settings.waiting_per_endpoint // 2
            if lane in self._full and self._lanes.length(lane) <= half:
                self._full.discard(lane)
                self._wake.set()
            task = asyncio.create_task(self._deliver(slot, delivery_id))
            self._tries.add(task)
            task.add_done_callback(lambda done, slot=slot: self._finished(done, slot))

    def _free(
        self, slot: _Slot, answered: bool | None = None, succeeded: bool | None = None
    ) -> None:
        """Give a slot back, once."""
        if slot.held:
            slot.held = False
            self._lanes.done(slot.lane, answered=answered, succeeded=succeeded)

    def _finished(self, task: asyncio.Task[None], slot: _Slot) -> None:
        self._tries.discard(task)
        self._free(slot)
        if self._crowded and len(self._held) <= self._settings.waiting // 2:
            self._crowded = False
            self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("delivery.broken", exc_info=error)
        self._pump()

    # -- one try ---------------------------------------------------------------------------------

    async def _deliver(self, slot: _Slot, delivery_id: str) -> None:
        """Try one delivery and write down what happened."""
        stays = False
        try:
            due = await self._checked(delivery_id)
            if due is None or self._stopping:
                return
            if not self._ended.isdisjoint((due.subscription_id, due.tenant_webhook_id)):
                return
            if due.lease_until < self._clock() + self._settings.deadline:
                return  # too little is left of the lease; it will be claimed again
            is_probe = delivery_id in self._probes
            if not is_probe and due.subscription_state not in (None, ACTIVE):
                await self._put_back.submit((delivery_id, "HELD"))
                return
            if not is_probe and due.must_wait:
                await self._put_back.submit((delivery_id, "PENDING"))
                return
            origin = self._origin(slot.lane, due.callback_url)
            if not self._breakers.admits(origin, ill=self._lanes.is_ill(slot.lane)):
                stays = True
                self._lanes.put(slot.lane, delivery_id, first=True)
                return
            await self._try(slot, due, origin, is_probe=is_probe)
        except ServiceError as error:
            # The lease runs out and the delivery is claimed again: at least once, never lost.
            logger.warning("delivery.postponed", delivery_id=delivery_id, code=error.code)
        finally:
            if not stays:
                self._held.discard(delivery_id)
                self._checks.pop(delivery_id, None)
                self._probes.discard(delivery_id)

    async def _checked(self, delivery_id: str) -> DueDelivery | None:
        """Ask once more whether a delivery is wanted; what is answered was so a moment ago.

        Whoever ends a subscription in another process waits for that moment to pass, and may then
        say that nothing more is sent.
        """
        due, read_at = self._checks.pop(delivery_id, None) or await self._check.submit(delivery_id)
        while due is not None and time.monotonic() - read_at >= CHECK_HOLDS:
            due, read_at = await self._check.submit(delivery_id)
        return due

    async def _try(self, slot: _Slot, due: DueDelivery, origin: str, *, is_probe: bool) -> None:
        started = self._clock()
        request: OutgoingRequest | None = None
        reached: bool | None = None
        one = self._breakers.started(origin, ill=self._lanes.is_ill(slot.lane))
        try:
            request, outcome = await self._send(due, started)
            if outcome.error in UNREACHABLE:
                reached = False
            elif outcome.error not in _OURS:
                reached = True
        finally:
            if self._breakers.ended(one, reached=reached):
                self._metrics.breaker_openings.inc()
                logger.warning(
                    "breaker.opened", account_id=due.account_id, subscription_id=due.subscription_id
                )
        if not _is_gone(outcome):
            # what follows is bookkeeping; only of a receiver that is gone the next try must know
            is_ours = outcome.error in _OURS
            self._free(slot, reached, None if is_ours else outcome.error is None)
            self._pump()
        ended = self._clock()
        decision = decide(
            due.attempts + 1,
            outcome,
            now=ended,
            jitter=self._jitter(),
            delays=self._settings.retry_delays,
        )
        completion = self._completion(
            due, request, outcome, decision, started, ended, is_probe=is_probe
        )
        await self._record.submit(_Ended(completion, _tried(due, outcome, is_probe=is_probe)))

    def _origin(self, lane: str, url: str) -> str:
        origin = self._origins.get(lane)
        if origin is None:
            if len(self._origins) >= _MOST_ORIGINS:
                self._origins.clear()
            origin = self._origins[lane] = origin_of(url)
        return origin

    async def _send(
        self, due: DueDelivery, now: datetime
    ) -> tuple[OutgoingRequest | None, Outcome]:
        """Make the attempt. Whatever breaks on our side is a failed one: seen, and bounded."""
        request = None
        try:
            request = prepare(due, self._secrets, now)
            return request, await self._sender.send(request)
        except SecretUnreadable as error:
            logger.error("delivery.not_sent", delivery_id=due.id, code=error.code)
            return request, Failed(error.code)
        except Exception as error:
            logger.error("delivery.not_sent", delivery_id=due.id, exc_info=error)
            return request, Failed("NOT_SENT")

    def _completion(
        self,
        due: DueDelivery,
        request: OutgoingRequest | None,
        outcome: Outcome,
        decision: Decision,
        started: datetime,
        ended: datetime,
        *,
        is_probe: bool,
    ) -> Completion:
        match decision:
            case Done():
                status, due_at, completed_at = "DELIVERED", ended, ended
            case RetryAt(moment):
                status, due_at, completed_at = "HELD" if is_probe else "PENDING", moment, None
            case GiveUp() if is_probe and not _is_final(outcome):
                # a probe may be the hundredth try: the backlog is kept until it's wanted again
                status, due_at, completed_at = "HELD", ended, None
            case GiveUp():
                status, due_at, completed_at = "GIVEN_UP", ended, ended
            case _:
                assert_never(decision)
        error = outcome.error
        self._metrics.attempts(error or "delivered").inc()
        self._metrics.attempt_seconds.observe((ended - started).total_seconds())
        if status == "DELIVERED":
            self._metrics.waiting_seconds.observe((ended - due.created_at).total_seconds())
        else:
            logger.info(_NEWS[status], delivery_id=due.id, attempt=due.attempts + 1, error=error)
        return Completion(
            attempt=_attempt(due, request, outcome, started, ended),
            owner=self.owner,
            status=status,
            due_at=due_at,
            completed_at=completed_at,
            notice_id=due.notice_id,
            followed=(
                (due.subscription_id, due.record_key)
                if due.ordered and due.subscription_id and due.record_key
                else None
            ),
        )

    async def _read_due(self, delivery_ids: Sequence[str]) -> list[_Checked]:
        read_at = time.monotonic()
        async with self._work.reading() as tx:
            found = await tx.deliveries.due(delivery_ids, self.owner)
        return [(found.get(delivery_id), read_at) for delivery_id in delivery_ids]

    async def _write_completions(self, ended: Sequence[_Ended]) -> list[None]:
        completions = [one.completion for one in ended]
        single = not any(done.followed or done.notice_id for done in completions)
        async with self._work.hot(single=single) as tx:
            await tx.deliveries.complete(completions)
        if any(done.followed and done.completed_at for done in completions):
            self._wake.set()
        tries = [one.tried for one in ended if one.tried is not None]
        try:
            self._ask_again(await self._endpoints.note(tries))
        except ServiceError as error:
            logger.warning("endpoint.not_noted", code=error.code)
        except Exception as error:
            # the tries are recorded, and must not be recorded again
            logger.error("endpoint.not_noted", exc_info=error)
        return [None] * len(ended)

    def _ask_again(self, subscription_ids: set[str]) -> None:
        """Rely no more on what was read of these subscriptions' deliveries."""
        if subscription_ids:
            self._checks = {
                delivery_id: (due, read_at)
                for delivery_id, (due, read_at) in self._checks.items()
                if due is not None and due.subscription_id not in subscription_ids
            }

    async def _write_put_back(self, items: Sequence[tuple[str, str]]) -> list[None]:
        async with self._work.hot() as tx:
            for status in sorted({status for _, status in items}):
                ids = [delivery_id for delivery_id, wanted in items if wanted == status]
                await tx.deliveries.put_back(ids, self.owner, status=status)
        return [None] * len(items)


_NEWS: dict[str, LiteralString] = {
    "PENDING": "delivery.retry_planned",
    "HELD": "delivery.probe_failed",
    "GIVEN_UP": "delivery.given_up",
}


def _lane(delivery: Delivery) -> str:
    return delivery.subscription_id or delivery.id


def _is_final(outcome: Outcome) -> bool:
    """Say that no later try could end otherwise."""
    return _is_gone(outcome) or (isinstance(outcome, Failed) and not outcome.retryable)


def _is_gone(outcome: Outcome) -> bool:
    return isinstance(outcome, Answered) and outcome.status == GONE


def _tried(due: DueDelivery, outcome: Outcome, *, is_probe: bool) -> Tried | None:
    if due.subscription_id is None or outcome.error in _OURS:
        return None
    return Tried(
        subscription_id=due.subscription_id,
        succeeded=outcome.error is None,
        gone=_is_gone(outcome),
        failing_since=due.failing_since,
        probed=is_probe,
    )


def _attempt(
    due: DueDelivery,
    request: OutgoingRequest | None,
    outcome: Outcome,
    started: datetime,
    ended: datetime,
) -> Attempt:
    sent = got = body = None
    if request is not None:
        sent = transcript.request_headers(request.headers)
        # what a receiver of a notice says may repeat the account key in it
        if isinstance(outcome, Answered) and due.notice_id is None:
            proofs = transcript.proofs(request.headers)
            got = transcript.response_headers(outcome.headers, proofs)
            body = transcript.response_body(outcome.body, proofs)
    return Attempt(
        delivery_id=due.id,
        number=due.attempts + 1,
        started_at=started,
        duration_ms=round((ended - started).total_seconds() * 1000),
        status_code=outcome.status if isinstance(outcome, Answered) else None,
        error=outcome.error,
        request_headers=sent,
        response_headers=got,
        response_body=body,
    )
