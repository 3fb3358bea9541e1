"""Receivers that fail for days, are gone, or asked for a rest."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from storage.errors import NotFound
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.repositories.subscriptions import Subscription
from storage.repositories.tenant_webhooks import TenantWebhook
from storage.tables import AttemptRow
from storage.values import table_of
from tests.webhooks.backlog import arrived, change, queue, state
from tests.webhooks.history import past
from tests.webhooks.relay import START, Relay, until
from tests.webhooks.test_dispatch import HERE, THERE, all_are, quiet
from webhooks.dispatch import Dispatcher
from webhooks.endpoints import CHUNK, EndpointOutcome, Endpoints, EndpointSettings
from webhooks.schedule import RETRY_DELAYS, Answered, Failed

pytestmark = pytest.mark.both_databases

NOTICES = "https://app.example/notices"


@pytest.fixture
async def account(relay: Relay) -> Account:
    """Of a tenant that wants to be told."""
    account = await relay.account(reference="customer-42")
    async with relay.work.writing() as tx:
        await tx.tenant_webhooks.add(
            TenantWebhook(new_id("whk", START), account.tenant_id, NOTICES, START)
        )
    return account


@pytest.fixture
async def subscription(relay: Relay, account: Account) -> Subscription:
    return await relay.subscription(account, HERE)


async def paused(relay: Relay, subscription: Subscription) -> Dispatcher:
    """Let a receiver fail for three days, with four deliveries; return the worker that saw it."""
    relay.endpoints.always(HERE, Answered(500))
    worker = await relay.start()
    await queue(relay, subscription, ["a", "b", "c", "d"])
    await until(lambda: all_attempted(relay, subscription, 1))
    began = (await state(relay, subscription)).failing_since
    assert began is not None
    assert START <= began < START + timedelta(seconds=1)
    relay.clock.advance(days=2, hours=23)
    await until(lambda: all_attempted(relay, subscription, 2))
    assert (await state(relay, subscription)).state == "ACTIVE", "not yet three days"
    relay.clock.advance(hours=1, seconds=1)

    async def so() -> bool:
        return (await state(relay, subscription)).state == "PAUSED"

    await until(so)

    async def is_held() -> bool:
        await (
            relay.uses.settle()
        )  # a periodic task: attempts that were under way end after the first
        return set(await relay.statuses(subscription)) == {"HELD"}

    await until(is_held)
    return worker


async def all_attempted(relay: Relay, subscription: Subscription, times: int) -> bool:
    """Every delivery was tried so often, and what follows from it was written down.

    Conclusions are drawn, by the clock, after attempts are stored: it must not be moved before.
    """
    deliveries = await relay.of(subscription)
    if {one.attempts for one in deliveries} != {times}:
        return False
    return at_rest(relay) and (await state(relay, subscription)).failing_since is not None


def at_rest(relay: Relay) -> bool:
    """Nothing is under way anywhere, and all conclusions are drawn."""
    return all(worker.is_at_rest for worker, _ in relay.dispatchers)


def notices(relay: Relay) -> list[dict[str, Any]]:
    return [json.loads(one.body) for one in relay.endpoints.arrived if one.url == NOTICES]


async def test_after_three_days_without_success_all_is_held_and_the_vendor_told(
    relay: Relay, account: Account, subscription: Subscription
) -> None:
    await paused(relay, subscription)
    found = await state(relay, subscription)
    assert (found.state, found.state_reason) == ("PAUSED", "FAILING")
    await until(lambda: notices(relay))
    (notice,) = notices(relay)
    assert notice.pop("failingSince").startswith("2026-11-20T10:00:00.")
    assert notice.pop("changedDate").startswith("2026-11-23T10:00:01.")
    assert notice == {
        "eventType": "SUBSCRIPTION_PAUSED",
        "subscriptionId": subscription.id,
        "accountId": account.id,
        "resource": "INVOICE",
        "reason": "FAILING",
        "reference": "customer-42",
    }


async def test_what_was_given_up_since_it_failed_is_kept_with_the_rest(
    relay: Relay, account: Account, subscription: Subscription
) -> None:
    """What was ended before, and tests, stay as they are."""
    relay.endpoints.always(HERE, Answered(500))
    await relay.start()
    await queue(relay, subscription, ["a", "b", "c", "d", "e"])
    await until(lambda: all_attempted(relay, subscription, 1))
    before, meanwhile = START - timedelta(days=1), START + timedelta(days=2)
    given_up = {"status": "GIVEN_UP", "finished": meanwhile}
    early = await past(relay, subscription, 2, at=before, finished=before, status="GIVEN_UP")
    missed = await past(relay, subscription, CHUNK + 2, at=START, **given_up)
    tests = await past(relay, subscription, 1, at=START, origin="TEST", **given_up)
    relay.clock.advance(days=3, seconds=1)

    async def statuses() -> Counter[str]:
        await relay.uses.settle()
        return Counter(await relay.statuses(subscription))

    async def is_paused() -> bool:
        return await statuses() == Counter(HELD=len(missed) + 5, GIVEN_UP=3)

    await until(is_paused)
    left = {one.id for one in await relay.of(subscription) if one.status == "GIVEN_UP"}
    assert left == {*early, *tests}
    relay.endpoints.always(HERE, Answered(200))
    await relay.uses.resume(account, subscription.id)

    async def all_arrived() -> bool:
        return await statuses() == Counter(DELIVERED=len(missed) + 5, GIVEN_UP=3)

    await until(all_arrived)


async def test_the_last_attempt_of_a_lone_event_pauses_and_nothing_is_lost(
    relay: Relay, subscription: Subscription
) -> None:
    """With the shipped times being paused takes less than nine attempts do."""
    assert EndpointSettings().pause_after < sum(RETRY_DELAYS, timedelta())
    relay.uses = Endpoints(relay.work, relay.ring, relay.clock, wake=relay.wake)
    relay.endpoints.always(HERE, Answered(500))
    await relay.start()
    await queue(relay, subscription, ["a"])
    for number, delay in enumerate(RETRY_DELAYS, start=1):
        await until(lambda n=number: all_attempted(relay, subscription, n))  # type: ignore[misc]
        relay.clock.advance(seconds=delay.total_seconds() + 1)
    await until(lambda: all_attempted(relay, subscription, 9))
    await all_are(relay, subscription, "HELD")
    assert (await state(relay, subscription)).state == "PAUSED"


async def test_what_is_released_before_its_attempt_is_quite_over_goes_out_all_the_same(
    relay: Relay,
    account: Account,
    subscription: Subscription,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is claimed while this worker still has it, and waits for no lease to run out."""
    gone, go_on = asyncio.Event(), asyncio.Event()
    note = relay.uses.note

    async def slow(attempts: Sequence[EndpointOutcome]) -> set[str]:
        found = await note(attempts)
        if any(one.gone for one in attempts):
            gone.set()
            await go_on.wait()
        return found

    monkeypatch.setattr(relay.uses, "note", slow)
    relay.endpoints.in_turn(HERE, Answered(410))
    worker = await relay.start()
    await queue(relay, subscription, ["a"])
    await gone.wait()
    await change(relay, subscription, state="PAUSED")
    async with relay.work.writing() as tx:
        await tx.endpoints.take_back(subscription.id, START - timedelta(days=1), most=1)
    await relay.uses.resume(account, subscription.id)

    async def claimed() -> bool:
        return {one.lease_owner for one in await relay.of(subscription)} == {worker.owner}

    await until(claimed)
    go_on.set()
    await all_are(relay, subscription, "DELIVERED")


