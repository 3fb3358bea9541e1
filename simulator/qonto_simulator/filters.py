"""Query parameters of lists, in the spellings that are in use."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal

from starlette.datastructures import QueryParams

from .collection import Window
from .errors import not_in_list, refuse
from .times import parse_date, parse_instant


def plain(text: str) -> str:
    """The text without accents and in lower case, to compare by."""
    spread = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in spread if not unicodedata.combining(letter)).lower()


def many(query: QueryParams, name: str) -> list[str]:
    """All values of a parameter: repeated, with a ``[]`` suffix, or separated by commas."""
    raw = [*query.getlist(name), *query.getlist(f"{name}[]")]
    return [part.strip() for value in raw for part in value.split(",") if part.strip()]


def statuses(query: QueryParams, name: str, allowed: tuple[str, ...]) -> frozenset[str] | None:
    """The wanted statuses, ``None`` for all; 422 for one that does not exist."""
    wanted = many(query, name)
    if any(value not in allowed for value in wanted):
        raise not_in_list(name, "status", allowed)
    return frozenset(wanted) or None


def instant(query: QueryParams, name: str) -> datetime | None:
    text = query.get(name, "")
    if not text:
        return None
    try:
        return parse_instant(text)
    except ValueError as problem:
        detail = f"{name} must be an ISO 8601 date time"
        raise refuse(422, "invalid", detail, parameter=name) from problem


def day(query: QueryParams, name: str) -> date | None:
    text = query.get(name, "")
    if not text:
        return None
    try:
        return parse_date(text)
    except ValueError as problem:
        detail = f"{name} must be a date like 2026-11-20"
        raise refuse(422, "invalid", detail, parameter=name) from problem


def window(query: QueryParams, name: str, style: str = "filter[{}]") -> Window:
    """From and to of a time, both included; ``style`` is how the endpoint spells filters."""
    return (
        instant(query, style.format(f"{name}_from")),
        instant(query, style.format(f"{name}_to")),
    )


def flag(query: QueryParams, name: str) -> bool | None:
    text = query.get(name, "").lower()
    if not text:
        return None
    if text not in ("true", "false"):
        raise refuse(422, "invalid", f"{name} must be true or false", parameter=name)
    return text == "true"


def sorting(
    query: QueryParams, allowed: Iterable[str], default: str
) -> tuple[str, Literal["asc", "desc"]]:
    """Property and direction of ``sort_by``; 422 for anything not in the list."""
    fields = tuple(allowed)
    text = query.get("sort_by", "") or default
    name, _, direction = text.partition(":")
    if name not in fields or direction not in ("", "asc", "desc"):
        choices = tuple(f"{field}:{way}" for field in fields for way in ("asc", "desc"))
        raise not_in_list("sort_by", "sort_by", choices)
    return name, "asc" if direction in ("", "asc") else "desc"
