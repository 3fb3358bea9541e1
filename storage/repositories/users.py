"""The vendors' users."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, insert, select

from storage.connection import SqlConnection
from storage.repositories.tenants import Tenant
from storage.tables import TenantRow, UserRow
from storage.values import as_row, as_value, as_values, columns_of, table_of

_table = table_of(UserRow)
_tenants = table_of(TenantRow)


@dataclass(frozen=True, slots=True)
class TenantUser:
    """Somebody who calls for a vendor."""

    id: str
    tenant_id: str
    email: str
    password_hash: str = field(repr=False)
    permissions: str
    """What the user may do, space separated."""
    created_at: datetime


class UserRepository:
    _select = select(*columns_of(TenantUser, _table))
    _with_tenant = select(*columns_of(TenantUser, _table), *columns_of(Tenant, _tenants)).join_from(
        _table, _tenants, _table.c.tenant_id == _tenants.c.id
    )

    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def add(self, user: TenantUser) -> None:
        await self._connection.execute(insert(_table).values(**as_row(user)))

    async def by_email(self, email: str) -> tuple[TenantUser, Tenant] | None:
        """Return the user with an address in lower case, and the vendor it is of."""
        return await self._one(self._with_tenant.where(_table.c.email == email))

    async def by_id(self, user_id: str) -> tuple[TenantUser, Tenant] | None:
        """Return a user and the vendor it is of."""
        return await self._one(self._with_tenant.where(_table.c.id == user_id))

    async def of_tenant(self, tenant_id: str) -> Sequence[TenantUser]:
        """List a vendor's users, oldest first."""
        rows = await self._connection.execute(
            self._select.where(_table.c.tenant_id == tenant_id).order_by(_table.c.id)
        )
        return [as_value(TenantUser, row) for row in rows]

    async def remove(self, tenant_id: str, user_id: str) -> bool:
        """Delete one of a vendor's users; return whether there was one."""
        result = await self._connection.execute(
            delete(_table).where(_table.c.tenant_id == tenant_id, _table.c.id == user_id)
        )
        return result.rowcount == 1

    async def _one(self, query: Select[Any]) -> tuple[TenantUser, Tenant] | None:
        row = (await self._connection.execute(query)).first()
        return None if row is None else as_values(TenantUser, Tenant, row)
