"""Replays: jobs that plan again what was delivered before, or what could not be delivered."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, insert, literal_column, or_, select, update

from storage.connection import SqlConnection
from storage.ids import first_id
from storage.tables import DeliveryRow, EventRow, ReplayRow
from storage.values import as_row, as_value, columns_of, table_of

_table = table_of(ReplayRow)
_deliveries = table_of(DeliveryRow)
_events = table_of(EventRow)
_others = _deliveries.alias("others")

_WAITING = ("PENDING", "HELD")


@dataclass(frozen=True, slots=True)
class Replay:
    """A job. `criteria` is JSON; it has looked at all deliveries up to `cursor`."""

    id: str
    account_id: str
    subscription_id: str
    criteria: str
    state: str
    total: int
    planned: int
    cursor: str | None
    created_at: datetime
    updated_at: datetime
    lease_owner: str | None = None
    lease_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fitting:
    """Which finished deliveries are sent again: ids from `first_id` on and before `before_id`.

    Only what was finished by `finished_by` counts, so that a job's set stays the same while it
    runs, and only first deliveries of events: neither replays nor tests. `only_failed` leaves out
    the events that arrived after all, by a replay.
    """

    subscription_id: str
    only_failed: bool
    first_id: str
    before_id: str
    finished_by: datetime
    resource_id: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery that is to be sent again."""

    id: str
    event_id: str
    resource: str
    resource_id: str


@dataclass(frozen=True, slots=True)
class Again:
    """The new delivery of an event that was delivered before, or of one made as a test."""

    id: str
    account_id: str
    event_id: str
    subscription_id: str
    status: str
    origin: str
    replay_id: str | None
    record_key: str | None
    due_at: datetime
    created_at: datetime
    merged_into: str | None = None
    completed_at: datetime | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class TestEvent:
    """An event that nothing at the provider caused."""

    __test__ = False  # for pytest, which takes it for a class of tests

    id: str
    account_id: str
    upstream_event_id: str
    resource: str
    resource_id: str
    event_type: str
    occurred_at: datetime
    received_at: datetime
    body_sha256: str
    source: str = "TEST"


