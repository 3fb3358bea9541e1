"""The queue: claimed under leases, completed by compare-and-set."""

import asyncio
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.repositories.deliveries import Attempt, Completion, Delivery
from storage.repositories.due_deliveries import DueEvent, DueNotice
from storage.repositories.events import Event
from storage.repositories.subscriptions import Subscription
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from tests.webhooks.relay import START, Relay

pytestmark = pytest.mark.both_databases

UNTIL = START + timedelta(seconds=60)


@pytest.fixture
def relay(work: UnitOfWork, ring: KeyRing) -> Relay:
    return Relay(work, ring)


@pytest.fixture
async def account(relay: Relay) -> Account:
    return await relay.account(reference="customer-42")


@pytest.fixture
async def subscription(relay: Relay, account: Account) -> Subscription:
    return await relay.subscription(account)


async def queue(
    relay: Relay, subscription: Subscription, *, number: int = 1, due: datetime = START
) -> list[Delivery]:
    """Plan deliveries of as many events, due one millisecond after the other."""
    events = [
        Event(
            id=new_id("evt", START),
            account_id=subscription.account_id,
            upstream_event_id=new_id("up", START),
            resource="INVOICE",
            resource_id=f"inv-{n}",
            event_type="CREATED",
            occurred_at=START,
            received_at=START,
            body_sha256="",
        )
        for n in range(number)
    ]
    deliveries = [
        Delivery(
            id=new_id("dlv", START),
            account_id=subscription.account_id,
            event_id=event.id,
            subscription_id=subscription.id,
            notice_id=None,
            status="PENDING",
            attempts=0,
            due_at=due + timedelta(milliseconds=n),
            lease_owner=None,
            lease_until=None,
            created_at=START,
            completed_at=None,
        )
        for n, event in enumerate(events)
    ]
    async with relay.work.writing() as tx:
        await tx.events.add_new(events)
        await tx.deliveries.add(deliveries)
    return deliveries


async def claim(
    relay: Relay, owner: str, *, now: datetime = START, most: int = 100, lease: int = 60
) -> list[Delivery]:
    async with relay.work.writing() as tx:
        return await tx.deliveries.claim(
            owner, now=now, until=now + timedelta(seconds=lease), most=most
        )


def done(
    delivery: Delivery,
    owner: str,
    status: str = "DELIVERED",
    *,
    number: int = 1,
    error: str | None = None,
    at: datetime = START,
) -> Completion:
    return Completion(
        attempt=Attempt(delivery.id, number, at, 12, None if error else 200, error),
        owner=owner,
        status=status,
        due_at=at + timedelta(seconds=5) if status == "PENDING" else at,
        completed_at=None if status == "PENDING" else at,
        notice_id=delivery.notice_id,
    )


async def complete(relay: Relay, *completions: Completion) -> None:
    async with relay.work.writing() as tx:
        await tx.deliveries.complete(completions)


# -- claiming ---------------------------------------------------------------------------------


async def test_what_is_due_is_claimed_the_longest_due_first(
    relay: Relay, subscription: Subscription
) -> None:
    late = await queue(relay, subscription, number=3)
    early = await queue(relay, subscription, due=START - timedelta(minutes=1))
    await queue(relay, subscription, due=START + timedelta(minutes=1))
    claimed = await claim(relay, "a", now=START + timedelta(seconds=1))
    assert [item.id for item in claimed] == [item.id for item in (*early, *late)]
    assert {item.lease_owner for item in claimed} == {"a"}
    assert {item.lease_until for item in claimed} == {START + timedelta(seconds=61)}


async def test_no_more_are_claimed_than_asked_for(relay: Relay, subscription: Subscription) -> None:
    await queue(relay, subscription, number=20)
    now = START + timedelta(seconds=1)
    assert [len(await claim(relay, "a", now=now, most=8)) for _ in range(4)] == [8, 8, 4, 0]


async def test_no_plan_of_the_database_claims_more_than_asked_for(
    relay: Relay, subscription: Subscription
) -> None:
    """PostgreSQL may run a subquery once per row, unless it's kept from it."""
    await queue(relay, subscription, number=20)
    async with relay.work.writing() as tx:
        if not relay.work.database.is_sqlite:
            for name in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
                await tx.connection.execute(text(f"SET LOCAL enable_{name} = off"))
        claimed = await tx.deliveries.claim(
            "a", now=START + timedelta(seconds=1), until=UNTIL, most=5
        )
    assert len(claimed) == 5