async def test_a_single_success_starts_the_three_days_anew(
    relay: Relay, subscription: Subscription
) -> None:
    relay.endpoints.always(HERE, Answered(500))
    await relay.start()
    await queue(relay, subscription, ["a"])
    for number in range(1, 4):
        await until(lambda n=number: all_attempted(relay, subscription, n))  # type: ignore[misc]
        relay.clock.advance(hours=12)
    del relay.endpoints.answers[HERE]
    await all_are(relay, subscription, "DELIVERED")

    async def mended() -> bool:
        return (await state(relay, subscription)).failing_since is None

    await until(mended)
    relay.endpoints.always(HERE, Answered(500))
    relay.clock.advance(days=2)
    await queue(relay, subscription, list("bcdefg"))

    async def failing() -> bool:
        found = await state(relay, subscription)
        assert found.state == "ACTIVE"
        return found.failing_since == relay.clock()

    await until(failing)


async def test_a_few_failures_far_apart_do_not_pause(
    relay: Relay, subscription: Subscription
) -> None:
    relay.endpoints.always(HERE, Answered(500))
    await relay.start()
    await queue(relay, subscription, ["a"])
    for number in range(1, 5):
        await until(lambda n=number: all_attempted(relay, subscription, n))  # type: ignore[misc]
        await quiet(relay)
        assert (await state(relay, subscription)).state == "ACTIVE"
        relay.clock.advance(days=3)
    await until(lambda: len(relay.endpoints.arrived) == 5)

    async def so() -> bool:
        return (await state(relay, subscription)).state == "PAUSED"

    await until(so)


