"""A past for a subscription: events with their deliveries, as they were left at some moment."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from storage.ids import new_id
from storage.repositories.subscriptions import Subscription
from storage.tables import AttemptRow, DeliveryRow, EventRow
from storage.values import table_of
from tests.webhooks.relay import Relay

_FINISHED = ("DELIVERED", "GIVEN_UP", "CANCELED", "MERGED")


async def past(
    relay: Relay,
    subscription: Subscription,
    number: int = 1,
    *,
    at: datetime | None = None,
    finished: datetime | None = None,
    status: str = "DELIVERED",
    event_type: str = "UPDATED",
    resource_id: str | None = None,
    **changed: Any,
) -> list[str]:
    """Store as many deliveries of as many events, a millisecond apart; return their ids.

    Each finished one has one attempt.
    """
    begin = at or relay.clock()
    events: list[dict[str, Any]] = []
    deliveries: list[dict[str, Any]] = []
    attempts: list[dict[str, Any]] = []
    for index in range(number):
        moment = begin + timedelta(milliseconds=index)
        event_id, delivery_id = new_id("evt", moment), new_id("dlv", moment)
        is_finished = status in _FINISHED
        events.append(
            {
                "id": event_id,
                "account_id": subscription.account_id,
                "upstream_event_id": event_id,
                "resource": subscription.resource,
                "resource_id": resource_id or f"inv-{index}",
                "event_type": event_type,
                "occurred_at": moment,
                "received_at": moment,
                "body_sha256": "",
                "source": "WEBHOOK",
            }
        )
        deliveries.append(
            {
                "id": delivery_id,
                "account_id": subscription.account_id,
                "event_id": event_id,
                "subscription_id": subscription.id,
                "status": status,
                "origin": "EVENT",
                "attempts": int(is_finished),
                "due_at": moment,
                "created_at": moment,
                "completed_at": (finished or moment) if is_finished else None,
                **changed,
            }
        )
        if is_finished:
            attempts.append(
                {
                    "delivery_id": delivery_id,
                    "number": 1,
                    "started_at": moment,
                    "duration_ms": 12,
                    "status_code": 200 if status == "DELIVERED" else 500,
                }
            )
    async with relay.work.writing() as tx:
        await tx.connection.execute(insert(table_of(EventRow)), events)
        await tx.connection.execute(insert(table_of(DeliveryRow)), deliveries)
        if attempts:
            await tx.connection.execute(insert(table_of(AttemptRow)), attempts)
    return [one["id"] for one in deliveries]
