"""What templates may do with a value. Each is bounded: what it makes is never larger than allowed.

The template language's own filters are left out: several make texts as long as a number says.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import reduce
from typing import cast

from jinja2 import Undefined

from connector import exact
from connector.dispatching.limits import OUTPUT

_MOST_DAYS = 36_600
_MAGNITUDE = 20
"""Digits before the point, or noughts behind it."""
_DIGITS = 40


class FilterRefused(ValueError):
    """A value that a filter can't be used with; its words are for the template's author."""


def text(value: object) -> str:
    """Write a value as it stands in a text. Raises FilterRefused for lists and objects."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() | int() | Undefined():
            return str(value)  # an undefined value raises what it is
        case Decimal():
            return f"{number(value):f}"  # 1e999999999 would be a gigabyte of zeros
        case _:
            raise FilterRefused("a list or an object can't be part of a text")


def number(value: object) -> Decimal:
    """Read a number, exact. Raises FilterRefused."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise FilterRefused("this is no number")
    try:
        read = Decimal(value)
    except ArithmeticError:
        raise FilterRefused("this is no number") from None
    if not read.is_finite() or abs(read.adjusted()) > _MAGNITUDE:
        raise FilterRefused(f"a number has at most {_MAGNITUDE} digits before the point")
    if len(read.as_tuple().digits) > _DIGITS:
        raise FilterRefused(f"a number has at most {_DIGITS} digits; round it first")
    return read


def plus(one: object, other: object) -> Decimal:
    """Add two numbers, exactly. Raises FilterRefused."""
    return number(exact.plus(number(one), number(other)))


def times(one: object, other: object) -> Decimal:
    """Multiply two numbers, exactly. Raises FilterRefused."""
    return number(exact.times(number(one), number(other)))


def minus(value: object) -> Decimal:
    """Return a number with the other sign. Raises FilterRefused."""
    return exact.minus(number(value))


def _upper(value: object) -> str:
    return text(value).upper()


def _lower(value: object) -> str:
    return text(value).lower()


def _trim(value: object) -> str:
    return text(value).strip()


def _default(value: object, other: object = "") -> object:
    return other if value is None or isinstance(value, Undefined) else value


def _join(values: object, between: object = "") -> str:
    parts, glue = [text(one) for one in _listed(values)], text(between)
    if sum(map(len, parts)) + len(parts) * len(glue) > OUTPUT:
        raise FilterRefused("the joined text is too long")
    return glue.join(parts)


def _length(value: object) -> int:
    if isinstance(value, str | list | dict):
        return len(cast("list[object]", value))
    raise FilterRefused("only texts, lists and objects have a length")


def _first(values: object) -> object:
    return next(iter(_listed(values)), None)


def _last(values: object) -> object:
    return next(reversed(_listed(values)), None)


def _total(values: object, of: object = None) -> Decimal:
    """Add numbers, or a member of objects."""
    found = (one if of is None else _member(one, of) for one in _listed(values))
    return reduce(plus, found, Decimal(0))


def _member(value: object, name: object) -> object:
    return cast("dict[object, object]", value).get(name) if isinstance(value, dict) else None


def _rounded(value: object, digits: object = 2) -> Decimal:
    if not isinstance(digits, int) or not 0 <= digits <= 6:
        raise FilterRefused("a number is rounded to 0 to 6 digits")
    return number(value).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def _plus_days(value: object, days: object) -> str:
    if not isinstance(days, int) or abs(days) > _MOST_DAYS:
        raise FilterRefused("days are a whole number")
    try:
        return (date.fromisoformat(text(value)[:10]) + timedelta(days=days)).isoformat()
    except (ValueError, OverflowError):
        raise FilterRefused("this is no day such as 2026-11-30") from None


def _listed(values: object) -> list[object]:
    if not isinstance(values, list):
        raise FilterRefused("this is no list")
    return cast("list[object]", values)


FILTERS: Mapping[str, Callable[..., object]] = {
    "default": _default,
    "upper": _upper,
    "lower": _lower,
    "trim": _trim,
    "join": _join,
    "length": _length,
    "first": _first,
    "last": _last,
    "total": _total,
    "round": _rounded,
    "plus_days": _plus_days,
}
