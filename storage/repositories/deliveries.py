"""The queue of deliveries: planning, claiming under a lease, recording, reading the log."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    and_,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    update,
)

from storage.connection import SqlConnection
from storage.ids import new_id
from storage.notify import notify
from storage.prepared import Combined, Given, Prepared
from storage.repositories import record_order
from storage.repositories.events import Event
from storage.tables import (
    AccountRow,
    AttemptRow,
    DeliveryRow,
    EventRow,
    NoticeRow,
    SubscriptionRow,
    TenantRow,
    TenantWebhookRow,
)
from storage.values import Value, as_value, columns_of, table_of, types_of

_table = table_of(DeliveryRow)
_attempts = table_of(AttemptRow)
_accounts = table_of(AccountRow)
_events = table_of(EventRow)
_notices = table_of(NoticeRow)
_subscriptions = table_of(SubscriptionRow)
_tenants = table_of(TenantRow)
_tenant_webhooks = table_of(TenantWebhookRow)

# Written into the statement, not bound: a partial index serves only conditions known beforehand.
_is_pending = _table.c.status == literal_column("'PENDING'")
_waits = or_(_is_pending, _table.c.status == literal_column("'HELD'"))


class Delivery(Value, frozen=True):
    """One event or notice on its way to one URL."""

    id: str
    account_id: str
    event_id: str | None
    subscription_id: str | None
    notice_id: str | None
    status: str
    attempts: int
    due_at: datetime
    lease_owner: str | None
    lease_until: datetime | None
    created_at: datetime
    completed_at: datetime | None
    origin: str = "EVENT"
    replay_id: str | None = None
    record_key: str | None = None
    merged_into: str | None = None


class Attempt(Value, frozen=True):
    """One attempt: when, how long, and what came of it."""

    delivery_id: str
    number: int
    started_at: datetime
    duration_ms: int
    status_code: int | None
    error: str | None
    request_headers: str | None = None
    response_headers: str | None = None
    response_body: str | None = None


class Completion(Value, frozen=True):
    """What a worker writes down after an attempt: the attempt, and the delivery's next state."""

    attempt: Attempt
    owner: str
    status: str
    """PENDING again (with `due_at`), HELD (a probe that failed), DELIVERED or GIVEN_UP."""
    due_at: datetime
    completed_at: datetime | None
    notice_id: str | None = None
    followed: tuple[str, str] | None = None
    """Subscription id and record key, where others wait for this one to be done."""


_add = Prepared(Delivery, types_of(Delivery, _table), lambda given: given.insert(_table))


class _State(Value, frozen=True):
    """The next state of a delivery, under its lease; `attempts` counts the attempt that ended."""

    id: str
    lease_owner: str
    attempts: int
    status: str
    due_at: datetime
    completed_at: datetime | None


def _is_held(state: Given) -> ColumnElement[bool]:
    """Compare before setting: a worker that lost its lease, or was overtaken, changes nothing."""
    return and_(
        _table.c.id == state["id"],
        _table.c.lease_owner == state["lease_owner"],
        _table.c.attempts == state["attempts"] - literal_column("1"),
        _is_pending,
    )


def _completing(where: ColumnElement[bool], state: Any) -> Any:
    return (
        update(_table)
        .where(where)
        .values(
            status=state["status"],
            attempts=state["attempts"],
            due_at=state["due_at"],
            completed_at=state["completed_at"],
            lease_owner=null(),
            lease_until=null(),
        )
        .returning(_table.c.id)
    )


def _noting(insert: Any, where: Any = None) -> Any:
    return insert.on_conflict_do_update(
        index_elements=list(_attempts.primary_key),
        set_={
            column.name: insert.excluded[column.name]
            for column in _attempts.columns
            if not column.primary_key
        },
        where=where,
    )


