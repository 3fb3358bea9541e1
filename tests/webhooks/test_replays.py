"""Sending again: the same event and bytes, once each, however often the work is cut short."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta

import pytest

import webhooks.replays
from storage.engine import Database
from storage.errors import NotFound
from storage.repositories.accounts import Account
from storage.repositories.subscriptions import Subscription
from storage.unit_of_work import DatabaseTransaction, UnitOfWork
from tests.webhooks.history import past
from tests.webhooks.relay import SIGNED, START, Relay, event_body, until
from webhooks.errors import NotReplayable
from webhooks.log import DeliveryQuery, Log
from webhooks.replays import CHUNK, LEASE, Criteria, ReplayProgress, Replays
from webhooks.retention import Retention
from webhooks.schedule import Answered

pytestmark = pytest.mark.both_databases

KEEP = timedelta(days=30)
FAILED, ALL = Criteria(only_failed=True), Criteria(only_failed=False)


@pytest.fixture
async def account(relay: Relay) -> Account:
    return await relay.account()


@pytest.fixture
async def subscription(relay: Relay, account: Account) -> Subscription:
    return await relay.subscription(account)


def replays(relay: Relay) -> Replays:
    return Replays(relay.work, relay.clock, lambda: None, KEEP)


async def begin(
    relay: Relay, account: Account, subscription: Subscription, criteria: Criteria
) -> ReplayProgress:
    relay.clock.advance(minutes=1)
    begun, _ = await replays(relay).begin(account, subscription.id, criteria)
    return begun


async def now(relay: Relay, account: Account, begun: ReplayProgress) -> ReplayProgress:
    return await replays(relay).get(account, begun.replay.subscription_id, begun.replay.id)


async def sent_again(relay: Relay, subscription: Subscription) -> list[str | None]:
    """Return the events that were planned again, in order."""
    async with relay.work.reading() as tx:
        page = await tx.delivery_log.page(
            subscription.id, DeliveryQuery(origin="REPLAY").filter(), most=10_000
        )
    return [one.event_id for one in page.deliveries][::-1]


async def events_of(relay: Relay, ids: list[str]) -> list[str | None]:
    found: list[str | None] = []
    async with relay.work.reading() as tx:
        for delivery_id in ids:
            one = await tx.delivery_log.get(delivery_id)
            assert one is not None
            found.append(one.event_id)
    return found


class KilledError(Exception):
    """The process is gone."""


class Cut(UnitOfWork):
    """Lets some transactions through; the next one is committed, or not, and then all is over."""

    def __init__(self, database: Database, *, after: int, committed: bool) -> None:
        super().__init__(database)
        self._left = after
        self._committed = committed

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[DatabaseTransaction]:
        async with super().writing() as tx:
            yield tx
            if self._left == 0 and not self._committed:
                raise KilledError
        if self._left == 0:
            raise KilledError
        self._left -= 1


# -- one --------------------------------------------------------------------------------------


async def test_a_replayed_delivery_has_the_same_id_and_bytes_and_is_a_new_one(
    relay: Relay, account: Account, subscription: Subscription
) -> None:
    """What failed nine times arrives, and the log shows both."""
    upstream = await relay.upstream(account)
    relay.endpoints.always(subscription.callback_url, Answered(410))
    dispatcher = await relay.start()
    await relay.intake(dispatcher).accept(upstream.code, SIGNED, event_body(event="CREATED"))
    await until(lambda: is_disabled(relay, subscription))
    (first,) = await relay.of(subscription)
    async with relay.work.writing() as tx:
        await tx.subscriptions.set_state(subscription.id, state="ACTIVE", reason=None, at=START)
    relay.endpoints.always(subscription.callback_url, Answered(200))
    relay.clock.advance(minutes=1)
    again = await replays(relay).one(account, first.id)
    await until(lambda: len(relay.endpoints.arrived) == 2)
    before, after = relay.endpoints.arrived
    assert before.headers["webhook-id"] == after.headers["webhook-id"] == again.event_id
    assert before.body == after.body
    assert again.id != first.id
    assert (again.origin, again.status) == ("REPLAY", "PENDING")
    detail = await Log(relay.work).detail(account, again.id)
    assert detail.sent_body == after.body.decode()


async def is_disabled(relay: Relay, subscription: Subscription) -> bool:
    """410 does that, once the attempt is written down."""
    async with relay.work.reading() as tx:
        found = await tx.subscriptions.get(subscription.id)
    return found is not None and found.state == "DISABLED"


async def test_what_waits_or_has_no_receiver_is_not_sent_again(
    relay: Relay, account: Account, subscription: Subscription
) -> None:
    for status in ("PENDING", "HELD"):
        (waiting,) = await past(relay, subscription, status=status)
        with pytest.raises(NotReplayable):
            await replays(relay).one(account, waiting)
    (failed,) = await past(relay, subscription, status="GIVEN_UP")
    with pytest.raises(NotFound):
        await replays(relay).one(await relay.account(), failed)
    async with relay.work.writing() as tx:
        await tx.subscriptions.set_state(subscription.id, state="DISABLED", reason="GONE", at=START)
    for refused in (
        replays(relay).one(account, failed),
        replays(relay).begin(account, subscription.id, FAILED),
    ):
        with pytest.raises(NotReplayable):
            await refused
    async with relay.work.writing() as tx:
        await tx.subscriptions.end(subscription.id, START)
    with pytest.raises(NotReplayable):
        await replays(relay).one(account, failed)
    with pytest.raises(NotFound):
        await replays(relay).begin(account, subscription.id, FAILED)


async def test_a_notice_is_never_sent_again(relay: Relay, account: Account) -> None:
    """Nor does the log show its body: it may have carried an account key."""
    await relay.notice(account)
    await relay.start()
    await until(lambda: relay.endpoints.arrived)
    async with relay.work.reading() as tx:
        row = await tx.connection.exec_driver_sql("SELECT id FROM deliveries")
        delivery_id = row.scalar_one()
    with pytest.raises(NotReplayable):
        await replays(relay).one(account, delivery_id)
    detail = await Log(relay.work).detail(account, delivery_id)
    assert detail.sent_body is None
    assert detail.delivery.event_type == "ACCOUNT_LINKED"


async def test_while_paused_what_is_sent_again_is_held(
    relay: Relay, account: Account, subscription: Subscription
) -> None:
    (failed,) = await past(relay, subscription, status="GIVEN_UP")
    async with relay.work.writing() as tx:
        await tx.subscriptions.set_state(subscription.id, state="PAUSED", reason="VENDOR", at=START)
    assert (await replays(relay).one(account, failed)).status == "HELD"
    begun = await begin(relay, account, subscription, FAILED)
    await replays(relay).advance()
    assert (await now(relay, account, begun)).waiting == 1


async def test_an_ordered_subscriptions_replays_wait_their_turn(
    relay: Relay, account: Account, subscription: Subscription
) -> None:
    (failed,) = await past(relay, subscription, status="GIVEN_UP", resource_id="inv-7")
    async with relay.work.writing() as tx:
        await tx.subscriptions.set_options(
            subscription.id, ordered=True, coalesce_seconds=0, deletions=False, at=START
        )
    again = await replays(relay).one(account, failed)
    async with relay.work.reading() as tx:
        row = await tx.connection.exec_driver_sql(
            f"SELECT record_key FROM deliveries WHERE id = '{again.id}'"  # noqa: S608
        )
        assert row.scalar_one() == "INVOICE:inv-7"


async def test_what_was_joined_is_sent_again_as_it_was(
    relay: Relay, account: Account, subscription: Subscription
) -> None:
    """A record that was made and changed before anybody heard of it is CREATED, each time."""
    key = {"resource_id": "inv-7", "record_key": "INVOICE:inv-7"}
    (kept,) = await past(relay, subscription, status="GIVEN_UP", **key)
    await past(relay, subscription, status="MERGED", event_type="CREATED", merged_into=kept, **key)
    log = Log(relay.work)
    first = await log.detail(account, kept)
    relay.clock.advance(minutes=1)
    again = await replays(relay).one(account, kept)
    begun = await begin(relay, account, subscription, FAILED)
    await replays(relay).advance()
    page = await log.page(
        account, subscription.id, DeliveryQuery(origin="REPLAY", status="PENDING")
    )
    assert len(page.deliveries) == 2
    bodies = {(await log.detail(account, one.id)).sent_body for one in page.deliveries}
    assert again.event_type == "CREATED"
    assert bodies == {first.sent_body}
    assert '"CREATED"' in (first.sent_body or "")
    assert (await now(relay, account, begun)).replay.planned == 1


# -- many -------------------------------------------------------------------------------------


async def test_all_that_failed_is_sent_again_once_in_its_order(
    relay: Relay, account: Account, subscription: Subscription
) -> None:
    """Not what arrived, not what arrived by a replay since, no tests, no replays of replays."""
    await past(relay, subscription, 5)
    failed = await past(relay, subscription, 3, at=START + timedelta(seconds=1), status="GIVEN_UP")
    await past(relay, subscription, status="GIVEN_UP", origin="TEST")
    await past(relay, subscription, status="PENDING")
    await past(relay, await relay.subscription(account, "https://b.example"), status="GIVEN_UP")
    relay.clock.advance(minutes=1)
    arrived = await replays(relay).one(account, failed[1])
    async with relay.work.writing() as tx:
        await tx.connection.exec_driver_sql(
            "UPDATE deliveries SET status = 'DELIVERED', completed_at = created_at "  # noqa: S608
            f"WHERE id = '{arrived.id}'"
        )
    begun = await begin(relay, account, subscription, FAILED)
    assert (begun.replay.total, begun.replay.planned) == (2, 0)
    assert await replays(relay).advance() == 2
    done = await now(relay, account, begun)
    assert (done.replay.state, done.replay.planned, done.waiting) == ("DONE", 2, 2)
    events = await events_of(relay, failed)
    assert (await sent_again(relay, subscription))[1:] == [events[0], events[2]]


async def test_a_range_and_a_record_are_sent_again(
    relay: Relay, account: Account, subscription: Subscription
) -> None:
    hours = [START + timedelta(hours=n) for n in range(4)]
    ids = [(await past(relay, subscription, at=at, resource_id=f"i-{at.hour}"))[0] for at in hours]
    events = await events_of(relay, ids)
    relay.clock.now = hours[3]
    for criteria, expected in (
        (replace(ALL, since=hours[1], until=hours[3]), events[1:3]),
        (replace(ALL, resource_id=f"i-{hours[2].hour}"), events[2:3]),
        (replace(ALL, since=hours[3] + timedelta(days=1)), []),
        (ALL, events),
    ):
        seen = len(await sent_again(relay, subscription))
        begun = await begin(relay, account, subscription, criteria)
        assert begun.replay.total == len(expected)
        await replays(relay).advance()
        assert (await sent_again(relay, subscription))[seen:] == expected


async def test_a_job_cut_short_goes_on_and_leaves_out_and_repeats_nothing(
    relay: Relay, account: Account, subscription: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut after each of its steps in turn, before and after their commits."""
    monkeypatch.setattr(webhooks.replays, "CHUNK", 10)
    monkeypatch.setattr(webhooks.replays, "WINDOW", 40)
    monkeypatch.setattr(webhooks.replays, "MOST_WAITING", 10_000)
    await past(relay, subscription, 95)
    begun = await begin(relay, account, subscription, ALL)
    crashes = 0
    for place in range(30):
        cut = Cut(relay.work.database, after=place % 7, committed=place % 2 == 0)
        with suppress(KilledError):
            await replace(replays(relay), work=cut).advance()
            break
        crashes += 1
        relay.clock.now += LEASE + timedelta(seconds=1)
    assert crashes > 5
    await replays(relay).advance()
    done = await now(relay, account, begun)
    assert (done.replay.state, done.replay.total, done.replay.planned) == ("DONE", 95, 95)
    again = await sent_again(relay, subscription)
    assert len(again) == len(set(again)) == 95


