"""What a lower floor wants told to a vendor, waiting for the relay."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import insert, select

from storage.connection import SqlConnection
from storage.tables import NoticeRow
from storage.values import as_row, as_value, columns_of, table_of

_table = table_of(NoticeRow)


@dataclass(frozen=True, slots=True)
class Notice:
    """One message for one URL."""

    id: str
    tenant_id: str
    account_id: str
    kind: str
    """ACCOUNT_LINKED, ACCOUNT_REVOKED, ACCOUNT_REAUTH_REQUIRED, SUBSCRIPTION_..., SYNC_ENDED."""
    callback_url: str
    body: bytes | None = field(repr=False)
    """Sealed for `associated_data`: the JSON to send; None once it was sent or given up."""
    created_at: datetime
    planned_at: datetime | None = None
    tenant_webhook_id: str | None = None
    """The tenant's subscription it is sent for, if it is for one."""

    @property
    def associated_data(self) -> str:
        """Where the sealed body belongs."""
        return f"notices.body:{self.id}"


class NoticeRepository:
    _select = select(*columns_of(Notice, _table))

    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def add(self, notice: Notice) -> None:
        await self._connection.execute(insert(_table).values(**as_row(notice)))

    async def get(self, notice_id: str) -> Notice | None:
        found = await self._connection.execute(self._select.where(_table.c.id == notice_id))
        row = found.first()
        return None if row is None else as_value(Notice, row)

    async def unplanned(self, most: int = 100) -> list[Notice]:
        """List notices whose delivery isn't planned yet, oldest first."""
        rows = await self._connection.execute(
            self._select.where(_table.c.planned_at.is_(None)).order_by(_table.c.id).limit(most)
        )
        return [as_value(Notice, row) for row in rows]
