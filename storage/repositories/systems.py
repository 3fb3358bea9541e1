"""The tenants' app credentials, one set per target system."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select

from storage.connection import SqlConnection, insert_into
from storage.tables import SystemRow
from storage.values import as_row, as_value, columns_of, table_of

_table = table_of(SystemRow)


@dataclass(frozen=True, slots=True)
class System:
    """A tenant's own app at one target system."""

    id: str
    tenant_id: str
    target: str
    client_id: str
    client_secret: bytes = field(repr=False)
    """Sealed for `secret_associated_data`."""
    custom_values: bytes = field(repr=False)
    """Sealed for `values_associated_data`: a JSON object of names to strings."""
    scopes: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def secret_associated_data(self) -> str:
        """Where the sealed client secret belongs."""
        return f"systems.client_secret:{self.tenant_id}:{self.target}"

    @property
    def values_associated_data(self) -> str:
        """Where the sealed custom values belong."""
        return f"systems.custom_values:{self.tenant_id}:{self.target}"


class SystemRepository:
    _select = select(*columns_of(System, _table))

    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def put(self, system: System) -> None:
        """Store the credentials, in the place of any that the tenant had for this target."""
        values = as_row(system)
        changed = {name: values[name] for name in values if name not in _KEPT}
        await self._connection.execute(
            insert_into(self._connection, _table)
            .values(**values)
            .on_conflict_do_update(index_elements=["tenant_id", "target"], set_=changed)
        )

    async def get(self, tenant_id: str, target: str) -> System | None:
        found = await self._connection.execute(
            self._select.where(_table.c.tenant_id == tenant_id, _table.c.target == target)
        )
        row = found.first()
        return None if row is None else as_value(System, row)

    async def of_tenant(self, tenant_id: str) -> list[System]:
        rows = await self._connection.execute(
            self._select.where(_table.c.tenant_id == tenant_id).order_by(_table.c.target)
        )
        return [as_value(System, row) for row in rows]

    async def remove(self, tenant_id: str, target: str) -> bool:
        """Delete the credentials; return False when there were none."""
        result = await self._connection.execute(
            delete(_table).where(_table.c.tenant_id == tenant_id, _table.c.target == target)
        )
        return result.rowcount == 1


_KEPT = frozenset({"id", "tenant_id", "target", "created_at"})
