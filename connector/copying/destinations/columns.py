"""Tables of the unified models: a column for each field, with what it holds."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, cast

from msgspec import inspect

from connector.resources import RESOURCES


class Kind(Enum):
    """What a column holds."""

    TEXT = "text"
    WHOLE = "whole number"
    AMOUNT = "exact decimal number"
    MOMENT = "moment in UTC"
    TRUTH = "true or false"
    JSON = "JSON, with decimal numbers as texts"


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `field` is the record's name for it, None for a column of the copy's own."""

    name: str
    kind: Kind
    field: str | None = None


@dataclass(frozen=True, slots=True)
class RecordTable:
    """Where records of one kind go."""

    name: str
    fields: tuple[Column, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        """Return all columns: key, state, fields, then the whole record in its two forms."""
        return (*_LEADING, *self.fields, *_WHOLE)


_LEADING = (
    Column("_account", Kind.TEXT),
    Column("_id", Kind.TEXT),
    Column("_version", Kind.TEXT),
    Column("_hash", Kind.TEXT),
    Column("_changed_at", Kind.MOMENT),
)
_WHOLE = (
    Column("_record", Kind.TEXT),
    Column("_raw", Kind.TEXT),
    Column("_unfit", Kind.TEXT),
)
GONE_AT = Column("_gone_at", Kind.MOMENT)
"""When a record was found missing; only where former versions are kept."""

TableOf = Callable[[str], RecordTable]


@cache
def unified_table(resource: str) -> RecordTable:
    """Return the table of a resource; one that has no model has no fields, but whole records."""
    models = {one.name: one.model for one in RESOURCES}
    model = models.get(resource)
    return RecordTable(snake_case(resource), () if model is None else columns_of(model))


def columns_of(model: type[Any]) -> tuple[Column, ...]:
    """Make columns of a model's fields."""
    described = inspect.type_info(model)
    assert isinstance(described, inspect.StructType)
    return tuple(
        Column(snake_case(field.encode_name), _kind_of(field.type), field.encode_name)
        for field in described.fields
    )


def snake_case(name: str) -> str:
    """Write a name of the contract as a database does: eInvoicingStatus, e_invoicing_status."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _kind_of(described: inspect.Type) -> Kind:
    match described:
        case inspect.Metadata():
            schema = cast("dict[str, Any]", described.extra_json_schema or {})
            is_moment = schema.get("format") == "date-time"
            return Kind.MOMENT if is_moment else _kind_of(described.type)
        case inspect.UnionType(types=types):
            kinds = {_kind_of(one) for one in types if not isinstance(one, inspect.NoneType)}
            return kinds.pop() if len(kinds) == 1 else Kind.JSON
        case inspect.StrType() | inspect.EnumType():
            return Kind.TEXT
        case inspect.LiteralType(values=values):
            return Kind.TEXT if all(isinstance(one, str) for one in values) else Kind.JSON
        case inspect.DecimalType():
            return Kind.AMOUNT
        case inspect.BoolType():
            return Kind.TRUTH
        case inspect.IntType():
            return Kind.WHOLE
        case inspect.DateTimeType():
            return Kind.MOMENT
        case _:
            return Kind.JSON
