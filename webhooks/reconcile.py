"""Changes that the provider didn't announce: observed by polls, and emitted as the same events.

Some resources have no webhooks at the provider; for some accounts it gives none; and what it sends
may get lost. So each resource that is subscribed to is polled: often where polls are all there is,
rarely where they only make sure. Each page that a poll read is one commit: the known records, the
new events and their deliveries. An event's id is made of the record and its state, and the known
records are locked while their changes are judged, so that no change is emitted twice.
"""

import asyncio
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.errors import RateLimited
from connector.ports import ChangeFeed, Feed, RecordState
from connector.registry import Provider, Registry
from connector.syncing.changes import (
    OVERLAP,
    SETTLED,
    Known,
    ObservedChange,
    is_emitted,
    is_settled,
    judge,
    newest,
)
from connector.syncing.pace import Pace, spread
from oauth.accounts import Status
from storage.clock import Clock
from storage.errors import ServiceError, StorageUnavailable
from storage.ids import new_id
from storage.log import logger
from storage.repositories.deliveries import Delivery
from storage.repositories.events import Event
from storage.repositories.known_records import KnownRecord
from storage.repositories.watermarks import Watermark
from storage.unit_of_work import UnitOfWork
from webhooks.bell import Bell
from webhooks.metrics import RelayMetrics
from webhooks.planning import FirstLease, HandOver, plan, ready
from webhooks.subscriptions import FIRST_INTERVAL
from webhooks.upstream import RESOURCES
from webhooks.words import OFFERED

LATE = timedelta(minutes=1)
"""How old a change is that the provider should have announced."""

POLLED = Pace(timedelta(minutes=1), timedelta(minutes=30))
COVERED = Pace(timedelta(minutes=15), timedelta(hours=6))

_POSTPONED = timedelta(minutes=1)
_MOST_TENDED = 100


@dataclass(frozen=True)
class ReconcileSettings:
    """`polled` is for what only polls observe, `covered` for what the provider announces as
    well."""

    polled: Pace = POLLED
    covered: Pace = COVERED
    lease: timedelta = timedelta(minutes=2)
    """Outlasts the reading of a page; it's renewed with each."""
    at_once: int = 8
    look: timedelta = timedelta(seconds=2)
    """How often the database is asked for what is due."""


class _Lost(Exception):
    """The poll belongs to somebody else now, or nobody wants it any more."""


@dataclass
class _Poll:
    """What one poll is about, and what it has found so far."""

    watermark: Watermark
    provider: Provider
    changes: ChangeFeed
    is_covered: bool
    leased_until: datetime
    emitted: int = 0
    is_late: bool = False
    """A change is among them that the provider should have announced long ago."""
    is_early: bool = False
    """A record was too young to be judged."""

    @property
    def account_id(self) -> str:
        return self.watermark.account_id

    @property
    def resource(self) -> str:
        return self.watermark.resource


