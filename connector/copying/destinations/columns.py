"""Tables of the unified models: a column for each field, with what it holds."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, cast

from msgspec import inspect

from connector.resources import RESOURCES


class ColumnKind(Enum):
    """What a column holds."""

    TEXT = "text"
    WHOLE = "whole number"
    AMOUNT = "exact decimal number"
    MOMENT = "moment in UTC"
    TRUTH = "true or false"
    JSON = "JSON, with decimal numbers as texts"


@dataclass(frozen=True, slots=True)
class RecordColumn:
    """A column; `field` is the record's name for it, None for a column of the copy's own."""

    name: str
    kind: ColumnKind
    field: str | None = None


@dataclass(frozen=True, slots=True)
class RecordTable:
    """Where records of one kind go."""

    name: str
    fields: tuple[RecordColumn, ...]

    @property
    def columns(self) -> tuple[RecordColumn, ...]:
        """Return all columns: key, state, fields, then the whole record in its two forms."""
        return (*_LEADING, *self.fields, *_WHOLE)


_LEADING = (
    RecordColumn("_account", ColumnKind.TEXT),
    RecordColumn("_id", ColumnKind.TEXT),
    RecordColumn("_version", ColumnKind.TEXT),
    RecordColumn("_hash", ColumnKind.TEXT),
    RecordColumn("_changed_at", ColumnKind.MOMENT),
)
_WHOLE = (
    RecordColumn("_record", ColumnKind.TEXT),
    RecordColumn("_raw", ColumnKind.TEXT),
    RecordColumn("_unfit", ColumnKind.TEXT),
)
GONE_AT = RecordColumn("_gone_at", ColumnKind.MOMENT)
"""When a record was found missing; only where former versions are kept."""

TableOf = Callable[[str], RecordTable]


@cache
def unified_table(resource: str) -> RecordTable:
    """Return the table of a resource; one that has no model has no fields, but whole records."""
    models = {one.name: one.model for one in RESOURCES}
    model = models.get(resource)
    return RecordTable(snake_case(resource), () if model is None else columns_of(model))


def columns_of(model: type[Any]) -> tuple[RecordColumn, ...]:
    """Make columns of a model's fields."""
    described = inspect.type_info(model)
    assert isinstance(described, inspect.StructType)
    return tuple(
        RecordColumn(snake_case(field.encode_name), _kind_of(field.type), field.encode_name)
        for field in described.fields
    )


def snake_case(name: str) -> str:
    """Write a name of the contract as a database does: eInvoicingStatus, e_invoicing_status."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _kind_of(described: inspect.Type) -> ColumnKind:
    match described:
        case inspect.Metadata():
            schema = cast("dict[str, Any]", described.extra_json_schema or {})
            is_moment = schema.get("format") == "date-time"
            return ColumnKind.MOMENT if is_moment else _kind_of(described.type)
        case inspect.UnionType(types=types):
            kinds = {_kind_of(one) for one in types if not isinstance(one, inspect.NoneType)}
            return kinds.pop() if len(kinds) == 1 else ColumnKind.JSON
        case inspect.StrType() | inspect.EnumType():
            return ColumnKind.TEXT
        case inspect.LiteralType(values=values):
            return (
                ColumnKind.TEXT if all(isinstance(one, str) for one in values) else ColumnKind.JSON
            )
        case inspect.DecimalType():
            return ColumnKind.AMOUNT
        case inspect.BoolType():
            return ColumnKind.TRUTH
        case inspect.IntType():
            return ColumnKind.WHOLE
        case inspect.DateTimeType():
            return ColumnKind.MOMENT
        case _:
            return ColumnKind.JSON
