"""A provider's event comes in: verified over its raw bytes, stored with its deliveries, then 2xx.

Storing an event and planning its deliveries is one commit, so "accepted" and "will be delivered"
are the same promise. Commits are grouped; nothing waits for a group to fill.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NoReturn

from connector.ports import UpstreamEvent, Verdict
from connector.registry import Registry
from oauth.accounts import Status
from oauth.endings import TOKEN, end_consent
from storage.clock import Clock
from storage.errors import Invalid, StorageUnavailable
from storage.group_commit import GroupCommit
from storage.ids import new_id
from storage.live_subscriptions import LiveSubscriptions
from storage.log import logger
from storage.repositories.events import Event
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from webhooks.errors import EventStale, SignatureInvalid
from webhooks.known_callbacks import EventRecipient, KnownCallback, KnownCallbacks
from webhooks.metrics import RelayMetrics
from webhooks.planning import (
    Accepted,
    FirstLease,
    HandOver,
    decide_types,
    emitted_records,
    plan,
    ready,
    wanted_also,
)
from webhooks.recently import Recently

_CLOCKS_DIFFER = timedelta(seconds=5)
"""How far the provider's clock may be behind ours."""

_CALM = timedelta(seconds=30)
"""How long after a poll an event that is too old brings about no other."""

_MOST_SEEN = 20_000
"""Events, and stale ones, that are remembered."""

_SEEN_FOR = timedelta(minutes=10)
"""How long a stored event is known without the database: as long as one signature can count."""

_STALE_FOR = timedelta(hours=1)
"""How long a stale event, sent again, brings about nothing."""

_MOST_ATTEMPTS = 10
"""How often a batch is planned anew because a subscription was changed meanwhile."""

RELAYED = ("CREATED", "UPDATED", "DELETED")
"""The kinds of change that are emitted."""


