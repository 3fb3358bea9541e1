"""What waits in memory, by endpoint: endpoints take turns, and none has more than its share.

An endpoint shows that it's well by answering. One that doesn't answer (not yet, not any more, or
not for a while although it's being called) may have only a few tries under way, and all such
endpoints together only a part of the slots; so however many of them hang, the others go on. A new
one may always have a first try. One that has failed several times in a row, whatever it answered,
has one try at a time until one succeeds: more would only keep both sides busy.
"""

import time
from collections import deque
from collections.abc import Callable

MOST_ILL = 10_000
"""Endpoints whose last tries failed are remembered while idle, up to this many."""


class Lanes:
    """A fair queue of ids; `at_once` bounds what is under way, `per_lane` one lane of it.

    `on_trial` bounds a lane that doesn't answer, `not_well` all of these together; both are off
    when not given. `patience` is how many seconds of silence a lane that is called may have, and
    `failures` after how many in a row it has one try at a time. `may_start` is asked before each
    take.
    """

    def __init__(
        self,
        *,
        at_once: int,
        per_lane: int,
        on_trial: int | None = None,
        not_well: int | None = None,
        patience: float = 0.25,
        failures: int | None = None,
        may_start: Callable[[str], bool] = lambda _: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._at_once = at_once
        self._per_lane = per_lane
        self._on_trial = min(per_lane, on_trial or per_lane)
        self._not_well = not_well or at_once
        self._patience = patience
        self._most_failures = failures
        self._may_start = may_start
        self._clock = clock
        self._waiting: dict[str, deque[str]] = {}
        self._turns: dict[str, None] = {}
        """Lanes that wait, in the order of their next turn."""
        self._parked: dict[str, None] = {}
        """Lanes that wait and can't start anything before some try ends."""
        self._under_way: dict[str, int] = {}
        self._count = 0
        self._well: set[str] = set()
        """Lanes in use whose last try was answered."""
        self._ill: dict[str, None] = {}
        """Lanes whose last try wasn't, in use or not."""
        self._failures: dict[str, int] = {}
        """How often lanes have failed since they last succeeded, in use or not."""
        self._sign: dict[str, float] = {}
        """When a lane under way last answered, or was first called."""

    def __bool__(self) -> bool:
        """Something waits or is under way."""
        return bool(self._waiting or self._under_way)

    def put(self, lane: str, item: str, *, first: bool = False) -> None:
        """Let an item wait for its lane's turn; `first` puts it before the others."""
        items = self._waiting.get(lane)
        if items is None:
            items = self._waiting[lane] = deque()
            self._turns[lane] = None
        if first:
            items.appendleft(item)
        else:
            items.append(item)

    def take(self) -> tuple[str, str] | None:
        """Answer the next lane and item to be worked on; None when nothing can start now.

        Each taken item is given back to its lane with `done`.
        """
        while self._turns and self._count < self._at_once:
            lane = next(iter(self._turns))
            del self._turns[lane]
            if not self._has_room(lane):
                self._parked[lane] = None
                continue
            items = self._waiting[lane]
            item = items.popleft()
            if items:
                self._turns[lane] = None
            else:
                del self._waiting[lane]
            if lane not in self._under_way:
                self._sign[lane] = self._clock()
            self._under_way[lane] = self._under_way.get(lane, 0) + 1
            self._count += 1
            return lane, item
        return None

    def done(
        self, lane: str, *, answered: bool | None = True, succeeded: bool | None = None
    ) -> None:
        """Free the slot of a taken item.

        `answered` and `succeeded` are None when that says nothing about the receiver, or no try was
        made.
        """
        self._count -= 1
        left = self._under_way.pop(lane) - 1
        if left:
            self._under_way[lane] = left
        was_well = lane in self._well
        if answered:
            self._well.add(lane)
            self._ill.pop(lane, None)
            self._sign[lane] = self._clock()
        elif answered is not None:
            self._well.discard(lane)
            self._ill[lane] = None
            if len(self._ill) > MOST_ILL:
                del self._ill[next(iter(self._ill))]
        if succeeded:
            self._failures.pop(lane, None)
        elif succeeded is not None:
            self._failures[lane] = self._failures.pop(lane, 0) + 1
            if len(self._failures) > MOST_ILL:
                del self._failures[next(iter(self._failures))]
        if not left:
            self._sign.pop(lane, None)
            if lane not in self._waiting:
                self._well.discard(lane)
        if was_well and answered:
            self._unpark(lane)
        else:
            for parked in list(self._parked):
                self._unpark(parked)

    def is_ill(self, lane: str) -> bool:
        """Say that its last try wasn't answered."""
        return lane in self._ill

    def is_in_trouble(self, lane: str) -> bool:
        """Say that its last try wasn't answered, or that it fails again and again."""
        return self.is_ill(lane) or self._is_failing(lane)

    def length(self, lane: str) -> int:
        """Count what waits in a lane."""
        return len(self._waiting.get(lane, ()))

    def longer_than(self, most: int) -> set[str]:
        """Name the lanes in which at least `most` items wait."""
        return {lane for lane, items in self._waiting.items() if len(items) >= most}

    def clear(self) -> None:
        """Forget what waits; what is under way goes on."""
        self._waiting.clear()
        self._turns.clear()
        self._parked.clear()

    def _unpark(self, lane: str) -> None:
        if lane in self._parked:
            del self._parked[lane]
            self._turns[lane] = None

    def _has_room(self, lane: str) -> bool:
        under_way = self._under_way.get(lane, 0)
        if under_way >= self._per_lane or not self._may_start(lane):
            return False
        if under_way and self._is_failing(lane):
            return False
        if self._is_well(lane, self._clock()):
            return True
        if under_way >= self._on_trial:
            return False
        is_new = under_way == 0 and lane not in self._ill
        return is_new or self._held_by_others() < self._not_well

    def _is_failing(self, lane: str) -> bool:
        most = self._most_failures
        return most is not None and self._failures.get(lane, 0) >= most

    def _is_well(self, lane: str, now: float) -> bool:
        """It answered the last time, and hasn't been silent for long since."""
        if lane not in self._well:
            return False
        return lane not in self._under_way or now - self._sign[lane] <= self._patience

    def _held_by_others(self) -> int:
        """Count the slots held by lanes that aren't well; at most as many lanes as slots."""
        now = self._clock()
        return sum(count for lane, count in self._under_way.items() if not self._is_well(lane, now))
