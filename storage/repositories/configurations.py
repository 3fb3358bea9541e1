"""The vendors' configurations of providers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select

from storage.connection import SqlConnection, insert_into
from storage.tables import ConfigurationRow
from storage.values import as_row, as_value, columns_of, table_of

_table = table_of(ConfigurationRow)


@dataclass(frozen=True, slots=True)
class StoredConfiguration:
    """A configuration as it is kept; its settings are sealed."""

    id: str
    tenant_id: str
    provider: str
    settings: bytes = field(repr=False)
    account_id: str | None
    """None while something it needs is missing."""
    created_at: datetime
    updated_at: datetime

    @property
    def associated_data(self) -> str:
        return settings_associated_data(self.id)


def settings_associated_data(configuration_id: str) -> str:
    """Return the place that a configuration's settings are sealed for."""
    return f"configurations.settings:{configuration_id}"


class ConfigurationRepository:
    _select = select(*columns_of(StoredConfiguration, _table))

    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def put(self, configuration: StoredConfiguration) -> None:
        """Store a configuration, in the place of what it was."""
        values = as_row(configuration)
        changed = {name: values[name] for name in ("settings", "account_id", "updated_at")}
        await self._connection.execute(
            insert_into(self._connection, _table)
            .values(**values)
            .on_conflict_do_update(index_elements=["id"], set_=changed)
        )

    async def of_tenant(self, tenant_id: str, provider: str) -> Sequence[StoredConfiguration]:
        """List a vendor's configurations of a provider, oldest first."""
        rows = await self._connection.execute(
            self._select.where(
                _table.c.tenant_id == tenant_id, _table.c.provider == provider
            ).order_by(_table.c.id)
        )
        return [as_value(StoredConfiguration, row) for row in rows]

    async def get(self, tenant_id: str, configuration_id: str) -> StoredConfiguration | None:
        """Return one of a vendor's configurations."""
        rows = await self._connection.execute(
            self._select.where(_table.c.tenant_id == tenant_id, _table.c.id == configuration_id)
        )
        row = rows.first()
        return None if row is None else as_value(StoredConfiguration, row)

    async def remove(self, configuration_id: str) -> None:
        await self._connection.execute(delete(_table).where(_table.c.id == configuration_id))
