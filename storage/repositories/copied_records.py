"""What a copy consists of: the states its records are in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select

from storage.connection import SqlConnection, insert_into
from storage.repositories.copies import CopyKey, of_copy
from storage.tables import CopiedRecordRow
from storage.values import as_row, as_value, columns_of, table_of

_table = table_of(CopiedRecordRow)


@dataclass(frozen=True, slots=True)
class CopiedState:
    """In which state a record is in a copy."""

    record_id: str
    version: str
    content_hash: str


class CopiedRecordRepository:
    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def get(self, key: CopyKey, ids: Collection[str]) -> dict[str, CopiedState]:
        """Return the states of some records, by their ids."""
        rows = await self._connection.execute(
            select(*columns_of(CopiedState, _table)).where(
                *of_copy(_table, key), _table.c.record_id.in_(sorted(ids))
            )
        )
        return {row.record_id: as_value(CopiedState, row) for row in rows}

    async def ids(self, key: CopyKey, after: str, most: int) -> list[str]:
        """List the ids of a copy's records in their order, from one on."""
        rows = await self._connection.execute(
            select(_table.c.record_id)
            .where(*of_copy(_table, key), _table.c.record_id > after)
            .order_by(_table.c.record_id)
            .limit(most)
        )
        return [row[0] for row in rows]

    async def in_doubt(self, key: CopyKey) -> set[str]:
        """Return the ids of records that were to be written, and nobody noted that they were."""
        rows = await self._connection.execute(
            select(_table.c.record_id).where(*of_copy(_table, key), _table.c.version == "")
        )
        return {row[0] for row in rows}

    async def note(self, key: CopyKey, states: Sequence[CopiedState]) -> None:
        """Store in which states records are now."""
        if not states:
            return
        insert = insert_into(self._connection, _table)
        new = insert.excluded
        await self._connection.execute(
            insert.on_conflict_do_update(
                index_elements=list(_table.primary_key),
                set_={"version": new.version, "content_hash": new.content_hash},
            ),
            [{**as_row(key), **as_row(one)} for one in sorted(states, key=lambda it: it.record_id)],
        )

    async def forget(self, key: CopyKey, ids: Collection[str]) -> None:
        """Take records out that are gone."""
        if ids:
            await self._connection.execute(
                delete(_table).where(*of_copy(_table, key), _table.c.record_id.in_(sorted(ids)))
            )
