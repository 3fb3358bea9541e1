"""Query parameters of the accounting endpoints: what they mean, and what is wrong with them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast, get_args

from starlette.requests import Request

from connector.errors import FilterNotSupported
from connector.ports import Query
from connector.routes.operation import Parameter
from connector.unified.enums import BookingType
from storage.errors import FieldError, Invalid

LIMITS = (5, 10, 20, 50, 100)
DEFAULT_LIMIT = 50

_BOOKING_TYPES: tuple[str, ...] = get_args(BookingType)
_LARGEST_PAGE = 10_000_000
_LOST_PLUS = re.compile(r" (\d\d:?\d\d)$")
_TRUE, _FALSE = frozenset({"true", "1"}), frozenset({"false", "0"})
_ELSEWHERE = ("environmentName", "companyId")
"""Parameters of the contract for target systems with several environments or companies."""

PAGE = Parameter("page", "query", {"type": "integer", "minimum": 1, "default": 1}, "From 1 on.")
LIMIT = Parameter(
    "limit",
    "query",
    {"type": "integer", "enum": list(LIMITS), "default": DEFAULT_LIMIT},
    "Records on a page.",
)
LAST_MODIFIED = Parameter(
    "lastModifiedAt",
    "query",
    {"type": "string", "format": "date-time"},
    "Only what was modified at this moment or later; `lastModified` is its former name.",
)
RAW_DATA = Parameter(
    "rawData",
    "query",
    {"type": "boolean", "default": False},
    "With the target system's own document, untouched.",
)
BOOKING_TYPE = Parameter(
    "bookingType",
    "query",
    {"type": "string", "enum": list(_BOOKING_TYPES)},
    "Only proposals of this kind.",
)
LIST_PARAMETERS = (PAGE, LIMIT, LAST_MODIFIED, RAW_DATA)


@dataclass(frozen=True, slots=True)
class ListRequest:
    """What a list is asked for, and what of the request was not used."""

    query: Query
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SingleRequest:
    """Whether a single record is asked for with its source, and what was not used."""

    raw: bool
    warnings: tuple[str, ...]


def read_list(
    request: Request, *, not_offered: frozenset[str], with_booking_type: bool = False
) -> ListRequest:
    """Read the parameters of a list.

    Raises FilterNotSupported for the contract's filters and orders that are not offered yet, since
    leaving them out would answer something else than was asked; Invalid for wrong values. What is
    unknown, or for other target systems only, is not used, with a warning.
    """
    given = _given(request)
    fields: list[FieldError] = []
    page = _page(given, fields)
    limit = _limit(given, fields)
    raw = _raw(given, fields)
    since = _since(given, fields)
    kind = _booking_type(given, fields) if with_booking_type else None
    unavailable = [name for name in given if name in not_offered]
    fields.extend(
        FieldError(
            name,
            "FILTER_NOT_SUPPORTED",
            "This filter or order is not available yet. Leave it out and choose among the results.",
        )
        for name in unavailable
    )
    if fields and len(fields) == len(unavailable):
        raise FilterNotSupported(
            f"Not available yet: {', '.join(unavailable)}. Leave it out and choose among the "
            "results.",
            fields,
        )
    if fields:
        raise Invalid("Some query parameters are wrong; each is listed with its reason.", fields)
    known = {"page", "limit", "rawData", "lastModifiedAt", "lastModified"}
    if with_booking_type:
        known.add("bookingType")
    query = Query(page=page, limit=limit, raw=raw, modified_since=since, booking_type=kind)
    return ListRequest(query, _unused(given, known))


def read_single(request: Request) -> SingleRequest:
    """Read the parameters of a single record. Raises Invalid for wrong values."""
    given = _given(request)
    fields: list[FieldError] = []
    raw = _raw(given, fields)
    if fields:
        raise Invalid("Some query parameters are wrong; each is listed with its reason.", fields)
    return SingleRequest(raw, _unused(given, {"rawData"}))


def _given(request: Request) -> dict[str, str]:
    """Answer the parameters with a value; an empty one is as good as none."""
    return {name: value for name, value in request.query_params.items() if value}


def _page(given: Mapping[str, str], fields: list[FieldError]) -> int:
    number = _whole(given.get("page", "1"))
    if number is None or not 1 <= number <= _LARGEST_PAGE:
        fields.append(FieldError("page", "OUT_OF_RANGE", "page is a whole number from 1 on."))
        return 1
    return number


def _limit(given: Mapping[str, str], fields: list[FieldError]) -> int:
    number = _whole(given.get("limit", str(DEFAULT_LIMIT)))
    if number not in LIMITS:
        allowed = ", ".join(str(limit) for limit in LIMITS)
        fields.append(FieldError("limit", "NOT_ALLOWED", f"limit is one of {allowed}."))
        return DEFAULT_LIMIT
    return number


def _raw(given: Mapping[str, str], fields: list[FieldError]) -> bool:
    text = given.get("rawData", "false").lower()
    if text not in _TRUE | _FALSE:
        fields.append(FieldError("rawData", "NOT_A_BOOLEAN", "rawData is true or false."))
    return text in _TRUE


def _since(given: Mapping[str, str], fields: list[FieldError]) -> datetime | None:
    name = "lastModifiedAt" if "lastModifiedAt" in given else "lastModified"
    text = given.get(name)
    if text is None:
        return None
    try:
        # a plus sign that was not percent-encoded arrives as a space
        moment = datetime.fromisoformat(_LOST_PLUS.sub(r"+\1", text))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        fields.append(
            FieldError(name, "NOT_A_DATE", f"{name} is a moment such as 2026-11-01T09:15:00Z.")
        )
        return None


def _booking_type(given: Mapping[str, str], fields: list[FieldError]) -> BookingType | None:
    text = given.get("bookingType")
    if text is None:
        return None
    if text not in _BOOKING_TYPES:
        allowed = ", ".join(_BOOKING_TYPES)
        fields.append(FieldError("bookingType", "NOT_ALLOWED", f"bookingType is one of {allowed}."))
        return None
    return cast(BookingType, text)


def _unused(given: Mapping[str, str], known: set[str]) -> tuple[str, ...]:
    warnings: list[str] = []
    for name in given:
        if name in _ELSEWHERE:
            warnings.append(f"{name} is not used: an account of this target system has only one.")
        elif name not in known:
            warnings.append(f"{name[:40]!r} is not a parameter of this call; it was not used.")
    return tuple(warnings)


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
