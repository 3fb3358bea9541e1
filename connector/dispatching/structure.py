"""Templates: JSON whose texts are rendered, each within its own place.

    {"contactId": "{{ customer }}",
     "lineItems": {"$each": "items", "$as": "item", "$value": {"name": "{{ item.name }}"}},
     "header": {"$if": "note is defined", "$value": "{{ note }}"}}

`$each` makes a list, one entry for each of a list in the data; among the entries of a list it adds
its own. `$if` leaves a member out unless something is so, or takes `$else`. Names of members are
never rendered: no data can add one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias, cast

import msgspec

from connector.dispatching.language import Evaluate, compile_expression, compile_text, evaluated
from connector.dispatching.limits import (
    CONTENT,
    DEPTH,
    NODES,
    REPEATS,
    TEXTS,
    Allowance,
    check_data,
    too_much,
)
from storage.errors import Invalid

_EXACT = msgspec.json.Decoder(float_hook=Decimal)
_WORDS = {
    "$each": frozenset({"$each", "$as", "$value"}),
    "$if": frozenset({"$if", "$value", "$else"}),
}


@dataclass(frozen=True, slots=True)
class _Fixed:
    value: Any


@dataclass(frozen=True, slots=True)
class _Rendered:
    evaluate: Evaluate
    field: str


@dataclass(frozen=True, slots=True)
class _Members:
    of: "tuple[tuple[str, _Node], ...]"


@dataclass(frozen=True, slots=True)
class _Entries:
    of: "tuple[_Node, ...]"


@dataclass(frozen=True, slots=True)
class _Each:
    source: Evaluate
    name: str
    value: "_Node"
    field: str


@dataclass(frozen=True, slots=True)
class _Choice:
    condition: Evaluate
    value: "_Node"
    other: "_Node | None"
    field: str


_Node: TypeAlias = "_Fixed | _Rendered | _Members | _Entries | _Each | _Choice"
_LEFT_OUT = object()


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """A template that was read and found good."""

    root: _Node

    def render(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the document. Raises Invalid where the data doesn't fit, or it gets too large."""
        check_data(data)
        made = _rendered(self.root, data, Allowance())
        assert isinstance(made, dict)
        return cast("dict[str, Any]", made)


@lru_cache(maxsize=256)
def compiled(content: str) -> CompiledTemplate:
    """Read a stored template. Raises Invalid, naming the field that is wrong."""
    if len(content) > CONTENT:
        raise too_much("content", f"A template has more than {CONTENT} characters.")
    try:
        read: Any = _EXACT.decode(content)
    except (msgspec.MsgspecError, RecursionError, ArithmeticError):
        raise Invalid.one("content", "NOT_JSON", "The template is not JSON.") from None
    if not isinstance(read, dict) or any(word in read for word in _WORDS):
        raise Invalid.one("content", "NOT_AN_OBJECT", "A template is a JSON object.")
    return CompiledTemplate(_Reader().read(cast("dict[str, Any]", read), "content", 0))


class _Reader:
    """Reads the values of one template, and counts them."""

    def __init__(self) -> None:
        self._left = NODES
        self._texts = TEXTS

    def read(self, value: Any, field: str, depth: int) -> _Node:
        self._left -= 1
        if self._left < 0:
            raise too_much("content", f"A template has more than {NODES} values.")
        if depth > DEPTH:
            raise too_much(field, f"A template is nested deeper than {DEPTH} levels.")
        match value:
            case str():
                self._texts -= "{" in value
                if self._texts < 0:
                    raise too_much("content", f"More than {TEXTS} texts are rendered.")
                evaluate = compile_text(value, field)
                return _Fixed(value) if evaluate is None else _Rendered(evaluate, field)
            case list():
                entries = enumerate(cast("list[Any]", value))
                return _Entries(
                    tuple(self.read(one, f"{field}.{at}", depth + 1) for at, one in entries)
                )
            case dict():
                return self._object(cast("dict[str, Any]", value), field, depth)
            case _:
                return _Fixed(value)

    def _object(self, value: dict[str, Any], field: str, depth: int) -> _Node:
        word = next((name for name in value if name.startswith("$")), None)
        if word is None:
            members = value.items()
            return _Members(
                tuple((name, self.read(one, f"{field}.{name}", depth + 1)) for name, one in members)
            )
        kind = next((name for name in _WORDS if name in value), None)
        if kind is None or not value.keys() <= _WORDS[kind] or "$value" not in value:
            words = "Either $each, $value and perhaps $as, or $if, $value and perhaps $else."
            raise Invalid.one(field, "TEMPLATE_REFUSED", words)
        source = value[kind]
        if not isinstance(source, str):
            raise Invalid.one(f"{field}.{kind}", "TEMPLATE_REFUSED", "This is an expression.")
        evaluate = compile_expression(source, f"{field}.{kind}")
        inner = self.read(value["$value"], f"{field}.$value", depth + 1)
        if kind == "$each":
            name = value.get("$as", "item")
            if not isinstance(name, str) or not name.isidentifier() or name.startswith("_"):
                raise Invalid.one(f"{field}.$as", "TEMPLATE_REFUSED", "This is a name.")
            return _Each(evaluate, name, inner, f"{field}.$each")
        has_other = "$else" in value
        other = self.read(value["$else"], f"{field}.$else", depth + 1) if has_other else None
        return _Choice(evaluate, inner, other, f"{field}.$if")


def _rendered(node: _Node, data: Mapping[str, Any], left: Allowance) -> Any:
    left.take()
    match node:
        case _Fixed(value):
            left.take(len(value) if isinstance(value, str) else 0)
            return value
        case _Rendered(evaluate, field):
            value = evaluated(evaluate, data, field)
            _count(value, left)
            return value
        case _Members(of):
            made = ((name, _rendered(one, data, left)) for name, one in of)
            return {name: one for name, one in made if one is not _LEFT_OUT}
        case _Entries(of):
            entries: list[Any] = []
            for one in of:
                value = _rendered(one, data, left)
                if isinstance(one, _Each):
                    entries += value
                elif value is not _LEFT_OUT:
                    entries.append(value)
            return entries
        case _Each():
            return _repeated(node, data, left)
        case _Choice(condition, value, other, field):
            chosen = value if evaluated(condition, data, field) else other
            return _LEFT_OUT if chosen is None else _rendered(chosen, data, left)


def _repeated(node: _Each, data: Mapping[str, Any], left: Allowance) -> list[Any]:
    found = evaluated(node.source, data, node.field)
    if not isinstance(found, list):
        raise Invalid.one(node.field, "TEMPLATE_DATA", "This is no list in the data.")
    entries = cast("list[Any]", found)
    if len(entries) > REPEATS:
        raise too_much(node.field, f"The list has more than {REPEATS} entries.")
    made = (_rendered(node.value, {**data, node.name: one}, left) for one in entries)
    return [one for one in made if one is not _LEFT_OUT]


def _count(value: Any, left: Allowance) -> None:
    """Count what an expression took over from the data, which may be a list or an object."""
    waiting: list[Any] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += cast("list[Any]", one)
        elif isinstance(one, dict):
            members = cast("dict[str, Any]", one)
            left.take(sum(map(len, members)))
            waiting += members.values()
        left.take(len(one) if isinstance(one, str) else 0)
