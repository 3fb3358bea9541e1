"""What day it is where an account keeps its books, and how times are written."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_DAYS_KEPT = 4_096
"""Days whose readings are kept, those of eleven years."""

_USUAL = re.compile(
    r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(\.\d{3})?(?:Z|[+-]\d\d:\d\d)", re.ASCII
)
"""How Qonto writes instants."""

_TWO_DIGITS = tuple(f"{number:02}" for number in range(60))

_DEFAULT_ZONE = "Europe/Paris"
_ZONES = {
    "AT": "Europe/Vienna",
    "BE": "Europe/Brussels",
    "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin",
    "EE": "Europe/Tallinn",
    "ES": "Europe/Madrid",
    "FI": "Europe/Helsinki",
    "FR": "Europe/Paris",
    "GR": "Europe/Athens",
    "IE": "Europe/Dublin",
    "IT": "Europe/Rome",
    "LT": "Europe/Vilnius",
    "LU": "Europe/Luxembourg",
    "LV": "Europe/Riga",
    "MT": "Europe/Malta",
    "NL": "Europe/Amsterdam",
    "PT": "Europe/Lisbon",
    "SI": "Europe/Ljubljana",
    "SK": "Europe/Bratislava",
}


@dataclass(frozen=True, slots=True)
class Calendar:
    """The present moment, and the account's zone when it has been set.

    Without a setting the zone follows the issuing organisation's country, else Europe/Paris.
    """

    now: datetime
    zone: tzinfo | None = None

    def today(self, country: str | None) -> date:
        """Return the current date for an organisation of this country."""
        return self.now.astimezone(self.zone or _zone_of((country or "").upper())).date()


@lru_cache(maxsize=64)
def _zone_of(country: str) -> tzinfo:
    return ZoneInfo(_ZONES.get(country, _DEFAULT_ZONE))


def read_day(text: str | None) -> date | None:
    """Read `YYYY-MM-DD`; None for an empty, missing or malformed one."""
    return _day_of(text) if text and len(text) == 10 else None


@lru_cache(_DAYS_KEPT)
def _day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_instant(text: str | None) -> datetime | None:
    """Read an RFC 3339 instant into UTC; one without an offset is taken as UTC."""
    if not text or len(text) <= 10:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is UTC:  # as nearly every instant is written
        return moment
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return None


def write_instant(moment: datetime) -> str:
    """Write a moment in UTC as the contract has it: 2026-11-01T09:15:12.000Z."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def write_day(day: date) -> str:
    """Write a pure date as the contract has it: midnight UTC of that day, whatever the zone."""
    return f"{day.isoformat()}T00:00:00.000Z"


def rewrite_date(text: str) -> str | None:
    """Return a date or an instant as the contract has it; None where it is neither."""
    return _rewrite_day(text) if len(text) == 10 else _rewrite_instant(text)


@lru_cache(_DAYS_KEPT)
def _rewrite_day(text: str) -> str | None:
    day = read_day(text)
    return None if day is None else write_day(day)


def _rewrite_instant(text: str) -> str | None:
    """Return what reading and writing makes of an instant.

    Writing an instant costs ten times as much as reading it. So the text of an instant in the usual
    form is kept where the offset doesn't change it.
    """
    moment = read_instant(text)
    if moment is None:
        return None
    usual = _USUAL.fullmatch(text)
    if usual is None:
        return write_instant(moment)
    milliseconds = usual[1] or ".000"
    if text[-1] == "Z":
        return f"{text[:19]}{milliseconds}Z"
    if int(text[8:10]) != moment.day:
        return write_instant(moment)
    clock = f"{_TWO_DIGITS[moment.hour]}:{_TWO_DIGITS[moment.minute]}"
    return f"{text[:11]}{clock}{text[16:19]}{milliseconds}Z"
