"""What waits in memory, by endpoint: endpoints take turns, and none has more than its share."""

from collections import deque


class Lanes:
    """A fair queue of ids; `at_once` bounds what is under way, `per_lane` one lane of it."""

    def __init__(self, *, at_once: int, per_lane: int) -> None:
        self._at_once = at_once
        self._per_lane = per_lane
        self._waiting: dict[str, deque[str]] = {}
        """In the order of their next turn."""
        self._under_way: dict[str, int] = {}
        self._count = 0

    def __bool__(self) -> bool:
        """Something waits or is under way."""
        return bool(self._waiting or self._under_way)

    def put(self, lane: str, item: str) -> None:
        """Let an item wait for its lane's turn."""
        self._waiting.setdefault(lane, deque()).append(item)

    def take(self) -> tuple[str, str] | None:
        """Answer the next lane and item to be worked on; None when all slots are taken.

        Each taken item is given back to its lane with `done`.
        """
        if self._count >= self._at_once:
            return None
        for _ in range(len(self._waiting)):
            lane = next(iter(self._waiting))
            items = self._waiting.pop(lane)
            if self._under_way.get(lane, 0) >= self._per_lane:
                self._waiting[lane] = items
                continue
            item = items.popleft()
            if items:
                self._waiting[lane] = items
            self._under_way[lane] = self._under_way.get(lane, 0) + 1
            self._count += 1
            return lane, item
        return None

    def done(self, lane: str) -> None:
        """Free the slot of a taken item."""
        self._count -= 1
        left = self._under_way.pop(lane) - 1
        if left:
            self._under_way[lane] = left

    def length(self, lane: str) -> int:
        """Count what waits in a lane."""
        return len(self._waiting.get(lane, ()))

    def longer_than(self, most: int) -> set[str]:
        """Name the lanes in which at least `most` items wait."""
        return {lane for lane, items in self._waiting.items() if len(items) >= most}

    def clear(self) -> None:
        """Forget what waits; what is under way goes on."""
        self._waiting.clear()