class Reconciler:
    """One worker. `run` it until it's stopped; `wake` it when something has become due.

    `hand_over` gets deliveries that are to be sent from this process at once; `missed` the id of
    an account whose webhooks seem not to come.
    """

    def __init__(
        self,
        work: UnitOfWork,
        registry: Registry,
        clock: Clock,
        metrics: RelayMetrics,
        settings: ReconcileSettings | None = None,
        *,
        lease: Callable[[], FirstLease | None],
        hand_over: HandOver,
        missed: Callable[[str], Awaitable[None]],
        bell: Bell | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.owner = f"reconciler_{secrets.token_hex(8)}"
        self._work = work
        self._registry = registry
        self._clock = clock
        self._metrics = metrics
        self._settings = settings or ReconcileSettings()
        self._lease = lease
        self._hand_over = hand_over
        self._missed = missed
        self._jitter = jitter
        self._polls: set[asyncio.Task[None]] = set()
        self._bell = bell or Bell()

    def wake(self) -> None:
        """Look at once for what is due."""
        self._bell.ring()

    async def run(self) -> None:
        """Poll whatever is due, until cancelled."""
        while True:
            try:
                await self.begin()
            except StorageUnavailable as error:
                logger.warning("reconcile.postponed", code=error.code)
            except Exception as error:
                # one bad record must not end a loop that others depend on
                logger.error("reconcile.broken", exc_info=error)
            await self._bell.wait(self._settings.look)

    async def stop(self) -> None:
        """End the polls under way and give their leases back."""
        for poll in self._polls:
            poll.cancel()
        await asyncio.gather(*self._polls, return_exceptions=True)
        with suppress(ServiceError):
            async with self._work.writing() as tx:
                await tx.watermarks.release_all_of(self.owner)

    async def begin(self) -> int:
        """Start polls of what is due, as far as there is room; return how many."""
        room = self._settings.at_once - len(self._polls)
        now = self._clock()
        if room <= 0:
            return 0
        async with self._work.reading() as tx:
            if not await tx.watermarks.anything_due(now):
                return 0
        until = now + self._settings.lease
        async with self._work.writing() as tx:
            claimed = await tx.watermarks.claim(self.owner, now=now, until=until, most=room)
        for watermark in claimed:
            task = asyncio.create_task(self._run(watermark, until))
            self._polls.add(task)
            task.add_done_callback(self._done)
        return len(claimed)

    async def poll_due(self) -> int:
        """Poll all that is due now, to the end; return how many polls that took."""
        begun = 0
        while count := await self.begin():
            begun += count
            await asyncio.gather(*self._polls)
        return begun

    async def poll_now(self, account_id: str) -> None:
        """Have all of an account polled at once, because something may have been missed."""
        async with self._work.writing() as tx:
            await tx.watermarks.poll_now(account_id, self._clock())
        self.wake()

    async def wrote(self, account_id: str, target: str, resource: str) -> None:
        """Poll a resource that was just written to, if the target system won't tell of it itself.

        And those that follow it. What a poll finds is told once, as ever: whoever was told already
        isn't told again.
        """
        provider = self._registry.get(target)
        feeds: Mapping[str, Feed] = provider.changes.resources if provider.changes else {}
        feed = feeds.get(resource)
        # what follows other resources is announced in part at best
        if resource in provider.webhooks.topics and not (feed and feed.follows):
            return
        due = followers_of(resource, feeds)
        if feed is not None:
            due.add(resource)
        if not due:
            return
        async with self._work.writing() as tx:
            await tx.watermarks.poll_now({(account_id, one) for one in due}, self._clock())
        self.wake()

    async def tend(self) -> int:
        """Give a watermark to each resource that is subscribed to, and end those of the others.

        Returns how many there were: of subscriptions that an earlier version made, and of accounts
        that were unlinked.
        """
        resources = [resource for resource in OFFERED if self._is_polled(resource)]
        now = self._clock()
        async with self._work.writing() as tx:
            lacking = await tx.watermarks.lacking(resources, _MOST_TENDED)
            for account_id, resource in lacking:
                await tx.watermarks.begin(
                    Watermark(
                        account_id, resource, now, now, now, int(FIRST_INTERVAL.total_seconds())
                    )
                )
            unwanted = await tx.watermarks.unwanted(_MOST_TENDED)
            for watermark in unwanted:
                if await tx.watermarks.drop(watermark):
                    await tx.known_records.forget(watermark.account_id, watermark.resource)
        return len(lacking) + len(unwanted)

    # -- one poll --------------------------------------------------------------------------------

    def _done(self, task: asyncio.Task[None]) -> None:
        self._polls.discard(task)
        self._bell.ring()  # there is room again

    async def _run(self, watermark: Watermark, until: datetime) -> None:
        try:
            poll = await self._open(watermark, until)
            if poll is None:
                return
            try:
                await self._read(poll)
            except _Lost:
                logger.info("reconcile.lost", account_id=poll.account_id, resource=poll.resource)
        except StorageUnavailable as error:
            # the lease ends by itself
            logger.warning("reconcile.postponed", code=error.code)
        except Exception as error:
            logger.error("reconcile.broken", account_id=watermark.account_id, exc_info=error)

    async def _open(self, watermark: Watermark, until: datetime) -> _Poll | None:
        """Read what a poll needs to know; None when the account can't be polled any more."""
        async with self._work.reading() as tx:
            account = await tx.accounts.get(watermark.account_id)
            upstream = await tx.upstream_subscriptions.of_account(watermark.account_id, RESOURCES)
        if account is None or account.status != Status.ACTIVE:
            return None
        provider = self._registry.get(account.target)
        if provider.changes is None or watermark.resource not in provider.changes.resources:
            return None
        topics = provider.webhooks.topics.get(watermark.resource, ())
        announced = upstream.types.split() if upstream and upstream.state == "ACTIVE" else ()
        follows = provider.changes.resources[watermark.resource].follows
        is_covered = bool(topics) and not follows and set(topics).issubset(announced)
        return _Poll(watermark, provider, provider.changes, is_covered, until)

    async def _read(self, poll: _Poll) -> None:
        """Read all that may have changed, emit what has, and settle when to poll again."""
        mark = poll.watermark
        started = asked_at = self._clock()
        is_whole = mark.polled_at is None and poll.changes.resources[poll.resource].from_start
        since = None if is_whole else mark.changed_until - OVERLAP
        try:
            async for page in poll.changes.read(poll.account_id, poll.resource, since):
                await self._take(poll, page, asked_at)
                asked_at = self._clock()
        except RateLimited as error:
            wait = _POSTPONED
            if error.retry_after is not None:
                wait = timedelta(seconds=min(max(1.0, error.retry_after), 3600))
            await self._release(poll, "postponed", wait)
        except (StorageUnavailable, _Lost):
            raise
        except Exception as error:
            failures = mark.failures + 1
            code = error.code if isinstance(error, ServiceError) else type(error).__name__
            logger.warning(
                "reconcile.failed",
                account_id=poll.account_id,
                resource=poll.resource,
                code=code,
                exc_info=None if isinstance(error, ServiceError) else error,
            )
            wait = self._pace(poll).after_failures(failures)
            await self._release(poll, "failed", wait, failures=failures)
        else:
            await self._finish(poll, started)

    async def _finish(self, poll: _Poll, started: datetime) -> None:
        interval = self._pace(poll).next(
            timedelta(seconds=poll.watermark.interval_seconds), changed=poll.emitted > 0
        )
        await self._release(
            poll,
            "changes" if poll.emitted else "nothing",
            SETTLED if poll.is_early else interval,
            failures=0,
            changed_until=started,
            polled_at=started,
            interval_seconds=int(interval.total_seconds()),
        )
        if poll.is_covered and poll.is_late and poll.watermark.polled_at is not None:
            await self._missed(poll.account_id)

    async def _release(self, poll: _Poll, outcome: str, wait: timedelta, **values: object) -> None:
        due_at = self._clock() + spread(wait, self._jitter())
        async with self._work.writing() as tx:
            await tx.watermarks.release(poll.watermark, self.owner, due_at=due_at, **values)
        self._metrics.polls.labels(outcome).inc()

    def _pace(self, poll: _Poll) -> Pace:
        return self._settings.covered if poll.is_covered else self._settings.polled

    def _is_polled(self, resource: str) -> bool:
        found = [self._registry.get(target).changes for target in self._registry.targets()]
        return any(changes is not None and resource in changes.resources for changes in found)

    # -- one page --------------------------------------------------------------------------------

    async def _take(self, poll: _Poll, page: Sequence[RecordState], read_at: datetime) -> None:
        """Store and plan what of a page is news. Raises _Lost."""
        states = newest(page)
        settled = {one: state for one, state in states.items() if is_settled(state, read_at)}
        poll.is_early = poll.is_early or len(settled) < len(states)
        async with self._work.reading() as tx:
            known = await tx.known_records.get(poll.account_id, poll.resource, settled)
        news = self._judge(poll, settled, known, read_at)
        unread = [one for one, record in known.items() if _is_unread(record, settled[one])]
        now = self._clock()
        if not news and not unread and poll.leased_until - now > self._settings.lease / 2:
            return
        until = now + self._settings.lease
        events: list[Event] = []
        deliveries: list[Delivery] = []
        asked_at = time.monotonic()
        async with self._work.writing() as tx:
            # In the order in which everybody takes them who takes several.
            subscriptions = await tx.subscriptions.live([poll.account_id], hold=True)
            account = await tx.accounts.get(poll.account_id)
            if account is None or account.status != Status.ACTIVE:
                raise _Lost
            if not await tx.watermarks.renew(poll.watermark, self.owner, until):
                raise _Lost
            # All at once, since two that hold some and want others would wait for each other.
            found = {observed.id: settled[observed.id] for observed in news}
            known = await tx.known_records.get(
                poll.account_id, poll.resource, [*found, *unread], hold=True
            )
            await tx.known_records.mark_read(poll.account_id, poll.resource, unread, read_at)
            if news:
                news = self._judge(poll, found, known, read_at)
                await tx.known_records.note(
                    [_record(poll, observed, known.get(observed.id), read_at) for observed in news]
                )
                events = [
                    _event(poll, observed, now) for observed in news if observed.kind is not None
                ]
                new = await tx.events.add_new(events)
                deliveries = plan(
                    [event for event in events if event.id in new],
                    subscriptions,
                    now=now,
                    lease=self._lease(),
                )
                await tx.deliveries.add(deliveries)
                if new:
                    followers = followers_of(poll.resource, poll.changes.resources)
                    await tx.watermarks.poll_now({(poll.account_id, one) for one in followers}, now)
        poll.leased_until = until
        emitted = [observed for observed in news if observed.kind is not None]
        poll.emitted += len(emitted)
        poll.is_late = poll.is_late or any(one.occurred_at < read_at - LATE for one in emitted)
        references = {account.id: account.reference}
        self._hand_over(deliveries, ready(deliveries, events, subscriptions, references), asked_at)

    def _judge(
        self,
        poll: _Poll,
        states: Mapping[str, RecordState],
        known: Mapping[str, KnownRecord],
        read_at: datetime,
    ) -> list[ObservedChange]:
        mark = poll.watermark
        judged = [
            judge(
                state,
                Known(known[one].version, known[one].emitted_until) if one in known else None,
                since=mark.since,
                read_at=read_at,
                is_first=mark.polled_at is None,
            )
            for one, state in states.items()
        ]
        return [observed for observed in judged if observed is not None]


def followers_of(resource: str, feeds: Mapping[str, Feed]) -> set[str]:
    """Name the resources that changes of this one hint at."""
    return {one for one, feed in feeds.items() if resource in feed.follows}


def _record(
    poll: _Poll, observed: ObservedChange, known: KnownRecord | None, read_at: datetime
) -> KnownRecord:
    emitted_until = (
        observed.occurred_at if known is None else max(observed.occurred_at, known.emitted_until)
    )
    return KnownRecord(
        poll.account_id, poll.resource, observed.id, observed.version, emitted_until, read_at
    )


def _is_unread(known: KnownRecord, state: RecordState) -> bool:
    """Say whether a state was emitted since a poll last read the record."""
    if known.read_at is not None and known.read_at >= known.emitted_until:
        return False
    return is_emitted(state, Known(known.version, known.emitted_until))


def _event(poll: _Poll, observed: ObservedChange, now: datetime) -> Event:
    assert observed.kind is not None
    return Event(
        id=new_id("evt", now),
        account_id=poll.account_id,
        upstream_event_id=f"poll:{poll.resource}:{observed.id}:{observed.key}",
        resource=poll.resource,
        resource_id=observed.id,
        event_type=observed.kind,
        occurred_at=observed.occurred_at,
        received_at=now,
        body_sha256="",
        source="POLL",
    )
