"""What must be true after the dust has settled. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from tests.chaos.qonto import Posted
from tests.chaos.vendor import Arrival, Subscribed

UNDER_WAY = timedelta(seconds=12)
"""How long an attempt that had started when its subscription ended may take to arrive."""


def violations(
    events: Iterable[Posted], subscriptions: Sequence[Subscribed], arrivals: Sequence[Arrival]
) -> list[str]:
    """List what broke a promise, in words."""
    posted = {event.resource_id: event for event in events}
    known = [arrival for arrival in arrivals if arrival.resource_id in posted]
    return [
        *_lost(posted.values(), subscriptions, known),
        *_changed(known),
        *_astray(posted, subscriptions, known),
        *_late(subscriptions, arrivals),
    ]


def _lost(
    events: Iterable[Posted], subscriptions: Sequence[Subscribed], arrivals: Sequence[Arrival]
) -> list[str]:
    """Every accepted event reached every subscription that lived then and lives still."""
    there = {(arrival.path, arrival.resource_id) for arrival in arrivals}
    return [
        f"{event.resource_id} was accepted and never reached {subscription.path}"
        for event in events
        for subscription in subscriptions
        if event.accepted_at is not None
        and subscription.account_id == event.account_id
        and subscription.made_at <= event.first_at
        and not subscription.ending
        and (subscription.path, event.resource_id) not in there
    ]


def _changed(arrivals: Iterable[Arrival]) -> list[str]:
    """What comes again comes with the id and the body that it had; no id stands for two events."""
    ids: defaultdict[str, set[str]] = defaultdict(set)
    records: defaultdict[str, set[str]] = defaultdict(set)
    bodies: defaultdict[str, set[bytes]] = defaultdict(set)
    for arrival in arrivals:
        ids[arrival.resource_id].add(arrival.message_id)
        records[arrival.message_id].add(arrival.resource_id)
        bodies[arrival.message_id].add(arrival.body)
    return [
        *(f"{record} came under {len(one)} ids" for record, one in ids.items() if len(one) > 1),
        *(f"{id_} stood for {len(one)} events" for id_, one in records.items() if len(one) > 1),
        *(f"{id_} came with {len(one)} bodies" for id_, one in bodies.items() if len(one) > 1),
    ]


def _astray(
    posted: dict[str, Posted], subscriptions: Sequence[Subscribed], arrivals: Iterable[Arrival]
) -> list[str]:
    """Nothing was delivered for another account, by its path or by its header."""
    owners = {subscription.path: subscription.account_id for subscription in subscriptions}
    return [
        f"an event of {posted[arrival.resource_id].account_id} came to {arrival.path}"
        for arrival in arrivals
        if {arrival.account_id, owners.get(arrival.path, arrival.account_id)}
        != {posted[arrival.resource_id].account_id}
    ]


def _late(subscriptions: Sequence[Subscribed], arrivals: Sequence[Arrival]) -> list[str]:
    """Nothing arrived after its subscription had ended, but what was on the wire already."""
    ended = {one.path: one.ended_at for one in subscriptions if one.ended_at is not None}
    return [
        f"{arrival.path} got something {arrival.at - ended[arrival.path]} after its end"
        for arrival in arrivals
        if arrival.path in ended and arrival.at > ended[arrival.path] + UNDER_WAY
    ]


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures for people."""

    accepted: int
    delivered: int
    duplicates: int
    silence: timedelta
    """The longest time in which nothing arrived, while events came in."""
    slowest: timedelta
    """The longest way from the acceptance of an event to its first arrival at a subscription."""


def summary(
    events: Iterable[Posted],
    arrivals: Sequence[Arrival],
    *,
    began: datetime,
    ended: datetime,
) -> Summary:
    """Count and measure."""
    accepted = {event.resource_id: event.accepted_at for event in events if event.accepted_at}
    known = [arrival for arrival in arrivals if arrival.resource_id in accepted]
    counts = Counter((arrival.path, arrival.resource_id) for arrival in known)
    moments = [began, *(one.at for one in arrivals if began < one.at < ended), ended]
    first: dict[tuple[str, str], datetime] = {}
    for arrival in known:
        first.setdefault((arrival.path, arrival.resource_id), arrival.at)
    ways = [at - accepted[record] for (_, record), at in first.items()]
    return Summary(
        accepted=len(accepted),
        delivered=len(counts),
        duplicates=sum(counts.values()) - len(counts),
        silence=max(later - earlier for earlier, later in pairwise(moments)),
        slowest=max(ways, default=timedelta(0)),
    )
