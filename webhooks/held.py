"""Deliveries that are leased to this worker, from their claim to the end of their attempt.

Memory is bounded twice: for all of them, and for each endpoint, so that the backlog of one leaves
room for the others.
"""

from collections.abc import Callable

from storage.repositories.deliveries import Delivery
from webhooks.dispatch_settings import DispatchSettings
from webhooks.endpoint_queues import EndpointQueues


class Held:
    """Which deliveries wait in `queues` or are under way.

    `wake` is called when there is room again that the last claim didn't find.
    """

    def __init__(
        self, queues: EndpointQueues, settings: DispatchSettings, *, wake: Callable[[], None]
    ) -> None:
        self._queues = queues
        self._settings = settings
        self._wake = wake
        self._ids: set[str] = set()
        self._probes: set[str] = set()
        """Deliveries that are sent although their subscription is paused."""
        self._again: dict[str, tuple[Delivery, bool]] = {}
        """Deliveries that were claimed again while they were held, and whether as probes."""
        self._is_crowded = False
        """The last claim found no room."""
        self._full: set[str] = set()
        """Endpoints that the last claim passed over, because enough of their deliveries wait
        here."""

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, delivery_id: str) -> bool:
        return delivery_id in self._ids

    def add(self, delivery: Delivery, *, is_probe: bool = False) -> None:
        """Let a delivery wait for its endpoint's turn.

        A delivery that is held already waits again when its attempt under way is dropped: else its
        new lease would pass without an attempt.
        """
        if is_probe:
            self._probes.add(delivery.id)
        if delivery.id in self._ids:
            self._again[delivery.id] = delivery, is_probe
        else:
            self._ids.add(delivery.id)
            self._queues.put(endpoint_of(delivery), delivery.id)

    def is_probe(self, delivery_id: str) -> bool:
        """Return whether a delivery is to be sent although its subscription is paused."""
        return delivery_id in self._probes

    def drop(self, delivery_id: str) -> None:
        """Forget a delivery whose attempt is over, or that isn't to be sent."""
        self._ids.discard(delivery_id)
        self._probes.discard(delivery_id)
        if (again := self._again.pop(delivery_id, None)) is not None:
            self.add(again[0], is_probe=again[1])
        if self._is_crowded and len(self._ids) <= self._settings.waiting // 2:
            self._is_crowded = False
            self._wake()

    def takes_fresh(self) -> bool:
        """Return whether there is room for deliveries that come without a claim."""
        return len(self._ids) < self._settings.waiting // 2

    def wants(self, delivery: Delivery) -> bool:
        """Return whether a fresh delivery is to wait here.

        A delivery of an unhealthy endpoint with a full queue stays leased, and is claimed again
        when the lease expires.
        """
        endpoint = endpoint_of(delivery)
        few = self._queues.length(endpoint) < self._settings.per_endpoint
        return few or not self._queues.is_in_trouble(endpoint)

    def room(self) -> int:
        """Return how many deliveries a claim may take."""
        room = self._settings.waiting - len(self._ids)
        self._is_crowded = room <= 0
        return max(0, room)

    def full_endpoints(self) -> list[str]:
        """Return the endpoints that a claim is to pass over."""
        self._full = self._queues.longer_than(self._settings.waiting_per_endpoint)
        return sorted(self._full)

    def taken(self, endpoint: str) -> None:
        """Take in that one of an endpoint's deliveries waits no more."""
        half = self._settings.waiting_per_endpoint // 2
        if endpoint in self._full and self._queues.length(endpoint) <= half:
            self._full.discard(endpoint)
            self._wake()


def endpoint_of(delivery: Delivery) -> str:
    """Return whose turn a delivery waits for: its subscription's; a notice is on its own."""
    return delivery.subscription_id or delivery.id
