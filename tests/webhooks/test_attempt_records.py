"""What is written down of attempts, and who is told."""

import asyncio
from datetime import timedelta

import pytest

from storage.errors import StorageUnavailable
from storage.repositories.deliveries import Attempt, Completion, Delivery
from storage.repositories.subscriptions import Subscription
from tests.webhooks.relay import SIGNED, START, Relay, event_body
from webhooks.attempt_records import AttemptRecords
from webhooks.attempting import AttemptResult
from webhooks.endpoints import EndpointOutcome
from webhooks.schedule import Answered

NOW = START


class Told:
    """Records of `worker`, and what was said because of them."""

    def __init__(self, relay: Relay) -> None:
        self.followed = 0
        self.changed: list[set[str]] = []
        self.records = AttemptRecords(
            relay.work,
            relay.uses,
            "worker",
            followed=self.follow,
            changed=lambda ids: self.changed.append(set(ids)),
        )

    def follow(self) -> None:
        self.followed += 1


@pytest.fixture
async def subscription(relay: Relay) -> Subscription:
    account = await relay.account()
    await relay.upstream(account, code="code")
    return await relay.subscription(account)


async def leased(relay: Relay, subscription: Subscription, number: int = 1) -> list[Delivery]:
    """Take in events, and claim their deliveries for `worker`."""
    intake = relay.intake()
    for n in range(number):
        await intake.accept("code", SIGNED, event_body(f"up-{n}", f"inv-{n}"))
    until = relay.clock() + timedelta(minutes=1)
    async with relay.work.writing() as tx:
        return await tx.deliveries.claim("worker", now=relay.clock(), until=until, most=100)


def result(
    delivery: Delivery,
    status: str = "DELIVERED",
    *,
    endpoint_outcome: EndpointOutcome | None = None,
    followed: tuple[str, str] | None = None,
) -> AttemptResult:
    code = 200 if status == "DELIVERED" else 500
    error = None if status == "DELIVERED" else "HTTP_500"
    attempt = Attempt(delivery.id, delivery.attempts + 1, NOW, 1, code, error)
    completed_at = NOW if status == "DELIVERED" else None
    completion = Completion(attempt, "worker", status, NOW, completed_at, followed=followed)
    return AttemptResult(Answered(code), completion, endpoint_outcome)


def healthy(delivery: Delivery, **changed: bool) -> EndpointOutcome:
    fields = {"succeeded": True, "gone": False, "probed": False} | changed
    return EndpointOutcome(delivery.subscription_id or "", failing_since=None, **fields)


async def test_an_attempt_is_stored_with_its_deliverys_next_state(
    relay: Relay, subscription: Subscription
) -> None:
    told = Told(relay)
    first, second = await leased(relay, subscription, 2)
    await asyncio.gather(
        told.records.add(result(first)), told.records.add(result(second, "PENDING"))
    )
    assert sorted(await relay.statuses(subscription)) == ["DELIVERED", "PENDING"]
    (attempt,) = await relay.attempts(second)
    assert attempt == result(second, "PENDING").completion.attempt
    assert told.followed == 0


async def test_what_is_done_lets_its_followers_be_looked_for(
    relay: Relay, subscription: Subscription
) -> None:
    told = Told(relay)
    first, second = await leased(relay, subscription, 2)
    followed = (subscription.id, "INVOICE:inv-0")
    await told.records.add(result(first, "PENDING", followed=followed))
    assert told.followed == 0, "it is still in their way"
    await told.records.add(result(second, followed=followed))
    assert told.followed == 1


async def test_a_receiver_that_is_gone_is_disabled_and_named(
    relay: Relay, subscription: Subscription
) -> None:
    told = Told(relay)
    (delivery,) = await leased(relay, subscription)
    gone = healthy(delivery, succeeded=False, gone=True)
    await told.records.add(result(delivery, "PENDING", endpoint_outcome=gone))
    assert told.changed == [{subscription.id}]
    async with relay.work.reading() as tx:
        found = await tx.subscriptions.get(subscription.id)
    assert found is not None
    assert found.state == "DISABLED"


@pytest.mark.parametrize("error", [StorageUnavailable("away"), RuntimeError("broken")])
async def test_an_attempt_counts_although_no_conclusion_could_be_drawn(
    relay: Relay, subscription: Subscription, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recorded once more it would be two attempts in the log."""

    async def broken(_: object) -> set[str]:
        raise error

    monkeypatch.setattr(relay.uses, "note", broken)
    told = Told(relay)
    (delivery,) = await leased(relay, subscription)
    await told.records.add(result(delivery, endpoint_outcome=healthy(delivery)))
    assert await relay.statuses(subscription) == ["DELIVERED"]
    assert told.changed == []


async def test_what_cant_be_written_is_said_to_whoever_waits(
    relay: Relay, subscription: Subscription
) -> None:
    told = Told(relay)
    (delivery,) = await leased(relay, subscription)
    relay.work.away = True
    with pytest.raises(StorageUnavailable):
        await told.records.add(result(delivery))
    with pytest.raises(StorageUnavailable):
        await told.records.put_back(delivery.id, "PENDING")
    relay.work.away = False
    assert (await relay.one(subscription)).lease_owner == "worker"


async def test_what_wasnt_sent_goes_back_with_its_status_and_without_its_lease(
    relay: Relay, subscription: Subscription
) -> None:
    told = Told(relay)
    first, second = await leased(relay, subscription, 2)
    await asyncio.gather(
        told.records.put_back(first.id, "HELD"), told.records.put_back(second.id, "PENDING")
    )
    found = {one.id: (one.status, one.lease_owner) for one in await relay.of(subscription)}
    assert found == {first.id: ("HELD", None), second.id: ("PENDING", None)}


async def test_after_drain_all_is_written(relay: Relay, subscription: Subscription) -> None:
    told = Told(relay)
    first, second = await leased(relay, subscription, 2)
    waiting = [
        asyncio.create_task(told.records.add(result(first))),
        asyncio.create_task(told.records.put_back(second.id, "HELD")),
    ]
    await asyncio.sleep(0)
    await told.records.drain()
    assert sorted(await relay.statuses(subscription)) == ["DELIVERED", "HELD"]
    await asyncio.gather(*waiting)
