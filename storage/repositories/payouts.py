"""Payouts and their lines: what is to be paid, who works on it, and what came of each line.

Whoever works on a payout holds its lease. Everything that changes a running payout says whose lease
it believes in, and changes nothing when that isn't so any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update

from storage.connection import SqlConnection, insert_into
from storage.tables import PayoutLineRow, PayoutRow
from storage.values import as_row, as_value, columns_of, table_of

_payouts = table_of(PayoutRow)
_lines = table_of(PayoutLineRow)

_AT_ONCE = 500
"""Lines that are inserted with one statement."""


@dataclass(frozen=True, slots=True)
class StoredPayout:
    """One payout. Its sealed content belongs to `content_place`."""

    id: str
    account_id: str
    key_digest: str | None
    digest: str
    status: str
    mode: str
    kind: str
    line_count: int
    total_cents: int
    batches: int
    content: bytes = field(repr=False)
    created_at: datetime
    updated_at: datetime
    due_at: datetime
    confirmed_at: datetime | None = None
    ended_at: datetime | None = None
    lease_owner: str | None = None
    lease_until: datetime | None = None

    @property
    def content_place(self) -> str:
        """Where the sealed content belongs."""
        return f"payouts.content:{self.id}"


@dataclass(frozen=True, slots=True)
class StoredPayoutLine:
    """One line. What is sealed belongs to `content_place` and `outcome_place`."""

    id: str
    payout_id: str
    account_id: str
    number: int
    key: str
    state: str
    amount_cents: int
    content: bytes = field(repr=False)
    outcome: bytes | None = field(repr=False)
    batch: int | None
    result_id: str | None
    begun_at: datetime | None
    updated_at: datetime

    @property
    def content_place(self) -> str:
        """Where the sealed payment belongs."""
        return f"payout_lines.content:{self.id}"

    @property
    def outcome_place(self) -> str:
        """Where the sealed outcome belongs."""
        return f"payout_lines.outcome:{self.id}"


@dataclass(frozen=True, slots=True)
class LinesInState:
    """How many lines of a payout are in a state, and what they come to."""

    state: str
    count: int
    cents: int


@dataclass(frozen=True, slots=True)
class PayoutLineChange:
    """What came of a line; `outcome` is sealed."""

    id: str
    state: str
    result_id: str | None = None
    outcome: bytes | None = field(default=None, repr=False)
    keeps_batch: bool = True
    """False for a line that leaves anew, with other lines."""


class PayoutRepository:
    _columns = columns_of(StoredPayout, _payouts)
    _line_columns = columns_of(StoredPayoutLine, _lines)

    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def add(self, payout: StoredPayout, lines: Sequence[StoredPayoutLine]) -> bool:
        """Store a payout with its lines; False when its key is taken already."""
        added = await self._connection.execute(
            insert_into(self._connection, _payouts)
            .values(**as_row(payout))
            .on_conflict_do_nothing(index_elements=["account_id", "key_digest"])
            .returning(_payouts.c.id)
        )
        if added.first() is None:
            return False
        for start in range(0, len(lines), _AT_ONCE):
            rows = [as_row(line) for line in lines[start : start + _AT_ONCE]]
            await self._connection.execute(insert(_lines), rows)
        return True

    async def get(self, payout_id: str) -> StoredPayout | None:
        return await self._one(_payouts.c.id == payout_id)

    async def of_key(self, account_id: str, key_digest: str) -> StoredPayout | None:
        """Return the payout that a caller's key was used for."""
        return await self._one(
            _payouts.c.account_id == account_id, _payouts.c.key_digest == key_digest
        )

    async def _one(self, *where: ColumnElement[bool]) -> StoredPayout | None:
        row = (await self._connection.execute(select(*self._columns).where(*where))).first()
        return None if row is None else as_value(StoredPayout, row)

    async def of_digest(self, account_id: str, digest: str) -> StoredPayout | None:
        """Return the newest payout of a file that was confirmed."""
        query = (
            select(*self._columns)
            .where(
                _payouts.c.account_id == account_id,
                _payouts.c.digest == digest,
                _payouts.c.confirmed_at.is_not(None),
            )
            .order_by(_payouts.c.id.desc())
            .limit(1)
        )
        row = (await self._connection.execute(query)).first()
        return None if row is None else as_value(StoredPayout, row)

    async def page(
        self, account_id: str, *, status: str | None, offset: int, most: int
    ) -> tuple[list[StoredPayout], int]:
        """Return a page of an account's payouts, the newest first, and how many there are."""
        where = [_payouts.c.account_id == account_id]
        if status is not None:
            where.append(_payouts.c.status == status)
        count = await self._connection.execute(select(func.count()).where(*where))
        rows = await self._connection.execute(
            select(*self._columns)
            .where(*where)
            .order_by(_payouts.c.id.desc())
            .offset(offset)
            .limit(most)
        )
        return [as_value(StoredPayout, row) for row in rows], count.scalar_one()

    async def states(self, payout_ids: Sequence[str]) -> dict[str, list[LinesInState]]:
        """Count the lines of payouts by their state."""
        rows = await self._connection.execute(
            select(
                _lines.c.payout_id,
                _lines.c.state,
                func.count(),
                func.sum(_lines.c.amount_cents),
            )
            .where(_lines.c.payout_id.in_(payout_ids))
            .group_by(_lines.c.payout_id, _lines.c.state)
        )
        found: dict[str, list[LinesInState]] = {one: [] for one in payout_ids}
        for payout_id, state, count, cents in rows:
            found[payout_id].append(LinesInState(state, count, int(cents)))
        return found

    async def lines(
        self,
        payout_id: str,
        *,
        state: str | None = None,
        batch: int | None = None,
        after: int = 0,
        offset: int = 0,
        most: int,
    ) -> list[StoredPayoutLine]:
        """Return lines in the order of the file, beginning after a number."""
        where = [_lines.c.payout_id == payout_id, _lines.c.number > after]
        if state is not None:
            where.append(_lines.c.state == state)
        if batch is not None:
            where.append(_lines.c.batch == batch)
        rows = await self._connection.execute(
            select(*self._line_columns)
            .where(*where)
            .order_by(_lines.c.number)
            .offset(offset)
            .limit(most)
        )
        return [as_value(StoredPayoutLine, row) for row in rows]

    async def count_lines(self, payout_id: str, *, state: str | None = None) -> int:
        """Count the lines of a payout, or those in a state."""
        where = [_lines.c.payout_id == payout_id]
        if state is not None:
            where.append(_lines.c.state == state)
        return (await self._connection.execute(select(func.count()).where(*where))).scalar_one()

    async def unfinished_batch(self, payout_id: str, *, after: int = 0) -> int | None:
        """Return the first batch that has left and of which nobody has noted what came."""
        query = select(func.min(_lines.c.batch)).where(
            _lines.c.payout_id == payout_id, _lines.c.state == "SENDING", _lines.c.batch > after
        )
        return (await self._connection.execute(query)).scalar_one()

    async def move(
        self, payout: StoredPayout, status: str, *, of: Sequence[str], at: datetime, **values: Any
    ) -> bool:
        """Put a payout into another status, whoever works on it; False when it isn't in one of
        these.
        """
        changed = await self._connection.execute(
            update(_payouts)
            .where(_payouts.c.id == payout.id, _payouts.c.status.in_(of))
            .values(status=status, updated_at=at, **values)
        )
        return changed.rowcount == 1

    async def look_again(self, payout: StoredPayout, *, at: datetime) -> int:
        """Let lines of which nobody could tell be looked for again; return how many there are."""
        changed = await self._connection.execute(
            update(_lines)
            .where(_lines.c.payout_id == payout.id, _lines.c.state == "UNDECIDED")
            .values(state="SENDING", updated_at=at)
        )
        return changed.rowcount

    async def take(
        self, payout_id: str, owner: str, *, now: datetime, until: datetime
    ) -> StoredPayout | None:
        """Take a running payout that nobody works on; None when somebody does."""
        return await self._take(_payouts.c.id == payout_id, owner=owner, now=now, until=until)

    async def take_due(self, owner: str, *, now: datetime, until: datetime) -> StoredPayout | None:
        """Take the running payout that has been due the longest and that nobody works on."""
        due = (
            select(_payouts.c.id)
            .where(_payouts.c.status == "RUNNING", _payouts.c.due_at <= now, _is_free(now))
            .order_by(_payouts.c.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
            .cte()
        )
        return await self._take(
            _payouts.c.id.in_(select(due.c.id)), owner=owner, now=now, until=until
        )

    async def _take(
        self, which: ColumnElement[bool], *, owner: str, now: datetime, until: datetime
    ) -> StoredPayout | None:
        rows = await self._connection.execute(
            update(_payouts)
            .where(which, _payouts.c.status == "RUNNING", _is_free(now))
            .values(lease_owner=owner, lease_until=until)
            .returning(*self._columns)
        )
        row = rows.first()
        return None if row is None else as_value(StoredPayout, row)

    async def keep(self, payout: StoredPayout, *, until: datetime) -> bool:
        """Move the end of a lease; False when it isn't this owner's any more."""
        return await self._change(payout, lease_until=until)

    async def let_go(
        self, payout: StoredPayout, *, due_at: datetime, at: datetime, **values: Any
    ) -> bool:
        """Give the lease back, to go on at a moment; False when it isn't this owner's any more."""
        return await self._change(
            payout, due_at=due_at, updated_at=at, lease_owner=None, lease_until=None, **values
        )

    async def _change(self, payout: StoredPayout, **values: Any) -> bool:
        changed = await self._connection.execute(
            update(_payouts)
            .where(_payouts.c.id == payout.id, _payouts.c.lease_owner == payout.lease_owner)
            .values(**values)
        )
        return changed.rowcount == 1

    async def begin_batch(
        self,
        payout: StoredPayout,
        lines: Sequence[StoredPayoutLine],
        *,
        at: datetime,
        until: datetime,
    ) -> int | None:
        """Note that open lines are about to leave together; return the number of their batch.

        None when the payout isn't this owner's any more, or was stopped.
        """
        rows = await self._connection.execute(
            update(_payouts)
            .where(
                _payouts.c.id == payout.id,
                _payouts.c.lease_owner == payout.lease_owner,
                _payouts.c.status == "RUNNING",
            )
            .values(batches=_payouts.c.batches + 1, lease_until=until, updated_at=at)
            .returning(_payouts.c.batches)
        )
        number = rows.scalar_one_or_none()
        if number is None:
            return None
        begun = await self._connection.execute(
            update(_lines)
            .where(_lines.c.id.in_([line.id for line in lines]), _lines.c.state == "OPEN")
            .values(state="SENDING", batch=number, begun_at=at, updated_at=at, outcome=None)
        )
        assert begun.rowcount == len(lines), "lines that were open have left already"
        return number

    async def end_batch(
        self,
        payout: StoredPayout,
        batch: int,
        state: str,
        *,
        result_id: str | None,
        at: datetime,
    ) -> bool:
        """Note what came of all lines of a batch; False when it isn't this owner's any more."""
        if not await self._change(payout, updated_at=at):
            return False
        await self._connection.execute(
            update(_lines)
            .where(
                _lines.c.payout_id == payout.id,
                _lines.c.batch == batch,
                _lines.c.state == "SENDING",
            )
            .values(state=state, result_id=result_id, updated_at=at)
        )
        return True

    async def note(
        self, payout: StoredPayout, changes: Sequence[PayoutLineChange], *, at: datetime
    ) -> bool:
        """Note what came of single lines; False when it isn't this owner's any more."""
        if not await self._change(payout, updated_at=at):
            return False
        for one in changes:
            values: dict[str, Any] = {} if one.keeps_batch else {"batch": None, "begun_at": None}
            await self._connection.execute(
                update(_lines)
                .where(_lines.c.id == one.id)
                .values(
                    state=one.state,
                    result_id=one.result_id,
                    outcome=one.outcome,
                    updated_at=at,
                    **values,
                )
            )
        return True

    async def settle(self, changes: Sequence[PayoutLineChange], *, of: str, at: datetime) -> int:
        """Note what became of lines in a state that nobody works on; return how many there were."""
        count = 0
        for one in changes:
            changed = await self._connection.execute(
                update(_lines)
                .where(_lines.c.id == one.id, _lines.c.state == of)
                .values(state=one.state, outcome=one.outcome, updated_at=at)
            )
            count += changed.rowcount
        return count

    async def delete_drafts(self, before: datetime, *, most: int) -> int:
        """Delete up to `most` drafts made before a moment; return how many there were."""
        rows = await self._connection.execute(
            select(_payouts.c.id)
            .where(_payouts.c.status == "DRAFT", _payouts.c.created_at < before)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        ids = [row.id for row in rows]
        if ids:
            await self._connection.execute(delete(_lines).where(_lines.c.payout_id.in_(ids)))
            await self._connection.execute(delete(_payouts).where(_payouts.c.id.in_(ids)))
        return len(ids)


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(_payouts.c.lease_until.is_(None), _payouts.c.lease_until <= now)
