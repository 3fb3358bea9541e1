"""How much was taken in a sliding window, and by whom. Pure: the present moment is an argument.

Time is cut into parts. A call is counted from the moment it was granted, and as long as it is under
way it counts as just taken. Once it has ended it counts in the part in which it ended, until one
more part than fills the window has passed. The price is a part's length after a full window, and
the time that calls take.

So the target system counts no more than the limit in any window, however late requests arrive. Of
those that arrive within one, take the call that was granted last. At that moment each of the others
was under way, or had ended, which was after it arrived and so within the window. So all of them
counted. What a request does after its call was broken off is beyond anybody's knowledge.
"""

from collections import Counter


class SlidingWindow:
    """Counts what was taken in the last `seconds`, in `parts` parts.

    Moments are seconds on any clock that never goes back by more than the window's length.
    """

    def __init__(self, limit: int, seconds: float, parts: int) -> None:
        self.limit = limit
        self.seconds = seconds
        self._parts = parts
        self._width = seconds / parts
        self._part = 0
        self._under_way: Counter[str] = Counter()
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

    def advance(self, now: float) -> None:
        """Forget what no longer counts; call it before anything else is asked at a new moment."""
        part = self._part_of(now)
        if part == self._part:
            return
        self._part = part
        # what lies ahead is there after a clock was set back; it counts for a window at most
        gone = [one for one in self._counts if abs(part - one) > self._parts]
        for one in gone:
            for who, count in self._counts.pop(one).items():
                self._forget(who, count)

    def take(self, who: str, count: int = 1) -> None:
        """Count what is taken now, once and for all."""
        if count:
            self._remember(who, count)
            self._put(self._part, who, count)

    def begin(self, who: str) -> None:
        """Count a call that is under way from now on, until it ends."""
        self._remember(who, 1)
        self._under_way[who] += 1

    def end(self, who: str, now: float) -> None:
        """Count a call that was under way where it ended."""
        self._arrive(who)
        self._put(self._part_of(now), who, 1)

    def cancel(self, who: str) -> None:
        """Uncount a call that was under way and was not made after all."""
        self._arrive(who)
        self._forget(who, 1)

    def move(self, who: str, count: int, of: float, to: float) -> None:
        """Count what was taken at one moment as taken at another one.

        What is gone from there counts anew.
        """
        before, after = self._part_of(of), self._part_of(to)
        if before == after:
            return
        counts = self._counts.get(before, Counter[str]())
        found = min(count, counts[who])
        if found:
            counts[who] -= found
            if not counts[who]:
                del counts[who]
            if not counts:
                del self._counts[before]
        self._remember(who, count - found)
        self._put(after, who, count)

    def allowance(self, who: str, weight: int = 1, of: int = 1, elsewhere: int = 0) -> int:
        """Return how many one may take now.

        The first half is for whoever comes first; after that one may take up to `weight` `of` the
        limit. `elsewhere` is what others took of the same limit without being counted here.
        """
        return self._room(self.used + elsewhere, self._by.get(who, 0), weight, of)

    def opens_at(self, who: str, now: float, of: int = 1, ahead: int = 0) -> float:
        """Return when `who` may take one after `ahead` others, if nobody takes anything else.

        Calls under way may end at once; it can't be any earlier.
        """
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
                return max(now, self._end_of(part))
        return self._end_of(self._part_of(now))

    def next_change(self) -> float | None:
        """Return when the oldest part stops counting; None when no call has ended yet."""
        return self._end_of(min(self._counts)) if self._counts else None

    def dump(self) -> dict[str, dict[str, int]]:
        """Write the counts as JSON can hold them."""
        return {str(part): dict(counts) for part, counts in self._counts.items()}

    def load(self, counts: dict[str, dict[str, int]]) -> None:
        """Take over counts that `dump` wrote; call it on a new window."""
        for part, by in counts.items():
            for who, count in by.items():
                self._remember(who, count)
                self._put(int(part), who, count)

    def _part_of(self, moment: float) -> int:
        return int(moment // self._width)

    def _end_of(self, part: int) -> float:
        """Return when a part stops counting."""
        return (part + self._parts + 1) * self._width

    def _room(self, used: int, own: int, weight: int, of: int) -> int:
        left = self.limit - used
        share = max(1, -(-self.limit * weight // of))
        return max(0, min(left, max(left - self.limit // 2, share - own)))

    def _arrive(self, who: str) -> None:
        self._under_way[who] -= 1
        if not self._under_way[who]:
            del self._under_way[who]

    def _put(self, part: int, who: str, count: int) -> None:
        counts = self._counts.get(part)
        if counts is None:
            counts = self._counts[part] = Counter()
        counts[who] += count

    def _remember(self, who: str, count: int) -> None:
        if count:
            self._by[who] += count
            self.used += count

    def _forget(self, who: str, count: int) -> None:
        self.used -= count
        self._by[who] -= count
        if self._by[who] <= 0:
            del self._by[who]
