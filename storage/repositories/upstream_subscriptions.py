"""Our own subscriptions at the provider: at most one per account and purpose."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import UpstreamSubscriptionRow
from storage.values import as_row, as_value, columns_of, table_of

_table = table_of(UpstreamSubscriptionRow)


@dataclass(frozen=True, slots=True)
class UpstreamSubscription:
    """What the provider was asked to post, where, and under which secret."""

    id: str
    account_id: str
    purpose: str
    code: str
    secret: bytes = field(repr=False)
    """Sealed for `place`."""
    types: str
    state: str
    upstream_id: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def place(self) -> str:
        return f"upstream_subscriptions.secret:{self.id}"


class UpstreamSubscriptions:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._select = select(*columns_of(UpstreamSubscription, _table))

    async def add(self, subscription: UpstreamSubscription) -> None:
        await self._connection.execute(insert(_table).values(**as_row(subscription)))

    async def of_account(self, account_id: str, purpose: str) -> UpstreamSubscription | None:
        return await self._first(_table.c.account_id == account_id, _table.c.purpose == purpose)

    async def by_code(self, code: str) -> UpstreamSubscription | None:
        return await self._first(_table.c.code == code)

    async def unsettled(self) -> list[UpstreamSubscription]:
        """List those whose last step at the provider isn't known to have happened."""
        rows = await self._connection.execute(
            self._select.where(_table.c.state != "ACTIVE").order_by(_table.c.id)
        )
        return [as_value(UpstreamSubscription, row) for row in rows]

    async def change(self, subscription_id: str, at: datetime, **values: Any) -> None:
        await self._connection.execute(
            update(_table).where(_table.c.id == subscription_id).values(updated_at=at, **values)
        )

    async def remove(self, subscription_id: str) -> None:
        await self._connection.execute(delete(_table).where(_table.c.id == subscription_id))

    async def _first(self, *conditions: Any) -> UpstreamSubscription | None:
        row = (await self._connection.execute(self._select.where(*conditions))).first()
        return None if row is None else as_value(UpstreamSubscription, row)
