"""Who may start an attempt: the slots of this process, shared out by endpoint and by host."""

from dataclasses import dataclass

from storage.log import logger
from storage.repositories.due_deliveries import DueDelivery
from webhooks.breaker import Breakers, Started, origin_of
from webhooks.dispatch_settings import DispatchSettings
from webhooks.endpoint_queues import EndpointQueues
from webhooks.metrics import RelayMetrics
from webhooks.outcomes import has_reached, has_succeeded, is_gone
from webhooks.schedule import Outcome

_MOST_ORIGINS = 10_000


@dataclass(slots=True)
class Slot:
    """Taken for an attempt at one delivery, and kept until the receiver answered."""

    endpoint: str
    delivery_id: str
    is_taken: bool = True
    due: DueDelivery | None = None
    started: Started | None = None
    """What is sent, and its attempt, once that has begun."""


class Slots:
    """Gives slots to what waits in `queues`; each is given back with `end` or `free`."""

    def __init__(self, settings: DispatchSettings, metrics: RelayMetrics) -> None:
        self._metrics = metrics
        self.queues = EndpointQueues(
            at_once=settings.at_once,
            per_endpoint=settings.per_endpoint,
            on_probation=settings.on_probation,
            not_healthy=max(1, int(settings.at_once * settings.not_healthy)),
            slow_after=settings.slow_after,
            failures=settings.breaker_after,
            may_start=self._may_start,
        )
        self._breakers = Breakers(settings.breaker_after)
        self._origins: dict[str, str] = {}
        """Of the endpoints whose URL is known."""

    def take(self) -> Slot | None:
        """Return a slot for the next delivery whose turn it is; None when nothing can start."""
        taken = self.queues.take()
        return None if taken is None else Slot(*taken)

    def begin(self, slot: Slot, due: DueDelivery) -> bool:
        """Count an attempt that starts; return False when its host isn't to be called now.

        The delivery then waits in front of its queue, and the slot is to be freed.
        """
        origin = self._origin(slot.endpoint, due.callback_url)
        is_unhealthy = self.queues.is_unhealthy(slot.endpoint)
        if not self._breakers.admits(origin, unhealthy=is_unhealthy):
            self.queues.put(slot.endpoint, slot.delivery_id, first=True)
            return False
        slot.due, slot.started = due, self._breakers.started(origin, unhealthy=is_unhealthy)
        return True

    def end(self, slot: Slot, outcome: Outcome | None) -> None:
        """Take in how an attempt that has begun went, None when it was broken off.

        The slot is free now, unless the receiver is gone: the next attempt must not start before
        that is written down.
        """
        assert slot.due is not None
        assert slot.started is not None
        reached = None if outcome is None else has_reached(outcome)
        if self._breakers.finished(slot.started, reached=reached):
            self._metrics.breaker_openings.inc()
            one = slot.due.delivery
            logger.warning(
                "breaker.opened", account_id=one.account_id, subscription_id=one.subscription_id
            )
        if outcome is not None and not is_gone(outcome):
            self.free(slot, answered=reached, succeeded=has_succeeded(outcome))

    def free(
        self, slot: Slot, *, answered: bool | None = None, succeeded: bool | None = None
    ) -> None:
        """Give a slot back, if that hasn't been done."""
        if slot.is_taken:
            slot.is_taken = False
            self.queues.done(slot.endpoint, answered=answered, succeeded=succeeded)

    def _may_start(self, endpoint: str) -> bool:
        """Return whether the host behind an endpoint may be called, as far as it's known."""
        origin = self._origins.get(endpoint)
        return origin is None or self._breakers.admits(
            origin, unhealthy=self.queues.is_unhealthy(endpoint)
        )

    def _origin(self, endpoint: str, url: str) -> str:
        origin = self._origins.get(endpoint)
        if origin is None:
            if len(self._origins) >= _MOST_ORIGINS:
                self._origins.clear()
            origin = self._origins[endpoint] = origin_of(url)
        return origin
