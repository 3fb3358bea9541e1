"""The queue of deliveries: planning, claiming under a lease, recording, reading the log."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, insert, literal_column, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.ids import new_id
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
from storage.values import as_row, as_value, columns_of, table_of

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


@dataclass(frozen=True, slots=True)
class Delivery:
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
    record_key: str | None = None
    """Resource and id of the record, where its deliveries are ordered or joined; else None."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: when, how long, and what came of it."""

    delivery_id: str
    number: int
    started_at: datetime
    duration_ms: int
    status_code: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Completion:
    """What a worker writes down after a try: the attempt, and the delivery's next state."""

    attempt: Attempt
    owner: str
    status: str
    """PENDING again (with `due_at`), DELIVERED, GIVEN_UP or CANCELED."""
    due_at: datetime
    completed_at: datetime | None
    notice_id: str | None = None


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """A delivery with all that sending it takes; either the event's or the notice's fields are set.

    Sealed: `secret` (for `subscriptions.secret:{subscription_id}`), `notice_body` (for
    `notices.body:{notice_id}`), `signing_secret` (for `tenants.signing_secret:{tenant_id}`).
    """

    id: str
    tenant_id: str
    account_id: str
    reference: str | None
    attempts: int
    created_at: datetime
    lease_until: datetime
    subscription_id: str | None
    event_id: str | None
    event_type: str | None
    resource: str | None
    resource_id: str | None
    callback_url: str
    secret: bytes | None = field(repr=False)
    notice_id: str | None
    notice_body: bytes | None = field(repr=False)
    tenant_webhook_id: str | None
    signing_secret: bytes | None = field(repr=False)


_due = (
    select(
        _table.c.id,
        _accounts.c.tenant_id,
        _table.c.account_id,
        _accounts.c.reference,
        _table.c.attempts,
        _table.c.created_at,
        _table.c.lease_until,
        _table.c.subscription_id,
        _table.c.event_id,
        _events.c.event_type,
        _events.c.resource,
        _events.c.resource_id,
        func.coalesce(_subscriptions.c.callback_url, _notices.c.callback_url).label("callback_url"),
        _subscriptions.c.secret,
        _table.c.notice_id,
        _notices.c.body.label("notice_body"),
        _notices.c.tenant_webhook_id,
        _tenants.c.signing_secret,
    )
    .join(_accounts, _accounts.c.id == _table.c.account_id)
    .join(_tenants, _tenants.c.id == _accounts.c.tenant_id)
    .outerjoin(_events, _events.c.id == _table.c.event_id)
    .outerjoin(_subscriptions, _subscriptions.c.id == _table.c.subscription_id)
    .outerjoin(_notices, _notices.c.id == _table.c.notice_id)
    .outerjoin(_tenant_webhooks, _tenant_webhooks.c.id == _notices.c.tenant_webhook_id)
    .where(_is_pending, _subscriptions.c.ended_at.is_(None), _tenant_webhooks.c.ended_at.is_(None))
)

# Compare-and-set: a worker whose lease was taken over, or that was overtaken, changes nothing.
_complete = (
    update(_table)
    .where(
        _table.c.id == bindparam("b_id"),
        _table.c.lease_owner == bindparam("b_owner"),
        _table.c.attempts == bindparam("b_before"),
        _is_pending,
    )
    .values(
        status=bindparam("b_status"),
        attempts=bindparam("b_number"),
        due_at=bindparam("b_due_at"),
        completed_at=bindparam("b_completed_at"),
        lease_owner=None,
        lease_until=None,
    )
)


def _claimable(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        _is_pending,
        _table.c.due_at <= now,
        or_(_table.c.lease_until.is_(None), _table.c.lease_until < now),
    )


