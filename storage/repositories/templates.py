"""The vendors' templates of documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update

from storage.connection import SqlConnection
from storage.tables import TemplateRow
from storage.values import as_row, as_value, columns_of, table_of

_table = table_of(TemplateRow)


@dataclass(frozen=True, slots=True)
class StoredTemplate:
    """A template as it is kept; `content` is JSON."""

    tenant_id: str
    number: int
    name: str
    document_type: str
    content: str
    created_at: datetime
    updated_at: datetime


class TemplateRepository:
    _select = select(*columns_of(StoredTemplate, _table)).where(_table.c.deleted_at.is_(None))

    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def next_number(self, tenant_id: str) -> int:
        """Return a number that no template of the vendor ever had; its tenant must be locked."""
        query = select(func.coalesce(func.max(_table.c.number), 0)).where(
            _table.c.tenant_id == tenant_id
        )
        return int((await self._connection.execute(query)).scalar_one()) + 1

    async def count(self, tenant_id: str) -> int:
        """Count a vendor's templates, without those that were deleted."""
        query = select(func.count()).where(
            _table.c.tenant_id == tenant_id, _table.c.deleted_at.is_(None)
        )
        return int((await self._connection.execute(query)).scalar_one())

    async def add(self, template: StoredTemplate) -> None:
        await self._connection.execute(insert(_table).values(**as_row(template)))

    async def get(self, tenant_id: str, number: int) -> StoredTemplate | None:
        """Return one of a vendor's templates."""
        rows = await self._connection.execute(
            self._select.where(_table.c.tenant_id == tenant_id, _table.c.number == number)
        )
        row = rows.first()
        return None if row is None else as_value(StoredTemplate, row)

    async def of_tenant(self, tenant_id: str) -> Sequence[StoredTemplate]:
        """List a vendor's templates, oldest first."""
        rows = await self._connection.execute(
            self._select.where(_table.c.tenant_id == tenant_id).order_by(_table.c.number)
        )
        return [as_value(StoredTemplate, row) for row in rows]

    async def replace(self, template: StoredTemplate) -> bool:
        """Store a template in the place of what it was; return whether it is there."""
        return await self._change(
            template.tenant_id,
            template.number,
            name=template.name,
            document_type=template.document_type,
            content=template.content,
            updated_at=template.updated_at,
        )

    async def remove(self, tenant_id: str, number: int, at: datetime) -> bool:
        """Empty a template for good; return whether it was there."""
        return await self._change(tenant_id, number, content="", deleted_at=at, updated_at=at)

    async def _change(self, tenant_id: str, number: int, **values: object) -> bool:
        result = await self._connection.execute(
            update(_table)
            .where(
                _table.c.tenant_id == tenant_id,
                _table.c.number == number,
                _table.c.deleted_at.is_(None),
            )
            .values(**values)
        )
        return result.rowcount == 1
