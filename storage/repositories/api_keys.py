"""The vendors' API keys: found by keyed hash, never readable."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, insert, select

from storage.connection import SqlConnection
from storage.prepared import PreparedQuery
from storage.repositories.keys import KeyRepository
from storage.repositories.tenants import Tenant
from storage.tables import ApiKeyRow, TenantRow
from storage.tables.api_key import EVERY_PERMISSION
from storage.values import as_row, as_value, as_values, columns_of, table_of

_table = table_of(ApiKeyRow)
_tenants = table_of(TenantRow)


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
    permissions: str = EVERY_PERMISSION
    """What the key may be used for, space separated."""
    last_used_at: datetime | None = None
    """Exact to a minute."""
    ends_at: datetime | None = None
    """Set while the key is being replaced."""
    revoked_at: datetime | None = None

    def is_live(self, at: datetime) -> bool:
        """Say whether the key works at this moment."""
        return self.revoked_at is None and (self.ends_at is None or at < self.ends_at)


# every request asks it
_with_tenant = PreparedQuery(
    lambda _: (
        select(*columns_of(ApiKey, _table), *columns_of(Tenant, _tenants))
        .join_from(_table, _tenants, _table.c.tenant_id == _tenants.c.id)
        .where(_table.c.digest == bindparam("digest"), _table.c.revoked_at.is_(None))
    )
)


class ApiKeyRepository(KeyRepository):
    _select = select(*columns_of(ApiKey, _table))

    def __init__(self, connection: SqlConnection) -> None:
        super().__init__(connection, _table)

    async def add(self, key: ApiKey) -> None:
        await self._connection.execute(insert(_table).values(**as_row(key)))

    async def get(self, key_id: str) -> ApiKey | None:
        row = (await self._connection.execute(self._select.where(_table.c.id == key_id))).first()
        return None if row is None else as_value(ApiKey, row)

    async def find(self, digests: Sequence[str]) -> tuple[ApiKey, Tenant] | None:
        """Return the key with one of these hashes and whose it is, unless it was revoked.

        It may have ended.
        """
        asked = [{"digest": digest} for digest in digests]
        rows = await _with_tenant.fetch(self._connection, *asked)
        return as_values(ApiKey, Tenant, rows[0]) if rows else None

    async def of_tenant(self, tenant_id: str) -> list[ApiKey]:
        """List a tenant's keys, revoked ones too, oldest first."""
        rows = await self._connection.execute(
            self._select.where(_table.c.tenant_id == tenant_id).order_by(_table.c.id)
        )
        return [as_value(ApiKey, row) for row in rows]

    async def unrevoked(self) -> list[ApiKey]:
        """List the keys of all tenants that weren't revoked, oldest first; for the operator."""
        rows = await self._connection.execute(
            self._select.where(_table.c.revoked_at.is_(None)).order_by(_table.c.id)
        )
        return [as_value(ApiKey, row) for row in rows]
