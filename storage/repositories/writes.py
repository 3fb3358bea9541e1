"""What was asked to be written at target systems, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Executable, bindparam, case, delete, func, or_, select, update

from storage.connection import SqlConnection, insert_into
from storage.tables import WriteRow, WriteTurnRow
from storage.values import as_row, as_value, columns_of, table_of

_table = table_of(WriteRow)
_turns = table_of(WriteTurnRow)

OPEN = ("SENT", "LOST", "UNKNOWN")
"""The statuses of writes of which nobody knows yet whether they were done."""


@dataclass(frozen=True, slots=True)
class StoredWrite:
    """One write. The sealed columns belong to `request_place` and `answer_place`."""

    id: str
    account_id: str
    operation: str
    record_id: str | None
    key_digest: str | None
    fingerprint: str
    status: str
    """SENT, LOST, UNKNOWN or DONE."""
    request: bytes | None = field(repr=False)
    answer: bytes | None = field(repr=False)
    made_id: str | None
    sent_at: datetime
    ended_at: datetime | None = None
    lease_owner: str | None = None
    lease_until: datetime | None = None

    @property
    def turn(self) -> str | None:
        """What only one write at a time is about; capitals make no other id."""
        return None if self.record_id is None else self.record_id.lower()

    @property
    def request_place(self) -> str:
        """Where the sealed request belongs."""
        return f"writes.request:{self.id}"

    @property
    def answer_place(self) -> str:
        """Where the sealed answer belongs."""
        return f"writes.answer:{self.id}"


@dataclass(frozen=True, slots=True)
class Alike:
    """How many open writes ask for the same; `on_their_way` are others whose answer may come."""

    all: int
    on_their_way: int


_columns = columns_of(StoredWrite, _table)

# Put together once: every write asks for all three.
_of_key = select(*_columns).where(
    _table.c.account_id == bindparam("account"),
    _table.c.operation == bindparam("operation"),
    _table.c.key_digest == bindparam("key"),
)
_done = (
    update(_table)
    .where(
        _table.c.id == bindparam("this"),
        _table.c.lease_owner == bindparam("owner"),
        _table.c.status.in_(OPEN),
    )
    .values(
        status="DONE",
        request=None,
        answer=bindparam("answer"),
        made_id=bindparam("made_id"),
        ended_at=bindparam("ended_at"),
        lease_owner=None,
        lease_until=None,
    )
)
_begins: dict[str, Executable] = {}


def _begin(connection: SqlConnection) -> Executable:
    """Return the INSERT of this kind of database."""
    kind = connection.dialect.name
    if kind not in _begins:
        values: dict[str, Any] = {one.name: bindparam(one.name) for one in _columns}
        _begins[kind] = (
            insert_into(connection, _table)
            .values(**values)
            .on_conflict_do_nothing(index_elements=["account_id", "operation", "key_digest"])
            .returning(_table.c.id)
        )
    return _begins[kind]


class WriteRepository:
    _columns = _columns
    _select = select(*_columns)

    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def begin(self, write: StoredWrite) -> bool:
        """Store a write that is about to leave; False when its key is taken already."""
        added = await self._connection.execute(_begin(self._connection), as_row(write))
        return added.first() is not None

    async def take_turn(self, write: StoredWrite, *, now: datetime, until: datetime) -> bool:
        """Take the turn to write about a write's record; False while another write has it."""
        turn = {"write_id": write.id, "until": until}
        taken = await self._connection.execute(
            insert_into(self._connection, _turns)
            .values(account_id=write.account_id, record_id=write.turn, **turn)
            .on_conflict_do_update(
                index_elements=["account_id", "record_id"],
                set_=turn,
                where=or_(_turns.c.until <= now, _turns.c.write_id == write.id),
            )
            .returning(_turns.c.write_id)
        )
        return taken.first() is not None

    async def _end_turn(self, write: StoredWrite) -> None:
        if write.record_id is not None:
            await self._connection.execute(
                delete(_turns).where(
                    _turns.c.account_id == write.account_id,
                    _turns.c.record_id == write.turn,
                    _turns.c.write_id == write.id,
                )
            )

    async def get(self, write_id: str) -> StoredWrite | None:
        return await self._one(_table.c.id == write_id)

    async def of_key(self, account_id: str, operation: str, key_digest: str) -> StoredWrite | None:
        """Return the write that a caller's key was used for."""
        wanted = {"account": account_id, "operation": operation, "key": key_digest}
        row = (await self._connection.execute(_of_key, wanted)).first()
        return None if row is None else as_value(StoredWrite, row)

    async def _one(self, *where: ColumnElement[bool]) -> StoredWrite | None:
        row = (await self._connection.execute(self._select.where(*where))).first()
        return None if row is None else as_value(StoredWrite, row)

    async def take(self, write_id: str, owner: str, *, now: datetime, until: datetime) -> bool:
        """Take an open write that nobody works on; False when somebody does, or it is done."""
        taken = await self._connection.execute(
            update(_table)
            .where(_table.c.id == write_id, _table.c.status.in_(OPEN), _is_free(now))
            .values(lease_owner=owner, lease_until=until)
        )
        return taken.rowcount == 1

    async def take_open(
        self, owner: str, *, now: datetime, until: datetime, looked_before: datetime, most: int
    ) -> list[StoredWrite]:
        """Take open writes that nobody works on and that were last looked for before a moment."""
        free = (
            select(_table.c.id)
            .where(
                _table.c.status.in_(OPEN),
                _is_free(now),
                or_(_table.c.ended_at.is_(None), _table.c.ended_at < looked_before),
            )
            .order_by(_table.c.id)
            .limit(most)
            .with_for_update(skip_locked=True)
            .cte()
        )
        rows = await self._connection.execute(
            update(_table)
            .where(_table.c.id.in_(select(free.c.id)))
            .values(lease_owner=owner, lease_until=until)
            .returning(*self._columns)
        )
        return [as_value(StoredWrite, row) for row in rows]

    async def send_again(self, write: StoredWrite, *, at: datetime, until: datetime) -> bool:
        """Note that a write leaves once more; False when it isn't this owner's any more."""
        changed = await self._connection.execute(
            update(_table)
            .where(*_held(write))
            .values(status="SENT", sent_at=at, ended_at=None, lease_until=until)
        )
        return changed.rowcount == 1

    async def done(
        self, write: StoredWrite, *, made_id: str | None, answer: bytes | None, at: datetime
    ) -> bool:
        """Write down what came of it; False when it isn't this owner's any more.

        Raises IntegrityError when the record that was made belongs to another write.
        """
        await self._end_turn(write)
        changed = await self._connection.execute(
            _done,
            {
                "this": write.id,
                "owner": write.lease_owner,
                "answer": answer,
                "made_id": made_id,
                "ended_at": at,
            },
        )
        return changed.rowcount == 1

    async def lost(self, write: StoredWrite, *, until: datetime) -> bool:
        """Note that its answer was lost; False when it isn't this owner's any more."""
        changed = await self._connection.execute(
            update(_table).where(*_held(write)).values(status="LOST", lease_until=until)
        )
        return changed.rowcount == 1

    async def unknown(self, write: StoredWrite, *, at: datetime) -> None:
        """Note that it was looked for in vain, and let go of it."""
        await self._connection.execute(
            update(_table)
            .where(*_held(write))
            .values(status="UNKNOWN", ended_at=at, lease_owner=None, lease_until=None)
        )

    async def forget(self, write: StoredWrite) -> None:
        """Drop a write that certainly had no effect."""
        await self._end_turn(write)
        await self._connection.execute(delete(_table).where(*_held(write)))

    async def taken_ids(
        self, account_id: str, operation: str, made_ids: Sequence[str]
    ) -> frozenset[str]:
        """Return which of these records are known to have been made by other writes."""
        rows = await self._connection.execute(
            select(_table.c.made_id).where(
                _table.c.account_id == account_id,
                _table.c.operation == operation,
                _table.c.made_id.in_(made_ids),
            )
        )
        return frozenset(row.made_id for row in rows)

    async def alike(self, write: StoredWrite, *, now: datetime) -> Alike:
        """Count the open writes that ask for the same, this one among them."""
        on_their_way = (
            (_table.c.status == "SENT") & (_table.c.lease_until > now) & (_table.c.id != write.id)
        )
        query = select(
            func.count(), func.coalesce(func.sum(case((on_their_way, 1), else_=0)), 0)
        ).where(
            _table.c.account_id == write.account_id,
            _table.c.operation == write.operation,
            _table.c.fingerprint == write.fingerprint,
            _table.c.status.in_(OPEN),
        )
        row = (await self._connection.execute(query)).one()
        return Alike(row[0], row[1])

    async def delete_ended(self, before: datetime, *, most: int) -> int:
        """Delete up to `most` writes that ended before a moment; return how many there were."""
        old = (
            select(_table.c.id)
            .where(_table.c.ended_at < before, _is_free(before))
            .limit(most)
            .scalar_subquery()
        )
        await self._connection.execute(delete(_turns).where(_turns.c.until < before))
        deleted = await self._connection.execute(delete(_table).where(_table.c.id.in_(old)))
        return deleted.rowcount


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(_table.c.lease_until.is_(None), _table.c.lease_until <= now)


def _held(write: StoredWrite) -> tuple[ColumnElement[bool], ...]:
    return (
        _table.c.id == write.id,
        _table.c.lease_owner == write.lease_owner,
        _table.c.status.in_(OPEN),
    )
