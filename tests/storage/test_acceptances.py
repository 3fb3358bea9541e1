"""What an accepted event brings is stored in one go, the same way on both databases."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
import pytest

from storage.live_subscriptions import LiveSubscriptions
from storage.repositories.acceptances import Stored
from storage.repositories.deliveries import Delivery
from storage.repositories.events import Event
from storage.repositories.known_records import KnownRecord
from storage.repositories.subscriptions import Subscription
from storage.sealing import KeyRing
from storage.unit_of_work import DatabaseTransaction, UnitOfWork
from tests.storage.test_events import event
from tests.webhooks.relay import START, Relay

pytestmark = pytest.mark.both_databases

on_postgres = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


@pytest.fixture
def relay(work: UnitOfWork, ring: KeyRing) -> Relay:
    return Relay(work, ring)


@pytest.fixture
async def subscription(relay: Relay) -> Subscription:
    return await relay.subscription(await relay.account())


def delivery_of(event: Event, subscription: Subscription) -> Delivery:
    return Delivery(
        id=f"dlv_{event.id}_{subscription.id}",
        account_id=event.account_id,
        event_id=event.id,
        subscription_id=subscription.id,
        notice_id=None,
        status="PENDING",
        attempts=0,
        due_at=START,
        lease_owner="here",
        lease_until=START + timedelta(minutes=1),
        created_at=START,
        completed_at=None,
    )


def emitted_records(events: Sequence[Event]) -> list[KnownRecord]:
    newest = {event.resource_id: event for event in sorted(events, key=lambda it: it.occurred_at)}
    return [
        KnownRecord(it.account_id, it.resource, it.resource_id, it.id, it.occurred_at)
        for it in newest.values()
    ]


async def store(
    tx: DatabaseTransaction,
    events: Sequence[Event],
    subscription: Subscription,
    live: LiveSubscriptions,
) -> Stored | None:
    accounts = sorted({event.account_id for event in events})
    known = await live.of(tx, accounts)
    return await tx.acceptances.store(
        events, emitted_records(events), [delivery_of(it, subscription) for it in events], known
    )


async def known(relay: Relay, events: Sequence[Event]) -> dict[str, tuple[str, datetime]]:
    first = events[0]
    async with relay.work.reading() as tx:
        found = await tx.known_records.get(
            first.account_id, first.resource, [it.resource_id for it in events]
        )
    return {name: (record.version, record.emitted_until) for name, record in found.items()}


@pytest.mark.parametrize("single", [True, False])
async def test_events_tellings_and_deliveries_are_stored_together_and_once(
    relay: Relay, subscription: Subscription, single: bool
) -> None:
    events = [event(subscription.account_id, number) for number in range(40)]
    live = LiveSubscriptions()
    async with relay.work.hot(single=single) as tx:
        stored = await store(tx, events[:30], subscription, live)
    assert stored == Stored(
        {it.id for it in events[:30]}, {delivery_of(it, subscription).id for it in events[:30]}
    )
    async with relay.work.hot(single=single) as tx:
        stored = await store(tx, events[20:], subscription, live)
    assert stored == Stored(
        {it.id for it in events[30:]}, {delivery_of(it, subscription).id for it in events[30:]}
    )
    assert await known(relay, events) == {it.resource_id: (it.id, it.occurred_at) for it in events}
    kept = await relay.of(subscription)
    assert sorted(kept, key=lambda it: it.id) == sorted(
        (delivery_of(it, subscription) for it in events), key=lambda it: it.id
    )


async def test_of_several_alike_in_a_batch_the_first_counts(
    relay: Relay, subscription: Subscription
) -> None:
    first = event(subscription.account_id, 1)
    again = event(subscription.account_id, 1, copy="b")
    async with relay.work.hot(single=True) as tx:
        stored = await store(tx, [first, again], subscription, LiveSubscriptions())
    assert stored is not None
    assert stored.events == {first.id}
    assert stored.deliveries == {delivery_of(first, subscription).id}


async def test_what_a_poll_has_emitted_already_is_not_queued_again(
    relay: Relay, subscription: Subscription
) -> None:
    """The poll read these records an hour after the events of all but the last were made."""
    events = [event(subscription.account_id, number) for number in range(3)]
    read_at = max(it.occurred_at for it in events) + timedelta(hours=1)
    last = msgspec.structs.replace(
        event(subscription.account_id, 9),
        resource_id=events[0].resource_id,
        occurred_at=read_at + timedelta(seconds=1),
    )
    resource = events[0].resource
    names = [it.resource_id for it in events[:2]]
    async with relay.work.writing() as tx:
        await tx.known_records.get(subscription.account_id, resource, names, hold=True)
        await tx.known_records.note(
            [
                KnownRecord(subscription.account_id, resource, it, "read", START, read_at)
                for it in names
            ]
        )
    async with relay.work.hot(single=True) as tx:
        stored = await store(tx, [*events, last], subscription, LiveSubscriptions())
    assert stored is not None
    assert stored.events == {it.id for it in [*events, last]}
    assert stored.deliveries == {delivery_of(it, subscription).id for it in (events[2], last)}
    now = await known(relay, events)
    assert now[names[0]] == (last.id, last.occurred_at)
    assert now[names[1]] == ("read", START)


async def test_nothing_is_planned_for_what_subscriptions_are_no_more(
    relay: Relay, subscription: Subscription
) -> None:
    """Whatever changed in them, and whoever changed it: what is remembered is never believed."""
    live = LiveSubscriptions()
    account = subscription.account_id
    number = 0

    async def is_as_remembered() -> bool:
        nonlocal number
        number += 1
        async with relay.work.hot(single=True) as tx:
            before = (await live.of(tx, [account])).subscriptions
            stored = await store(tx, [event(account, number)], subscription, live)
        if stored is None:
            live.forget([account])
            async with relay.work.reading() as tx:
                assert not await tx.events.get([event(account, number).id])
        async with relay.work.reading() as tx:
            now = await tx.subscriptions.live([account])
        assert (stored is None) == (list(before) != now)
        return stored is not None

    assert await is_as_remembered()
    assert await is_as_remembered()
    other = await relay.subscription(await relay.account())
    assert await is_as_remembered()
    steps = (
        lambda tx: tx.subscriptions.set_state(
            subscription.id, state="PAUSED", reason="VENDOR", at=START
        ),
        lambda tx: tx.subscriptions.set_options(
            subscription.id, ordered=True, coalesce_seconds=3, deletions=False, at=START
        ),
        lambda tx: tx.subscriptions.add(replace(subscription, id="whk_new", resource="BILL")),
        lambda tx: tx.endpoints.note(failing=[subscription.id], healthy=[], at=START),
        lambda tx: tx.subscriptions.end(subscription.id, START),
        lambda tx: tx.subscriptions.end("whk_new", START),
    )
    for step in steps:
        async with relay.work.writing() as tx:
            await step(tx)
        is_postgres = relay.work.database.engine.dialect.name == "postgresql"
        assert await is_as_remembered() == (not is_postgres), "SQLite reads anew before it stores"
        assert await is_as_remembered()
    async with relay.work.writing() as tx:
        await tx.subscriptions.end(other.id, START)
    assert await is_as_remembered(), "another account's"


@on_postgres
async def test_a_subscription_that_ends_meanwhile_is_waited_for(
    relay: Relay, subscription: Subscription
) -> None:
    live = LiveSubscriptions()
    one, other = event(subscription.account_id, 1), event(subscription.account_id, 2)
    async with relay.work.hot(single=True) as tx:
        assert await store(tx, [one], subscription, live)

    async def take_in() -> Stored | None:
        async with relay.work.hot(single=True) as tx:
            return await store(tx, [other], subscription, live)

    async with relay.work.writing() as tx:
        await tx.subscriptions.end(subscription.id, START)
        storing = asyncio.create_task(take_in())
        await asyncio.sleep(0.1)
        assert not storing.done()
    assert await storing is None


async def test_two_processes_that_take_in_the_same_store_it_once(
    relay: Relay, subscription: Subscription
) -> None:
    """Some in one order, some in the other, and at the same time; nobody waits in a circle."""
    for turn in range(5):
        events = [event(subscription.account_id, number + 100 * turn) for number in range(50)]
        copies = [
            event(subscription.account_id, number + 100 * turn, copy="b") for number in range(50)
        ]

        async def take_in(some: Sequence[Event]) -> Stored | None:
            async with relay.work.hot(single=True) as tx:
                return await store(tx, some, subscription, LiveSubscriptions())

        one, two = await asyncio.gather(take_in(events), take_in(copies[::-1]))
        assert one is not None
        assert two is not None
        assert len(one.events) + len(two.events) == 50
        assert len(one.deliveries) + len(two.deliveries) == 50