async def test_two_workers_share_a_job_and_plan_nothing_twice(
    relay: Relay, account: Account, subscription: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks.replays, "CHUNK", 5)
    await past(relay, subscription, 60)
    begun = await begin(relay, account, subscription, ALL)
    counts = await asyncio.gather(*(replays(relay).advance() for _ in range(4)))
    while (await now(relay, account, begun)).replay.state == "RUNNING":
        counts.append(await replays(relay).advance())
    assert sum(counts) == 60
    again = await sent_again(relay, subscription)
    assert len(again) == len(set(again)) == 60


async def test_the_counts_follow_what_became_of_each(
    relay: Relay, account: Account, subscription: Subscription
) -> None:
    ids = await past(relay, subscription, 6, status="GIVEN_UP")
    events = await events_of(relay, ids)
    begun = await begin(relay, account, subscription, FAILED)
    relay.endpoints.answers[subscription.callback_url] = lambda request: Answered(
        200 if request.headers["webhook-id"] in events[:4] else 410
    )
    await replays(relay).advance()
    async with relay.work.reading() as tx:
        assert await tx.delivery_log.counts(subscription.id) == (6, 0)
    await relay.start()

    async def settled() -> bool:
        return (await now(relay, account, begun)).waiting == 0

    await until(settled)
    done = await now(relay, account, begun)
    assert done.replay.planned == 6
    assert done.delivered + done.failed + done.canceled == 6
    assert done.delivered <= 4
    assert done.failed >= 1