async def test_a_leased_delivery_is_claimed_by_nobody_else_until_the_lease_ends(
    relay: Relay, subscription: Subscription
) -> None:
    (delivery,) = await queue(relay, subscription)
    assert len(await claim(relay, "a")) == 1
    assert await claim(relay, "a") == []
    assert await claim(relay, "b", now=UNTIL) == []
    (taken,) = await claim(relay, "b", now=UNTIL + timedelta(milliseconds=1))
    assert (taken.id, taken.lease_owner, taken.attempts) == (delivery.id, "b", 0)


async def test_many_workers_share_the_queue_and_no_delivery_twice(
    relay: Relay, subscription: Subscription
) -> None:
    queued = await queue(relay, subscription, number=200)
    now = START + timedelta(seconds=1)
    claims = await asyncio.gather(
        *(claim(relay, f"worker {n}", now=now, most=30) for n in range(8)),
        *(claim(relay, f"worker {n}", now=now, most=30) for n in range(8)),
    )
    ids = [item.id for claimed in claims for item in claimed]
    assert len(ids) == len(set(ids))
    rest = await claim(relay, "last", now=now, most=200)
    assert {*ids, *(item.id for item in rest)} == {item.id for item in queued}


async def test_whether_anything_is_due_agrees_with_what_a_claim_finds(
    relay: Relay, subscription: Subscription
) -> None:
    async def anything(now: datetime = START) -> bool:
        async with relay.work.reading() as tx:
            return await tx.deliveries.anything_due(now)

    assert not await anything()
    (delivery,) = await queue(relay, subscription)
    assert not await anything(START - timedelta(milliseconds=1))
    assert await anything()
    await claim(relay, "a")
    assert not await anything()
    assert await anything(UNTIL + timedelta(milliseconds=1))
    await complete(relay, done(delivery, "a"))
    assert not await anything(UNTIL + timedelta(days=1))
    await relay.notice(await relay.account())
    assert await anything()


# -- what sending takes -----------------------------------------------------------------------


async def test_a_leased_delivery_comes_with_all_that_sending_takes(
    relay: Relay, account: Account, subscription: Subscription
) -> None:
    (delivery,) = await queue(relay, subscription)
    await claim(relay, "a")
    async with relay.work.reading() as tx:
        due = (await tx.due_deliveries.read([delivery.id], "a"))[delivery.id]
    assert (due.delivery.account_id, due.reference) == (account.id, "customer-42")
    assert isinstance(due.message, DueEvent)
    event, found = due.message.event, due.message.subscription
    assert (event.id, event.event_type, event.resource, event.resource_id) == (
        delivery.event_id,
        "CREATED",
        "INVOICE",
        "inv-0",
    )
    assert found == subscription
    assert due.callback_url == subscription.callback_url
    assert (due.delivery.lease_until, due.delivery.attempts, due.delivery.notice_id) == (
        UNTIL,
        0,
        None,
    )
    assert str(found.secret) not in repr(due)


async def test_a_delivery_is_due_to_the_holder_of_its_lease_only(
    relay: Relay, subscription: Subscription
) -> None:
    (delivery,) = await queue(relay, subscription)
    await claim(relay, "a")
    async with relay.work.reading() as tx:
        assert await tx.due_deliveries.read([delivery.id], "b") == {}
        assert await tx.due_deliveries.read([], "a") == {}
    await complete(relay, done(delivery, "a"))
    async with relay.work.reading() as tx:
        assert await tx.due_deliveries.read([delivery.id], "a") == {}


async def test_nothing_is_due_for_a_subscription_that_ended(
    relay: Relay, subscription: Subscription
) -> None:
    (delivery,) = await queue(relay, subscription)
    await claim(relay, "a")
    async with relay.work.writing() as tx:
        await tx.subscriptions.end(subscription.id, START)
        assert await tx.due_deliveries.read([delivery.id], "a") == {}
        await tx.deliveries.cancel_of(subscription.id, START)
    assert (await relay.one(subscription)).status == "CANCELED"
    assert await claim(relay, "b", now=UNTIL + timedelta(days=1)) == []


# -- completing -------------------------------------------------------------------------------


