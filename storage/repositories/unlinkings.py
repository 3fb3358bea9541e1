"""Accounts on their way out, and the receipts of those that are gone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from storage.connection import SqlConnection
from storage.tables import UnlinkingRow
from storage.values import table_of

_table = table_of(UnlinkingRow)


@dataclass(frozen=True, slots=True)
class Unlinking:
    """How far the end of one account got. `counts` are the rows erased so far, by table."""

    id: str
    account_id: str
    tenant_id: str
    erases: bool
    step: str
    started_at: datetime
    updated_at: datetime
    completed_at: datetime | None = None
    counts: Mapping[str, int] = field(default_factory=dict[str, int])


class UnlinkingRepository:
    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def add(self, unlinking: Unlinking) -> None:
        await self._connection.execute(
            insert(_table).values(
                id=unlinking.id,
                account_id=unlinking.account_id,
                tenant_id=unlinking.tenant_id,
                erases=unlinking.erases,
                step=unlinking.step,
                counts=json.dumps(dict(unlinking.counts)),
                started_at=unlinking.started_at,
                updated_at=unlinking.updated_at,
                completed_at=unlinking.completed_at,
            )
        )

    async def get(self, unlinking_id: str, *, lock: bool = False) -> Unlinking | None:
        """Return one; with `lock` nobody else changes it before this transaction ends."""
        query = select(_table).where(_table.c.id == unlinking_id)
        row = (await self._connection.execute(query.with_for_update() if lock else query)).first()
        return None if row is None else _value(row)

    async def of_account(self, account_id: str) -> Unlinking | None:
        """Return the latest of an account, finished or not."""
        row = (
            await self._connection.execute(
                select(_table)
                .where(_table.c.account_id == account_id)
                .order_by(_table.c.id.desc())
                .limit(1)
            )
        ).first()
        return None if row is None else _value(row)

    async def unfinished(self, before: datetime) -> list[Unlinking]:
        """List those that nobody has taken further since then, oldest first."""
        rows = await self._connection.execute(
            select(_table)
            .where(_table.c.completed_at.is_(None), _table.c.updated_at < before)
            .order_by(_table.c.id)
        )
        return [_value(row) for row in rows]

    async def change(self, unlinking_id: str, at: datetime, **values: Any) -> None:
        """Note progress; `counts` is a mapping."""
        if "counts" in values:
            values["counts"] = json.dumps(values["counts"])
        await self._connection.execute(
            update(_table).where(_table.c.id == unlinking_id).values(updated_at=at, **values)
        )

    async def claim(self, unlinking: Unlinking, at: datetime) -> bool:
        """Take it further from here; False when somebody else has meanwhile."""
        result = await self._connection.execute(
            update(_table)
            .where(_table.c.id == unlinking.id, _table.c.updated_at == unlinking.updated_at)
            .values(updated_at=at)
        )
        return result.rowcount == 1


def _value(row: Any) -> Unlinking:
    return Unlinking(
        id=row.id,
        account_id=row.account_id,
        tenant_id=row.tenant_id,
        erases=row.erases,
        step=row.step,
        started_at=row.started_at,
        updated_at=row.updated_at,
        completed_at=row.completed_at,
        counts=json.loads(row.counts),
    )
