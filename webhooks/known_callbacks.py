"""What incoming codes stand for, as read a few seconds ago at most."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.registry import Registry
from storage.bounded import Bounded
from storage.errors import NotFound
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from webhooks.metrics import RelayMetrics

CACHE_FOR = timedelta(seconds=5)
"""How long a callback code is believed without asking the database again."""

_MOST_CALLBACKS = 10_000
"""Callbacks that are remembered; those of connections that another process ended count too."""


@dataclass(frozen=True, slots=True)
class EventRecipient:
    """An account that an incoming event is for."""

    account_id: str
    reference: str | None
    since: Mapping[str, datetime]
    """When each resource was first subscribed to."""
    followers: Mapping[str, tuple[str, ...]]
    """Of those, which are to be asked about when an event of a resource has come."""


@dataclass(frozen=True, slots=True)
class KnownCallback:
    """What an incoming code stands for: a connection, and the accounts that live on it."""

    target: str
    secret: str = field(repr=False)
    subscribed_at: datetime
    watching: tuple[EventRecipient, ...]
    read_at: datetime


class KnownCallbacks:
    """Finds the connection that a code stands for, in memory where it was read just now."""

    def __init__(
        self, work: UnitOfWork, ring: KeyRing, registry: Registry, metrics: RelayMetrics
    ) -> None:
        self._work = work
        self._ring = ring
        self._registry = registry
        self._metrics = metrics
        self._known: Bounded[str, KnownCallback] = Bounded(_MOST_CALLBACKS)
        self._reads: dict[str, asyncio.Task[KnownCallback]] = {}

    def forget(self, code: str) -> None:
        """Drop a callback, because it was changed or removed."""
        self._known.pop(code, None)
        self._reads.pop(code, None)

    async def get(self, code: str, now: datetime) -> KnownCallback:
        """Return what a code stands for, as read a few seconds ago at most. Raises NotFound.

        It's read anew before that time is over, so that a stream of events never waits for it, and
        once for all that do wait.
        """
        cached = self._known.get(code)
        age = None if cached is None else now - cached.read_at
        if cached is not None and age is not None and age < CACHE_FOR:
            if age > CACHE_FOR / 2:
                self._reading_of(code, now)
            return cached
        return await asyncio.shield(self._reading_of(code, now))

    def _reading_of(self, code: str, now: datetime) -> "asyncio.Task[KnownCallback]":
        """Return the task that reads a code's row, which may have begun already."""
        task = self._reads.get(code)
        if task is None:
            task = self._reads[code] = asyncio.create_task(self._read(code, now))
            task.add_done_callback(lambda done: self._has_read(code, done))
        return task

    def _has_read(self, code: str, task: "asyncio.Task[KnownCallback]") -> None:
        failed = task.cancelled() or task.exception() is not None
        if self._reads.get(code) is not task:
            return  # it was changed meanwhile
        del self._reads[code]
        if not failed:
            self._known[code] = task.result()

    async def _read(self, code: str, now: datetime) -> KnownCallback:
        async with self._work.hot_reading() as tx:
            found = await tx.upstream_subscriptions.callback(code)
        if found is None:
            self._known.pop(code, None)
            self._metrics.accepted("unknown").inc()
            raise NotFound("No subscription posts to this address.")
        return KnownCallback(
            target=found.target,
            secret=self._ring.open_text(found.secret, associated_data=found.associated_data),
            subscribed_at=found.subscribed_at,
            watching=tuple(
                EventRecipient(
                    one.account_id,
                    one.reference,
                    one.since,
                    self._followers(found.target, list(one.since)),
                )
                for one in found.watching
            ),
            read_at=now,
        )

    def _followers(self, target: str, watched: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return, by resource, which watched ones its events hint at."""
        changes = self._registry.get(target).changes
        found: dict[str, tuple[str, ...]] = {}
        for resource in watched:
            feed = None if changes is None else changes.resources.get(resource)
            for followed in feed.follows if feed else ():
                found[followed] = (*found.get(followed, ()), resource)
        return found
