"""What was asked to be written at target systems, and what came of it."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy import (
    ColumnElement,
    Dialect,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.selectable import ReturnsRows

from storage.connection import SqlConnection, insert_for
from storage.prepared import Given, Prepared, PreparedQuery
from storage.tables import WriteRow, WriteTurnRow
from storage.values import Value, as_value, columns_of, table_of, types_of

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

_IS_OPEN = _table.c.status != literal_column("'DONE'")


class WriteEnd(Value, frozen=True):
    """That a write was done, and what came of it."""

    id: str
    lease_owner: str | None
    made_id: str | None
    answer: bytes | None
    ended_at: datetime


class RecordTaken(Exception):
    """The record that a write made belongs to another write."""


# Nearly every write asks for all of these.
_of_key = PreparedQuery(
    lambda _: select(*_columns).where(
        _table.c.account_id == bindparam("account"),
        _table.c.operation == bindparam("operation"),
        _table.c.key_digest == bindparam("key"),
    )
)


def _begin(given: Given) -> ReturnsRows:
    statement = given.insert(_table).on_conflict_do_nothing(
        index_elements=["account_id", "operation", "key_digest"]
    )
    return statement.returning(_table.c.id)


def _done(given: Given) -> ReturnsRows:
    return (
        update(_table)
        .where(_table.c.id == given["id"], _table.c.lease_owner == given["lease_owner"], _IS_OPEN)
        .values(
            status=literal_column("'DONE'"),
            request=null(),
            answer=given["answer"],
            made_id=given["made_id"],
            ended_at=given["ended_at"],
            lease_owner=null(),
            lease_until=null(),
        )
        .returning(_table.c.id)
    )


def _take_turn(dialect: Dialect) -> ReturnsRows:
    turn: dict[str, Any] = {"write_id": bindparam("write"), "until": bindparam("until")}
    return (
        insert_for(dialect, _turns)
        .values(account_id=bindparam("account"), record_id=bindparam("record"), **turn)
        .on_conflict_do_update(
            index_elements=["account_id", "record_id"],
            set_=turn,
            where=or_(_turns.c.until <= bindparam("now"), _turns.c.write_id == bindparam("write")),
        )
        .returning(_turns.c.write_id)
    )


_begins = Prepared(StoredWrite, types_of(StoredWrite, _table), _begin)
_ends = Prepared(WriteEnd, types_of(WriteEnd, _table), _done)
_takes_turn = PreparedQuery(_take_turn)
_ends_turn = PreparedQuery(
    lambda _: (
        delete(_turns)
        .where(
            _turns.c.account_id == bindparam("account"),
            _turns.c.record_id == bindparam("record"),
            _turns.c.write_id == bindparam("write"),
        )
        .returning(_turns.c.write_id)
    )
)


class WriteRepository:
    _columns = _columns
    _select = select(*_columns)

    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def begin(self, writes: Sequence[StoredWrite]) -> set[str]:
        """Store writes that are about to leave; return the ids of those whose keys were free."""
        # who stores several keys waits for others in one order
        ordered = sorted(writes, key=_by_key)
        return {row[0] for row in await _begins.fetch(self._connection, ordered)}

    async def take_turn(self, write: StoredWrite, *, now: datetime, until: datetime) -> bool:
        """Take the turn to write about a write's record; False while another write has it."""
        turn = {**_turn_of(write), "now": now, "until": until}
        return bool(await _takes_turn.fetch(self._connection, turn))

    async def _end_turns(self, *writes: StoredWrite) -> None:
        turns = [_turn_of(one) for one in writes if one.record_id is not None]
        if turns:
            await _ends_turn.fetch(self._connection, *turns)

    async def get(self, write_id: str) -> StoredWrite | None:
        return await self._one(_table.c.id == write_id)

    async def of_key(self, account_id: str, operation: str, key_digest: str) -> StoredWrite | None:
        """Return the write that a caller's key was used for."""
        wanted = {"account": account_id, "operation": operation, "key": key_digest}
        rows = await _of_key.fetch(self._connection, wanted)
        return StoredWrite(*rows[0]) if rows else None

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

    async def done(self, ends: Sequence[tuple[StoredWrite, WriteEnd]]) -> None:
        """Write down what came of writes; nothing of those that aren't these owners' any more.

        Raises RecordTaken when a record that was made belongs to another write.
        """
        await self._end_turns(*(write for write, _ in ends))
        try:
            await _ends.fetch(self._connection, [end for _, end in ends])
        except (IntegrityError, sqlite3.IntegrityError, asyncpg.UniqueViolationError) as error:
            raise RecordTaken from error

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
        await self._end_turns(write)
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


def _by_key(write: StoredWrite) -> tuple[str, str, str]:
    return write.account_id, write.operation, write.key_digest or ""


def _turn_of(write: StoredWrite) -> dict[str, Any]:
    return {"account": write.account_id, "record": write.turn, "write": write.id}


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(_table.c.lease_until.is_(None), _table.c.lease_until <= now)


def _held(write: StoredWrite) -> tuple[ColumnElement[bool], ...]:
    return (
        _table.c.id == write.id,
        _table.c.lease_owner == write.lease_owner,
        _table.c.status.in_(OPEN),
    )