def _recording(given: Mapping[str, Given]) -> Any:
    """Write states and attempts in one statement.

    Rows are locked by id, as everybody does who locks several; two that lock the same ones in
    different orders would wait for each other.
    """
    state, attempt = given["states"], given["attempts"]
    held = (
        select(state.table)
        .join(_table, _is_held(state))
        .order_by(_table.c.id)
        .with_for_update(of=_table, key_share=True)
        .cte("held")
    )
    done = _completing(_table.c.id == held.c.id, held.c).cte("done")
    insert = attempt.insert(_attempts)
    was_held = select(done.c.id).where(done.c.id == insert.excluded.delivery_id).exists()
    return select(done.c.id).add_cte(_noting(insert, was_held).cte("noted"))


_states = types_of(_State, _table)
_attempt_types = types_of(Attempt, _attempts)
_record = Combined({"states": _states, "attempts": _attempt_types}, _recording)
_complete = Prepared(_State, _states, lambda given: _completing(_is_held(given), given))
_note = Prepared(Attempt, _attempt_types, lambda given: _noting(given.insert(_attempts)))
_note_lost = Prepared(
    Attempt, _attempt_types, lambda given: given.insert(_attempts).on_conflict_do_nothing()
)


def _claimable(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        _is_pending,
        _table.c.due_at <= now,
        or_(_table.c.lease_until.is_(None), _table.c.lease_until < now),
        record_order.unblocked(now),
    )


