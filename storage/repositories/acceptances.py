"""What an accepted event brings, stored in one go: itself, what it tells of a record, deliveries.

SQLite, which is in this process, takes one statement after the other. PostgreSQL gets all in one:
each is a trip, and a trip costs more than the rows that it brings.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    Boolean,
    ColumnElement,
    String,
    Text,
    and_,
    cast,
    func,
    or_,
    select,
    true,
)

from storage.connection import SqlConnection
from storage.notify import announced
from storage.prepared import Combined, Given
from storage.repositories.deliveries import Delivery, DeliveryRepository, is_for_anybody
from storage.repositories.events import Event, EventRepository, in_order
from storage.repositories.known_records import KnownRecord, KnownRecordRepository, upserting
from storage.repositories.subscriptions import Live, mark
from storage.tables import AccountRow, DeliveryRow, EventRow, KnownRecordRow, SubscriptionRow
from storage.values import table_of, types_of

_accounts = table_of(AccountRow)
_deliveries = table_of(DeliveryRow)
_events = table_of(EventRow)
_known = table_of(KnownRecordRow)
_subscriptions = table_of(SubscriptionRow)


class Stored(NamedTuple):
    """Ids of the events that were new, and of the deliveries that were queued for them."""

    events: set[str]
    deliveries: set[str]


def _storing(given: Mapping[str, Given]) -> Any:
    """Write everything, unless a subscription isn't what the deliveries were planned for.

    Everybody locks accounts before subscriptions before known records, and several rows of one
    table in the order of their keys; two that didn't would wait for each other.
    """
    sure = _checked(given["accounts"], given["subscriptions"])
    new = _new_events(given["events"], sure)
    emitted = _emitted_records(given["emitted"], new)
    queued = _queued(given["deliveries"], new, emitted)
    wanted = given["announce"]
    return select(
        select(sure.c.sure).scalar_subquery().label("sure"),
        func.array(select(new.c.id).scalar_subquery()).label("events"),
        func.array(select(queued.c.id).scalar_subquery()).label("deliveries"),
        select(cast(announced, Text)).select_from(wanted.table).scalar_subquery().label("notified"),
    )


def _checked(accounts: Given, expected: Given) -> CTE:
    """Lock the accounts' live subscriptions, and say whether they are those that are expected."""
    owners = (
        select(_accounts.c.id)
        .where(_accounts.c.id.in_(select(accounts["id"])))
        .order_by(_accounts.c.id)
        .with_for_update(read=True, key_share=True)
        .cte("owners")
    )
    held = (
        select(_subscriptions.c.id, mark.label("mark"))
        .where(
            _subscriptions.c.account_id.in_(select(owners.c.id)),
            _subscriptions.c.deleted_at.is_(None),
        )
        .with_for_update(read=True, of=_subscriptions)
        .cte("held")
    )
    differs = (
        select(true())
        .select_from(held)
        .join(
            expected.table,
            and_(held.c.id == expected["id"], held.c.mark == expected["mark"]),
            full=True,
        )
        .where(or_(held.c.id.is_(None), expected["id"].is_(None)))
    )
    return select((~differs.exists()).label("sure")).cte("sure")


def _new_events(event: Given, sure: CTE) -> CTE:
    """Add the events that aren't stored yet."""
    return (
        event.insert(
            _events,
            select(event.table)
            .where(select(sure.c.sure).scalar_subquery())
            .order_by(event["account_id"], event["upstream_event_id"]),
        )
        .on_conflict_do_nothing()
        .returning(
            _events.c.id,
            _events.c.account_id,
            _events.c.resource,
            _events.c.resource_id,
            _events.c.occurred_at,
        )
        .cte("new")
    )


def _emitted_records(record: Given, new: CTE) -> CTE:
    """Write down which states of their records the new events emit."""
    return upserting(
        record.insert(
            _known,
            select(record.table)
            .where(select(new.c.id).where(_concerns(record, new)).exists())
            .order_by(record["account_id"], record["resource"], record["resource_id"]),
        )
    ).cte("emitted")


def _queued(delivery: Given, new: CTE, emitted: CTE) -> CTE:
    """Add the deliveries of new events whose change hasn't been emitted."""
    return (
        delivery.insert(
            _deliveries,
            select(delivery.table)
            .join(new, new.c.id == delivery["event_id"])
            .join(emitted, _concerns(emitted.c, new))
            # else a poll read the record after the event was made, and has emitted its change
            .where(or_(emitted.c.read_at.is_(None), new.c.occurred_at > emitted.c.read_at)),
        )
        .returning(_deliveries.c.id)
        .cte("queued")
    )


def _concerns(columns: Any, new: CTE) -> ColumnElement[bool]:
    """Say whether a record is the one that a new event is about."""
    return and_(
        columns["account_id"] == new.c.account_id,
        columns["resource"] == new.c.resource,
        columns["resource_id"] == new.c.resource_id,
    )


_store = Combined(
    {
        "accounts": {"id": String()},
        "subscriptions": {"id": String(), "mark": Text()},
        "events": types_of(Event, _events),
        "emitted": types_of(KnownRecord, _known),
        "deliveries": types_of(Delivery, _deliveries),
        "announce": {"yes": Boolean()},
    },
    _storing,
)


class AcceptanceRepository:
    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def store(
        self,
        events: Sequence[Event],
        emitted: Sequence[KnownRecord],
        deliveries: Sequence[Delivery],
        live: Live,
    ) -> Stored | None:
        """Store those events that aren't stored yet, with what they tell and their deliveries.

        Of several events with the same upstream id the first counts. Where a poll read the record
        after an event was made, and so has emitted its change, there is no delivery. `emitted` has
        one entry for each record. None means that nothing was stored, since the subscriptions are
        not `live`'s any more.
        """
        if self._connection.dialect.name != "postgresql":
            return await self._store_each(events, emitted, deliveries)
        (row,) = await _store.fetch(
            self._connection,
            {
                "accounts": [{"id": account_id} for account_id in live.accounts],
                "subscriptions": [{"id": one, "mark": mark} for one, mark in live.marks],
                "events": in_order(events),
                "emitted": emitted,
                "deliveries": deliveries,
                "announce": [{"yes": True}] if any(map(is_for_anybody, deliveries)) else [],
            },
        )
        return Stored(set(row[1]), set(row[2])) if row[0] else None

    async def _store_each(
        self,
        events: Sequence[Event],
        emitted: Sequence[KnownRecord],
        deliveries: Sequence[Delivery],
    ) -> Stored:
        new = await EventRepository(self._connection).add_new(events)
        fresh = {event.id: _record_of(event) for event in events if event.id in new}
        records = set(fresh.values())
        polled = await KnownRecordRepository(self._connection).note_emitted(
            [one for one in emitted if _record_of(one) in records]
        )
        not_emitted = {
            event.id
            for event in events
            if event.id in new
            and (record := fresh[event.id]) in polled
            and ((read_at := polled[record]) is None or event.occurred_at > read_at)
        }
        queued = [one for one in deliveries if one.event_id in not_emitted]
        await DeliveryRepository(self._connection).add(queued)
        return Stored(new, {one.id for one in queued})


def _record_of(one: Event | KnownRecord) -> tuple[str, str, str]:
    return one.account_id, one.resource, one.resource_id
