"""From table rows to the frozen values that repositories hand out."""

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar, cast

import msgspec
from sqlalchemy import ColumnElement, Row, Table, inspect
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

Kind = TypeVar("Kind")
Other = TypeVar("Other")


class Value(msgspec.Struct, frozen=True, gc=False):
    """A frozen value of the hot paths; a frozen dataclass takes twenty times as long to make.

    It holds no other object that could refer to it, so that the garbage collector passes it over.
    """


def table_of(record: type[SQLModel]) -> "Table[Any]":
    """Return the Core table of a SQLModel table class."""
    return cast("Table[Any]", inspect(record).local_table)


def columns_of(value: type[Any], table: "Table[Any]") -> list[ColumnElement[Any]]:
    """Name the columns that a dataclass needs: those called like its fields."""
    return [table.c[name] for name in _names(value)]


def as_row(value: object) -> dict[str, Any]:
    """Write a value as the row to insert. Unlike `asdict` it copies no field."""
    return {name: getattr(value, name) for name in _names(type(value))}


def types_of(value: type[Any], table: "Table[Any]") -> dict[str, TypeEngine[Any]]:
    """Return the types of the columns that a value needs, by name."""
    return {name: table.c[name].type for name in _names(value)}


def as_value(value: type[Kind], row: "Row[*tuple[Any, ...]] | Mapping[str, Any]") -> Kind:
    """Make the frozen value of a row selected with `columns_of`."""
    if issubclass(value, Value):
        return value(*row)
    # the underscore keeps it apart from column names; it is public
    mapping = row if isinstance(row, Mapping) else row._mapping  # pyright: ignore[reportPrivateUsage]
    return value(**mapping)


def as_values(
    first: type[Kind], second: type[Other], row: "Row[*tuple[Any, ...]] | tuple[Any, ...]"
) -> tuple[Kind, Other]:
    """Make the two values of a joined row, selected with the columns of one, then the other's."""
    size = len(_names(first))
    return first(*row[:size]), second(*row[size:])


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    if issubclass(kind, Value):
        return kind.__struct_fields__
    return tuple(field.name for field in fields(kind))
