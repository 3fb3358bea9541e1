"""Where sealed values are, whatever aggregate they belong to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Table, func, select, update

from storage.connection import SqlConnection
from storage.tables import (
    ConfigurationRow,
    JobRow,
    LinkRow,
    NoticeRow,
    PaymentOrderRow,
    PayoutLineRow,
    PayoutRow,
    SubscriptionRow,
    SystemRow,
    TenantRow,
    TokenRow,
    UpstreamSubscriptionRow,
    WriteRow,
)
from storage.values import table_of


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed values; `binding` names the columns that make up their place."""

    table: "Table[Any]"
    column: str
    id: str
    binding: tuple[str, ...]

    @property
    def name(self) -> str:
        """Such as `tokens.access_token`."""
        return f"{self.table.name}.{self.column}"


def _column(row: Any, column: str, id_: str = "id", *binding: str) -> SealedColumn:
    return SealedColumn(table_of(row), column, id_, binding or (id_,))


SEALED_COLUMNS = (
    _column(TenantRow, "signing_secret"),
    _column(SystemRow, "client_secret", "id", "tenant_id", "target"),
    _column(SystemRow, "custom_values", "id", "tenant_id", "target"),
    _column(LinkRow, "code_verifier"),
    _column(TokenRow, "access_token", "connection_id"),
    _column(TokenRow, "refresh_token", "connection_id"),
    _column(TokenRow, "custom_values", "connection_id"),
    _column(NoticeRow, "body"),
    _column(SubscriptionRow, "secret"),
    _column(SubscriptionRow, "previous_secret"),
    _column(UpstreamSubscriptionRow, "secret"),
    _column(WriteRow, "request"),
    _column(JobRow, "state"),
    _column(PaymentOrderRow, "state"),
    _column(WriteRow, "answer"),
    _column(PayoutRow, "content"),
    _column(PayoutLineRow, "content"),
    _column(PayoutLineRow, "outcome"),
    _column(ConfigurationRow, "settings"),
)
"""Every column that holds sealed values; a test compares with the tables."""


def _is_sealed(column: SealedColumn) -> ColumnElement[bool]:
    """Leave out values that are null or empty: they hold no secret."""
    return func.length(column.table.c[column.column]) > 0


@dataclass(frozen=True, slots=True)
class SealedValue:
    """One sealed value: which row it is in, and the place it was sealed for."""

    column: SealedColumn
    row_id: str
    associated_data: str
    sealed: bytes = field(repr=False)


class SealedValueRepository:
    """Sealed values of every table, for rotating the keys that they are sealed with."""

    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def count(self, column: SealedColumn) -> int:
        """Count the values of a column."""
        found = await self._connection.execute(select(func.count()).where(_is_sealed(column)))
        return found.scalar_one()

    async def after(self, column: SealedColumn, row_id: str, most: int) -> Sequence[SealedValue]:
        """List values by row, beginning after this row."""
        table = column.table
        rows = await self._connection.execute(
            select(
                table.c[column.id],
                table.c[column.column],
                *(table.c[name] for name in column.binding),
            )
            .where(table.c[column.id] > row_id, _is_sealed(column))
            .order_by(table.c[column.id])
            .limit(most)
        )
        return [
            SealedValue(column, row[0], ":".join([column.name, *row[2:]]), row[1]) for row in rows
        ]

    async def replace(self, value: SealedValue, sealed: bytes) -> bool:
        """Store a value sealed anew, unless somebody changed it; return whether it was stored."""
        table, name = value.column.table, value.column.column
        result = await self._connection.execute(
            update(table)
            .where(table.c[value.column.id] == value.row_id, table.c[name] == value.sealed)
            .values({name: sealed})
        )
        return result.rowcount == 1
