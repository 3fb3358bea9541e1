"""Who wants which events, and which events are on their way."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import msgspec

from connector.providers.qonto.simulator.clock import Clock
from connector.providers.qonto.simulator.ids import IdSource
from connector.providers.qonto.simulator.records.subscription import Delivery, Subscription
from connector.providers.qonto.simulator.times import with_millis

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
        self.pending: list[Delivery] = []
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
        if self.holding:
            delivery.state = "held"
        self.pending.append(delivery)
        self.history.append(delivery)
        self.wake.set()

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
        held = [one for one in self.pending if one.state == "held"]
        for one in held:
            self.pending.remove(one)
            one.state = "pending"
        self.pending.extend(reversed(held) if order == "reverse" else held)
        self.holding = False
        self.wake.set()
        return len(held)

    def clear(self) -> None:
        self.subscriptions.clear()
        self.pending.clear()
        self.history.clear()
        self.holding = False
        self.recount()
