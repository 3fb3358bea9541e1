"""Reads a document some of whose fields aren't as documented, so that they cost only themselves.

A number where a text belongs is its digits, a bare number or text where an amount belongs is its
value, and digits in a text are a number. Whatever else doesn't fit is left out. Null and the empty
text are ways of saying nothing, wherever they are.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, ClassVar, TypeVar, Union, get_args, get_origin

import msgspec

S = TypeVar("S", bound=msgspec.Struct)

BROKEN = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ArithmeticError)
"""How broken JSON shows: also as nesting and as exponents beyond reason."""

_MOST_NAMED = 20
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_WORDS = {b"0": False, b"1": True, b'"false"': False, b'"true"': True}


class _Odd(ValueError):
    """Nothing can be made of a value."""


class QontoDocument(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What has a place of its own in Qonto's lists.

    `odd_fields` names those that weren't as documented, in words; nothing of the kind is sent.
    `fleeting` names those that may be other ones with the next answer, though nothing has changed.
    """

    fleeting: ClassVar[frozenset[str]] = frozenset()

    id: str | None = None
    odd_fields: tuple[str, ...] = msgspec.field(default=(), name=" odd_fields")


def mended(kind: type[S], raw: bytes) -> S:
    """Read what can be read of an object. Raises one of `BROKEN` for what is none."""
    odd: list[str] = []
    values = _fields(kind, raw, "", odd)
    if issubclass(kind, QontoDocument):
        more = len(odd) - _MOST_NAMED
        named = (*odd[:_MOST_NAMED], *((f"{more} more fields",) if more > 0 else ()))
        values["odd_fields"] = named
    return kind(**values)


@lru_cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, float_hook=Decimal)


def _fields(kind: type[msgspec.Struct], raw: bytes, path: str, odd: list[str]) -> dict[str, Any]:
    given = _OBJECT.decode(raw)
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        value = given.get(field.encode_name)
        if value is None:
            continue
        name = f"{path}{field.name}"
        try:
            values[field.name] = _value(field.type, bytes(value), name, odd)
        except _Odd:
            odd.append(name)
    return {name: value for name, value in values.items() if value is not None}


def _value(kind: Any, raw: bytes, path: str, odd: list[str]) -> Any:
    """Read one value, as it is or as far as it can be. Raises _Odd."""
    try:
        return _decoder(kind).decode(raw)
    except BROKEN:
        pass
    if raw == b'""' or raw == b"null":
        return None
    kinds = _kinds(kind)
    match raw[:1]:
        case b"{":
            for each in kinds:
                if isinstance(each, type) and issubclass(each, msgspec.Struct):
                    return each(**_fields(each, raw, f"{path}.", odd))
        case b"[":
            for each in kinds:
                if get_origin(each) is list:
                    return _items(get_args(each)[0], raw, path, odd)
        case _:
            return _scalar(kinds, raw, path, odd)
    raise _Odd


def _items(kind: Any, raw: bytes, path: str, odd: list[str]) -> list[Any]:
    found: list[Any] = []
    for position, item in enumerate(_LIST.decode(raw)):
        name = f"{path}[{position}]"
        try:
            value = _value(kind, bytes(item), name, odd)
        except _Odd:
            odd.append(name)
        else:
            if value is not None or NoneType in _kinds(kind):
                found.append(value)
    return found


def _scalar(kinds: Sequence[Any], raw: bytes, path: str, odd: list[str]) -> Any:
    is_text, is_number = raw[:1] == b'"', raw[:1] in b"-0123456789"
    for each in kinds:
        bare = getattr(each, "of_bare", None)
        if bare is not None and (is_text or is_number):
            odd.append(path)
            return bare(_decoded(Any, raw))
        if each is str and is_number:
            odd.append(path)
            return raw.decode()
        if each is int and is_text and (value := _decoded(int, raw[1:-1])) is not None:
            odd.append(path)
            return value
        if each is bool and raw in _WORDS:
            odd.append(path)
            return _WORDS[raw]
    raise _Odd


def _decoded(kind: Any, raw: bytes) -> Any:
    try:
        return _decoder(kind).decode(raw)
    except BROKEN:
        return None


def _kinds(kind: Any) -> Sequence[Any]:
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
