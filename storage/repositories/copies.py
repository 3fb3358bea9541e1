"""How far the copies of accounts' records are, who is at them, and what each run came to."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, case, delete, exists, or_, select, update

from storage.connection import SqlConnection, insert_into
from storage.tables import AccountRow, CopyRow, CopyRunRow
from storage.values import as_row, as_value, columns_of, table_of

_table = table_of(CopyRow)
_runs = table_of(CopyRunRow)
_accounts = table_of(AccountRow)

LEASE = timedelta(minutes=2)
"""How long a copy belongs to a process that doesn't say that it's still at it."""

_LONG_AGO = timedelta(days=3650)

GOING_ON = ("OPEN", "RUNNING")


@dataclass(frozen=True, slots=True)
class CopyKey:
    """Which copy: of which account's records of one kind, and where."""

    account_id: str
    resource: str
    destination: str


@dataclass(frozen=True, slots=True)
class CopyState:
    """How far a copy is. Its fields are explained at its table."""

    account_id: str
    resource: str
    destination: str
    due_at: datetime
    changed_until: datetime | None = None
    newest_at: datetime | None = None
    first_from: datetime | None = None
    compared_at: datetime | None = None
    interval_seconds: int | None = None
    failures: int = 0

    @property
    def key(self) -> CopyKey:
        return CopyKey(self.account_id, self.resource, self.destination)


@dataclass(frozen=True, slots=True)
class CopyRun:
    """One run. Its fields are explained at its table."""

    id: str
    account_id: str
    resource: str
    destination: str
    origin: str
    status: str
    created_at: datetime
    since: datetime | None = None
    until: datetime | None = None
    is_full: bool = False
    started_at: datetime | None = None
    ended_at: datetime | None = None
    read: int = 0
    changed: int = 0
    gone: int = 0
    unreadable: int = 0
    downloaded: int = 0
    pending: int = 0
    failed: int = 0
    code: str | None = None
    message: str | None = None

    @property
    def key(self) -> CopyKey:
        return CopyKey(self.account_id, self.resource, self.destination)