async def test_failures_count_behind_a_backlog_of_which_nothing_was_tried_yet(
    relay: Relay, subscription: Subscription
) -> None:
    """Of a busy subscription the latest deliveries wait for those before them."""
    attempted = await past(relay, subscription, 5, status="PENDING", attempts=2)
    rows = [
        {
            "delivery_id": delivery,
            "number": number,
            "started_at": START + timedelta(days=number),
            "duration_ms": 10_000,
            "error": "TIMEOUT",
        }
        for delivery in attempted
        for number in (1, 2)
    ]
    async with relay.work.writing() as tx:
        await tx.connection.execute(insert(table_of(AttemptRow)), rows)
    await past(relay, subscription, 150, at=START + timedelta(days=3), status="PENDING")
    async with relay.work.reading() as tx:
        count = tx.endpoints.failed_attempts
        assert await count(subscription.id, START, most=50) == 10
        assert await count(subscription.id, START, most=3) == 3
        assert await count(subscription.id, START + timedelta(days=2), most=50) == 5
        assert await count("whk_other", START, most=50) == 0


async def test_while_paused_nothing_is_sent_but_one_probe_an_hour_the_oldest(
    relay: Relay, subscription: Subscription
) -> None:
    await paused(relay, subscription)
    await relay.start()
    oldest = (await relay.of(subscription))[0].event_id
    before = len(relay.endpoints.ids(HERE))
    for hour in range(12):
        relay.clock.advance(minutes=59)
        await quiet(relay)
        assert len(relay.endpoints.ids(HERE)) == before + hour
        relay.clock.advance(minutes=1)
        await until(lambda n=hour: len(relay.endpoints.ids(HERE)) == before + n + 1)  # type: ignore[misc]
        await until(lambda: at_rest(relay))
        await all_are(relay, subscription, "HELD")
    assert set(relay.endpoints.ids(HERE)[before:]) == {oldest}
    assert len(notices(relay)) == 1


