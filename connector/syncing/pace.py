"""How often to ask: soon again while things happen, more and more rarely while they don't. Pure."""

from dataclasses import dataclass
from datetime import timedelta

JITTER = 0.2
"""A wait is lengthened by up to this share, so that accounts linked together spread out."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The shortest and the longest interval between two polls."""

    shortest: timedelta
    longest: timedelta

    def next(self, interval: timedelta, *, changed: bool) -> timedelta:
        """Return the interval after a poll that found changes, or none."""
        grown = self.shortest if changed else interval * 1.5
        return min(max(grown, self.shortest), self.longest)

    def after_failures(self, failures: int) -> timedelta:
        """Return how long to wait after so many failures in a row."""
        return min(self.shortest * 2 ** min(failures - 1, 20), self.longest)


def spread(interval: timedelta, jitter: float) -> timedelta:
    """Lengthen a wait by a random part; `jitter` is from 0 to 1."""
    return interval * (1 + JITTER * jitter)
