"""The delivery log, newest first. Its cost depends on the page, not on how long the log is.

Ids grow with time, so that a page begins where the last one ended and moments are bounds of ids.
A page looks at `WINDOW` deliveries at most: with a rare status among millions it ends early and
says where to go on.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal_column, select

from storage.connection import SqlConnection
from storage.tables import AttemptRow, DeliveryRow, EventRow, NoticeRow, SubscriptionRow
from storage.values import as_value, columns_of, table_of

WINDOW = 20_000

_table = table_of(DeliveryRow)
_attempts = table_of(AttemptRow)
_events = table_of(EventRow)
_notices = table_of(NoticeRow)
_subscriptions = table_of(SubscriptionRow)
_joined = _table.alias("joined")
_firsts = _events.alias("joined_event")


@dataclass(frozen=True, slots=True)
class LoggedDelivery:
    """A delivery with what it brings; of a notice only the kind and the URL are known."""

    id: str
    account_id: str
    subscription_id: str | None
    notice_id: str | None
    callback_url: str
    event_id: str | None
    event_type: str | None
    resource: str | None
    resource_id: str | None
    status: str
    origin: str
    replay_id: str | None
    merged_into: str | None
    attempts: int
    due_at: datetime
    created_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class LoggedAttempt:
    """One attempt; headers are JSON objects, and nothing in them proves anything."""

    number: int
    started_at: datetime
    duration_ms: int
    status_code: int | None
    error: str | None
    request_headers: str | None
    response_headers: str | None
    response_body: str | None


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which deliveries; None is all. `first_id` is included, `before_id` is not."""

    status: str | None = None
    event_type: str | None = None
    event_id: str | None = None
    resource_id: str | None = None
    origin: str | None = None
    first_id: str | None = None
    before_id: str | None = None


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some deliveries, and the id before which to go on; None at the end."""

    deliveries: tuple[LoggedDelivery, ...]
    next_before: str | None


# A delivery that others were joined with tells of a record that was made, if one of them did.
_told_type = case(
    (_table.c.record_key.is_(None) | (_events.c.event_type == "DELETED"), _events.c.event_type),
    (
        select(_joined.c.id)
        .join(_firsts, _firsts.c.id == _joined.c.event_id)
        .where(_joined.c.merged_into == _table.c.id, _firsts.c.event_type == "CREATED")
        .correlate(_table)
        .exists(),
        "CREATED",
    ),
    else_=_events.c.event_type,
)

_logged = (
    select(
        _table.c.id,
        _table.c.account_id,
        _table.c.subscription_id,
        _table.c.notice_id,
        func.coalesce(_subscriptions.c.callback_url, _notices.c.callback_url).label("callback_url"),
        _table.c.event_id,
        func.coalesce(_told_type, _notices.c.kind).label("event_type"),
        _events.c.resource,
        _events.c.resource_id,
        _table.c.status,
        _table.c.origin,
        _table.c.replay_id,
        _table.c.merged_into,
        _table.c.attempts,
        _table.c.due_at,
        _table.c.created_at,
        _table.c.completed_at,
    )
    .outerjoin(_events, _events.c.id == _table.c.event_id)
    .outerjoin(_subscriptions, _subscriptions.c.id == _table.c.subscription_id)
    .outerjoin(_notices, _notices.c.id == _table.c.notice_id)
)


class DeliveryLogRepository:
    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def page(
        self,
        subscription_id: str,
        chosen: LogFilter,
        *,
        before: str | None = None,
        most: int,
        window: int = WINDOW,
    ) -> LogPage:
        """List up to `most` deliveries of a subscription, newest first, older than `before`.

        Fewer than `most` don't mean the end; `next_before` is None there.
        """
        bounds = _bounds(chosen, before)
        if chosen.event_id is not None or chosen.resource_id is not None:
            # An event, or a record, has few deliveries, so that all are found through it. With
            # the bare column SQLite would rather walk the subscription's log.
            of_subscription = func.coalesce(_table.c.subscription_id, "") == subscription_id
            query = _logged.where(of_subscription, *bounds, *_conditions(chosen))
            if chosen.event_id is not None:
                query = query.where(_table.c.event_id == chosen.event_id)
            if chosen.resource_id is not None:
                query = query.where(
                    _table.c.event_id.in_(_events_of(subscription_id, chosen.resource_id))
                )
            return await self._answer(query, most, last_looked_at=None)
        own = _table.c.subscription_id == subscription_id
        looked_at = (
            select(_table.c.id).where(own, *bounds).order_by(_table.c.id.desc()).limit(window)
        )
        conditions = _conditions(chosen)
        if not conditions:
            return await self._answer(_logged.where(own, *bounds), most, last_looked_at=None)
        last = (await self._connection.execute(looked_at.offset(window - 1).limit(1))).scalar()
        if last is not None:
            conditions = (*conditions, _table.c.id >= last)
        return await self._answer(
            _logged.where(own, *bounds, *conditions), most, last_looked_at=last
        )

    async def get(self, delivery_id: str) -> LoggedDelivery | None:
        row = (await self._connection.execute(_logged.where(_table.c.id == delivery_id))).first()
        return None if row is None else as_value(LoggedDelivery, row)

    async def attempts(self, delivery_id: str) -> tuple[LoggedAttempt, ...]:
        """List the attempts of a delivery, the first one first."""
        rows = await self._connection.execute(
            select(*columns_of(LoggedAttempt, _attempts))
            .where(_attempts.c.delivery_id == delivery_id)
            .order_by(_attempts.c.number)
        )
        return tuple(as_value(LoggedAttempt, row) for row in rows)

    async def counts(self, subscription_id: str) -> tuple[int, int]:
        """Count what waits for its next attempt, and what is held while the subscription is
        paused."""
        return await self._count(subscription_id, "PENDING"), await self._count(
            subscription_id, "HELD"
        )

    async def _count(self, subscription_id: str, status: str) -> int:
        # the status is written into the statement: partial indexes serve nothing else
        found = await self._connection.execute(
            select(func.count()).where(
                _table.c.subscription_id == subscription_id,
                _table.c.status == literal_column(f"'{status}'"),
            )
        )
        return found.scalar_one()

    async def _answer(
        self, query: "Select[*tuple[Any, ...]]", most: int, *, last_looked_at: str | None
    ) -> LogPage:
        rows = await self._connection.execute(query.order_by(_table.c.id.desc()).limit(most + 1))
        found = tuple(as_value(LoggedDelivery, row) for row in rows)
        if len(found) > most:
            return LogPage(found[:most], found[most - 1].id)
        return LogPage(found, last_looked_at)


def _bounds(chosen: LogFilter, before: str | None) -> list[ColumnElement[bool]]:
    bounds: list[ColumnElement[bool]] = []
    if chosen.first_id is not None:
        bounds.append(_table.c.id >= chosen.first_id)
    ends = [end for end in (chosen.before_id, before) if end is not None]
    if ends:
        bounds.append(_table.c.id < min(ends))
    return bounds


def _conditions(chosen: LogFilter) -> tuple[ColumnElement[bool], ...]:
    wanted = (
        (_table.c.status, chosen.status),
        (_table.c.origin, chosen.origin),
        (_told_type, chosen.event_type),
    )
    return tuple(column == value for column, value in wanted if value is not None)


def _events_of(subscription_id: str, resource_id: str) -> "Select[str]":
    return (
        select(_events.c.id)
        .join(
            _subscriptions,
            (_subscriptions.c.account_id == _events.c.account_id)
            & (_subscriptions.c.resource == _events.c.resource),
        )
        .where(_subscriptions.c.id == subscription_id, _events.c.resource_id == resource_id)
    )
