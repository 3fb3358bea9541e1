"""Filters of lists: what each is called, what it takes, and what it makes of a query."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from connector.api.named import schema_of, words_of
from connector.ports import Query
from connector.unified.enums import BookingStatus, BookingType, DocumentStatus, PaymentStatus

_LONGEST_TEXT = 200
_WORD = re.compile(r"[a-z_]{1,40}")
_LOST_PLUS = re.compile(r" (\d\d:?\d\d)$")


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of one list; `schema` is JSON Schema, `meaning` a sentence.

    `apply` raises ValueError, with a sentence for the caller, for a text that it can't read.
    """

    name: str
    schema: dict[str, Any]
    meaning: str
    apply: Callable[[Query, str], Query]


def one_of(name: str, choices: Any, meaning: str, field: str | None = None) -> Filter:
    """Make a filter whose values are those of a named Literal.

    It sets a field of the query, or without one the filter of that name that the resource has
    alone.
    """
    allowed = words_of(choices)

    def apply(query: Query, value: str) -> Query:
        if value not in allowed:
            raise ValueError(f"{name} is one of {', '.join(allowed)}.")
        if field is None:
            return replace(query, where=(*query.where, (name, value)))
        return replace(query, **{field: value})

    return Filter(name, schema_of(choices), meaning, apply)


def text(name: str, meaning: str) -> Filter:
    """Make a filter by a text of the caller's."""

    def apply(query: Query, value: str) -> Query:
        if len(value) > _LONGEST_TEXT:
            raise ValueError(f"{name} may have {_LONGEST_TEXT} characters.")
        return replace(query, where=(*query.where, (name, value)))

    return Filter(name, {"type": "string", "maxLength": _LONGEST_TEXT}, meaning, apply)


def word(name: str, meaning: str) -> Filter:
    """Make a filter by a word of the target system's own."""

    def apply(query: Query, value: str) -> Query:
        if not _WORD.fullmatch(value):
            raise ValueError(f"{name} is a word such as direct_debit.")
        return replace(query, where=(*query.where, (name, value)))

    return Filter(name, {"type": "string", "pattern": f"^{_WORD.pattern}$"}, meaning, apply)


def day(name: str, meaning: str) -> Filter:
    """Make a filter by a day of the caller's, written as 2026-11-01."""

    def apply(query: Query, value: str) -> Query:
        try:
            written = date.fromisoformat(value).isoformat()
        except ValueError:
            raise ValueError(f"{name} is a date such as 2026-11-01.") from None
        return replace(query, where=(*query.where, (name, written)))

    return Filter(name, {"type": "string", "format": "date"}, meaning, apply)


def read_moment(value: str) -> datetime:
    """Return a moment in UTC. Raises ValueError and OverflowError."""
    # a plus sign that was not percent-encoded arrives as a space
    moment = datetime.fromisoformat(_LOST_PLUS.sub(r"+\1", value))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _due_from(query: Query, value: str) -> Query:
    try:
        return replace(query, due_from=_first_day(value))
    except (ValueError, OverflowError):
        raise ValueError("dueDateFrom is a date such as 2026-11-01.") from None


def _first_day(value: str) -> date:
    """Return the first date that isn't before a date or a moment."""
    if len(value) == 10:
        return date.fromisoformat(value)
    moment = read_moment(value)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return moment.date() if moment == midnight else moment.date() + timedelta(days=1)


STATUS = one_of("status", DocumentStatus, "Only documents that stand so.", "status")
PAYMENT_STATUS = one_of(
    "paymentStatus", PaymentStatus, "Only documents whose payment stands so.", "payment_status"
)
BOOKING_STATUS = one_of("status", BookingStatus, "Only proposals that stand so.", "status")
BOOKING_TYPE = one_of("bookingType", BookingType, "Only proposals of this kind.", "booking_type")
DUE_FROM = Filter(
    "dueDateFrom", {"type": "string", "format": "date"}, "Only due then or later.", _due_from
)