def _in_order(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Choose waiting deliveries and lock them by id, as everybody does who locks several.

    Two transactions that lock the same rows in different orders would wait for each other.
    """
    rows = select(_table.c.id).where(condition, _waits).order_by(_table.c.id)
    return _table.c.id.in_(select(rows.with_for_update(key_share=True).cte().c.id))


def is_for_anybody(delivery: Delivery) -> bool:
    """Say that any worker may take a new delivery, at once."""
    return (
        delivery.status == "PENDING"
        and delivery.lease_owner is None
        and delivery.due_at <= delivery.created_at
    )


def _waiting(
    account_id: str,
    at: datetime,
    *,
    event_id: str | None = None,
    subscription_id: str | None = None,
    notice_id: str | None = None,
) -> Delivery:
    """Make a delivery that is due at once and nobody's yet."""
    return Delivery(
        id=new_id("dlv", at),
        account_id=account_id,
        event_id=event_id,
        subscription_id=subscription_id,
        notice_id=notice_id,
        status="PENDING",
        attempts=0,
        due_at=at,
        lease_owner=None,
        lease_until=None,
        created_at=at,
        completed_at=None,
    )


class DeliveryRepository:
    _select = select(*columns_of(Delivery, _table))

    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def add(self, deliveries: Sequence[Delivery]) -> None:
        if deliveries:
            await _add.fetch(self._connection, deliveries)
        if any(map(is_for_anybody, deliveries)):
            await notify(self._connection)

    async def anything_due(self, now: datetime) -> bool:
        """Say whether a claim would find a delivery or a notice; costs no write lock."""
        due = select(_table.c.id).where(*_claimable(now)).limit(1)
        if (await self._connection.execute(due)).first() is not None:
            return True
        fresh = select(_notices.c.id).where(_notices.c.planned_at.is_(None)).limit(1)
        return (await self._connection.execute(fresh)).first() is not None

    async def claim(
        self,
        owner: str,
        *,
        now: datetime,
        until: datetime,
        most: int,
        passing_over: Sequence[str] = (),
    ) -> list[Delivery]:
        """Take up to `most` due deliveries under a lease, the longest due first.

        Those of the subscriptions in `passing_over` are left for later. Safe with any number of
        workers: on PostgreSQL rows being claimed elsewhere are skipped; on SQLite there is one
        writer. Where order counts, nothing is taken while an earlier one of its record waits or any
        other is under way; where a subscription joins, the newest of a record stands for all.
        """
        wanted = select(_table.c.id).where(*_claimable(now))
        if passing_over:
            kept = _table.c.subscription_id
            wanted = wanted.where(or_(kept.is_(None), kept.not_in(passing_over)))
        # In a CTE, which PostgreSQL runs once; a subquery it may run again for every row, and
        # then more is claimed than asked for.
        due = wanted.order_by(_table.c.due_at).limit(most).with_for_update(skip_locked=True).cte()
        result = await self._connection.execute(
            update(_table)
            .where(_table.c.id.in_(select(due.c.id)))
            .values(lease_owner=owner, lease_until=until)
            .returning(*columns_of(Delivery, _table))
        )
        claimed = {row.id: as_value(Delivery, row) for row in result}
        alike = [
            (one.id, one.subscription_id, one.record_key)
            for one in claimed.values()
            if one.record_key and one.subscription_id and not one.attempts
        ]
        if alike:
            joined = await record_order.join(
                self._connection, alike, owner=owner, now=now, until=until
            )
            for one in joined:
                for delivery_id in one.merged:
                    claimed.pop(delivery_id, None)
            claimed |= await self._read([one.kept for one in joined])
        return sorted(claimed.values(), key=lambda delivery: delivery.due_at)

    async def _read(self, delivery_ids: Sequence[str]) -> dict[str, Delivery]:
        if not delivery_ids:
            return {}
        rows = await self._connection.execute(self._select.where(_table.c.id.in_(delivery_ids)))
        return {row.id: as_value(Delivery, row) for row in rows}

    async def complete(self, completions: Sequence[Completion]) -> None:
        """Record attempts in one go; one whose lease was lost leaves its attempt, and no more.

        Where two workers made the same attempt, the log keeps that of the one that held the lease.
        """
        held = await self._record(
            [
                _State(
                    done.attempt.delivery_id,
                    done.owner,
                    done.attempt.number,
                    done.status,
                    done.due_at,
                    done.completed_at,
                )
                for done in completions
            ],
            [done.attempt for done in completions],
        )
        valid = [done for done in completions if done.attempt.delivery_id in held]
        await record_order.let_followers_wait(
            self._connection,
            [(*done.followed, done.due_at) for done in valid if done.followed],
        )
        delivered = [done.notice_id for done in valid if done.notice_id and done.completed_at]
        if delivered:
            # A notice may carry an account key: it is kept no longer than it takes to deliver it.
            await self._connection.execute(
                update(_notices).where(_notices.c.id.in_(delivered)).values(body=None)
            )

    async def _record(self, states: Sequence[_State], attempts: Sequence[Attempt]) -> set[str]:
        """Write states and attempts; return the ids of those whose lease was held."""
        if self._connection.dialect.name == "postgresql":
            rows = await _record.fetch(self._connection, {"states": states, "attempts": attempts})
            return {row[0] for row in rows}
        held = {row[0] for row in await _complete.fetch(self._connection, states)}
        valid = [one for one in attempts if one.delivery_id in held]
        lost = [one for one in attempts if one.delivery_id not in held]
        await _note_lost.fetch(self._connection, lost)
        await _note.fetch(self._connection, valid)
        return held

    async def cancel_of(self, subscription_id: str, at: datetime) -> None:
        """End what is still waiting for a subscription that was deleted."""
        await self._connection.execute(
            update(_table)
            .where(_in_order(_table.c.subscription_id == subscription_id))
            .values(status="CANCELED", completed_at=at, lease_owner=None, lease_until=None)
        )

    async def cancel_notices_of(self, tenant_webhook_id: str, at: datetime) -> None:
        """End what is still waiting for a tenant's webhook that was deleted."""
        own = _notices.c.tenant_webhook_id == tenant_webhook_id
        await self._cancel(own, _table.c.notice_id.in_(select(_notices.c.id).where(own)), at)

    async def _cancel(
        self, notices: ColumnElement[bool], deliveries: ColumnElement[bool], at: datetime
    ) -> None:
        """End deliveries, and notices before and after they become deliveries.

        In this order: a completion too takes the delivery first, and its notice after that.
        """
        await self._connection.execute(
            update(_notices).where(notices, _notices.c.planned_at.is_(None)).values(planned_at=at)
        )
        await self._connection.execute(
            update(_table)
            .where(_in_order(deliveries))
            .values(status="CANCELED", completed_at=at, lease_owner=None, lease_until=None)
        )
        await self._connection.execute(
            update(_notices).where(notices, _notices.c.body.is_not(None)).values(body=None)
        )

    async def cancel_all_of(self, account_id: str, at: datetime) -> None:
        """End all that is still waiting for an account; notices lose their bodies."""
        await self._cancel(
            _notices.c.account_id == account_id, _table.c.account_id == account_id, at
        )

    async def announce(self, event: Event, at: datetime) -> int:
        """Plan a stored event's deliveries, for any worker to send; return how many there are.

        The subscriptions it is planned for can't end before this transaction does.
        """
        subscribed = await self._connection.execute(
            select(
                _subscriptions.c.id,
                _subscriptions.c.state,
                _subscriptions.c.ordered,
                _subscriptions.c.coalesce_seconds,
            )
            .where(
                _subscriptions.c.account_id == event.account_id,
                _subscriptions.c.resource == event.resource,
                _subscriptions.c.deleted_at.is_(None),
                _subscriptions.c.state != "DISABLED",
                true() if event.event_type != "DELETED" else _subscriptions.c.deletions,
            )
            .order_by(_subscriptions.c.id)
            .with_for_update(read=True)
        )
        record_key = f"{event.resource}:{event.resource_id}"
        planned = [
            msgspec.structs.replace(
                _waiting(event.account_id, at, event_id=event.id, subscription_id=row.id),
                status="HELD" if row.state == "PAUSED" else "PENDING",
                record_key=record_key if row.ordered or row.coalesce_seconds else None,
            )
            for row in subscribed
        ]
        await self.add(planned)
        return len(planned)

    async def release(self, owner: str) -> None:
        """Give back every lease of a worker that stops."""
        await self._connection.execute(
            update(_table)
            .where(_in_order(_table.c.lease_owner == owner))
            .values(lease_owner=None, lease_until=None)
        )
        await notify(self._connection)

    async def put_back(
        self, delivery_ids: Sequence[str], owner: str, *, status: str = "PENDING"
    ) -> None:
        """Give back the leases of deliveries that were not tried; with HELD they are kept back."""
        chosen = _table.c.id.in_(delivery_ids)
        await self._connection.execute(
            update(_table)
            .where(_in_order(chosen & (_table.c.lease_owner == owner)))
            .values(status=status, lease_owner=None, lease_until=None)
        )

    async def plan_notices(self, at: datetime, *, most: int) -> int:
        """Plan a delivery for each notice that has none yet; return how many were planned."""
        rows = await self._connection.execute(
            select(_notices.c.id, _notices.c.account_id)
            .where(_notices.c.planned_at.is_(None))
            .order_by(_notices.c.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        found = rows.all()
        await self.add([_waiting(row.account_id, at, notice_id=row.id) for row in found])
        if found:
            await self._connection.execute(
                update(_notices)
                .where(_notices.c.id.in_([row.id for row in found]))
                .values(planned_at=at)
            )
        return len(found)

    async def backlog(self, now: datetime) -> tuple[int, datetime | None]:
        """Return how many deliveries are due, and since when the oldest of them is."""
        row = (
            await self._connection.execute(
                select(func.count(), func.min(_table.c.due_at)).where(
                    _is_pending, _table.c.due_at <= now
                )
            )
        ).one()
        return int(row[0]), row[1]

    async def of_subscription(self, subscription_id: str) -> list[Delivery]:
        rows = await self._connection.execute(
            self._select.where(_table.c.subscription_id == subscription_id).order_by(_table.c.id)
        )
        return [as_value(Delivery, row) for row in rows]

    async def attempts_of(self, delivery_id: str) -> list[Attempt]:
        rows: Any = await self._connection.execute(
            select(*columns_of(Attempt, _attempts))
            .where(_attempts.c.delivery_id == delivery_id)
            .order_by(_attempts.c.number)
        )
        return [as_value(Attempt, row) for row in rows]
