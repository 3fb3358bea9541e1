"""Deliveries that no change at the provider caused: replays and tests. Pure."""

from datetime import datetime

from storage.ids import new_id
from storage.repositories.replays import Again
from storage.repositories.subscriptions import Subscription

REPLAY, TEST = "REPLAY", "TEST"


def plan_again(
    subscription: Subscription,
    *,
    event_id: str,
    resource: str,
    resource_id: str,
    origin: str,
    now: datetime,
    replay_id: str | None = None,
    delivery_id: str | None = None,
) -> Again:
    """Plan a delivery of a stored event, due now; HELD while the subscription is paused.

    It waits its turn where a record's events are ordered, but for no later ones to join it: what is
    asked for again is wanted as it was.
    """
    return Again(
        id=delivery_id or new_id("dlv", now),
        account_id=subscription.account_id,
        event_id=event_id,
        subscription_id=subscription.id,
        status="HELD" if subscription.state == "PAUSED" else "PENDING",
        origin=origin,
        replay_id=replay_id,
        record_key=f"{resource}:{resource_id}" if subscription.ordered else None,
        due_at=now,
        created_at=now,
    )
