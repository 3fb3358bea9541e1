"""What waits in memory, by endpoint: endpoints take turns, and none has more than its share.

An endpoint shows that it's healthy by answering. One that doesn't answer (not yet, not any more, or
not for a while although it's being called) may have only a few attempts under way, and all such
endpoints together only a part of the slots; so however many of them hang, the others go on. A new
one may always have a first attempt. One that has failed several times in a row, whatever it
answered, has one attempt at a time until one succeeds: more would only keep both sides busy.
"""

import time
from collections import deque
from collections.abc import Callable

MOST_UNHEALTHY = 10_000
"""Endpoints whose last attempts failed are remembered while idle, up to this many."""


class EndpointQueues:
    """One queue of ids for each endpoint; the queues take turns.

    At most `at_once` items are under way, and `per_endpoint` of one endpoint. An endpoint on
    probation doesn't answer, or hasn't yet: it has at most `on_probation` under way, and all
    endpoints that aren't healthy have at most `not_healthy` together. Both bounds are off when not
    given. An endpoint that is called and silent for `slow_after` seconds isn't healthy. After
    `failures` failed attempts in a row an endpoint has one attempt at a time. `may_start` is asked
    before each take.
    """

    def __init__(
        self,
        *,
        at_once: int,
        per_endpoint: int,
        on_probation: int | None = None,
        not_healthy: int | None = None,
        slow_after: float = 0.25,
        failures: int | None = None,
        may_start: Callable[[str], bool] = lambda _: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._at_once = at_once
        self._per_endpoint = per_endpoint
        self._on_probation = min(per_endpoint, on_probation or per_endpoint)
        self._not_healthy = not_healthy or at_once
        self._slow_after = slow_after
        self._most_failures = failures
        self._may_start = may_start
        self._clock = clock
        self._waiting: dict[str, deque[str]] = {}
        self._turns: dict[str, None] = {}
        """Endpoints that wait, in the order of their next turn."""
        self._parked: dict[str, None] = {}
        """Endpoints that wait and can't start anything before some attempt ends."""
        self._under_way: dict[str, int] = {}
        self._count = 0
        self._healthy: set[str] = set()
        """Endpoints in use whose last attempt was answered."""
        self._unhealthy: dict[str, None] = {}
        """Endpoints whose last attempt wasn't answered, in use or not."""
        self._failures: dict[str, int] = {}
        """How often endpoints have failed since they last succeeded, in use or not."""
        self._sign: dict[str, float] = {}
        """When an endpoint under way last answered, or was first called."""

    def __bool__(self) -> bool:
        """Return whether something waits or is under way."""
        return bool(self._waiting or self._under_way)

    def put(self, endpoint: str, item: str, *, first: bool = False) -> None:
        """Let an item wait for its endpoint's turn; `first` puts it before the others."""
        items = self._waiting.get(endpoint)
        if items is None:
            items = self._waiting[endpoint] = deque()
            self._turns[endpoint] = None
        if first:
            items.appendleft(item)
        else:
            items.append(item)

    def take(self) -> tuple[str, str] | None:
        """Return the next endpoint and item to be worked on; None when nothing can start now.

        Each taken item is given back to its endpoint with `done`.
        """
        while self._turns and self._count < self._at_once:
            endpoint = next(iter(self._turns))
            del self._turns[endpoint]
            if not self._has_room(endpoint):
                self._parked[endpoint] = None
                continue
            items = self._waiting[endpoint]
            item = items.popleft()
            if items:
                self._turns[endpoint] = None
            else:
                del self._waiting[endpoint]
            if endpoint not in self._under_way:
                self._sign[endpoint] = self._clock()
            self._under_way[endpoint] = self._under_way.get(endpoint, 0) + 1
            self._count += 1
            return endpoint, item
        return None

    def done(
        self, endpoint: str, *, answered: bool | None = True, succeeded: bool | None = None
    ) -> None:
        """Free the slot of a taken item.

        `answered` and `succeeded` are None when that says nothing about the receiver, or no attempt
        was made.
        """
        self._count -= 1
        left = self._under_way.pop(endpoint) - 1
        if left:
            self._under_way[endpoint] = left
        was_healthy = endpoint in self._healthy
        if answered:
            self._healthy.add(endpoint)
            self._unhealthy.pop(endpoint, None)
            self._sign[endpoint] = self._clock()
        elif answered is not None:
            self._healthy.discard(endpoint)
            self._unhealthy[endpoint] = None
            if len(self._unhealthy) > MOST_UNHEALTHY:
                del self._unhealthy[next(iter(self._unhealthy))]
        if succeeded:
            self._failures.pop(endpoint, None)
        elif succeeded is not None:
            self._failures[endpoint] = self._failures.pop(endpoint, 0) + 1
            if len(self._failures) > MOST_UNHEALTHY:
                del self._failures[next(iter(self._failures))]
        if not left:
            self._sign.pop(endpoint, None)
            if endpoint not in self._waiting:
                self._healthy.discard(endpoint)
        if was_healthy and answered:
            self._unpark(endpoint)
        else:
            for parked in list(self._parked):
                self._unpark(parked)

    def is_unhealthy(self, endpoint: str) -> bool:
        """Return whether the endpoint's last attempt wasn't answered."""
        return endpoint in self._unhealthy

    def is_in_trouble(self, endpoint: str) -> bool:
        """Return whether the endpoint's last attempt wasn't answered, or its last ones all
        failed."""
        return self.is_unhealthy(endpoint) or self._is_failing(endpoint)

    def length(self, endpoint: str) -> int:
        """Return how many items wait for an endpoint."""
        return len(self._waiting.get(endpoint, ()))

    def longer_than(self, most: int) -> set[str]:
        """Return the endpoints for which at least `most` items wait."""
        return {endpoint for endpoint, items in self._waiting.items() if len(items) >= most}

    def clear(self) -> None:
        """Forget what waits; what is under way goes on."""
        self._waiting.clear()
        self._turns.clear()
        self._parked.clear()

    def _unpark(self, endpoint: str) -> None:
        if endpoint in self._parked:
            del self._parked[endpoint]
            self._turns[endpoint] = None

    def _has_room(self, endpoint: str) -> bool:
        under_way = self._under_way.get(endpoint, 0)
        if under_way >= self._per_endpoint or not self._may_start(endpoint):
            return False
        if under_way and self._is_failing(endpoint):
            return False
        if self._is_healthy(endpoint, self._clock()):
            return True
        if under_way >= self._on_probation:
            return False
        is_new = under_way == 0 and endpoint not in self._unhealthy
        return is_new or self._held_by_others() < self._not_healthy

    def _is_failing(self, endpoint: str) -> bool:
        most = self._most_failures
        return most is not None and self._failures.get(endpoint, 0) >= most

    def _is_healthy(self, endpoint: str, now: float) -> bool:
        """Return whether the endpoint answered last time, and hasn't been silent for long since."""
        if endpoint not in self._healthy:
            return False
        return endpoint not in self._under_way or now - self._sign[endpoint] <= self._slow_after

    def _held_by_others(self) -> int:
        """Count the slots held by endpoints that aren't healthy; at most as many endpoints as
        slots."""
        now = self._clock()
        return sum(
            count
            for endpoint, count in self._under_way.items()
            if not self._is_healthy(endpoint, now)
        )
