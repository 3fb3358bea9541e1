"""Query parameters of the accounting endpoints: what they mean, and what is wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from connector.api.named import choice
from connector.api.operation import Parameter
from connector.api.parameters import LIMITS, PAGE_SIZE
from connector.api.parsing import given_once
from connector.ports import Order, Query
from connector.resources.filters import Filter, read_moment
from storage.errors import FieldError, Invalid

DEFAULT_LIMIT = 50
_DIRECTIONS = ("ASC", "DESC")

_LARGEST_PAGE = 10_000_000
_TRUE, _FALSE = frozenset({"true", "1"}), frozenset({"false", "0"})
_ELSEWHERE = ("environmentName", "companyId")
"""Parameters of the contract for target systems with several environments or companies."""

PAGE = Parameter("page", "query", {"type": "integer", "minimum": 1, "default": 1}, "From 1 on.")
LIMIT = Parameter(
    "limit",
    "query",
    {**PAGE_SIZE, "default": DEFAULT_LIMIT},
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


def filter_parameter(wanted: Filter, *, required: bool = False) -> Parameter:
    """Describe a filter as a parameter."""
    return Parameter(wanted.name, "query", wanted.schema, wanted.meaning, required)


def order_parameters(one: str, orders: Sequence[str]) -> tuple[Parameter, ...]:
    """Describe how a list can be ordered; not at all when `orders` is empty.

    `one` names the record, as in Invoice.
    """
    if not orders:
        return ()
    return (
        Parameter(
            "orderField",
            "query",
            choice(f"{one}OrderField", "What a list can be ordered by.", tuple(orders)),
            "What to order by; without it, newest first.",
        ),
        Parameter(
            "orderDir",
            "query",
            {**choice("OrderDirection", "Which end comes first.", _DIRECTIONS), "default": "DESC"},
            "Ascending or descending; records without a value come last either way.",
        ),
    )


def read_list(
    request: Request, *, filters: Sequence[Filter] = (), orders: Sequence[str] = ()
) -> ListRequest:
    """Read the parameters of a list. Raises Invalid, naming every wrong value.

    A parameter that is unknown, or is for other target systems only, is ignored with a warning.
    """
    given = given_once(request.query_params)
    fields: list[FieldError] = []
    query = Query(
        page=_page(given, fields),
        limit=_limit(given, fields),
        raw=_raw(given, fields),
        modified_since=_since(given, fields),
        order=_order(given, orders, fields),
    )
    known = {"page", "limit", "rawData", "lastModifiedAt", "lastModified"}
    if orders:
        known |= {"orderField", "orderDir"}
    for each in filters:
        known.add(each.name)
        if each.name in given:
            try:
                query = each.apply(query, given[each.name])
            except ValueError as error:
                fields.append(FieldError(each.name, "NOT_ALLOWED", str(error)))
    _refuse(fields)
    return ListRequest(query, _unused(given, known))


def read_single(request: Request) -> SingleRequest:
    """Read the parameters of a single record. Raises Invalid for wrong values."""
    given = given_once(request.query_params)
    fields: list[FieldError] = []
    raw = _raw(given, fields)
    _refuse(fields)
    return SingleRequest(raw, _unused(given, {"rawData"}))


def read_bare(request: Request) -> tuple[str, ...]:
    """Return warnings for what is given to a call that has no parameters."""
    return _unused(given_once(request.query_params), set())


def _refuse(fields: list[FieldError]) -> None:
    if fields:
        raise Invalid("Some query parameters are wrong; each is listed with its reason.", fields)


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
    value = given.get("rawData", "false").lower()
    if value not in _TRUE | _FALSE:
        fields.append(FieldError("rawData", "NOT_A_BOOLEAN", "rawData is true or false."))
    return value in _TRUE


def _since(given: Mapping[str, str], fields: list[FieldError]) -> datetime | None:
    name = "lastModifiedAt" if "lastModifiedAt" in given else "lastModified"
    value = given.get(name)
    if value is None:
        return None
    try:
        return read_moment(value)
    except (ValueError, OverflowError):
        fields.append(
            FieldError(name, "NOT_A_DATE", f"{name} is a moment such as 2026-11-01T09:15:00Z.")
        )
        return None


def _order(
    given: Mapping[str, str], orders: Sequence[str], fields: list[FieldError]
) -> Order | None:
    if not orders:
        return None
    direction = given.get("orderDir", "DESC").upper()
    if direction not in _DIRECTIONS:
        fields.append(FieldError("orderDir", "NOT_ALLOWED", "orderDir is ASC or DESC."))
    by = given.get("orderField")
    if by is None:
        # a direction alone is about the order that lists have without asking
        return Order("createdDate") if direction == "ASC" else None
    if by not in orders:
        fields.append(
            FieldError("orderField", "NOT_ALLOWED", f"orderField is one of {', '.join(orders)}.")
        )
        return None
    return Order(by, descending=direction == "DESC")


def _unused(given: Mapping[str, str], known: set[str]) -> tuple[str, ...]:
    warnings: list[str] = []
    for name in given:
        if name in _ELSEWHERE:
            warnings.append(f"{name} is not used: an account of this target system has only one.")
        elif name not in known:
            warnings.append(f"{name[:40]!r} is not a parameter of this call; it was not used.")
    return tuple(warnings)


def _whole(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 9 else None
