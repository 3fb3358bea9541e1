"""The vendors' API keys: found by keyed hash, never readable."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import ApiKeyRow
from storage.values import as_row, as_value, columns_of, table_of

_table = table_of(ApiKeyRow)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One of a tenant's keys, without the key."""

    id: str
    tenant_id: str
    name: str
    hint: str
    digest: str = field(repr=False)
    hash_key_id: str
    created_at: datetime
    revoked_at: datetime | None = None


class ApiKeys:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._select = select(*columns_of(ApiKey, _table))

    async def add(self, key: ApiKey) -> None:
        await self._connection.execute(insert(_table).values(**as_row(key)))

    async def find(self, digests: Sequence[str]) -> ApiKey | None:
        """Answer the live key with one of these hashes."""
        found = await self._connection.execute(
            self._select.where(_table.c.digest.in_(digests), _table.c.revoked_at.is_(None))
        )
        row = found.first()
        return None if row is None else as_value(ApiKey, row)

    async def of_tenant(self, tenant_id: str) -> list[ApiKey]:
        """List a tenant's keys, revoked ones too, oldest first."""
        rows = await self._connection.execute(
            self._select.where(_table.c.tenant_id == tenant_id).order_by(_table.c.id)
        )
        return [as_value(ApiKey, row) for row in rows]

    async def revoke(self, key_id: str, at: datetime) -> bool:
        """End a key; answer False when it had ended before."""
        result = await self._connection.execute(
            update(_table)
            .where(_table.c.id == key_id, _table.c.revoked_at.is_(None))
            .values(revoked_at=at)
        )
        return result.rowcount == 1
