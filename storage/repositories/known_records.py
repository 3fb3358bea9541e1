"""What was emitted of each record, after an announcement or a poll."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, case, delete, or_, select, update

from storage.connection import SqlConnection, insert_into
from storage.prepared import Prepared
from storage.tables import KnownRecordRow
from storage.values import Value, as_row, as_value, columns_of, table_of, types_of

_table = table_of(KnownRecordRow)

NEVER = datetime.fromtimestamp(0, UTC)
"""`emitted_until` of a row that only reserves the record's key."""

_note = (
    update(_table)
    .where(
        _table.c.account_id == bindparam("b_account_id"),
        _table.c.resource == bindparam("b_resource"),
        _table.c.resource_id == bindparam("b_resource_id"),
    )
    .values(
        version=bindparam("b_version"),
        emitted_until=bindparam("b_emitted_until"),
        read_at=bindparam("b_read_at"),
    )
)


class KnownRecord(Value, frozen=True):
    """The newest state of a record that was emitted, and when a poll last read the record."""

    account_id: str
    resource: str
    resource_id: str
    version: str
    emitted_until: datetime
    read_at: datetime | None = None


def upserting(insert: Any) -> Any:
    """Finish an INSERT of emitted states; it returns what `KnownRecordRepository.note_emitted`
    does."""
    new = insert.excluded
    is_newer = new.emitted_until > _table.c.emitted_until
    return insert.on_conflict_do_update(
        index_elements=list(_table.primary_key),
        set_={
            "emitted_until": case((is_newer, new.emitted_until), else_=_table.c.emitted_until),
            "version": case((is_newer, new.version), else_=_table.c.version),
        },
        where=or_(_table.c.read_at.is_(None), new.emitted_until > _table.c.read_at),
    ).returning(_table.c.account_id, _table.c.resource, _table.c.resource_id, _table.c.read_at)


_note_emitted = Prepared(
    KnownRecord, types_of(KnownRecord, _table), lambda given: upserting(given.insert(_table))
)


class KnownRecordRepository:
    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def note_emitted(
        self, emitted: Sequence[KnownRecord]
    ) -> dict[tuple[str, str, str], datetime | None]:
        """Write down the states that events emit, one for each record, where they are newer.

        Returns when each of those was last read by a poll. A record that isn't among them was read
        later than its event was made, so that the poll has emitted the change; nothing is written
        then.
        """
        if not emitted:
            return {}
        ordered = sorted(emitted, key=lambda one: (one.account_id, one.resource, one.resource_id))
        rows = await _note_emitted.fetch(self._connection, ordered)
        return {row[:3]: row[3] for row in rows}

    async def get(
        self, account_id: str, resource: str, ids: Collection[str], *, hold: bool = False
    ) -> dict[str, KnownRecord]:
        """Return what is known of some of an account's records, by id.

        With `hold` nobody else notes anything of them, known or not, before this transaction ends.
        """
        if not ids:
            return {}
        ordered = sorted(ids)
        if hold:
            places = [KnownRecord(account_id, resource, one, "", NEVER) for one in ordered]
            await self._connection.execute(
                insert_into(self._connection, _table).on_conflict_do_nothing(),
                [as_row(one) for one in places],
            )
        query = (
            select(*columns_of(KnownRecord, _table))
            .where(
                _table.c.account_id == account_id,
                _table.c.resource == resource,
                _table.c.resource_id.in_(ordered),
            )
            .order_by(_table.c.resource_id)
        )
        rows = await self._connection.execute(query.with_for_update() if hold else query)
        found = [as_value(KnownRecord, row) for row in rows]
        return {one.resource_id: one for one in found if one.emitted_until != NEVER}

    async def note(self, records: Sequence[KnownRecord]) -> None:
        """Write down what a poll found of records that are held."""
        if records:
            await self._connection.execute(
                _note,
                [
                    {f"b_{name}": value for name, value in as_row(record).items()}
                    for record in records
                ],
            )

    async def mark_read(
        self, account_id: str, resource: str, ids: Collection[str], at: datetime
    ) -> None:
        """Write down that a poll read records that are held, and found what had been emitted."""
        if ids:
            await self._connection.execute(
                update(_table)
                .where(
                    _table.c.account_id == account_id,
                    _table.c.resource == resource,
                    _table.c.resource_id.in_(sorted(ids)),
                    or_(_table.c.read_at.is_(None), _table.c.read_at < at),
                )
                .values(read_at=at)
            )

    async def forget(self, account_id: str, resource: str) -> None:
        """Delete all of one resource, which nobody subscribes to any more."""
        await self._connection.execute(
            delete(_table).where(_table.c.account_id == account_id, _table.c.resource == resource)
        )
