"""What a control call is: one declaration beside the method, from which everything else follows.

The route, the check of what is sent, the description and the human page read method, path and
meaning from ``@call``, and the fields from the signature: names, types, defaults and, as ``Meta``,
limits and meanings. Whoever calls from Python is checked in the same way.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property, wraps
from math import isfinite
from typing import Annotated, ParamSpec, TypeVar, cast, get_type_hints

import msgspec

from .schemas import Schema, in_words, schema_of

P = ParamSpec("P")
R = TypeVar("R")
_MARK = "__control_call__"
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field, or with the whole when ``field`` is ``None``."""

    code: str
    detail: str
    field: str | None = None


class Refused(ValueError):
    """A control call was given fields that it does not have, or values that they can't be."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.detail for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class Field:
    """One field: ``name`` as it is sent, ``argument`` as Python calls it."""

    name: str
    argument: str
    kind: object
    required: bool
    default: object
    in_path: bool = False

    @cached_property
    def schema(self) -> Schema:
        return schema_of(self.kind)

    @property
    def meaning(self) -> str:
        return str(self.schema.get("description", ""))

    def read(self, value: object, *, as_text: bool) -> object:
        """The value as the call takes it; ``as_text`` is for values that came in a query."""
        try:
            read: object = msgspec.convert(value, self.kind, strict=not as_text)
            if not isinstance(read, float) or isfinite(read):
                return read
        except msgspec.ValidationError:
            pass
        detail = f"{self.name} must be {in_words(self.schema)}; it is {_brief(value)}"
        raise Refused(Problem("invalid", detail, self.name))


@dataclass(frozen=True)
class Call:
    """A control call, of ``Control`` and over HTTP.

    What it returns comes back under the key ``answers``, by default the name of the call.
    """

    method: str
    path: str
    summary: str
    name: str
    answers: str
    returns: object
    fields: tuple[Field, ...]
    status: int
    example: Mapping[str, object] | None

    @property
    def silent(self) -> bool:
        """Whether it answers nothing but that it was done."""
        return self.returns is type(None)

    def read(self, given: Mapping[str, object], *, as_text: frozenset[str]) -> dict[str, object]:
        """The arguments for given fields; ``Refused`` with everything that is wrong."""
        known = {field.name: field for field in self.fields}
        problems: list[Problem] = []
        arguments: dict[str, object] = {}
        for name, value in given.items():
            field = known.get(name)
            if field is None:
                problems.append(self._unknown(name))
                continue
            try:
                arguments[field.argument] = field.read(value, as_text=name in as_text)
            except Refused as refusal:
                problems += refusal.problems
        problems += [
            Problem("required", f"{field.name} is missing: {field.meaning}", field.name)
            for field in self.fields
            if field.required and field.name not in given
        ]
        if problems:
            raise Refused(*problems)
        return arguments

    def _unknown(self, name: str) -> Problem:
        open_to = ", ".join(field.name for field in self.fields if not field.in_path)
        known = f"the fields are: {open_to}" if open_to else "it takes no fields"
        return Problem("unknown_field", f"there is no field {_brief(name)}; {known}", name)


def call(
    method: str,
    path: str,
    summary: str,
    *,
    answers: str = "",
    status: int = 200,
    example: Mapping[str, object] | None = None,
    sent_as: Mapping[str, str] | None = None,
    fields_of: type | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare a method of ``Control`` as a control call.

    ``sent_as`` renames arguments over HTTP. ``fields_of`` names the dataclass whose fields a
    method takes as its keyword arguments; their metadata holds each ``meaning``.
    """

    def declare(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        declared = Call(
            method=method,
            path=path,
            summary=summary,
            name=function.__name__,
            answers=answers or function.__name__,
            returns=get_type_hints(function, include_extras=True)["return"],
            fields=tuple(_fields(function, signature, path, sent_as or {}, fields_of)),
            status=status,
            example=example,
        )
        sent = {field.argument: field.name for field in declared.fields}

        @wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            bound = signature.bind(*args, **kwargs)
            given: dict[str, object] = {}
            for name, value in list(bound.arguments.items())[1:]:
                more = signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD
                given |= cast("dict[str, object]", value) if more else {sent[name]: value}
            declared.read(given, as_text=frozenset())
            return function(*args, **kwargs)

        checked.__doc__ = summary
        setattr(checked, _MARK, declared)
        return checked

    return declare


def _fields(
    function: Callable[..., object],
    signature: inspect.Signature,
    path: str,
    sent_as: Mapping[str, str],
    fields_of: type | None,
) -> list[Field]:
    hints = get_type_hints(function, include_extras=True)
    found: list[Field] = []
    for name, parameter in list(signature.parameters.items())[1:]:
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            continue
        required = parameter.default is inspect.Parameter.empty
        default = None if required else parameter.default
        sent = sent_as.get(name, name)
        found.append(Field(sent, name, hints[name], required, default, f"{{{sent}}}" in path))
    if fields_of is not None:
        kinds = get_type_hints(fields_of, include_extras=True)
        found += [
            Field(
                one.name,
                one.name,
                Annotated[kinds[one.name], msgspec.Meta(description=one.metadata["meaning"])],
                required=False,
                default=one.default,
            )
            for one in fields(fields_of)
        ]
    return found


def calls_of(control: type) -> list[tuple[type, list[Call]]]:
    """The control calls of a class, by the class that declares them, in the order of the text."""
    groups: list[tuple[type, list[Call]]] = []
    for part in control.__mro__:
        members = (getattr(member, _MARK, None) for member in vars(part).values())
        declared = [one for one in members if isinstance(one, Call)]
        if declared:
            groups.append((part, declared))
    return groups


def _brief(value: object) -> str:
    """A value as JSON, cut to what fits on a line."""
    try:
        text = msgspec.json.encode(value).decode()
    except (TypeError, ValueError, OverflowError, RecursionError):
        text = "something else"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
