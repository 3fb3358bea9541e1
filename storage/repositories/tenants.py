"""The SaaS vendors, and where their customers' browsers may be sent."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import insert, select, update

from storage.connection import SqlConnection, insert_into
from storage.tables import AllowedCallbackRow, TenantRow
from storage.values import as_row, as_value, columns_of, table_of

_table = table_of(TenantRow)
_allowed = table_of(AllowedCallbackRow)


@dataclass(frozen=True, slots=True)
class Tenant:
    """A SaaS vendor: who calls with an API key, and whose customers are linked."""

    id: str
    name: str
    created_at: datetime
    callback_url: str | None = None
    cancel_callback_url: str | None = None
    key_in_redirect: bool = False
    confirms_acts: bool = False
    signing_secret: bytes | None = field(default=None, repr=False)
    """Sealed for `associated_data`: the 32 random bytes that sign redirects and notices."""

    @property
    def associated_data(self) -> str:
        """Where the sealed signing secret belongs."""
        return f"tenants.signing_secret:{self.id}"


class TenantRepository:
    _select = select(*columns_of(Tenant, _table))

    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def add(self, tenant: Tenant) -> None:
        await self._connection.execute(insert(_table).values(**as_row(tenant)))

    async def get(self, tenant_id: str, *, lock: bool = False) -> Tenant | None:
        """Return a tenant; with `lock` links of its customers are stored one after the other."""
        query = self._select.where(_table.c.id == tenant_id)
        found = await self._connection.execute(
            query.with_for_update(key_share=True) if lock else query
        )
        row = found.first()
        return None if row is None else as_value(Tenant, row)

    async def all(self) -> list[Tenant]:
        """List every tenant, oldest first."""
        rows = await self._connection.execute(self._select.order_by(_table.c.id))
        return [as_value(Tenant, row) for row in rows]

    async def set_callbacks(self, tenant_id: str, callback: str, cancel: str | None) -> None:
        """Remember where links end when their request names no callback."""
        await self._connection.execute(
            update(_table)
            .where(_table.c.id == tenant_id)
            .values(callback_url=callback, cancel_callback_url=cancel)
        )

    async def set_key_in_redirect(self, tenant_id: str, wanted: bool) -> None:
        await self._connection.execute(
            update(_table).where(_table.c.id == tenant_id).values(key_in_redirect=wanted)
        )

    async def set_confirms_acts(self, tenant_id: str, wanted: bool) -> None:
        await self._connection.execute(
            update(_table).where(_table.c.id == tenant_id).values(confirms_acts=wanted)
        )

    async def set_signing_secret(self, tenant_id: str, sealed: bytes) -> None:
        await self._connection.execute(
            update(_table).where(_table.c.id == tenant_id).values(signing_secret=sealed)
        )

    async def allow(self, tenant_id: str, url: str) -> None:
        """Allow browsers to be sent to this origin and path prefix; twice is once."""
        await self._connection.execute(
            insert_into(self._connection, _allowed)
            .values(tenant_id=tenant_id, url=url)
            .on_conflict_do_nothing()
        )

    async def allowed(self, tenant_id: str) -> tuple[str, ...]:
        """List the origins with path prefixes that browsers may be sent to."""
        rows = await self._connection.execute(
            select(_allowed.c.url).where(_allowed.c.tenant_id == tenant_id).order_by(_allowed.c.url)
        )
        return tuple(row[0] for row in rows)
