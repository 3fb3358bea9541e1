"""Reads the fields of a request body and collects what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar, cast

from .errors import ApiError, Problem, attribute
from .money import is_currency, parse_decimal
from .times import parse_date, parse_instant

T = TypeVar("T")


class Fields:
    """A JSON object whose readers note problems instead of failing at the first.

    ``check`` raises them all as one 422. A reader returns ``None`` for a field that is absent,
    null or wrong. Unknown fields are ignored. ``malformed`` is the code for a value of the
    wrong kind.
    """

    def __init__(
        self,
        data: dict[str, object],
        pointer: Callable[[str], str] = attribute,
        problems: list[Problem] | None = None,
        *,
        malformed: str = "invalid",
    ) -> None:
        self.data = data
        self._malformed = malformed
        self._pointer = pointer
        self.problems: list[Problem] = [] if problems is None else problems

    def __contains__(self, name: str) -> bool:
        return name in self.data

    def problem(self, name: str, code: str, detail: str) -> None:
        self.problems.append(Problem(code, detail, self._pointer(name)))

    def check(self) -> None:
        if self.problems:
            raise ApiError(422, *self.problems)

    def _read(
        self, name: str, required: bool, kind: str, convert: Callable[[object], T]
    ) -> T | None:
        value = self.data.get(name)
        if value is None or value == "":
            if required:
                self.problem(name, "required", f"{name} is required")
            return None
        try:
            return convert(value)
        except (ValueError, TypeError):
            self.problem(name, self._malformed, f"{name} must be {kind}")
            return None

    def text(self, name: str, *, most: int | None = None, required: bool = False) -> str | None:
        value = self._read(name, required, "a string", _text)
        if value is not None and most is not None and len(value) > most:
            self.problem(name, "invalid", f"{name} must have at most {most} characters")
            return None
        return value

    def choice(self, name: str, allowed: tuple[str, ...], *, required: bool = False) -> str | None:
        value = self.text(name, required=required)
        if value is not None and value not in allowed:
            self.problem(name, "not_in_list", f"{name} must be one of: {', '.join(allowed)}")
            return None
        return value

    def day(self, name: str, *, required: bool = False) -> date | None:
        return self._read(
            name, required, "a date like 2026-11-20", lambda value: parse_date(_text(value))
        )

    def instant(self, name: str, *, required: bool = False) -> datetime | None:
        return self._read(
            name, required, "an ISO 8601 date time", lambda value: parse_instant(_text(value))
        )

    def decimal(self, name: str, *, required: bool = False) -> Decimal | None:
        return self._read(name, required, "a decimal number as a string", parse_decimal)

    def flag(self, name: str) -> bool | None:
        value = self.data.get(name)
        if value is not None and not isinstance(value, bool):
            self.problem(name, "invalid", f"{name} must be true or false")
            return None
        return value

    def currency(self, name: str, *, required: bool = False) -> str | None:
        value = self.text(name, required=required)
        if value is not None and not is_currency(value):
            self.problem(name, "invalid", f"{name} must be an ISO 4217 code")
            return None
        return value

    def nested(self, name: str, *, required: bool = False) -> Fields | None:
        """An object inside, with its own pointers, sharing the list of problems."""
        value = self._read(name, required, "an object", _mapping)
        if value is None:
            return None
        here = self._pointer(name)
        return Fields(
            value, lambda inner: f"{here}/{inner}", self.problems, malformed=self._malformed
        )

    def each(
        self, name: str, pointer: str, *, required: bool = False
    ) -> Iterator[tuple[int, Fields]]:
        """The objects of a list; ``pointer`` is where the list is, for their problems."""
        values = self._read(name, required, "a list", _list)
        if values == [] and required:
            self.problem(name, "required", f"{name} is required")
        for number, value in enumerate(values or []):
            if not isinstance(value, dict):
                self.problem(f"{name}/{number}", "invalid", "must be an object")
                continue
            yield (
                number,
                Fields(
                    cast("dict[str, object]", value),
                    lambda inner, at=number: f"{pointer}/{at}/{inner}",
                    self.problems,
                    malformed=self._malformed,
                ),
            )

    def texts(self, name: str, *, most: int, required: bool = False) -> list[str]:
        """The strings of a list, each once; empty when the list is absent or wrong."""
        values = self._read(name, required, "a list of strings", _texts) or []
        if required and name in self and self.data[name] == []:
            self.problem(name, "required", f"{name} is required")
        if len(values) > most:
            self.problem(name, "invalid", f"{name} must have at most {most} entries")
            return []
        return values

    def money(self, name: str, *, required: bool = False) -> tuple[Decimal, str] | None:
        inner = self.nested(name, required=required)
        if inner is None:
            return None
        value = inner.decimal("value", required=True)
        currency = inner.currency("currency", required=True)
        return (value, currency) if value is not None and currency is not None else None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError
    return cast("dict[str, object]", value)


def _texts(value: object) -> list[str]:
    return list(dict.fromkeys(_text(one) for one in _list(value)))


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError
    return cast("list[object]", value)
