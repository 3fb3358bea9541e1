"""Deliveries put into the queue directly, for subscriptions with options."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from storage.ids import new_id
from storage.repositories.deliveries import Delivery
from storage.repositories.endpoints import Endpoint
from storage.repositories.events import Event
from storage.repositories.subscriptions import Subscription
from storage.tables import SubscriptionRow
from storage.values import table_of
from tests.webhooks.relay import START, Relay

_table = table_of(SubscriptionRow)


async def change(relay: Relay, subscription: Subscription, **values: Any) -> None:
    """Change columns of a subscription."""
    async with relay.work.writing() as tx:
        await tx.connection.execute(
            update(_table).where(_table.c.id == subscription.id).values(**values)
        )


async def state(relay: Relay, subscription: Subscription) -> Endpoint:
    async with relay.work.reading() as tx:
        found = await tx.endpoints.get(subscription.id)
    assert found is not None
    return found


async def queue(
    relay: Relay,
    subscription: Subscription,
    records: Sequence[str],
    *,
    types: Sequence[str] = (),
    status: str = "PENDING",
    due_in: float = 0,
    at: datetime | None = None,
    keyed: bool = True,
    shuffled: bool = False,
) -> list[Event]:
    """Plan one delivery per named record, in the order of their events, a second apart.

    `shuffled` lets the ids of the deliveries say nothing about that order.
    """
    now = at or relay.clock()
    events: list[Event] = []
    deliveries: list[Delivery] = []
    for number, record in enumerate(records):
        event = Event(
            id=new_id("evt", now),
            account_id=subscription.account_id,
            upstream_event_id=new_id("up", now),
            resource="INVOICE",
            resource_id=record,
            event_type=types[number] if types else "UPDATED",
            occurred_at=now + timedelta(seconds=number - 3600),
            received_at=now,
            body_sha256="",
        )
        made = START - timedelta(days=number) if shuffled else now + timedelta(seconds=number)
        events.append(event)
        deliveries.append(
            Delivery(
                id=new_id("dlv", made),
                account_id=subscription.account_id,
                event_id=event.id,
                subscription_id=subscription.id,
                notice_id=None,
                status=status,
                attempts=0,
                due_at=now + timedelta(seconds=due_in),
                lease_owner=None,
                lease_until=None,
                created_at=now,
                completed_at=None,
                record_key=f"INVOICE:{record}" if keyed else None,
            )
        )
    async with relay.work.writing() as tx:
        await tx.events.add_new(events)
        await tx.deliveries.add(deliveries)
    return events


def arrived(relay: Relay, events: Sequence[Event]) -> list[Event]:
    """List what arrived, in order, among these."""
    known = {event.id: event for event in events}
    return [known[one] for one in relay.endpoints.ids() if one in known]