async def test_a_job_rests_while_its_receiver_has_enough(
    relay: Relay, account: Account, subscription: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And another subscription's job is not held up by it."""
    monkeypatch.setattr(webhooks.replays, "CHUNK", 10)
    monkeypatch.setattr(webhooks.replays, "MOST_WAITING", 20)
    other = await relay.subscription(account, "https://b.example")
    await past(relay, subscription, 50)
    await past(relay, other, 5)
    begun = await begin(relay, account, subscription, ALL)
    second = await begin(relay, account, other, ALL)
    assert await replays(relay).advance() == 25
    assert await replays(relay).advance() == 0
    assert (await now(relay, account, begun)).replay.state == "RUNNING"
    assert (await now(relay, account, second)).replay.state == "DONE"
    async with relay.work.writing() as tx:
        await tx.connection.exec_driver_sql(
            "UPDATE deliveries SET status = 'DELIVERED' WHERE status = 'PENDING'"
        )
    assert await replays(relay).advance() == 20


async def test_a_canceled_job_plans_no_more_and_what_it_planned_ends(
    relay: Relay, account: Account, subscription: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks.replays, "CHUNK", 10)
    monkeypatch.setattr(webhooks.replays, "MOST_WAITING", 30)
    await past(relay, subscription, 50)
    own = await past(relay, subscription, status="PENDING", at=START + timedelta(minutes=2))
    begun = await begin(relay, account, subscription, ALL)
    await replays(relay).advance()
    canceled = await replays(relay).cancel(account, subscription.id, begun.replay.id)
    assert canceled.replay.state == "CANCELED"
    assert canceled.canceled == canceled.replay.planned == 30
    assert await replays(relay).advance() == 0
    async with relay.work.reading() as tx:
        untouched = await tx.delivery_log.get(own[0])
    assert untouched is not None
    assert untouched.status == "PENDING"


async def test_a_job_ends_with_its_subscription(
    relay: Relay, account: Account, subscription: Subscription
) -> None:
    await past(relay, subscription, 5)
    begun = await begin(relay, account, subscription, ALL)
    async with relay.work.writing() as tx:
        await tx.subscriptions.end(subscription.id, relay.clock())
    assert await replays(relay).advance() == 0
    assert (await now(relay, account, begun)).replay.state == "CANCELED"


async def test_what_retention_took_first_is_told(
    relay: Relay, account: Account, subscription: Subscription
) -> None:
    """Before the job, by a warning; while it runs, by a count."""
    await past(relay, subscription, 4)
    relay.clock.advance(days=20)
    await past(relay, subscription, 3, at=relay.clock())
    begun = await begin(relay, account, subscription, ALL)
    assert begun.replay.total == 7
    relay.clock.advance(days=15)
    await Retention(relay.work, relay.clock, KEEP).run()
    await replays(relay).advance()
    done = await now(relay, account, begun)
    assert (done.replay.planned, done.removed) == (3, 4)
    _, warnings = await replays(relay).begin(account, subscription.id, ALL)
    assert "30 days" in warnings[0]
    recent = replace(ALL, since=relay.clock() - timedelta(days=1))
    assert (await replays(relay).begin(account, subscription.id, recent))[1] == ()


async def test_replays_are_listed_newest_first(
    relay: Relay, account: Account, subscription: Subscription
) -> None:
    begun = [(await begin(relay, account, subscription, ALL)).replay.id for _ in range(5)]
    first, rest = await replays(relay).list(account, subscription.id, most=3)
    assert [one.replay.id for one in first] == begun[:1:-1]
    second, end = await replays(relay).list(account, subscription.id, before=rest, most=3)
    assert [one.replay.id for one in second] == begun[1::-1]
    assert end is None


async def test_a_job_is_its_accounts_alone(
    relay: Relay, account: Account, subscription: Subscription
) -> None:
    begun = await begin(relay, account, subscription, ALL)
    other = await relay.account()
    sibling = await relay.subscription(account, "https://b.example")
    for owner, webhook in ((other, subscription.id), (account, sibling.id)):
        with pytest.raises(NotFound):
            await replays(relay).get(owner, webhook, begun.replay.id)
        with pytest.raises(NotFound):
            await replays(relay).cancel(owner, webhook, begun.replay.id)
    for refused in (
        replays(relay).begin(other, subscription.id, ALL),
        replays(relay).list(other, subscription.id),
    ):
        with pytest.raises(NotFound):
            await refused


def test_a_chunk_is_less_than_what_may_wait() -> None:
    """Else a job could never plan a whole one."""
    assert CHUNK < webhooks.replays.MOST_WAITING
