"""Instants and dates, as Qonto writes and reads them.

Qonto's documentation mixes ``2022-03-04T17:58:30+02:00``, ``2021-03-23T14:21:51.000Z`` and plain
``...Z``; which one a field uses follows its examples. The offset is that of central European time,
computed by the rule of the European Union so that no time zone database is needed.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST_YEAR = 1900
_HOLIDAYS = frozenset({(1, 1), (5, 1), (12, 25), (12, 26)})
_WINTER = timezone(timedelta(hours=1))
_SUMMER = timezone(timedelta(hours=2))
_INSTANT = re.compile(
    r"^\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d{2}:?\d{2})?)?$"
)


def micros(at: datetime) -> int:
    """Whole microseconds since 1970, exact."""
    return (at - _EPOCH) // _MICROSECOND


@lru_cache(maxsize=256)
def _summer(year: int) -> tuple[datetime, datetime]:
    def last_sunday(month: int) -> datetime:
        day = date(year, month, 31)
        day -= timedelta(days=(day.weekday() + 1) % 7)
        return datetime(day.year, day.month, day.day, 1, tzinfo=UTC)

    return last_sunday(3), last_sunday(10)


def local(at: datetime) -> datetime:
    """The same instant on a wall clock in Paris, Rome, Berlin or Madrid."""
    start, end = _summer(at.year)
    return at.astimezone(_SUMMER if start <= at < end else _WINTER)


def today(at: datetime) -> date:
    """The day it is for the organisations of the simulator, all on central European time."""
    return local(at).date()


def at_hour(day: date, hour: int) -> datetime:
    """The instant at which wall clocks show a full hour of a local day."""
    guess = datetime(day.year, day.month, day.day, hour, tzinfo=UTC) - timedelta(hours=1)
    return guess - (local(guess).utcoffset() or timedelta(0)) + timedelta(hours=1)


def midnight(day: date) -> datetime:
    """The instant at which a local day begins."""
    return at_hour(day, 0)


def is_working_day(day: date) -> bool:
    """No weekend, and none of the days on which all four countries rest."""
    return day.weekday() < 5 and (day.month, day.day) not in _HOLIDAYS


def next_working_day(day: date) -> date:
    """The first working day after this one."""
    day += timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def months_after(day: date, months: int, wanted: int) -> date:
    """The day ``wanted`` of so many months later, the last one of a month that lacks it."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(wanted, monthrange(year, month + 1)[1]))


def with_offset(at: datetime) -> str:
    """``2026-11-01T10:15:00+01:00``: invoices and quotes."""
    return local(at).isoformat(timespec="seconds")


def with_millis(at: datetime) -> str:
    """``2026-11-01T09:15:00.000Z``: transactions, attachments, events."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def with_seconds(at: datetime) -> str:
    """``2026-11-01T09:15:00Z``: supplier invoices, webhook subscriptions."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_instant(text: str) -> datetime:
    """Reads any RFC 3339 instant, or a date as its first moment in UTC; else ``ValueError``."""
    # A plus sign that was not escaped in a query string arrives as a space.
    text = re.sub(r" (\d{2}:?\d{2})$", r"+\1", text) if "T" in text else text
    if not _INSTANT.match(text):
        raise ValueError(f"not an instant: {text!r}")
    at = datetime.fromisoformat(text.upper())
    try:
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as problem:
        raise ValueError(f"not within the years that can be counted: {text!r}") from problem


def parse_date(text: str) -> date:
    """Reads ``YYYY-MM-DD`` from 1900 on and nothing else; else ``ValueError``."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) or int(text[:4]) < _FIRST_YEAR:
        raise ValueError(f"not a date: {text!r}")
    return date.fromisoformat(text)