async def test_a_completion_records_the_attempt_and_frees_the_lease(
    relay: Relay, subscription: Subscription
) -> None:
    (delivery,) = await queue(relay, subscription)
    await claim(relay, "a")
    await complete(relay, done(delivery, "a", "PENDING", error="TIMEOUT"))
    kept = await relay.one(subscription)
    assert kept == replace(delivery, attempts=1, due_at=START + timedelta(seconds=5))
    assert await claim(relay, "b", now=START + timedelta(seconds=4)) == []
    later = START + timedelta(seconds=5)
    assert len(await claim(relay, "b", now=later)) == 1
    await complete(relay, done(delivery, "b", number=2, at=later))
    kept = await relay.one(subscription)
    assert (kept.status, kept.attempts, kept.completed_at) == ("DELIVERED", 2, later)
    assert [(item.number, item.error, item.status_code) for item in await relay.attempts(kept)] == [
        (1, "TIMEOUT", None),
        (2, None, 200),
    ]


async def test_a_late_completion_of_a_lost_lease_changes_nothing(
    relay: Relay, subscription: Subscription
) -> None:
    (delivery,) = await queue(relay, subscription)
    await claim(relay, "a")
    later = UNTIL + timedelta(seconds=1)
    await claim(relay, "b", now=later)
    held = await relay.one(subscription)
    for status in ("DELIVERED", "GIVEN_UP", "PENDING"):
        await complete(relay, done(delivery, "a", status, error="TIMEOUT"))
        assert await relay.one(subscription) == held
    await complete(relay, done(delivery, "b", at=later))
    finished = await relay.one(subscription)
    assert finished.status == "DELIVERED"
    await complete(relay, done(delivery, "a", "PENDING", error="TIMEOUT"))
    assert await relay.one(subscription) == finished


async def test_the_log_tells_of_the_attempt_that_counted(
    relay: Relay, subscription: Subscription
) -> None:
    """Two workers made the same attempt; the one that held the lease has the word, first or
    last."""
    for winner_first in (True, False):
        (delivery,) = await queue(relay, subscription)
        await claim(relay, "a")
        await claim(relay, "b", now=UNTIL + timedelta(seconds=1))
        lost, won = done(delivery, "a", "PENDING", error="TIMEOUT"), done(delivery, "b")
        for completion in (won, lost) if winner_first else (lost, won):
            await complete(relay, completion)
        (attempt,) = await relay.attempts(delivery)
        assert (attempt.error, attempt.status_code) == (None, 200)


async def test_an_attempt_overtaken_by_its_own_successor_changes_nothing(
    relay: Relay, subscription: Subscription
) -> None:
    (delivery,) = await queue(relay, subscription)
    await claim(relay, "a")
    await complete(relay, done(delivery, "a", "PENDING", error="TIMEOUT"))
    await claim(relay, "a", now=START + timedelta(seconds=5))
    held = await relay.one(subscription)
    await complete(relay, done(delivery, "a", "DELIVERED", number=1))
    assert await relay.one(subscription) == held


async def test_a_batch_of_completions_is_judged_one_by_one(
    relay: Relay, subscription: Subscription
) -> None:
    queued = await queue(relay, subscription, number=4)
    await claim(relay, "a", now=START + timedelta(seconds=1))
    await complete(
        relay,
        done(queued[3], "a"),
        done(queued[2], "stranger"),
        done(queued[1], "a", "GIVEN_UP", error="HTTP_410"),
        done(queued[0], "a", "PENDING", error="HTTP_500"),
    )
    statuses = {item.id: item.status for item in await relay.of(subscription)}
    assert [statuses[item.id] for item in queued] == ["PENDING", "GIVEN_UP", "PENDING", "DELIVERED"]
    async with relay.work.writing() as tx:
        await tx.deliveries.complete([])


async def test_a_leaving_worker_gives_back_its_own_leases_only(
    relay: Relay, subscription: Subscription
) -> None:
    queued = await queue(relay, subscription, number=4)
    now = START + timedelta(seconds=1)
    mine = await claim(relay, "a", now=now, most=2)
    await claim(relay, "b", now=now, most=2)
    await complete(relay, done(mine[0], "a"))
    async with relay.work.writing() as tx:
        await tx.deliveries.release("a")
    owners = {item.id: item.lease_owner for item in await relay.of(subscription)}
    assert [owners[item.id] for item in queued] == [None, None, "b", "b"]
    assert [item.id for item in await claim(relay, "c", now=now)] == [mine[1].id]


