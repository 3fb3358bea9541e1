"""Consents at target systems, and the accounts that live on them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from storage.connection import SqlConnection, insert_into
from storage.tables import ConnectionRow
from storage.values import as_row, as_value, columns_of, table_of

_table = table_of(ConnectionRow)


@dataclass(frozen=True, slots=True)
class Connection:
    """One consent: this person let this vendor's app into this organisation."""

    id: str
    tenant_id: str
    target: str
    organization_id: str
    membership_id: str
    """Who consented; empty where that isn't known, and for an organisation's own API key."""
    kind: str
    """OAUTH or API_KEY."""
    created_at: datetime


class ConnectionRepository:
    _select = select(*columns_of(Connection, _table))

    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def join(self, wanted: Connection) -> Connection:
        """Return the connection of this consent, new or known, held until the transaction ends.

        A known one keeps its id and the time it was made.
        """
        key = ["tenant_id", "target", "organization_id", "membership_id", "kind"]
        await self._connection.execute(
            insert_into(self._connection, _table)
            .values(**as_row(wanted))
            .on_conflict_do_nothing(index_elements=key)
        )
        found = await self._connection.execute(
            self._select.where(
                *(_table.c[name] == getattr(wanted, name) for name in key)
            ).with_for_update(key_share=True)
        )
        return as_value(Connection, found.one())

    async def get(self, connection_id: str, *, lock: bool = False) -> Connection | None:
        """Return a connection; with `lock` no account joins or leaves it meanwhile."""
        query = self._select.where(_table.c.id == connection_id)
        found = await self._connection.execute(
            query.with_for_update(key_share=True) if lock else query
        )
        row = found.first()
        return None if row is None else as_value(Connection, row)

    async def remove(self, connection_id: str) -> None:
        """Delete a connection that has neither accounts nor tokens left."""
        await self._connection.execute(delete(_table).where(_table.c.id == connection_id))