class ReplayRepository:
    _select = select(*columns_of(Replay, _table))

    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def add(self, replay: Replay) -> None:
        await self._connection.execute(insert(_table).values(**as_row(replay)))

    async def get(self, replay_id: str, *, lock: bool = False) -> Replay | None:
        query = self._select.where(_table.c.id == replay_id)
        row = (await self._connection.execute(query.with_for_update() if lock else query)).first()
        return None if row is None else as_value(Replay, row)

    async def of_subscription(
        self, subscription_id: str, *, before: str | None = None, most: int
    ) -> list[Replay]:
        """List a subscription's replays, newest first, older than `before`."""
        query = self._select.where(_table.c.subscription_id == subscription_id)
        if before is not None:
            query = query.where(_table.c.id < before)
        rows = await self._connection.execute(query.order_by(_table.c.id.desc()).limit(most))
        return [as_value(Replay, row) for row in rows]

    async def claim(
        self, owner: str, *, now: datetime, until: datetime, passing_over: Collection[str] = ()
    ) -> Replay | None:
        """Take a running replay that nobody works on, the longest rested first; None without one.

        Those in `passing_over` are left.
        """
        free = (
            select(_table.c.id)
            .where(
                _table.c.state == "RUNNING",
                _table.c.id.not_in(passing_over),
                or_(_table.c.lease_until.is_(None), _table.c.lease_until < now),
            )
            .order_by(_table.c.updated_at)
            .limit(1)
            .with_for_update(skip_locked=True)
            .cte()
        )
        rows = await self._connection.execute(
            update(_table)
            .where(_table.c.id.in_(select(free.c.id)))
            .values(lease_owner=owner, lease_until=until)
            .returning(*columns_of(Replay, _table))
        )
        row = rows.first()
        return None if row is None else as_value(Replay, row)

    async def advance(
        self,
        replay: Replay,
        *,
        planned: int,
        cursor: str | None,
        state: str,
        until: datetime | None,
        at: datetime,
    ) -> bool:
        """Write down how far a job is; return False when it isn't this owner's any more.

        `until` is the lease's new end; None gives it back.
        """
        result = await self._connection.execute(
            update(_table)
            .where(
                _table.c.id == replay.id,
                _table.c.lease_owner == replay.lease_owner,
                _table.c.planned == replay.planned,
                _table.c.state == "RUNNING",
            )
            .values(
                planned=planned,
                cursor=cursor,
                state=state,
                updated_at=at,
                lease_owner=None if until is None else replay.lease_owner,
                lease_until=until,
            )
        )
        return result.rowcount == 1

    async def cancel(self, replay_id: str, at: datetime) -> None:
        """Plan nothing more for a job that runs."""
        await self._connection.execute(
            update(_table)
            .where(_table.c.id == replay_id, _table.c.state == "RUNNING")
            .values(state="CANCELED", updated_at=at, lease_owner=None, lease_until=None)
        )

    async def cancel_deliveries(self, replay: Replay, at: datetime, *, most: int) -> int:
        """End up to `most` of its deliveries that still wait; return how many there were."""
        waiting = (
            select(_deliveries.c.id)
            .where(*_planned_by(replay), _deliveries.c.status.in_(_WAITING))
            .order_by(_deliveries.c.id)
            .limit(most)
            .with_for_update(key_share=True)
            .cte()
        )
        canceled = await self._connection.execute(
            update(_deliveries)
            .where(_deliveries.c.id.in_(select(waiting.c.id)))
            .values(status="CANCELED", completed_at=at, lease_owner=None, lease_until=None)
            .returning(_deliveries.c.id)
        )
        return len(canceled.all())

    async def count(self, wanted: Fitting) -> int:
        """Count the deliveries that are to be sent again."""
        query = select(func.count()).select_from(_deliveries.join(_events)).where(*_fit(wanted))
        return (await self._connection.execute(query)).scalar_one()

    async def fitting(
        self, wanted: Fitting, after: str | None, *, most: int, window: int
    ) -> tuple[list[Sent], str | None]:
        """List up to `most` that are to be sent again, oldest first, after this delivery.

        Looks at no more than `window` of the log; with them comes the id to go on after, or None
        when there is nothing left to look at.
        """
        own = (
            _deliveries.c.subscription_id == wanted.subscription_id,
            _deliveries.c.id >= wanted.first_id,
            _deliveries.c.id < wanted.before_id,
            *(() if after is None else (_deliveries.c.id > after,)),
        )
        looked_at = select(_deliveries.c.id).where(*own).order_by(_deliveries.c.id)
        last = (await self._connection.execute(looked_at.offset(window - 1).limit(1))).scalar()
        query = (
            select(_deliveries.c.id, _deliveries.c.event_id, _events.c.resource)
            .add_columns(_events.c.resource_id)
            .select_from(_deliveries.join(_events))
            .where(*own, *_fit(wanted))
        )
        if last is not None:
            query = query.where(_deliveries.c.id <= last)
        rows = await self._connection.execute(query.order_by(_deliveries.c.id).limit(most))
        found = [as_value(Sent, row) for row in rows]
        return found, found[-1].id if len(found) == most else last

    async def joined(self, delivery_ids: Sequence[str]) -> dict[str, str]:
        """Return, for those joined with an event that made the record, that event's id."""
        if not delivery_ids:
            return {}
        rows = await self._connection.execute(
            select(_deliveries.c.merged_into, _deliveries.c.event_id)
            .join(_events, _events.c.id == _deliveries.c.event_id)
            .where(_deliveries.c.merged_into.in_(delivery_ids), _events.c.event_type == "CREATED")
        )
        return {row.merged_into: row.event_id for row in rows}

    async def plan(self, deliveries: Sequence[Again]) -> None:
        """Add deliveries, for any worker to send."""
        if deliveries:
            await self._connection.execute(
                insert(_deliveries), [as_row(delivery) for delivery in deliveries]
            )

    async def add_test_event(self, event: TestEvent) -> None:
        await self._connection.execute(insert(_events).values(**as_row(event)))

    async def waiting(self, subscription_id: str, *, most: int) -> int:
        """Count the deliveries of a subscription that wait for an attempt, up to `most`."""
        some = (
            select(_deliveries.c.id)
            .where(
                _deliveries.c.subscription_id == subscription_id,
                _deliveries.c.status == literal_column("'PENDING'"),
            )
            .limit(most)
            .subquery()
        )
        return (await self._connection.execute(select(func.count()).select_from(some))).scalar_one()

    async def outcome(self, replay: Replay) -> Counter[str]:
        """Count the deliveries that a job planned, by status."""
        rows = await self._connection.execute(
            select(_deliveries.c.status, func.count())
            .where(*_planned_by(replay))
            .group_by(_deliveries.c.status)
        )
        return Counter({row[0]: row[1] for row in rows})


def _planned_by(replay: Replay) -> tuple[ColumnElement[bool], ...]:
    """Choose a job's deliveries by the log's index: their ids carry the time of the job.

    The last of them was planned when the job was last changed, or before.
    """
    return (
        _deliveries.c.subscription_id == replay.subscription_id,
        _deliveries.c.id >= first_id("dlv", replay.created_at),
        _deliveries.c.id < first_id("dlv", replay.updated_at + timedelta(milliseconds=1)),
        _deliveries.c.replay_id == replay.id,
    )


def _fit(wanted: Fitting) -> tuple[ColumnElement[bool], ...]:
    conditions: tuple[ColumnElement[bool], ...] = (
        _deliveries.c.subscription_id == wanted.subscription_id,
        _deliveries.c.id >= wanted.first_id,
        _deliveries.c.id < wanted.before_id,
        _deliveries.c.origin == "EVENT",
        _deliveries.c.completed_at <= wanted.finished_by,
    )
    if wanted.resource_id is not None:
        conditions += (_events.c.resource_id == wanted.resource_id,)
    if not wanted.only_failed:
        return (*conditions, _deliveries.c.status.in_(("DELIVERED", "GIVEN_UP")))
    arrived = (
        select(_others.c.id)
        .where(
            _others.c.event_id == _deliveries.c.event_id,
            _others.c.subscription_id == _deliveries.c.subscription_id,
            _others.c.status == "DELIVERED",
            _others.c.completed_at <= wanted.finished_by,
        )
        .exists()
    )
    return (*conditions, _deliveries.c.status == "GIVEN_UP", ~arrived)
