"""How the tenants' pages look to their customers."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from storage.connection import SqlConnection, insert_into
from storage.tables import PageStyleRow
from storage.values import as_row, as_value, columns_of, table_of

_table = table_of(PageStyleRow)


@dataclass(frozen=True, slots=True)
class StoredPageStyle:
    """A tenant's style as it is kept."""

    tenant_id: str
    name: str | None
    logo_svg: str | None
    logo_png: str | None
    colors: str
    """A JSON object of names to #rrggbb."""
    updated_at: datetime


class PageStyleRepository:
    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def put(self, style: StoredPageStyle) -> None:
        """Store a tenant's style, in the place of any there was."""
        values = as_row(style)
        changed = {name: value for name, value in values.items() if name != "tenant_id"}
        await self._connection.execute(
            insert_into(self._connection, _table)
            .values(**values)
            .on_conflict_do_update(index_elements=["tenant_id"], set_=changed)
        )

    async def get(self, tenant_id: str) -> StoredPageStyle | None:
        found = await self._connection.execute(
            select(*columns_of(StoredPageStyle, _table)).where(_table.c.tenant_id == tenant_id)
        )
        row = found.first()
        return None if row is None else as_value(StoredPageStyle, row)
