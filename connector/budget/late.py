"""Calls that outlast the slot they were leased in, for the row that all processes share. Pure.

The row counts a call in the slot that it was leased for, but the call may reach the provider later.
So the process that leased the call moves it: a call under way to the present moment, each time the
row is written, and a call that ended late to the slot in which it ended.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(eq=False, slots=True)
class BudgetSlot:
    """Requests that the row counts together."""

    at: float | None
    """The moment they count at, by the database's clock; None when the row doesn't know them."""
    began: float
    """The same moment or one just before, by the process's clock."""
    until: float
    """When the slot ends, by the process's clock."""
    under_way: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """Requests that count at one moment and should at another; None is the present one."""

    count: int
    of: float
    to: float | None


class LateCalls:
    """The calls of one process, by slot. Moments are seconds of the process's clock."""

    def __init__(self, slot_seconds: float, longest: float) -> None:
        """`longest` is the longest window: for so long the row counts anything."""
        self._seconds = slot_seconds
        self._longest = longest
        self._written_at = 0.0
        self._slots: list[BudgetSlot] = []
        self._ended: Counter[tuple[float, float]] = Counter()
        """By the moments, of the database's clock, at which they count and at which they ended."""
        self._moving: list[BudgetSlot] = []
        self._moved: Counter[tuple[float, float]] = Counter()

    def open(self, at: float | None, began: float, until: float) -> BudgetSlot:
        """Return a new slot to send in."""
        slot = BudgetSlot(at, began, until)
        if at is not None:
            self._slots.append(slot)
            self._written_at = began
        return slot

    def end(self, slot: BudgetSlot, now: float) -> None:
        """Note the end of a call; one that ends within its slot counts where it should."""
        slot.under_way -= 1
        if slot.at is not None and now >= slot.until:
            # never earlier than it was: `began` is the same moment as `at`, or one before
            ended = slot.at + now - slot.began
            self._ended[slot.at, ended - ended % self._seconds] += 1

    def any(self, now: float) -> bool:
        """Say whether the row counts something in the wrong place."""
        if now - self._written_at > self._longest:
            self._ended.clear()
        return bool(self._ended) or any(one.under_way and now >= one.until for one in self._slots)

    def moves(self, now: float) -> Sequence[Move]:
        """Return what the row should move now; `moved` tells that it did."""
        self._slots = [one for one in self._slots if one.under_way or now < one.until]
        self._moving = [one for one in self._slots if now >= one.until]
        self._moved = self._ended.copy()
        return [
            *(Move(count, of, to) for (of, to), count in self._moved.items()),
            *(Move(one.under_way, one.at, None) for one in self._moving if one.at is not None),
        ]

    def moved(self, at: float, began: float, until: float) -> None:
        """Note that the row made the last `moves` at this moment, in a slot that ends then."""
        self._ended -= self._moved
        before = {one.at for one in self._moving}
        # calls that ended since were under way then, and were moved with the others
        for of, to in [key for key in self._ended if key[0] in before]:
            self._ended[at, to] += self._ended.pop((of, to))
        for slot in self._moving:
            slot.at, slot.began, slot.until = at, began, until
        self._written_at = began
        self._moving = []
        self._moved = Counter()
