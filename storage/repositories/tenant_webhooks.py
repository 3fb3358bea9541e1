"""The URLs at which vendors are told of their accounts."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from storage.connection import SqlConnection
from storage.tables import TenantWebhookRow
from storage.values import as_row, as_value, columns_of, table_of

_table = table_of(TenantWebhookRow)


@dataclass(frozen=True, slots=True)
class TenantWebhook:
    """One URL for notices about all accounts of a tenant, signed with its signing secret."""

    id: str
    tenant_id: str
    callback_url: str
    created_at: datetime
    deleted_at: datetime | None = None


class TenantWebhookRepository:
    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def add(self, webhook: TenantWebhook) -> None:
        await self._connection.execute(insert(_table).values(**as_row(webhook)))

    async def live(self, tenant_id: str, *, hold: bool = False) -> list[TenantWebhook]:
        """List a tenant's live webhooks, oldest first.

        With `hold` none of them can end before this transaction does.
        """
        query = (
            select(*columns_of(TenantWebhook, _table))
            .where(_table.c.tenant_id == tenant_id, _table.c.deleted_at.is_(None))
            .order_by(_table.c.id)
        )
        rows = await self._connection.execute(query.with_for_update(read=True) if hold else query)
        return [as_value(TenantWebhook, row) for row in rows]

    async def end(self, webhook_id: str, tenant_id: str, at: datetime) -> bool:
        """Mark a tenant's own webhook deleted; return False when there is no such live one."""
        result = await self._connection.execute(
            update(_table)
            .where(
                _table.c.id == webhook_id,
                _table.c.tenant_id == tenant_id,
                _table.c.deleted_at.is_(None),
            )
            .values(deleted_at=at)
        )
        return result.rowcount == 1
