"""From accepted events to the deliveries they cause. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

import msgspec

from storage.clock import iso_millis
from storage.ids import new_id
from storage.repositories.deliveries import Delivery
from storage.repositories.due_deliveries import DueDelivery, DueEvent
from storage.repositories.events import Event
from storage.repositories.known_records import KnownRecord
from storage.repositories.subscriptions import Subscription
from storage.values import Value


class Accepted(Value, frozen=True):
    """A verified event of the provider, not stored yet.

    `announced_type` is the event type the provider named, None when it named none; `created_here`
    says whether the resource itself was made after we subscribed. `version` is the record's state
    where the event tells it, else its time does. `followers` are resources to be asked about
    because of it; `reference` is what the vendor calls the account. `also` are the same event of
    other resources that have the record, for whoever subscribed to those.
    """

    event: Event
    announced_type: str | None
    created_here: bool
    version: str | None = None
    followers: tuple[str, ...] = ()
    reference: str | None = None
    also: "tuple[Accepted, ...]" = ()


@dataclass(frozen=True, slots=True)
class FirstLease:
    """The worker that sends straight away, or None when any worker may claim."""

    owner: str
    until: timedelta


DELETED = "DELETED"

HandOver: TypeAlias = Callable[[Sequence[Delivery], Sequence[DueDelivery], float], None]
"""Takes deliveries that were just committed; of those under a lease also all that sending them
takes, and when that was read, by `time.monotonic`."""


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
        kind = item.announced_type or (
            "CREATED" if key not in seen and item.created_here else "UPDATED"
        )
        seen.add(key)
        events.append(msgspec.structs.replace(item.event, event_type=kind))
    return events


def wanted_also(
    accepted: Iterable[Accepted], subscriptions: Iterable[Subscription]
) -> list[Accepted]:
    """Return the events of other resources with the same records that somebody subscribed to."""
    subscribed = {(one.account_id, one.resource) for one in subscriptions}
    return [
        one
        for item in accepted
        for one in item.also
        if (one.event.account_id, one.event.resource) in subscribed
    ]


def emitted_records(accepted: Iterable[Accepted]) -> list[KnownRecord]:
    """Return the states that events emit, one for each record: the newest."""
    newest: dict[tuple[str, str, str], KnownRecord] = {}
    for item in accepted:
        event = item.event
        key = (event.account_id, event.resource, event.resource_id)
        if key not in newest or newest[key].emitted_until < event.occurred_at:
            version = item.version or iso_millis(event.occurred_at)
            newest[key] = KnownRecord(*key, version=version, emitted_until=event.occurred_at)
    return list(newest.values())


def plan(
    events: Iterable[Event],
    subscriptions: Sequence[Subscription],
    *,
    now: datetime,
    lease: FirstLease | None,
) -> list[Delivery]:
    """Return one delivery for each event and each live subscription that wants it.

    For a paused subscription it's HELD, for a disabled one there is none. Of what is gone only
    those are told that ask for it. Where the deliveries of
    a record are ordered or joined, each has the record's key and is any worker's, since claims
    keep the order; one that waits to be joined is due later. What a poll found from before a
    subscription isn't emitted to it.
    """
    followers: dict[tuple[str, str], list[Subscription]] = {}
    for subscription in subscriptions:
        if subscription.state != "DISABLED":
            followers.setdefault((subscription.account_id, subscription.resource), []).append(
                subscription
            )
    return [
        _planned(event, subscription, now, lease)
        for event in events
        for subscription in followers.get((event.account_id, event.resource), ())
        if not _is_history(event, subscription) and _is_wanted(event, subscription)
    ]


def ready(
    deliveries: Iterable[Delivery],
    events: Iterable[Event],
    subscriptions: Iterable[Subscription],
    references: Mapping[str, str | None],
) -> list[DueDelivery]:
    """Return all that sending takes, for those planned deliveries that are leased.

    What was read to plan them says it all, so that nothing need be asked again. `references` are by
    account id.
    """
    by_event = {event.id: event for event in events}
    by_subscription = {subscription.id: subscription for subscription in subscriptions}
    return [
        DueDelivery(
            delivery,
            references.get(delivery.account_id),
            DueEvent(
                by_event[delivery.event_id or ""], by_subscription[delivery.subscription_id or ""]
            ),
        )
        for delivery in deliveries
        if delivery.lease_until is not None
    ]


def _planned(
    event: Event, subscription: Subscription, now: datetime, lease: FirstLease | None
) -> Delivery:
    is_held = subscription.state == "PAUSED"
    wait = timedelta(seconds=subscription.coalesce_seconds)
    is_keyed = subscription.ordered or bool(wait)
    leased = None if is_held or is_keyed else lease
    return Delivery(
        id=new_id("dlv", now),
        account_id=event.account_id,
        event_id=event.id,
        subscription_id=subscription.id,
        notice_id=None,
        status="HELD" if is_held else "PENDING",
        attempts=0,
        due_at=now + wait,
        lease_owner=leased.owner if leased else None,
        lease_until=now + leased.until if leased else None,
        created_at=now,
        completed_at=None,
        record_key=f"{event.resource}:{event.resource_id}" if is_keyed else None,
    )


def _is_wanted(event: Event, subscription: Subscription) -> bool:
    return subscription.deletions or event.event_type != DELETED


def _is_history(event: Event, subscription: Subscription) -> bool:
    """Dates from polls may be whole seconds, so that the second of subscribing counts."""
    return event.source == "POLL" and event.occurred_at < subscription.created_at.replace(
        microsecond=0
    )
