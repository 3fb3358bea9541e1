"""Who wants which events, and which events are on their way."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import msgspec

from qonto_simulator.clock import Clock
from qonto_simulator.ids import IdSource
from qonto_simulator.records.subscription import Delivery, Subscription
from qonto_simulator.times import with_millis

HISTORY = 20_000


class Hub:
    """Turns something that happened into one delivery per subscription that asked for it.

    Nothing is kept for events before a subscription, nothing can be listed or asked again, and
    every delivery has an event id of its own.
    """

    def __init__(self, ids: IdSource, clock: Clock) -> None:
        self._ids = ids
        self._clock = clock
        self.subscriptions: dict[str, Subscription] = {}
        self._queues: dict[str, list[tuple[datetime, int, Delivery]]] = {}
        self._held: list[Delivery] = []
        self._count = 0
        self.history: deque[Delivery] = deque(maxlen=HISTORY)
        self.holding = False
        self.wake = asyncio.Event()
        self._wanted: dict[tuple[str, str], int] = {}

    def wants(self, organisation_id: str, type: str) -> bool:
        return self._wanted.get((organisation_id, type), 0) > 0

    def recount(self) -> None:
        """To be called after subscriptions were added, changed or removed."""
        self._wanted.clear()
        for one in self.subscriptions.values():
            for type in one.types:
                key = (one.organisation_id, type)
                self._wanted[key] = self._wanted.get(key, 0) + 1

    def emit(
        self,
        organisation_id: str,
        type: str,
        data: dict[str, object],
        at: datetime,
        *,
        only: Iterable[Subscription] | None = None,
    ) -> None:
        """Plans the delivery of ``data`` as it is now."""
        for one in list(self.subscriptions.values() if only is None else only):
            if one.organisation_id != organisation_id or type not in one.types:
                continue
            event_id = self._ids.uuid7(at)
            envelope: dict[str, object] = {
                "id": event_id,
                "subscription_id": one.id,
                "organization_id": organisation_id,
                "membership_id": one.membership_id,
                "type": type,
                "created_at": with_millis(at),
                "data": data,
            }
            self._queue(
                Delivery(
                    event_id=event_id,
                    subscription_id=one.id,
                    organisation_id=organisation_id,
                    type=type,
                    callback_url=one.callback_url,
                    secret=one.secret,
                    body=msgspec.json.encode(envelope),
                    created_at=at,
                    due=at,
                )
            )

    def _queue(self, delivery: Delivery) -> None:
        self.history.append(delivery)
        if self.holding:
            delivery.state = "held"
            self._held.append(delivery)
        else:
            self.schedule(delivery)

    def schedule(self, delivery: Delivery) -> None:
        """Puts a delivery in line at its due time."""
        self._count += 1
        queue = self._queues.setdefault(delivery.subscription_id, [])
        heapq.heappush(queue, (delivery.due, self._count, delivery))
        self.wake.set()

    @property
    def lines(self) -> list[str]:
        """The subscriptions for which something waits."""
        return [id for id, queue in self._queues.items() if queue]

    def take(self, subscription_id: str, now: datetime) -> Delivery | None:
        """The next due delivery of a subscription, taken out of its line."""
        queue = self._queues.get(subscription_id)
        if not queue or queue[0][0] > now:
            return None
        delivery = heapq.heappop(queue)[2]
        if not queue:
            del self._queues[subscription_id]
        return delivery

    @property
    def next_due(self) -> datetime | None:
        return min((queue[0][0] for queue in self._queues.values() if queue), default=None)

    @property
    def waiting(self) -> int:
        """How many deliveries stand in line, due or not."""
        return sum(len(queue) for queue in self._queues.values())

    def find(self, event_id: str) -> Delivery | None:
        """The latest delivery of an event; only recent ones are remembered."""
        return next((one for one in reversed(self.history) if one.event_id == event_id), None)

    def repeat(self, delivery: Delivery) -> Delivery:
        """Plans the same event once more, byte for byte."""
        now = self._clock.now()
        again = replace(delivery, attempts=[], state="pending", due=now, duplicate=True)
        self._queue(again)
        return again

    def release(self, order: str) -> int:
        """Lets held deliveries go, in their ``forward`` or ``reverse`` order; returns how many."""
        held, self._held = self._held, []
        self.holding = False
        now = self._clock.now()
        for one in reversed(held) if order == "reverse" else held:
            one.state, one.due = "pending", now
            self.schedule(one)
        return len(held)

    def clear(self) -> None:
        self.subscriptions.clear()
        self._queues.clear()
        self._held.clear()
        self.history.clear()
        self.holding = False
        self.recount()
