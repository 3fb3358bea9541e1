"""Taking an account out of the database, a chunk at a time; what refers goes before what it names.

A test compares `ORDER` with the foreign keys, so that a new table can't be forgotten. The audit
trail stays: it refers to nothing, holds ids only, and can't be changed.
"""

from typing import Any

from sqlalchemy import ColumnElement, Table, delete, select, tuple_

from storage.connection import SqlConnection
from storage.tables import (
    AccountKeyRow,
    AccountRow,
    AssistantGrantRow,
    AssistantTokenRow,
    AttemptRow,
    ConfigurationRow,
    CopiedDocumentRow,
    CopiedRecordRow,
    CopyRow,
    CopyRunRow,
    DeliveryRow,
    EventRow,
    ExchangeCodeRow,
    JobRow,
    KnownRecordRow,
    LinkRow,
    NoticeRow,
    PaymentOrderRow,
    PayoutLineRow,
    PayoutRow,
    ReplayRow,
    SubscriptionRow,
    WatermarkRow,
    WriteRow,
    WriteTurnRow,
)
from storage.values import table_of

_deliveries = table_of(DeliveryRow)

ORDER: tuple["Table[Any]", ...] = tuple(
    table_of(row)
    for row in (
        AttemptRow,
        DeliveryRow,
        NoticeRow,
        EventRow,
        ReplayRow,
        SubscriptionRow,
        KnownRecordRow,
        WatermarkRow,
        CopiedDocumentRow,
        CopiedRecordRow,
        CopyRow,
        CopyRunRow,
        WriteRow,
        WriteTurnRow,
        JobRow,
        PayoutLineRow,
        PayoutRow,
        PaymentOrderRow,
        LinkRow,
        ExchangeCodeRow,
        AssistantTokenRow,
        AssistantGrantRow,
        AccountKeyRow,
        ConfigurationRow,
        AccountRow,
    )
)


class ErasureRepository:
    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def erase(self, account_id: str, most: int) -> tuple[str, int] | None:
        """Delete up to `most` rows of the first table that has any; return which and how many.

        None once nothing of the account is left.
        """
        for table in ORDER:
            key = tuple_(*table.primary_key.columns)
            chosen = select(*table.primary_key.columns).where(_is_of(table, account_id)).limit(most)
            result = await self._connection.execute(delete(table).where(key.in_(chosen)))
            if result.rowcount:
                return table.name, result.rowcount
        return None


def _is_of(table: "Table[Any]", account_id: str) -> ColumnElement[bool]:
    if table.name == "attempts":
        own = select(_deliveries.c.id).where(_deliveries.c.account_id == account_id)
        return table.c.delivery_id.in_(own)
    return (table.c.id if table.name == "accounts" else table.c.account_id) == account_id
