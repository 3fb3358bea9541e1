"""Rate limits per address, and the throttle for too many answers 401.

1,000 requests in 10 seconds, 10,000 in 10 minutes, and no more than 200 answers 401 in an hour; the
page on rate limitations of Qonto's documentation.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

_WINDOWS = ((timedelta(seconds=10), 1_000), (timedelta(minutes=10), 10_000))
_UNAUTHORIZED = (timedelta(hours=1), 200)


class Limits:
    """Counts by the simulator's clock; while that stands still, no window ever moves on."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, int], deque[datetime]] = {}
        self._refusals: dict[str, deque[datetime]] = {}

    def admit(self, address: str, now: datetime) -> bool:
        """Counts a request; false when it must be answered with 429."""
        span, most = _UNAUTHORIZED
        refusals = self._refusals.get(address)
        if refusals is not None:
            _forget(refusals, now - span)
            if len(refusals) > most:
                return False
        seen = [
            self._requests.setdefault((address, number), deque()) for number in range(len(_WINDOWS))
        ]
        for times, (window, most) in zip(seen, _WINDOWS, strict=True):
            _forget(times, now - window)
            if len(times) >= most:
                return False
        for times in seen:
            times.append(now)
        return True

    def refused(self, address: str, now: datetime) -> None:
        """Counts an answer 401."""
        self._refusals.setdefault(address, deque()).append(now)

    def refusals(self, now: datetime) -> dict[str, int]:
        """How many answers 401 count at present, by address."""
        span, _ = _UNAUTHORIZED
        for times in self._refusals.values():
            _forget(times, now - span)
        return {address: len(times) for address, times in self._refusals.items() if times}

    def clear(self) -> None:
        self._requests.clear()
        self._refusals.clear()


def _forget(times: deque[datetime], before: datetime) -> None:
    while times and times[0] <= before:
        times.popleft()