class Intake:
    """Accepts events. `hand_over` gets deliveries that are to be sent from this process at once."""

    def __init__(
        self,
        work: UnitOfWork,
        ring: KeyRing,
        registry: Registry,
        clock: Clock,
        metrics: RelayMetrics,
        *,
        callbacks: KnownCallbacks,
        lease: Callable[[], FirstLease | None],
        hand_over: HandOver,
        revoked: Callable[[str], None] = lambda _: None,
        poll_now: Callable[[], None] = lambda: None,
    ) -> None:
        """`revoked` is called with the id of each account whose consent was taken back; `poll_now`
        is called when a poll has become due at once.
        """
        self._work = work
        self._ring = ring
        self._registry = registry
        self._clock = clock
        self._metrics = metrics
        self._callbacks = callbacks
        self._lease = lease
        self._hand_over = hand_over
        self._revoked = revoked
        self._poll_now = poll_now
        self._live = LiveSubscriptions()
        self._stored: Recently[tuple[tuple[str, ...], str]] = Recently(
            most=_MOST_SEEN, life=_SEEN_FOR
        )
        """Accounts that it was stored for, and the upstream id."""
        self._stale: Recently[tuple[str, bytes]] = Recently(most=_MOST_SEEN, life=_STALE_FOR)
        """Account, and a hash of the body."""
        self._group: GroupCommit[Accepted, bool] = GroupCommit(
            self._store, at_once=work.batches_at_once
        )

    async def admit(self, code: str, headers: Mapping[str, str]) -> None:
        """Say whether an event's body is worth reading.

        Raises NotFound (no such callback), SignatureInvalid (nothing that could be a signature) and
        StorageUnavailable.
        """
        callback = await self._callbacks.get(code, self._clock())
        if not self._registry.get(callback.target).webhooks.is_signed(headers):
            self._refuse()

    async def accept(self, code: str, headers: Mapping[str, str], body: bytes) -> None:
        """Take in one event; on return it is stored, and its deliveries with it.

        Raises NotFound (no such callback), SignatureInvalid, EventStale, Invalid (not an event)
        and StorageUnavailable (the provider should post it again).
        """
        now = self._clock()
        callback = await self._callbacks.get(code, now)
        adapter = self._registry.get(callback.target).webhooks
        match adapter.verify(headers, body, (callback.secret,), now):
            case Verdict.VALID:
                pass
            case Verdict.STALE:
                self._metrics.accepted("stale").inc()
                for one in callback.watching:
                    await self._note_stale(one.account_id, body, now)
                raise EventStale(
                    "The event was signed too long ago; send it with a fresh signature."
                )
            case Verdict.MISSING | Verdict.FORGED:
                self._refuse()
        try:
            incoming = adapter.read_event(body)
        except Invalid:
            self._metrics.accepted("unreadable").inc()
            raise
        key = tuple(one.account_id for one in callback.watching), incoming.id
        if self._stored.has(key, now):
            self._metrics.accepted("duplicate").inc()
            return
        if incoming.type in adapter.revocation_types:
            for one in callback.watching:
                await self._end_consent(one.account_id, incoming, body, now)
            self._stored.add(key, now)
            return
        if (
            incoming.resource is None
            or incoming.resource_id is None
            or incoming.event not in (None, *RELAYED)
        ):
            # Nothing that is emitted; refusing it would only make the provider repeat it.
            self._metrics.accepted("ignored").inc()
            account_ids = [one.account_id for one in callback.watching]
            logger.info("event.ignored", account_id=",".join(account_ids), type=incoming.type)
            return
        digest = sha256(body).hexdigest()
        accepted = [
            _accepted(one, callback, incoming, incoming.resource, incoming.resource_id, digest, now)
            for one in callback.watching
        ]
        if len(accepted) == 1:
            fresh = await self._group.submit(accepted[0])
        else:  # the provider posts once for all accounts of a connection
            fresh = any(await asyncio.gather(*map(self._group.submit, accepted)))
        self._stored.add(key, now)
        self._metrics.accepted("stored" if fresh else "duplicate").inc()

    async def drain(self) -> None:
        """Wait until everything taken in is committed."""
        await self._group.drain()

    async def _end_consent(
        self, account_id: str, incoming: UpstreamEvent, body: bytes, now: datetime
    ) -> None:
        """Store that the customer took the consent back; the account is REVOKED in that commit."""
        announced_at = incoming.created_at or now
        event = Event(
            id=new_id("evt", now),
            account_id=account_id,
            upstream_event_id=incoming.id,
            resource=TOKEN,
            resource_id=account_id,
            event_type="REVOKED",
            occurred_at=announced_at,
            received_at=now,
            body_sha256=sha256(body).hexdigest(),
        )
        async with self._work.writing() as tx:
            # Locked before the event refers to it: two of these at once would else wait for
            # each other.
            account = await tx.accounts.get(account_id, lock=True)
            fresh = bool(await tx.events.add_new([event]))
            # One that was long on its way may be about the consent before this one.
            is_current = account is not None and (
                account.status != Status.ACTIVE
                or announced_at > account.updated_at - _CLOCKS_DIFFER
            )
            was_revoked = (
                fresh
                and is_current
                and await end_consent(
                    tx, self._ring, account_id, to=Status.REVOKED, at=now, cause=event
                )
            )
        self._metrics.accepted("stored" if fresh else "duplicate").inc()
        if was_revoked:
            self._revoked(account_id)
            logger.warning("account.revoked", account_id=account_id)

    def _refuse(self) -> NoReturn:
        self._metrics.accepted("forged").inc()
        raise SignatureInvalid("The event is not signed with this subscription's secret.")

    async def _note_stale(self, account_id: str, body: bytes, now: datetime) -> None:
        """Have an account polled: something happened, and nobody knows what.

        Once for each event, and not if it was just polled: whoever has an old event can send it
        again and again.
        """
        key = account_id, sha256(body).digest()
        if self._stale.has(key, now):
            return
        async with self._work.writing() as tx:
            await tx.watermarks.poll_now(account_id, now, unless_polled_since=now - _CALM)
        self._stale.add(key, now)
        self._poll_now()

    async def _store(self, batch: Sequence[Accepted]) -> list[bool]:
        now = self._clock()
        unsure = {
            (item.event.account_id, item.event.resource, item.event.resource_id)
            for one in batch
            for item in (one, *one.also)
            if item.announced_type is None and item.created_here
        }
        references = {item.event.account_id: item.reference for item in batch}
        accounts = sorted(references)
        single = not unsure and not any(item.followers for item in batch)
        for _ in range(_MOST_ATTEMPTS):
            read_at = time.monotonic()
            async with self._work.hot(single=single) as tx:
                live = await self._live.of(tx, accounts)
                told = [*batch, *wanted_also(batch, live.subscriptions)]
                events = decide_types(told, await tx.events.seen(unsure))
                planned = plan(events, live.subscriptions, now=now, lease=self._lease())
                emitted = emitted_records(told)
                stored = await tx.acceptances.store(events, emitted, planned, live)
                if stored is None:
                    self._live.forget(accounts)
                    continue
                fresh = stored.events
                hinted = {
                    (item.event.account_id, one)
                    for item in batch
                    if item.event.id in fresh
                    for one in item.followers
                }
                if hinted:
                    await tx.watermarks.poll_now(hinted, now)
            deliveries = [one for one in planned if one.id in stored.deliveries]
            self._hand_over(
                deliveries, ready(deliveries, events, live.subscriptions, references), read_at
            )
            if hinted:
                self._poll_now()
            return [item.event.id in fresh for item in batch]
        raise StorageUnavailable("the subscriptions of this account keep changing; try again")


def _accepted(
    watching: EventRecipient,
    callback: KnownCallback,
    incoming: UpstreamEvent,
    resource: str,
    resource_id: str,
    digest: str,
    now: datetime,
) -> Accepted:
    """Write an event down for one of the accounts that it is for."""

    def of(resource: str, upstream_event_id: str, also: tuple[Accepted, ...] = ()) -> Accepted:
        created = incoming.resource_created_at
        since = watching.since.get(resource, callback.subscribed_at)
        return Accepted(
            event=Event(
                id=new_id("evt", now),
                account_id=watching.account_id,
                upstream_event_id=upstream_event_id,
                resource=resource,
                resource_id=resource_id,
                event_type="",
                # a time to come would put all polls of the record off until then
                occurred_at=min(incoming.created_at or now, now),
                received_at=now,
                body_sha256=digest,
            ),
            announced_type=incoming.event,
            created_here=created is not None and created >= since,
            version=incoming.version,
            followers=watching.followers.get(resource, ()),
            reference=watching.reference,
            also=also,
        )

    also = tuple(of(one, f"{incoming.id}:{one}") for one in incoming.also)
    return of(resource, incoming.id, also)
