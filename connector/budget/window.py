"""How much was taken in a sliding window, and by whom. Pure: the present moment is an argument.

Time is cut into parts. What was taken in a part counts until one more part than fills the window
has passed; so no window of that length, wherever it begins, holds more than the limit, and
a whole limit may still be taken at once. The price is a part's length after a full window.
"""

from collections import Counter


class Window:
    """Counts what was taken in the last `seconds`, in `parts` parts.

    Moments are seconds on any clock that never goes back by more than the window's length.
    """

    def __init__(self, limit: int, seconds: float, parts: int) -> None:
        self.limit = limit
        self.seconds = seconds
        self._parts = parts
        self._width = seconds / parts
        self._part = 0
        self._counts: dict[int, Counter[str]] = {}
        self._by: Counter[str] = Counter()
        self.used = 0

    @property
    def left(self) -> int:
        return self.limit - self.used

    @property
    def active(self) -> int:
        """How many took something."""
        return len(self._by)

    def used_by(self, who: str) -> int:
        return self._by.get(who, 0)

    def part_of(self, moment: float) -> int:
        """Answer the part that a moment is in."""
        return int(moment // self._width)

    def advance(self, now: float) -> None:
        """Forget what no longer counts; call it before anything else is asked at a new moment."""
        part = self.part_of(now)
        if part == self._part:
            return
        self._part = part
        # what lies ahead is there after a clock was set back; it counts for a window at most
        gone = [one for one in self._counts if abs(part - one) > self._parts]
        for one in gone:
            self._uncount(self._counts.pop(one))

    def take(self, who: str, count: int = 1) -> int:
        """Count what is taken now; answers the part, for `put_back`."""
        if count:
            self._count(self._part, who, count)
        return self._part

    def put_back(self, who: str, part: int) -> None:
        """Uncount one that was taken in a part and not used."""
        counts = self._counts.get(part)
        if counts is None or not counts[who]:
            return
        self._uncount(Counter({who: 1}))
        counts[who] -= 1
        if not counts[who]:
            del counts[who]
        if not counts:
            del self._counts[part]

    def allowance(self, who: str, weight: int = 1, of: int = 1, elsewhere: int = 0) -> int:
        """Answer how many one may take now.

        The first half is for whoever comes first; after that one may take up to `weight` `of` the
        limit. `elsewhere` is what others took of the same limit without being counted here.
        """
        return self._room(self.used + elsewhere, self._by.get(who, 0), weight, of)

    def opens_at(self, who: str, now: float, of: int = 1, ahead: int = 0) -> float:
        """Answer when `who` may take one after `ahead` others, if nobody takes anything else."""
        used, own = self.used, self._by.get(who, 0)
        if ahead >= self.limit:
            whole, ahead = divmod(ahead, self.limit)
            return self.opens_at(who, now, of, ahead) + whole * self.seconds
        if self._room(used, own, 1, of) > 0 and self.limit - used > ahead:
            return now
        for part in sorted(self._counts):
            used -= self._counts[part].total()
            own -= self._counts[part].get(who, 0)
            if self._room(used, own, 1, of) > 0 and self.limit - used > ahead:
                return max(now, (part + self._parts + 1) * self._width)
        return now + self.seconds + self._width

    def next_change(self) -> float | None:
        """Answer when the oldest part stops counting; None when nothing counts."""
        if not self._counts:
            return None
        return (min(self._counts) + self._parts + 1) * self._width

    def dump(self) -> dict[str, dict[str, int]]:
        """Write the counts as JSON can hold them."""
        return {str(part): dict(counts) for part, counts in self._counts.items()}

    def load(self, counts: dict[str, dict[str, int]]) -> None:
        """Take over counts that `dump` wrote; call it on a new window."""
        for part, by in counts.items():
            for who, count in by.items():
                self._count(int(part), who, count)

    def _room(self, used: int, own: int, weight: int, of: int) -> int:
        left = self.limit - used
        share = max(1, -(-self.limit * weight // of))
        return max(0, min(left, max(left - self.limit // 2, share - own)))

    def _count(self, part: int, who: str, count: int) -> None:
        counts = self._counts.get(part)
        if counts is None:
            counts = self._counts[part] = Counter()
        counts[who] += count
        self._by[who] += count
        self.used += count

    def _uncount(self, counts: "Counter[str]") -> None:
        self.used -= counts.total()
        for who, count in counts.items():
            self._by[who] -= count
            if self._by[who] <= 0:
                del self._by[who]