@pytest.mark.parametrize("how", ["probe", "call"])
async def test_a_probe_that_arrives_or_a_call_releases_the_backlog_in_its_order(
    relay: Relay,
    account: Account,
    subscription: Subscription,
    how: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def ticking() -> datetime:
        relay.clock.advance(milliseconds=1)
        return relay.clock()

    worker = await paused(relay, subscription)
    await worker.stop()
    monkeypatch.setattr("webhooks.endpoints.CHUNK", 20)
    monkeypatch.setattr(relay.uses, "_clock", ticking)
    more = await queue(relay, subscription, [f"m{n}" for n in range(40)], status="HELD")
    before = len(relay.endpoints.ids(HERE))
    del relay.endpoints.answers[HERE]
    await relay.start(at_once=1)
    if how == "probe":
        relay.clock.advance(hours=1)
        await until(lambda: len(relay.endpoints.ids(HERE)) > before)
    else:
        assert (await relay.uses.resume(account, subscription.id)).state == "ACTIVE"
    await until(lambda: len(relay.endpoints.ids(HERE)) > before + 10)
    assert await relay.uses.settle() == 44 - 20 - (how == "probe")
    await all_are(relay, subscription, "DELIVERED")
    assert [event.id for event in arrived(relay, more)] == [event.id for event in more]
    found = await state(relay, subscription)
    assert (found.state, found.state_reason, found.failing_since, found.next_probe_at) == (
        "ACTIVE",
        None,
        None,
        None,
    )
    await until(lambda: len(notices(relay)) == 2)
    assert notices(relay)[1]["eventType"] == "SUBSCRIPTION_RESUMED"


async def test_a_long_backlog_is_held_and_released_in_one_go(
    relay: Relay, account: Account, subscription: Subscription
) -> None:
    """In chunks, none of which waits for the next round of the periodic task."""
    number = 2 * CHUNK + 1
    await past(relay, subscription, number, status="PENDING")
    await change(relay, subscription, state="PAUSED", state_reason="FAILING")
    assert await relay.uses.settle() == number
    assert Counter(await relay.statuses(subscription)) == Counter(HELD=number)
    await change(relay, subscription, state="ACTIVE", state_reason=None)
    assert await relay.uses.settle() == number
    assert Counter(await relay.statuses(subscription)) == Counter(PENDING=number)


async def test_a_worker_that_dies_over_a_probe_leaves_it_held(
    relay: Relay, subscription: Subscription
) -> None:
    worker = await paused(relay, subscription)
    before = len(relay.endpoints.ids(HERE))
    release = relay.endpoints.hang(HERE)
    relay.clock.advance(hours=1)
    await until(lambda: len(relay.endpoints.ids(HERE)) == before + 1)
    relay.crash(worker)
    await relay.start()
    assert Counter(await relay.statuses(subscription)) == {"PENDING": 1, "HELD": 3}
    relay.clock.advance(seconds=61)
    await all_are(relay, subscription, "HELD")
    assert len(relay.endpoints.ids(HERE)) == before + 1
    release.set()


async def test_410_disables_and_what_waits_is_kept(
    relay: Relay, account: Account, subscription: Subscription
) -> None:
    relay.endpoints.in_turn(HERE, Answered(410))
    await queue(relay, subscription, ["a", "b", "c"])
    await relay.start(per_endpoint=1)

    async def so() -> bool:
        return (await state(relay, subscription)).state == "DISABLED"

    await until(so)

    async def kept() -> bool:
        return Counter(await relay.statuses(subscription)) == {"GIVEN_UP": 1, "HELD": 2}

    await until(kept)
    assert len(relay.endpoints.ids(HERE)) == 1
    relay.clock.advance(days=1)
    await quiet(relay)
    assert len(relay.endpoints.ids(HERE)) == 1, "it isn't probed"
    await until(lambda: notices(relay))
    assert [(one["eventType"], one["reason"]) for one in notices(relay)] == [
        ("SUBSCRIPTION_DISABLED", "GONE")
    ]
    await relay.uses.resume(account, subscription.id)
    await until(lambda: len(relay.endpoints.ids(HERE)) == 3)


async def test_a_vendors_pause_holds_and_is_not_probed(
    relay: Relay, account: Account, subscription: Subscription
) -> None:
    healthy = await relay.subscription(account, THERE)
    held = await relay.uses.pause(account, subscription.id)
    assert (held.state, held.state_reason, held.next_probe_at) == ("PAUSED", "VENDOR", None)
    await relay.start()
    events = await queue(relay, subscription, ["a", "b"])  # planned before the pause was seen
    await queue(relay, healthy, ["a"])
    await all_are(relay, healthy, "DELIVERED")
    await all_are(relay, subscription, "HELD")
    relay.clock.advance(days=10)
    await quiet(relay)
    assert relay.endpoints.ids(HERE) == []
    await relay.uses.resume(account, subscription.id)
    await all_are(relay, subscription, "DELIVERED")
    assert arrived(relay, events) == events


async def test_only_the_accounts_own_subscriptions_are_paused_and_resumed(
    relay: Relay, subscription: Subscription
) -> None:
    other = await relay.account()
    for step in (relay.uses.pause, relay.uses.resume):
        with pytest.raises(NotFound):
            await step(other, subscription.id)
        with pytest.raises(NotFound):
            await step(other, "whk_unknown")
    assert (await state(relay, subscription)).state == "ACTIVE"


async def test_a_deleted_subscription_is_neither_probed_nor_released(
    relay: Relay, account: Account, subscription: Subscription
) -> None:
    worker = await paused(relay, subscription)
    before = len(relay.endpoints.ids(HERE))
    await relay.subscriptions(deleted=worker.subscription_deleted).delete(account, subscription.id)
    assert set(await relay.statuses(subscription)) == {"CANCELED"}
    relay.clock.advance(hours=2)
    del relay.endpoints.answers[HERE]
    await relay.uses.settle()
    await quiet(relay)
    assert len(relay.endpoints.ids(HERE)) == before
    with pytest.raises(NotFound):
        await relay.uses.resume(account, subscription.id)


async def test_a_fault_of_ours_does_not_count_against_a_receiver(
    relay: Relay, subscription: Subscription
) -> None:
    await change(relay, subscription, secret=b"damaged")
    await relay.start()
    await queue(relay, subscription, ["a"])

    async def attempted() -> bool:
        return (await relay.one(subscription)).attempts == 1

    await until(attempted)
    await quiet(relay)
    assert (await state(relay, subscription)).failing_since is None


async def test_failing_connections_count_like_failing_answers(
    relay: Relay, subscription: Subscription
) -> None:
    relay.endpoints.always(HERE, Failed("TIMEOUT"))
    await relay.start()
    await queue(relay, subscription, ["a"])

    async def so() -> bool:
        return (await state(relay, subscription)).failing_since == START

    await until(so)
    assert (await relay.one(subscription)).due_at == START + timedelta(seconds=5)
