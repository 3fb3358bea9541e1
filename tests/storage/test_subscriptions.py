"""Vendors' subscriptions, and ours at the provider."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from storage.errors import Conflict
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from tests.webhooks.relay import START, Relay
from webhooks.subscriptions import RESOURCES

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
    assert kept == replace(subscription, ended_at=LATER, updated_at=LATER)


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


async def test_an_upstream_one_is_found_by_account_and_by_code(relay: Relay) -> None:
    account = await relay.account()
    upstream = await relay.upstream(account)
    async with relay.work.reading() as tx:
        assert await tx.upstream_subscriptions.of_account(account.id, RESOURCES) == upstream
        assert await tx.upstream_subscriptions.of_account(account.id, "CONSENT") is None
        assert await tx.upstream_subscriptions.by_code(upstream.code) == upstream
        assert await tx.upstream_subscriptions.by_code("") is None


async def test_those_whose_last_step_is_unsure_are_listed(relay: Relay) -> None:
    states = {}
    for state in ("NEW", "PENDING", "ACTIVE", "ENDING"):
        upstream = await relay.upstream(await relay.account(), state=state)
        states[upstream.id] = state
    async with relay.work.reading() as tx:
        found = await tx.upstream_subscriptions.unsettled()
    assert sorted(states[item.id] for item in found) == ["ENDING", "NEW", "PENDING"]


async def test_a_change_moves_the_time_and_touches_no_other(relay: Relay) -> None:
    changed = await relay.upstream(await relay.account())
    other = await relay.upstream(await relay.account())
    async with relay.work.writing() as tx:
        await tx.upstream_subscriptions.change(changed.id, LATER, state="ENDING")
        assert await tx.upstream_subscriptions.by_code(changed.code) == replace(
            changed, state="ENDING", updated_at=LATER
        )
        assert await tx.upstream_subscriptions.by_code(other.code) == other
        await tx.upstream_subscriptions.remove(changed.id)
        assert await tx.upstream_subscriptions.by_code(changed.code) is None
        assert await tx.upstream_subscriptions.by_code(other.code) == other


async def test_no_secret_shows(relay: Relay) -> None:
    account = await relay.account()
    subscription, upstream = await relay.subscription(account), await relay.upstream(account)
    assert str(subscription.secret) not in repr(subscription)
    assert str(upstream.secret) not in repr(upstream)
