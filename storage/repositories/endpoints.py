"""The health of subscriptions' endpoints, and the backlogs of paused subscriptions.

A transaction that changes a subscription and its deliveries locks the subscription first, so that
two such transactions don't wait for each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    union,
    update,
)

from storage.connection import SqlConnection
from storage.ids import first_id
from storage.notify import notify
from storage.repositories.deliveries import Delivery
from storage.tables import AttemptRow, DeliveryRow, EventRow, SubscriptionRow
from storage.values import as_value, columns_of, table_of

ACTIVE, PAUSED, DISABLED = "ACTIVE", "PAUSED", "DISABLED"
FAILING, GONE, VENDOR = "FAILING", "GONE", "VENDOR"

_table = table_of(SubscriptionRow)
_attempts = table_of(AttemptRow)
_deliveries = table_of(DeliveryRow)
_events = table_of(EventRow)

_LONGEST_WAY = timedelta(days=14)
"""More than lies between a delivery's making and its last attempt, a day each."""

_is_paused = _table.c.state == literal_column("'PAUSED'")
_is_pending = _deliveries.c.status == literal_column("'PENDING'")
_is_held = _deliveries.c.status == literal_column("'HELD'")
_own = _deliveries.c.subscription_id == _table.c.id


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A live subscription, as far as its receiver is concerned."""

    id: str
    tenant_id: str
    account_id: str
    resource: str
    state: str
    """ACTIVE, PAUSED or DISABLED."""
    state_reason: str | None
    """FAILING, GONE or VENDOR, when it isn't ACTIVE."""
    failing_since: datetime | None
    next_probe_at: datetime | None


