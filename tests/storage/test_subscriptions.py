"""Vendors' subscriptions, and ours at the provider."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from storage.errors import Conflict
from storage.repositories.upstream_subscriptions import Callback, UpstreamSubscription, Watching
from storage.repositories.watermarks import Watermark
from storage.sealing import KeyRing
from storage.unit_of_work import DatabaseTransaction, UnitOfWork
from tests.webhooks.relay import START, Relay
from webhooks.upstream import RESOURCES

pytestmark = pytest.mark.both_databases

LATER = START + timedelta(minutes=1)


@pytest.fixture
def relay(work: UnitOfWork, ring: KeyRing) -> Relay:
    return Relay(work, ring)


async def test_a_subscription_comes_back_as_it_was(relay: Relay) -> None:
    subscription = await relay.subscription(await relay.account())
    async with relay.work.reading() as tx:
        assert await tx.subscriptions.get(subscription.id) == subscription
        assert await tx.subscriptions.get("whk_other") is None


async def test_a_second_live_one_alike_is_a_conflict(relay: Relay) -> None:
    account = await relay.account()
    first = await relay.subscription(account)
    with pytest.raises(Conflict):
        await relay.subscription(account)
    await relay.subscription(account, "https://app.example/2")
    await relay.subscription(account, resource="CUSTOMER")
    await relay.subscription(await relay.account())
    async with relay.work.writing() as tx:
        await tx.subscriptions.end(first.id, LATER)
    await relay.subscription(account)


async def test_live_ones_are_listed_by_account_oldest_first(relay: Relay) -> None:
    one, two = await relay.account(), await relay.account()
    listed = []
    for number in range(3):
        relay.clock.advance(seconds=1)
        listed.append(await relay.subscription(one, f"https://app.example/{number}"))
    relay.clock.advance(seconds=1)
    other = await relay.subscription(two)
    async with relay.work.writing() as tx:
        await tx.subscriptions.end(listed[1].id, LATER)
    async with relay.work.reading() as tx:
        assert await tx.subscriptions.live([one.id]) == [listed[0], listed[2]]
        assert await tx.subscriptions.live([one.id, two.id]) == [listed[0], listed[2], other]
        assert await tx.subscriptions.live([]) == []


async def test_one_ends_once(relay: Relay) -> None:
    subscription = await relay.subscription(await relay.account())
    async with relay.work.writing() as tx:
        assert await tx.subscriptions.end(subscription.id, LATER)
        assert not await tx.subscriptions.end(subscription.id, LATER + timedelta(minutes=1))
        kept = await tx.subscriptions.get(subscription.id)
    assert kept == replace(subscription, deleted_at=LATER, updated_at=LATER)


async def test_what_is_held_ends_after_the_one_who_holds_it(relay: Relay) -> None:
    subscription = await relay.subscription(await relay.account())
    order: list[str] = []

    async def end() -> None:
        async with relay.work.writing() as tx:
            await tx.subscriptions.end(subscription.id, LATER)
        order.append("ended")

    async with relay.work.writing() as tx:
        await tx.subscriptions.live([subscription.account_id], hold=True)
        ending = asyncio.create_task(end())
        await asyncio.sleep(0.05)
        order.append("held")
    await ending
    assert order == ["held", "ended"]


async def test_an_upstream_one_is_found_by_account(relay: Relay) -> None:
    account = await relay.account()
    upstream = await relay.upstream(account)
    async with relay.work.reading() as tx:
        assert await tx.upstream_subscriptions.of_account(account.id, RESOURCES) == upstream
        assert await tx.upstream_subscriptions.of_account(account.id, "CONSENT") is None


@pytest.mark.parametrize("watched", [{}, {"INVOICE": START}, {"BILL": LATER, "INVOICE": START}])
async def test_a_callbacks_code_says_whose_it_is_and_what_is_watched(
    relay: Relay, watched: dict[str, datetime]
) -> None:
    account = await relay.account(reference="customer-42")
    upstream = await relay.upstream(account)
    await relay.upstream(await relay.account())
    async with relay.work.writing() as tx:
        for resource, since in watched.items():
            await tx.watermarks.begin(
                Watermark(account.id, resource, since, since, since, interval_seconds=60)
            )
    async with relay.work.hot_reading() as tx:
        assert await tx.upstream_subscriptions.callback("") is None
        assert await tx.upstream_subscriptions.callback(upstream.code) == Callback(
            target=account.target,
            secret=upstream.secret,
            associated_data=upstream.associated_data,
            subscribed_at=upstream.created_at,
            watching=(Watching(account.id, "customer-42", watched),),
        )


async def test_those_whose_last_step_is_unsure_are_listed(relay: Relay) -> None:
    states = {}
    for state in ("PENDING", "ACTIVE", "REFUSED", "ENDING"):
        upstream = await relay.upstream(await relay.account(), state=state)
        states[upstream.id] = state
    ended = await relay.account()
    await relay.upstream(ended, state="PENDING")
    async with relay.work.writing() as tx:
        await tx.accounts.move(ended.id, to="REVOKED", before="ACTIVE", at=LATER)
    async with relay.work.reading() as tx:
        found = await tx.upstream_subscriptions.unsettled()
    assert sorted(states[item.id] for item in found) == ["ENDING", "PENDING"]


async def of(tx: DatabaseTransaction, one: UpstreamSubscription) -> UpstreamSubscription | None:
    return await tx.upstream_subscriptions.of_connection(one.connection_id, one.purpose)


async def test_a_change_moves_the_time_and_touches_no_other(relay: Relay) -> None:
    changed = await relay.upstream(await relay.account())
    other = await relay.upstream(await relay.account())
    async with relay.work.writing() as tx:
        now = await tx.upstream_subscriptions.change(changed, LATER, state="ENDING")
        assert now == replace(changed, state="ENDING", updated_at=LATER)
        assert await of(tx, changed) == now
        again = await tx.upstream_subscriptions.change(now, LATER, state="PENDING")
        assert again.updated_at > LATER, "a change is seen even at the same moment"
        assert await of(tx, changed) == again
        assert await of(tx, other) == other
        await tx.upstream_subscriptions.remove(changed.id)
        assert await of(tx, changed) is None
        assert await of(tx, other) == other


async def test_an_account_has_one_upstream_one_of_a_kind(relay: Relay) -> None:
    account = await relay.account()
    first = await relay.upstream(account)
    second = replace(first, id="ups_2", code="other")
    async with relay.work.writing() as tx:
        assert not await tx.upstream_subscriptions.add(second)
        assert await tx.upstream_subscriptions.of_account(account.id, RESOURCES) == first
        assert await tx.upstream_subscriptions.add(replace(second, purpose="CONSENT"))


async def test_one_who_comes_second_sees_what_the_first_was_about_to_commit(relay: Relay) -> None:
    account = await relay.account()
    other = await relay.upstream(await relay.account())
    first = replace(other, id="ups_1", connection_id=account.id, code="first")

    async def add_second() -> str | None:
        async with relay.work.writing() as tx:
            await tx.upstream_subscriptions.add(replace(first, id="ups_2", code="second"))
            found = await tx.upstream_subscriptions.of_connection(
                account.connection_id, RESOURCES, hold=True
            )
            return None if found is None else found.id

    async with relay.work.writing() as tx:
        await tx.upstream_subscriptions.add(first)
        adding = asyncio.create_task(add_second())
        await asyncio.sleep(0.05)
    assert await adding == "ups_1"


async def test_no_secret_shows(relay: Relay) -> None:
    account = await relay.account()
    subscription, upstream = await relay.subscription(account), await relay.upstream(account)
    assert str(subscription.secret) not in repr(subscription)
    assert str(upstream.secret) not in repr(upstream)
