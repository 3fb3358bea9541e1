"""What a claim takes, how much of it, and what keeps the loop going."""

import asyncio
from datetime import timedelta

import pytest

from storage.repositories.subscriptions import Subscription
from tests.webhooks.relay import SIGNED, Relay, event_body, until
from webhooks.bell import Bell
from webhooks.checks import Checks
from webhooks.claims import Claims
from webhooks.dispatch_settings import DispatchSettings
from webhooks.endpoint_queues import EndpointQueues
from webhooks.held import Held


class Worker:
    """Claims into a memory whose deliveries nobody sends; counts how often some were there."""

    def __init__(self, relay: Relay, settings: DispatchSettings) -> None:
        self.started = 0
        self.queues = EndpointQueues(at_once=100, per_endpoint=100)
        self.held = Held(self.queues, settings, wake=lambda: None)
        self.checks = Checks(relay.work, "worker")
        self.claims = Claims(
            *(relay.work, relay.uses, relay.clock, settings, "worker"),
            held=self.held,
            checks=self.checks,
            start=self.start,
            bell=Bell(),
        )

    def start(self) -> None:
        self.started += 1


@pytest.fixture
async def subscription(relay: Relay) -> Subscription:
    account = await relay.account()
    await relay.upstream(account, code="code")
    return await relay.subscription(account)


async def queue(relay: Relay, *numbers: int) -> None:
    """Take in events whose deliveries any worker may claim."""
    intake = relay.intake()
    for n in numbers:
        await intake.accept("code", SIGNED, event_body(f"up-{n}", f"inv-{n}"))


async def test_what_is_due_is_held_under_a_lease_and_need_not_be_asked_about(
    relay: Relay, subscription: Subscription
) -> None:
    await queue(relay, 1, 2)
    worker = Worker(relay, DispatchSettings(lease=timedelta(seconds=30)))
    assert await worker.claims.claim() is False
    assert len(worker.held) == 2
    assert worker.started == 1
    for delivery in await relay.of(subscription):
        assert delivery.lease_owner == "worker"
        assert delivery.lease_until == relay.clock() + timedelta(seconds=30)
    relay.work.away = True  # so that asking would fail
    for delivery_id in worker.held._ids:
        due = await worker.checks.wanted(delivery_id)
        assert due is not None
        assert due.delivery.id == delivery_id


async def test_with_nothing_due_nothing_is_written(
    relay: Relay, subscription: Subscription
) -> None:
    worker = Worker(relay, DispatchSettings())
    relay.work.read_only = True
    assert await worker.claims.claim() is False
    assert worker.started == 0


async def test_a_claim_takes_half_of_an_endpoints_share_and_says_that_there_may_be_more(
    relay: Relay, subscription: Subscription
) -> None:
    await queue(relay, *range(5))
    worker = Worker(relay, DispatchSettings(waiting_per_endpoint=4))
    more = []
    while worker.started < 2:
        more.append(await worker.claims.claim())
    assert (more, len(worker.held)) == ([True, True], 4)
    assert await worker.claims.claim() is False, "the endpoint has its share"
    assert len(worker.held) == 4


async def test_a_claim_takes_no_more_than_there_is_room_for(
    relay: Relay, subscription: Subscription
) -> None:
    await queue(relay, *range(5))
    worker = Worker(relay, DispatchSettings(waiting=3))
    assert await worker.claims.claim() is True
    assert len(worker.held) == 3
    assert await worker.claims.claim() is False
    assert len(worker.held) == 3


async def test_notices_are_planned_and_claimed(relay: Relay) -> None:
    await relay.notice(await relay.account())
    worker = Worker(relay, DispatchSettings())
    await worker.claims.claim()
    assert len(worker.held) == 1


async def test_ordered_deliveries_are_asked_about_when_the_claim_is_committed(
    relay: Relay, subscription: Subscription
) -> None:
    async with relay.work.writing() as tx:
        await tx.subscriptions.set_options(
            subscription.id, ordered=True, coalesce_seconds=0, deletions=False, at=relay.clock()
        )
    await queue(relay, 1)
    worker = Worker(relay, DispatchSettings())
    await worker.claims.claim()
    assert len(worker.held) == 1
    assert not worker.checks._known


async def test_a_paused_subscriptions_probe_is_held_as_one(
    relay: Relay, subscription: Subscription
) -> None:
    async with relay.work.writing() as tx:
        await tx.endpoints.move(
            subscription.id,
            to="PAUSED",
            reason="FAILING",
            at=relay.clock(),
            probe_at=relay.clock(),
        )
    await queue(relay, 1, 2)
    worker = Worker(relay, DispatchSettings())
    await worker.claims.claim()
    (probe,) = worker.held._ids
    assert worker.held.is_probe(probe)
    assert worker.started == 1


async def test_a_stop_waits_for_the_claim_that_is_being_made_and_no_other_follows(
    relay: Relay, subscription: Subscription
) -> None:
    worker = Worker(relay, DispatchSettings(poll=timedelta(hours=1)))
    running = asyncio.create_task(worker.claims.run())
    await until(lambda: worker.claims.is_running)
    await queue(relay, 1)
    worker.claims.wake()
    await worker.claims.stop()
    held = len(worker.held)
    await queue(relay, 2)
    worker.claims.wake()
    await running
    assert not worker.claims.is_running
    assert len(worker.held) == held


async def test_a_claim_that_fails_is_made_again_at_the_next_poll(
    relay: Relay, subscription: Subscription
) -> None:
    await queue(relay, 1)
    relay.work.away = True
    worker = Worker(relay, DispatchSettings(poll=timedelta(milliseconds=1)))
    running = asyncio.create_task(worker.claims.run())
    await asyncio.sleep(0.01)
    assert not running.done()
    relay.work.away = False
    await until(lambda: len(worker.held) == 1)
    await worker.claims.stop()
    await running
