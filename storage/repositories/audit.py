"""The audit trail: entries are added and read, nothing else."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import insert, select

from storage.connection import SqlConnection
from storage.ids import new_id
from storage.tables import AuditRow
from storage.values import as_value, columns_of, table_of

_table = table_of(AuditRow)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that somebody did."""

    at: datetime
    actor: str
    """The id of an API key, or operator, customer or system."""
    action: str
    tenant_id: str | None = None
    account_id: str | None = None
    detail: Mapping[str, str] = field(default_factory=dict[str, str])
    """Names to ids; no secrets, no personal data."""


@dataclass(frozen=True, slots=True)
class StoredAuditEntry:
    """An entry as it is kept."""

    id: str
    at: datetime
    tenant_id: str | None
    account_id: str | None
    actor: str
    action: str
    detail: str
    """A JSON object."""


class AuditRepository:
    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def add(self, entry: AuditEntry) -> None:
        """Write an entry, in the transaction of what it records."""
        await self._connection.execute(
            insert(_table).values(
                id=new_id("aud", entry.at),
                at=entry.at,
                tenant_id=entry.tenant_id,
                account_id=entry.account_id,
                actor=entry.actor,
                action=entry.action,
                detail=json.dumps(dict(entry.detail), sort_keys=True),
            )
        )

    async def list(
        self, *, tenant_id: str | None = None, since: datetime | None = None, most: int = 1000
    ) -> list[StoredAuditEntry]:
        """List the newest entries, oldest of them first; `since` is included."""
        query = select(*columns_of(StoredAuditEntry, _table))
        if tenant_id is not None:
            query = query.where(_table.c.tenant_id == tenant_id)
        if since is not None:
            query = query.where(_table.c.at >= since)
        rows = await self._connection.execute(
            query.order_by(_table.c.at.desc(), _table.c.id.desc()).limit(most)
        )
        return [as_value(StoredAuditEntry, row) for row in reversed(rows.all())]
