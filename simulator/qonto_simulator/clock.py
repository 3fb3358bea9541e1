"""The simulator's time: the real one plus an offset, one that stands still, or somebody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

LATEST = datetime(9000, 1, 1, tzinfo=UTC)
"""Time stops here, so that lifetimes and due dates can still be added to the present."""


def _system() -> datetime:
    return datetime.now(UTC)


class Clock:
    """Tells the time that every record, token and delivery of one simulator lives by.

    Without arguments it follows the machine's clock. ``Clock(at)`` with an instant stands still
    until it is advanced; ``Clock(source)`` follows a callable, say the clock of a test. All times
    are aware and in UTC.
    """

    def __init__(self, source: Callable[[], datetime] | datetime | None = None) -> None:
        if isinstance(source, datetime):
            start = source.astimezone(UTC)
            self._source: Callable[[], datetime] = lambda: start
        else:
            self._source = source or _system
        self._offset = timedelta(0)
        self.runs_by_itself = source is None
        self.may_jump = callable(source)

    def now(self) -> datetime:
        """The simulator's present, aware, in UTC."""
        return self._source().astimezone(UTC) + self._offset

    def __call__(self) -> datetime:
        return self.now()

    def advance(self, seconds: float) -> datetime:
        """Moves time forward and returns the new present; ``ValueError`` for a negative step, and
        for one beyond the year 9000."""
        if not 0 <= seconds <= (LATEST - self.now()).total_seconds():
            raise ValueError("time only moves forward, and not beyond the year 9000")
        self._offset += timedelta(seconds=seconds)
        return self.now()
