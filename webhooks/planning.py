"""From accepted events to the deliveries they cause. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from storage.ids import new_id
from storage.repositories.deliveries import Delivery
from storage.repositories.events import Event
from storage.repositories.subscriptions import Subscription


@dataclass(frozen=True, slots=True)
class Accepted:
    """A verified event of the provider, not stored yet.

    `told` is the event type the provider named, None when it named none; `created_here` says
    whether the resource itself was made after we subscribed.
    """

    event: Event
    told: str | None
    created_here: bool


@dataclass(frozen=True, slots=True)
class Lease:
    """The worker that sends straight away, or None when any worker may claim."""

    owner: str
    until: timedelta


def decide_types(accepted: Iterable[Accepted], seen: set[tuple[str, str, str]]) -> list[Event]:
    """Settle for each event whether it is CREATED or UPDATED.

    The provider's word counts. Without one, a resource never seen before that was made after the
    subscription is CREATED, and everything else is UPDATED. `seen` holds (account id, resource,
    resource id) of earlier events.
    """
    seen = set(seen)
    events: list[Event] = []
    for item in accepted:
        key = (item.event.account_id, item.event.resource, item.event.resource_id)
        kind = item.told or ("CREATED" if key not in seen and item.created_here else "UPDATED")
        seen.add(key)
        events.append(replace(item.event, event_type=kind))
    return events


def plan(
    events: Iterable[Event],
    subscriptions: Sequence[Subscription],
    *,
    now: datetime,
    lease: Lease | None,
) -> list[Delivery]:
    """Answer one delivery for each event and each live subscription that wants it."""
    return [
        Delivery(
            id=new_id("dlv", now),
            account_id=event.account_id,
            event_id=event.id,
            subscription_id=subscription.id,
            notice_id=None,
            status="PENDING",
            attempts=0,
            due_at=now,
            lease_owner=lease.owner if lease else None,
            lease_until=now + lease.until if lease else None,
            created_at=now,
            completed_at=None,
        )
        for event in events
        for subscription in subscriptions
        if subscription.account_id == event.account_id and subscription.resource == event.resource
    ]