class CopyRepository:
    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    # -- copies ----------------------------------------------------------------------------------

    async def ensure(self, state: CopyState) -> None:
        """Store the state of a copy that there is none of yet."""
        insert = insert_into(self._connection, _table).values(**as_row(state))
        await self._connection.execute(insert.on_conflict_do_nothing())

    async def get(self, key: CopyKey) -> CopyState | None:
        """Return how far a copy is."""
        query = select(*columns_of(CopyState, _table)).where(*of_copy(_table, key))
        row = (await self._connection.execute(query)).first()
        return None if row is None else as_value(CopyState, row)

    async def take(self, key: CopyKey, owner: str, now: datetime) -> CopyState | None:
        """Take a copy under a lease; None while somebody else has it.

        A lease that ends later than any that could be taken now is from a clock that went wrong.
        """
        free = or_(
            _table.c.lease_until.is_(None),
            _table.c.lease_until <= now,
            _table.c.lease_until > now + 2 * LEASE,
        )
        row = (
            await self._connection.execute(
                update(_table)
                .where(*of_copy(_table, key), free)
                .values(lease_owner=owner, lease_until=now + LEASE)
                .returning(*columns_of(CopyState, _table))
            )
        ).first()
        return None if row is None else as_value(CopyState, row)

    async def is_held(self, key: CopyKey) -> bool:
        """Say whether somebody has a copy, or had it and didn't give it back."""
        query = select(_table.c.lease_owner).where(
            *of_copy(_table, key), _table.c.lease_owner.is_not(None)
        )
        return (await self._connection.execute(query)).first() is not None

    async def renew(self, key: CopyKey, owner: str, now: datetime) -> bool:
        """Hold a lease longer; False when somebody else has taken the copy since."""
        return await self._change(key, owner, lease_until=now + LEASE)

    async def release(self, state: CopyState, owner: str, **values: Any) -> bool:
        """Give a copy back, with what is known of it now; False when it was lost.

        `state` is as it was taken. That all was compared counts only if it wasn't distrusted since.
        """
        if "compared_at" in values:
            compared = _table.c.compared_at
            is_trusted = compared.is_not_distinct_from(state.compared_at)
            values["compared_at"] = case((is_trusted, values["compared_at"]), else_=compared)
        return await self._change(state.key, owner, lease_owner=None, lease_until=None, **values)

    async def distrust(self, key: CopyKey, now: datetime) -> None:
        """Have all there is compared with the copy soon: two processes may have written to it."""
        await self._connection.execute(
            update(_table).where(*of_copy(_table, key)).values(compared_at=now - _LONG_AGO)
        )

    async def extend(
        self, state: CopyState, first_from: datetime | None, now: datetime
    ) -> CopyState:
        """Let a copy hold records from another moment on, which takes reading all of them.

        Return how far it is.
        """
        compared_at = now - _LONG_AGO
        await self._connection.execute(
            update(_table)
            .where(*of_copy(_table, state.key))
            .values(first_from=first_from, compared_at=compared_at)
        )
        return replace(state, first_from=first_from, compared_at=compared_at)

    async def set_interval(self, key: CopyKey, seconds: int) -> None:
        """Give one copy a time of its own between two runs."""
        await self._connection.execute(
            update(_table).where(*of_copy(_table, key)).values(interval_seconds=seconds)
        )

    async def lacking(
        self, destination: str, resource: str, targets: Collection[str], most: int
    ) -> list[str]:
        """List active accounts that have no copy of a resource there."""
        mine = exists().where(
            _table.c.account_id == _accounts.c.id,
            _table.c.resource == resource,
            _table.c.destination == destination,
        )
        rows = await self._connection.execute(
            select(_accounts.c.id)
            .where(_accounts.c.status == "ACTIVE", _accounts.c.target.in_(targets), ~mine)
            .limit(most)
        )
        return [row[0] for row in rows]

    async def due(self, destination: str, now: datetime, most: int) -> list[CopyState]:
        """List copies whose time has come and that no run is open for, the longest due first."""
        going_on = exists().where(
            _runs.c.account_id == _table.c.account_id,
            _runs.c.resource == _table.c.resource,
            _runs.c.destination == _table.c.destination,
            _runs.c.status == "OPEN",
        )
        usable = exists().where(
            _accounts.c.id == _table.c.account_id, _accounts.c.status == "ACTIVE"
        )
        rows = await self._connection.execute(
            select(*columns_of(CopyState, _table))
            .where(
                _table.c.destination == destination,
                _table.c.due_at <= now,
                or_(_table.c.lease_until.is_(None), _table.c.lease_until <= now),
                usable,
                ~going_on,
            )
            .order_by(_table.c.due_at)
            .limit(most)
        )
        return [as_value(CopyState, row) for row in rows]

    async def _change(self, key: CopyKey, owner: str, **values: Any) -> bool:
        result = await self._connection.execute(
            update(_table)
            .where(*of_copy(_table, key), _table.c.lease_owner == owner)
            .values(**values)
        )
        return result.rowcount == 1

    # -- runs ------------------------------------------------------------------------------------

    async def open(self, run: CopyRun) -> CopyRun:
        """Store a run that is to be made; where one waits for the same copy already, return it."""
        query = select(*columns_of(CopyRun, _runs)).where(
            *of_copy(_runs, run.key), _runs.c.status == "OPEN"
        )
        row = (await self._connection.execute(query.limit(1))).first()
        if row is not None:
            return as_value(CopyRun, row)
        await self._connection.execute(insert_into(self._connection, _runs).values(**as_row(run)))
        return run

    async def begin(self, run: CopyRun) -> None:
        """Store that a run is under way; others of the same copy that seem to be were broken off.

        Only whoever has the copy's lease may do so.
        """
        await self._connection.execute(
            update(_runs)
            .where(*of_copy(_runs, run.key), _runs.c.status == "RUNNING", _runs.c.id != run.id)
            .values(status="INTERRUPTED", ended_at=run.started_at)
        )
        insert = insert_into(self._connection, _runs).values(**as_row(run))
        await self._connection.execute(
            insert.on_conflict_do_update(index_elements=["id"], set_=as_row(run))
        )

    async def note(self, run: CopyRun) -> None:
        """Store how far a run is, or what it came to."""
        await self._connection.execute(
            update(_runs)
            .where(_runs.c.id == run.id, _runs.c.status.in_(GOING_ON))
            .values(**as_row(run))
        )

    async def run(self, run_id: str) -> CopyRun | None:
        """Return one run."""
        query = select(*columns_of(CopyRun, _runs)).where(_runs.c.id == run_id)
        row = (await self._connection.execute(query)).first()
        return None if row is None else as_value(CopyRun, row)

    async def open_runs(self, destination: str, most: int) -> list[CopyRun]:
        """List runs that are to be made, the oldest first."""
        rows = await self._connection.execute(
            select(*columns_of(CopyRun, _runs))
            .where(_runs.c.destination == destination, _runs.c.status == "OPEN")
            .order_by(_runs.c.id)
            .limit(most)
        )
        return [as_value(CopyRun, row) for row in rows]

    async def runs(
        self, account_id: str, *, resource: str | None = None, before: str | None = None, most: int
    ) -> list[CopyRun]:
        """List an account's runs, newest first."""
        conditions = [_runs.c.account_id == account_id]
        if resource is not None:
            conditions.append(_runs.c.resource == resource)
        if before is not None:
            conditions.append(_runs.c.id < before)
        rows = await self._connection.execute(
            select(*columns_of(CopyRun, _runs))
            .where(*conditions)
            .order_by(_runs.c.id.desc())
            .limit(most)
        )
        return [as_value(CopyRun, row) for row in rows]

    async def delete_runs(self, before: datetime, most: int) -> int:
        """Delete runs that ended before a moment; return how many."""
        old = (
            select(_runs.c.id)
            .where(and_(_runs.c.ended_at < before, ~_runs.c.status.in_(GOING_ON)))
            .limit(most)
        )
        result = await self._connection.execute(delete(_runs).where(_runs.c.id.in_(old)))
        return result.rowcount


def of_copy(table: "Table[Any]", key: CopyKey) -> Sequence[ColumnElement[bool]]:
    """Return the conditions for the rows of one copy."""
    return (
        table.c.account_id == key.account_id,
        table.c.resource == key.resource,
        table.c.destination == key.destination,
    )