async def test_completing_cancelling_and_releasing_at_once_do_not_deadlock(
    relay: Relay, subscription: Subscription
) -> None:
    for round_ in range(12):
        queued = await queue(relay, subscription, number=300)
        await claim(relay, "a", now=START + timedelta(seconds=1), most=300)

        async def cancel(wait: float = round_ / 300) -> None:
            await asyncio.sleep(wait)
            async with relay.work.writing() as tx:
                await tx.deliveries.cancel_of(subscription.id, START)

        async def release() -> None:
            async with relay.work.writing() as tx:
                await tx.deliveries.release("a")

        backwards = sorted(queued, key=lambda item: item.id, reverse=True)
        await asyncio.gather(
            complete(relay, *(done(item, "a") for item in backwards)),
            cancel(),
            *([release()] if round_ % 2 else []),
        )
    assert "PENDING" not in await relay.statuses(subscription)


# -- notices ----------------------------------------------------------------------------------


async def plan(relay: Relay, most: int = 100) -> int:
    async with relay.work.writing() as tx:
        return await tx.deliveries.plan_notices(START, most=most)


async def test_each_notice_is_planned_once(relay: Relay, account: Account) -> None:
    notices = [await relay.notice(account) for _ in range(5)]
    assert [await plan(relay, 3), await plan(relay, 3), await plan(relay, 3)] == [3, 2, 0]
    claimed = await claim(relay, "a")
    assert sorted(item.notice_id or "" for item in claimed) == sorted(item.id for item in notices)


async def test_workers_that_plan_at_once_plan_each_notice_once(
    relay: Relay, account: Account
) -> None:
    for _ in range(40):
        await relay.notice(account)
    await asyncio.gather(*(plan(relay, 15) for _ in range(8)))
    while await plan(relay, 15):
        pass
    claimed = await claim(relay, "a", most=500)
    assert len(claimed) == len({item.notice_id for item in claimed}) == 40


async def noticed(relay: Relay, account: Account, owner: str) -> Delivery:
    await relay.notice(account)
    await plan(relay)
    (delivery,) = await claim(relay, owner)
    return delivery


async def body(relay: Relay, delivery: Delivery) -> bytes | None:
    async with relay.work.reading() as tx:
        notice = await tx.notices.get(delivery.notice_id or "")
    assert notice is not None
    return notice.body


@pytest.mark.parametrize(
    ("status", "kept"), [("DELIVERED", False), ("GIVEN_UP", False), ("PENDING", True)]
)
async def test_a_notice_keeps_its_body_while_it_may_be_tried_again(
    relay: Relay, account: Account, status: str, kept: bool
) -> None:
    delivery = await noticed(relay, account, "a")
    error = None if status == "DELIVERED" else "HTTP_500"
    await complete(relay, done(delivery, "a", status, error=error))
    assert (await body(relay, delivery) is not None) == kept


@pytest.mark.parametrize("status", ["DELIVERED", "GIVEN_UP"])
async def test_a_lost_lease_does_not_erase_a_notice_somebody_else_is_sending(
    relay: Relay, account: Account, status: str
) -> None:
    delivery = await noticed(relay, account, "a")
    later = UNTIL + timedelta(seconds=1)
    await claim(relay, "b", now=later)
    await complete(relay, done(delivery, "a", status, error="HTTP_410"))
    assert await body(relay, delivery) is not None
    await complete(relay, done(delivery, "b", "PENDING", error="TIMEOUT", at=later))
    async with relay.work.writing() as tx:
        (again,) = await tx.deliveries.claim(
            "c", now=later + timedelta(minutes=1), until=later + timedelta(minutes=2), most=1
        )
        due = (await tx.due_deliveries.read([again.id], "c"))[again.id]
    assert isinstance(due.message, DueNotice)
    assert due.message.notice.body is not None
    assert due.message.tenant.signing_secret is not None
    for hidden in (due.message.notice.body, due.message.tenant.signing_secret):
        assert str(hidden) not in repr(due)


async def test_the_backlog_is_what_is_due_and_how_long(
    relay: Relay, subscription: Subscription
) -> None:
    async def backlog(now: datetime) -> tuple[int, datetime | None]:
        async with relay.work.reading() as tx:
            return await tx.deliveries.backlog(now)

    assert await backlog(START) == (0, None)
    first, second = await queue(relay, subscription, number=2)
    assert await backlog(START) == (1, START)
    await claim(relay, "a")
    await complete(relay, done(first, "a"))
    assert await backlog(START + timedelta(seconds=9)) == (1, second.due_at)
