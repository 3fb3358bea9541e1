"""Whether a record of Qonto's is the one that a request asked for. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, cast


def holds(sent: object, got: object) -> bool:
    """Say whether a record holds all that was sent.

    Numbers count by their value, however they are written. Null, the empty text and a missing field
    are ways of saying nothing. What wasn't sent doesn't matter.
    """
    if isinstance(sent, Mapping):
        fields = cast(Mapping[str, object], sent)
        if not isinstance(got, Mapping):
            return _is_nothing(got) and all(map(_is_nothing, fields.values()))
        given = cast(Mapping[str, object], got)
        return all(holds(value, given.get(name)) for name, value in fields.items())
    if _is_nothing(sent):
        return _is_nothing(got)
    match sent:
        case list() | tuple():
            wanted = cast(Sequence[object], sent)
            there = cast(Sequence[object], got) if isinstance(got, list | tuple) else ()
            return len(wanted) == len(there) and all(map(holds, wanted, there))
        case _:
            return sent == got or _same_number(sent, got) or _same_text(sent, got)


def _is_nothing(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(map(_is_nothing, cast(Mapping[str, object], value).values()))
    return value is None or value in ("", [], ())


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        return Decimal(value)
    except InvalidOperation:
        return None


def _same_number(one: object, other: object) -> bool:
    first, second = _number(one), _number(other)
    return first is not None and first == second


def _same_text(one: object, other: object) -> bool:
    """Compare texts as Qonto keeps them: it trims, and writes e-mail addresses in lower case."""
    if not isinstance(one, str) or not isinstance(other, str):
        return False
    return one.strip() == other.strip() or ("@" in one and one.lower() == other.lower())


def without_nothing(body: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the fields that say nothing."""
    return {name: value for name, value in body.items() if not _is_nothing(value)}