def _in_order(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Choose waiting deliveries and lock them by id, as everybody does who locks several.

    Two transactions that lock the same rows in different orders would wait for each other.
    """
    rows = select(_table.c.id).where(condition, _is_pending).order_by(_table.c.id)
    return _table.c.id.in_(select(rows.with_for_update(key_share=True).cte().c.id))


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


class Deliveries:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._select = select(*columns_of(Delivery, _table))

    async def add(self, deliveries: Sequence[Delivery]) -> None:
        if deliveries:
            await self._connection.execute(
                insert(_table), [as_row(delivery) for delivery in deliveries]
            )

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
        writer.
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
        claimed = [as_value(Delivery, row) for row in result]
        return sorted(claimed, key=lambda delivery: delivery.due_at)

    async def due(self, delivery_ids: Sequence[str], owner: str) -> dict[str, DueDelivery]:
        """Answer, by id, all that sending takes, for those still wanted and leased to `owner`.

        Asked right before a try: a delivery whose subscription has ended is not among them.
        """
        rows = await self._connection.execute(
            _due.where(_table.c.id.in_(delivery_ids), _table.c.lease_owner == owner)
        )
        return {row.id: as_value(DueDelivery, row) for row in rows}

    async def complete(self, completions: Sequence[Completion]) -> None:
        """Record tries in one go; one whose lease was lost leaves its attempt, and no more.

        Where two workers made the same try, the log keeps that of the one that held the lease.
        """
        held = await self._held([done.attempt.delivery_id for done in completions])
        valid: list[Completion] = []
        lost: list[Completion] = []
        for done in completions:
            as_claimed = (done.owner, done.attempt.number - 1)
            (valid if held.get(done.attempt.delivery_id) == as_claimed else lost).append(done)
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        record = dialect.insert(_attempts)
        if lost:
            await self._connection.execute(
                record.on_conflict_do_nothing(), [as_row(done.attempt) for done in lost]
            )
        if not valid:
            return
        await self._connection.execute(
            record.on_conflict_do_update(
                index_elements=list(_attempts.primary_key),
                set_={
                    column.name: record.excluded[column.name]
                    for column in _attempts.columns
                    if not column.primary_key
                },
            ),
            [as_row(done.attempt) for done in valid],
        )
        await self._connection.execute(
            _complete,
            [
                {
                    "b_id": done.attempt.delivery_id,
                    "b_owner": done.owner,
                    "b_before": done.attempt.number - 1,
                    "b_number": done.attempt.number,
                    "b_status": done.status,
                    "b_due_at": done.due_at,
                    "b_completed_at": done.completed_at,
                }
                for done in valid
            ],
        )
        told = [done.notice_id for done in valid if done.notice_id and done.completed_at]
        if told:
            # A notice may carry an account key: it is kept no longer than it takes to deliver it.
            await self._connection.execute(
                update(_notices).where(_notices.c.id.in_(told)).values(body=None)
            )

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
        """Plan a stored event's deliveries, for any worker to send; answer how many there are.

        The subscriptions it is planned for can't end before this transaction does.
        """
        subscribed = await self._connection.execute(
            select(_subscriptions.c.id)
            .where(
                _subscriptions.c.account_id == event.account_id,
                _subscriptions.c.resource == event.resource,
                _subscriptions.c.ended_at.is_(None),
            )
            .order_by(_subscriptions.c.id)
            .with_for_update(read=True)
        )
        planned = [
            _waiting(event.account_id, at, event_id=event.id, subscription_id=row.id)
            for row in subscribed
        ]
        await self.add(planned)
        return len(planned)

    async def release(self, owner: str) -> None:
        """Give back every lease of a worker that is leaving."""
        await self._connection.execute(
            update(_table)
            .where(_in_order(_table.c.lease_owner == owner))
            .values(lease_owner=None, lease_until=None)
        )

    async def _held(self, delivery_ids: Sequence[str]) -> dict[str, tuple[str | None, int]]:
        """Answer who holds these, and after how many tries; until the commit nobody changes it."""
        if not delivery_ids:
            return {}
        rows = await self._connection.execute(
            select(_table.c.id, _table.c.lease_owner, _table.c.attempts)
            .where(_table.c.id.in_(delivery_ids), _is_pending)
            .order_by(_table.c.id)
            .with_for_update(key_share=True)
        )
        return {row.id: (row.lease_owner, row.attempts) for row in rows}

    async def plan_notices(self, at: datetime, *, most: int) -> int:
        """Plan a delivery for each notice that has none yet; answer how many were planned."""
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
        """Answer how many deliveries are due, and since when the oldest of them is."""
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
