"""Order and joining of what concerns one record, where a subscription asks for it.

Events of a record follow each other by when they happened, then by when they were accepted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Exists,
    bindparam,
    case,
    exists,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from storage.connection import SqlConnection
from storage.tables import DeliveryRow, EventRow, SubscriptionRow
from storage.values import table_of

_table = table_of(DeliveryRow)
_events = table_of(EventRow)
_subscriptions = table_of(SubscriptionRow)
_other = _table.alias("other")
_others = _events.alias("others_event")
_own = _events.alias("own_event")
_merged = _table.alias("merged")
_firsts = _events.alias("merged_event")

# Written into the statement, as the partial indexes have it.
_other_is_pending = _other.c.status == literal_column("'PENDING'")
_other_waits = or_(_other_is_pending, _other.c.status == literal_column("'HELD'"))

_is_earlier = tuple_(_others.c.occurred_at, _others.c.received_at, _other.c.id) < tuple_(
    _own.c.occurred_at, _own.c.received_at, _table.c.id
)


def _another(*conditions: ColumnElement[bool]) -> Exists:
    """Say that another delivery of the same record waits, in a subscription that is ordered."""
    return (
        exists()
        .where(
            _subscriptions.c.id == _table.c.subscription_id,
            _subscriptions.c.ordered,
            _other.c.subscription_id == _table.c.subscription_id,
            _other.c.record_key == _table.c.record_key,
            _other_waits,
            _other.c.id != _table.c.id,
            _others.c.id == _other.c.event_id,
            _own.c.id == _table.c.event_id,
            *conditions,
        )
        .correlate(_table)
    )


def unblocked(now: datetime) -> ColumnElement[bool]:
    """Say that nothing is in a delivery's way: no earlier one, and none under way."""
    leased = _other.c.lease_until >= now
    return or_(_table.c.record_key.is_(None), ~_another(or_(leased, _is_earlier)))


must_wait: ColumnElement[bool] = case(
    (_table.c.record_key.is_(None), False), else_=_another(_is_earlier)
)
"""Whether an earlier delivery of the record waits. A claim that saw none may have been overtaken by
one that was committed meanwhile; that one then sees this lease, so never are two under way."""

event_type: ColumnElement[str] = case(
    (_table.c.record_key.is_(None) | (_events.c.event_type == "DELETED"), _events.c.event_type),
    (
        exists()
        .where(
            _merged.c.merged_into == _table.c.id,
            _firsts.c.id == _merged.c.event_id,
            _firsts.c.event_type == "CREATED",
        )
        .correlate(_table),
        "CREATED",
    ),
    else_=_events.c.event_type,
)
"""What is told: of a record that was made and changed before anybody heard of it, CREATED. One that
is gone is DELETED, whatever came before."""


@dataclass(frozen=True, slots=True)
class MergedDeliveries:
    """Deliveries of one record that became one."""

    kept: str
    merged: tuple[str, ...]


async def join(
    connection: SqlConnection,
    claimed: Sequence[tuple[str, str, str]],
    *,
    owner: str,
    now: datetime,
    until: datetime,
) -> list[MergedDeliveries]:
    """Join claimed deliveries, each (id, subscription id, record key), with all that wait for it.

    The newest is kept and takes over the lease; the others are MERGED into it. Only what was never
    tried is joined, and only where the subscription joins at all.
    """
    ids = [one[0] for one in claimed]
    rows = await connection.execute(
        select(_table.c.id, _table.c.subscription_id, _table.c.record_key)
        .add_columns(_events.c.occurred_at, _events.c.received_at)
        .join(_subscriptions, _subscriptions.c.id == _table.c.subscription_id)
        .join(_events, _events.c.id == _table.c.event_id)
        .where(
            tuple_(_table.c.subscription_id, _table.c.record_key).in_(
                sorted({(one[1], one[2]) for one in claimed})
            ),
            _table.c.status == literal_column("'PENDING'"),
            _table.c.attempts == 0,
            _subscriptions.c.coalesce_seconds > 0,
            or_(
                _table.c.id.in_(ids),
                _table.c.lease_until.is_(None),
                _table.c.lease_until < now,
            ),
        )
        .with_for_update(of=_table, skip_locked=True)
    )
    groups: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        groups.setdefault((row.subscription_id, row.record_key), []).append(row)
    joined: list[MergedDeliveries] = []
    for group in groups.values():
        if len(group) > 1:
            group.sort(key=lambda row: (row.occurred_at, row.received_at, row.id))
            joined.append(MergedDeliveries(group[-1].id, tuple(row.id for row in group[:-1])))
    if joined:
        await _merge(connection, joined, owner=owner, now=now, until=until)
    return joined


_move = update(_table).where(_table.c.id == bindparam("b_id"))
_lose = _move.values(
    status="MERGED",
    merged_into=bindparam("b_kept"),
    completed_at=bindparam("b_now"),
    lease_owner=None,
    lease_until=None,
)
_keep = _move.values(
    due_at=bindparam("b_now"), lease_owner=bindparam("b_owner"), lease_until=bindparam("b_until")
)
_follow = (
    update(_table)
    .where(_table.c.merged_into == bindparam("b_id"))
    .values(merged_into=bindparam("b_kept"))
)


async def _merge(
    connection: SqlConnection,
    joined: Sequence[MergedDeliveries],
    *,
    owner: str,
    now: datetime,
    until: datetime,
) -> None:
    pairs = [{"b_id": one, "b_kept": it.kept} for it in joined for one in it.merged]
    # those that an earlier claim had joined already, before its worker died
    await connection.execute(_follow, pairs)
    await connection.execute(_lose, [pair | {"b_now": now} for pair in pairs])
    await connection.execute(
        _keep,
        [{"b_id": it.kept, "b_now": now, "b_owner": owner, "b_until": until} for it in joined],
    )


async def let_followers_wait(
    connection: SqlConnection, heads: Sequence[tuple[str, str, datetime]]
) -> None:
    """Put off what follows a failed attempt of its record until that is tried again.

    Each head is (subscription id, record key, due at). They'd be blocked all the same; but claims
    would look at them each time.
    """
    for subscription_id, record_key, due_at in heads:
        rows = (
            select(_table.c.id)
            .where(
                _table.c.subscription_id == subscription_id,
                _table.c.record_key == record_key,
                _table.c.status == literal_column("'PENDING'"),
                _table.c.lease_owner.is_(None),
                _table.c.due_at < due_at,
            )
            .with_for_update(skip_locked=True)
        )
        await connection.execute(
            update(_table).where(_table.c.id.in_(select(rows.cte().c.id))).values(due_at=due_at)
        )
