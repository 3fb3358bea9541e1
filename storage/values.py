"""From table rows to the frozen values that repositories hand out."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, Table
from sqlmodel import SQLModel

Value = TypeVar("Value")


def table_of(record: type[SQLModel]) -> Table:
    """Answer the Core table of a SQLModel table class."""
    table: Table = record.__table__  # type: ignore[attr-defined]
    return table


def columns_of(value: type[Any], table: Table) -> list[ColumnElement[Any]]:
    """Name the columns that a dataclass needs: those called like its fields."""
    return [table.c[field.name] for field in fields(value)]


def as_value(value: type[Value], row: Row[Any] | Mapping[str, Any]) -> Value:
    """Make the frozen value of a row selected with `columns_of`."""
    mapping = row if isinstance(row, Mapping) else row._mapping
    return value(**mapping)
