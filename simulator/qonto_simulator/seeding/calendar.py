"""Working days and office hours before the present, so that nothing happens on a Sunday night."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from qonto_simulator.times import is_working_day, midnight, today

_REACH = 70


@lru_cache(maxsize=4)
def _back_from(day: date) -> tuple[date, ...]:
    """The day itself and the working days before it, newest first."""
    found = [day]
    while len(found) <= _REACH:
        day -= timedelta(days=1)
        if is_working_day(day):
            found.append(day)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Counts back from the present in working days, up to 70; five are a week."""

    now: datetime

    def day(self, ago: int) -> date:
        """The working day so many working days before today, today not counted."""
        return _back_from(today(self.now))[ago]

    def at(self, ago: int, hour: int = 10, minute: int | None = None) -> datetime:
        """An instant of that day by the wall clock; the minute differs from day to day."""
        if minute is None:
            minute = ago * 17 % 60
        return midnight(self.day(ago)) + timedelta(hours=hour, minutes=minute)