class EndpointRepository:
    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def get(self, subscription_id: str, *, lock: bool = False) -> Endpoint | None:
        """Return a live subscription's state; with `lock` nobody else changes it before the end."""
        query = select(*columns_of(Endpoint, _table)).where(
            _table.c.id == subscription_id, _table.c.deleted_at.is_(None)
        )
        found = await self._connection.execute(query.with_for_update() if lock else query)
        row = found.first()
        return None if row is None else as_value(Endpoint, row)

    async def move(
        self,
        subscription_id: str,
        *,
        to: str,
        reason: str | None,
        at: datetime,
        probe_at: datetime | None = None,
    ) -> None:
        """Change a subscription's state; an active one starts with a clean record."""
        values: dict[str, Any] = {"state": to, "state_reason": reason, "next_probe_at": probe_at}
        if to == ACTIVE:
            values["failing_since"] = None
        await self._connection.execute(
            update(_table).where(_table.c.id == subscription_id).values(**values, updated_at=at)
        )

    async def note(self, *, failing: Sequence[str], healthy: Sequence[str], at: datetime) -> None:
        """Note whose attempts fail, unless it's noted already, and whose succeed again."""
        for ids, since, is_news in (
            (failing, at, _table.c.failing_since.is_(None)),
            (healthy, None, _table.c.failing_since.is_not(None)),
        ):
            if ids:
                chosen = (
                    select(_table.c.id)
                    .where(_table.c.id.in_(ids), is_news)
                    .order_by(_table.c.id)
                    .with_for_update()
                    .cte()
                )
                await self._connection.execute(
                    update(_table)
                    .where(_table.c.id.in_(select(chosen.c.id)))
                    .values(failing_since=since)
                )

    async def failed_attempts(self, subscription_id: str, since: datetime, *, most: int) -> int:
        """Count failed attempts since then, up to `most`, of a subscription.

        It looks at the latest deliveries, and at some deliveries that wait for another attempt:
        behind a long backlog the latest deliveries have had no attempt yet.
        """
        own = _deliveries.c.subscription_id == subscription_id
        latest = select(_deliveries.c.id).where(own).order_by(_deliveries.c.id.desc()).limit(100)
        waiting = select(_deliveries.c.id).where(own, _is_pending, _deliveries.c.attempts > 0)
        looked_at = union(
            select(latest.subquery().c.id), select(waiting.limit(100).subquery().c.id)
        ).subquery()
        failed = (
            select(_attempts.c.number)
            .join(looked_at, looked_at.c.id == _attempts.c.delivery_id)
            .where(_attempts.c.error.is_not(None), _attempts.c.started_at >= since)
            .limit(most)
        ).subquery()
        counted = await self._connection.execute(select(func.count()).select_from(failed))
        return int(counted.scalar_one())

    # -- probes ----------------------------------------------------------------------------------

    async def probe_is_due(self, now: datetime) -> bool:
        """Say whether `probes` would find any."""
        found = await self._connection.execute(select(_table.c.id).where(*_probable(now)).limit(1))
        return found.first() is not None

    async def probes(
        self, owner: str, *, now: datetime, until: datetime, again: timedelta, most: int
    ) -> list[Delivery]:
        """Take the oldest held delivery of each paused subscription that may be tried now.

        They're PENDING under a lease then; the next probe of the same may be made after `again`.
        """
        rows = await self._connection.execute(
            select(_table.c.id)
            .where(*_probable(now))
            .order_by(_table.c.next_probe_at)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        taken: list[Delivery] = []
        for subscription_id in [row.id for row in rows]:
            chosen = await self._oldest(subscription_id)
            if chosen is None:
                continue
            found = await self._connection.execute(
                update(_deliveries)
                .where(_deliveries.c.id == chosen, _is_held)
                .values(status="PENDING", due_at=now, lease_owner=owner, lease_until=until)
                .returning(*columns_of(Delivery, _deliveries))
            )
            taken += [as_value(Delivery, row) for row in found]
            await self._connection.execute(
                update(_table)
                .where(_table.c.id == subscription_id)
                .values(next_probe_at=now + again)
            )
        return taken

    async def _oldest(self, subscription_id: str) -> str | None:
        held = select(_deliveries.c.id, _deliveries.c.record_key).where(
            _deliveries.c.subscription_id == subscription_id, _is_held
        )
        oldest = (await self._connection.execute(held.order_by(_deliveries.c.id).limit(1))).first()
        if oldest is None or oldest.record_key is None:
            return None if oldest is None else oldest.id
        first = await self._connection.execute(
            held.join(_events, _events.c.id == _deliveries.c.event_id)
            .where(_deliveries.c.record_key == oldest.record_key)
            .order_by(_events.c.occurred_at, _events.c.received_at, _deliveries.c.id)
            .limit(1)
        )
        return first.scalar_one()

    # -- backlogs --------------------------------------------------------------------------------

    async def unsettled(self) -> list[tuple[str, str]]:
        """List subscriptions, with their state, whose backlog doesn't fit the state.

        The backlog of an active subscription is to be released; the backlog of any other is to be
        held.
        """
        rows = await self._connection.execute(
            select(_table.c.id, _table.c.state).where(
                _table.c.deleted_at.is_(None),
                or_(
                    (_table.c.state == ACTIVE) & exists().where(_own, _is_held),
                    (_table.c.state != ACTIVE)
                    & exists().where(_own, _is_pending, _deliveries.c.lease_owner.is_(None)),
                ),
            )
        )
        return [(row.id, row.state) for row in rows]

    async def hold(self, subscription_id: str, *, now: datetime, most: int) -> int:
        """Hold up to `most` deliveries that wait and aren't under way; return how many it were."""
        if not await self._stands(subscription_id, _table.c.state != ACTIVE):
            return 0
        chosen = (
            select(_deliveries.c.id)
            .where(
                _deliveries.c.subscription_id == subscription_id,
                _is_pending,
                or_(_deliveries.c.lease_until.is_(None), _deliveries.c.lease_until < now),
            )
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        result = await self._connection.execute(
            update(_deliveries)
            .where(_deliveries.c.id.in_(select(chosen.cte().c.id)))
            .values(status="HELD", lease_owner=None, lease_until=None)
            .returning(_deliveries.c.id)
        )
        return len(result.all())  # of a statement that begins with WITH, SQLite counts no rows

    async def take_back(self, subscription_id: str, since: datetime, *, most: int) -> int:
        """Hold up to `most` events that were given up since then; return how many it were.

        Their attempts stay written down. Nothing is taken back for an active subscription.
        """
        if not await self._stands(subscription_id, _table.c.state != ACTIVE):
            return 0
        chosen = (
            select(_deliveries.c.id)
            .where(
                _deliveries.c.subscription_id == subscription_id,
                _deliveries.c.id >= first_id("dlv", since - _LONGEST_WAY),
                _deliveries.c.status == "GIVEN_UP",
                _deliveries.c.completed_at >= since,
                _deliveries.c.event_id.is_not(None),
                _deliveries.c.origin != "TEST",
            )
            .order_by(_deliveries.c.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        result = await self._connection.execute(
            update(_deliveries)
            .where(_deliveries.c.id.in_(select(chosen.cte().c.id)))
            .values(status="HELD", completed_at=None, lease_owner=None, lease_until=None)
            .returning(_deliveries.c.id)
        )
        return len(result.all())

    async def release(self, subscription_id: str, *, now: datetime, most: int) -> int:
        """Let up to `most` held deliveries go, the oldest first; return how many it were."""
        if not await self._stands(subscription_id, _table.c.state == ACTIVE):
            return 0
        rows = await self._connection.execute(
            select(_deliveries.c.id)
            .where(_deliveries.c.subscription_id == subscription_id, _is_held)
            .order_by(_deliveries.c.id)
            .limit(most)
            .with_for_update()
        )
        found = rows.all()
        # due a microsecond apart, since claims take the longest due first
        released = [
            {"b_id": row.id, "b_due_at": now - timedelta(microseconds=len(found) - number)}
            for number, row in enumerate(found)
        ]
        if released:
            await self._connection.execute(_release, released)
            await notify(self._connection)
        return len(released)

    async def _stands(self, subscription_id: str, state: ColumnElement[bool]) -> bool:
        """Say whether it is still in that state, and see that it stays so until the commit."""
        found = await self._connection.execute(
            select(_table.c.id)
            .where(_table.c.id == subscription_id, _table.c.deleted_at.is_(None), state)
            .with_for_update(read=True)
        )
        return found.first() is not None

    # -- what is counted -------------------------------------------------------------------------

    async def states(self) -> dict[str, int]:
        """Count live subscriptions by state."""
        rows = await self._connection.execute(
            select(_table.c.state, func.count())
            .where(_table.c.deleted_at.is_(None))
            .group_by(_table.c.state)
        )
        return {row[0]: row[1] for row in rows}

    async def held(self) -> int:
        """Count the deliveries that are held."""
        found = await self._connection.execute(
            select(func.count()).select_from(_deliveries).where(_is_held)
        )
        return int(found.scalar_one())


_release = (
    update(_deliveries)
    .where(_deliveries.c.id == bindparam("b_id"))
    .values(status="PENDING", due_at=bindparam("b_due_at"))
)


def _probable(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        _is_paused,
        _table.c.next_probe_at <= now,
        _table.c.deleted_at.is_(None),
        exists().where(_own, _is_held),
    )
