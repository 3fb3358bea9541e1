"""Deliveries that no change at the provider caused: replays and tests. Pure."""

from dataclasses import replace
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
    made_by: str | None = None,
) -> list[Again]:
    """Plan a delivery of a stored event, due now; HELD while the subscription is paused.

    `made_by` is the event it was joined with the first time, if that made the record: it's joined
    again, since it is why the body says CREATED.
    """
    joins = subscription.ordered or subscription.coalesce_seconds > 0 or made_by is not None
    again = Again(
        id=delivery_id or new_id("dlv", now),
        account_id=subscription.account_id,
        event_id=event_id,
        subscription_id=subscription.id,
        status="HELD" if subscription.state == "PAUSED" else "PENDING",
        origin=origin,
        replay_id=replay_id,
        record_key=f"{resource}:{resource_id}" if joins else None,
        due_at=now,
        created_at=now,
    )
    if made_by is None:
        return [again]
    joined = replace(
        again,
        id=new_id("dlv", now),
        event_id=made_by,
        status="MERGED",
        replay_id=None,
        merged_into=again.id,
        completed_at=now,
    )
    return [again, joined]
