"""Changes found by asking: told once, by whatever process, with webhooks or without them."""

import asyncio
import random
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from connector.errors import DownstreamUnavailable, MissingScope, RateLimited
from connector.ports import Feed, RecordState
from storage.repositories.accounts import Account
from storage.repositories.subscriptions import Subscription
from storage.repositories.watermarks import Watermark
from storage.tables import EventRow
from storage.values import table_of
from tests.webhooks.relay import SIGNED, START, TARGET, Relay, event_body, on_sqlite, until
from webhooks.errors import EventStale
from webhooks.intake import Intake
from webhooks.reconcile import COVERED, POLLED

pytestmark = pytest.mark.both_databases

HERE = "https://app.example/1"
INVOICE_EVENTS = ("v1/client-invoices",)

Told = tuple[str, str, str]
"""Type, record, source."""


@pytest.fixture
async def account(relay: Relay) -> Account:
    relay.let_be_polled()
    return await relay.account()


async def subscribe(
    relay: Relay, account: Account, resource: str = "INVOICE", url: str = HERE
) -> Subscription:
    made = await relay.subscriptions().create(account, callback_url=url, resource=resource)
    return made.subscription


async def emitted(relay: Relay, subscription: Subscription) -> list[Told]:
    """List what is to be sent, in the order it was planned."""
    events = table_of(EventRow)
    deliveries = sorted(await relay.of(subscription), key=lambda one: (one.created_at, one.id))
    async with relay.work.reading() as tx:
        rows = await tx.connection.execute(select(events))
        by_id = {row.id: row for row in rows}
    found = [by_id[delivery.event_id] for delivery in deliveries]
    return [(row.event_type, row.resource_id, row.source) for row in found]


async def watermark(relay: Relay, account: Account, resource: str = "INVOICE") -> Watermark:
    async with relay.work.reading() as tx:
        found = await tx.watermarks.of_account(account.id)
    (one,) = [one for one in found if one.resource == resource]
    return one


async def poll(relay: Relay, account: Account | None = None, *, after: float = 3) -> int:
    """Poll at once all there is, or one account's, when what was changed has settled."""
    relay.clock.advance(seconds=after)
    if account is not None:
        await relay.reconciler().poll_now(account.id)
    return await relay.reconciler().poll_due()


async def post(
    relay: Relay,
    intake: Intake,
    account: Account,
    number: int,
    record_id: str,
    at: datetime,
    **more: object,
) -> None:
    """Let the provider announce a change of an invoice."""
    upstream = await relay.standing(account)
    assert upstream is not None
    secret = relay.ring.open_text(upstream.secret, associated_data=upstream.associated_data)
    made = relay.books.records[account.id, "INVOICE"][record_id].created_at
    assert made is not None
    body = event_body(
        f"up-{number}",
        record_id,
        created_at=at.isoformat(),
        resource_created_at=made.isoformat(),
        **more,
    )
    await intake.accept(upstream.code, {"signature": secret}, body)


# -- telling ----------------------------------------------------------------------------------


async def test_polling_alone_tells_what_was_made_and_what_was_changed(
    relay: Relay, account: Account
) -> None:
    relay.books.change(account, "old", at=START - timedelta(days=9))
    subscription = await subscribe(relay, account)
    relay.clock.advance(seconds=1)
    relay.books.change(account, "new")
    relay.books.change(account, "old")
    assert await poll(relay) == 1
    assert sorted(await emitted(relay, subscription)) == [
        ("CREATED", "new", "POLL"),
        ("UPDATED", "old", "POLL"),
    ]
    await poll(relay, account)
    await poll(relay, account, after=600)
    assert len(await emitted(relay, subscription)) == 2


async def test_no_history_is_emitted(relay: Relay, account: Account) -> None:
    for number in range(5):
        relay.books.change(account, f"old-{number}", at=START - timedelta(seconds=number + 1))
    subscription = await subscribe(relay, account)
    await poll(relay)
    assert await emitted(relay, subscription) == []


async def test_changes_between_two_polls_are_one_event(relay: Relay, account: Account) -> None:
    subscription = await subscribe(relay, account)
    for _ in range(4):
        relay.clock.advance(seconds=1)
        relay.books.change(account, "a")
    await poll(relay)
    assert await emitted(relay, subscription) == [("CREATED", "a", "POLL")]


async def test_a_change_just_made_waits_until_its_date_is_final(
    relay: Relay, account: Account
) -> None:
    subscription = await subscribe(relay, account)
    relay.clock.advance(seconds=10)
    relay.books.change(account, "a")
    await poll(relay, account, after=1)
    assert await emitted(relay, subscription) == []
    mark = await watermark(relay, account)
    assert mark.due_at - relay.clock() == timedelta(seconds=2)
    await poll(relay, after=2)
    assert len(await emitted(relay, subscription)) == 1


async def test_a_later_subscriber_is_not_told_what_happened_before_it(
    relay: Relay, account: Account
) -> None:
    first = await subscribe(relay, account)
    relay.clock.advance(seconds=5)
    relay.books.change(account, "a")
    relay.clock.advance(seconds=5)
    second = await subscribe(relay, account, url="https://app.example/2")
    await poll(relay)
    assert len(await emitted(relay, first)) == 1
    assert await emitted(relay, second) == []


async def test_lists_without_dates_are_compared_with_the_first_reading(
    relay: Relay, account: Account
) -> None:
    relay.books.put(account, "OFFER", RecordState("old", "v1"))
    subscription = await subscribe(relay, account, "OFFER")
    await poll(relay)
    assert await emitted(relay, subscription) == []
    relay.books.put(account, "OFFER", RecordState("old", "v2"))
    relay.books.put(account, "OFFER", RecordState("new", "v1"))
    await poll(relay, account)
    assert sorted(await emitted(relay, subscription)) == [
        ("CREATED", "new", "POLL"),
        ("UPDATED", "old", "POLL"),
    ]
    relay.books.put(account, "OFFER", RecordState("old", "v1"))
    await poll(relay, account)
    assert len(await emitted(relay, subscription)) == 3, "back to what it was is a change"


async def test_accounts_are_told_of_their_own_only(relay: Relay, account: Account) -> None:
    other = await relay.account()
    here, there = await subscribe(relay, account), await subscribe(relay, other)
    relay.clock.advance(seconds=1)
    relay.books.change(account, "a")
    relay.books.change(other, "b")
    assert await poll(relay) == 2
    assert await emitted(relay, here) == [("CREATED", "a", "POLL")]
    assert await emitted(relay, there) == [("CREATED", "b", "POLL")]


async def test_subscribing_again_begins_anew(relay: Relay, account: Account) -> None:
    first = await subscribe(relay, account)
    await poll(relay)
    await relay.subscriptions().delete(account, first.id)
    async with relay.work.reading() as tx:
        assert await tx.watermarks.of_account(account.id) == []
    relay.clock.advance(minutes=1)
    relay.books.change(account, "between")
    relay.clock.advance(minutes=1)
    second = await subscribe(relay, account)
    await poll(relay)
    assert await emitted(relay, second) == []


async def test_what_was_found_is_sent_from_this_process_at_once(
    relay: Relay, account: Account
) -> None:
    dispatcher = await relay.start()
    subscription = await subscribe(relay, account)
    relay.clock.advance(seconds=1)
    relay.books.change(account, "a")
    relay.clock.advance(seconds=3)
    await relay.reconciler(dispatcher).poll_due()
    (delivery,) = await relay.of(subscription)
    assert delivery.lease_owner == dispatcher.owner or delivery.status == "DELIVERED"


# -- beside webhooks --------------------------------------------------------------------------


async def test_what_a_webhook_announced_is_not_emitted_by_a_poll(
    relay: Relay, account: Account
) -> None:
    subscription = await subscribe(relay, account)
    intake = relay.intake()
    relay.clock.advance(seconds=1)
    at = relay.books.change(account, "a")
    await post(relay, intake, account, 1, "a", at)
    await poll(relay, account)
    assert [source for _, _, source in await emitted(relay, subscription)] == ["WEBHOOK"]


async def test_a_webhook_that_comes_after_a_poll_is_stored_and_not_emitted(
    relay: Relay, account: Account
) -> None:
    subscription = await subscribe(relay, account)
    intake = relay.intake()
    relay.clock.advance(seconds=1)
    at = relay.books.change(account, "a")
    await poll(relay, account)
    await post(relay, intake, account, 1, "a", at)
    assert await emitted(relay, subscription) == [("CREATED", "a", "POLL")]
    async with relay.work.reading() as tx:
        rows = await tx.connection.execute(select(table_of(EventRow).c.upstream_event_id))
        assert "up-1" in {row[0] for row in rows}
    relay.clock.advance(seconds=1)
    await post(relay, intake, account, 2, "a", relay.books.change(account, "a"))
    assert len(await emitted(relay, subscription)) == 2, "a later one is news"


async def test_what_webhooks_lost_is_found(relay: Relay, account: Account) -> None:
    subscription = await subscribe(relay, account)
    intake = relay.intake()
    for number in range(6):
        relay.clock.advance(seconds=2)
        at = relay.books.change(account, f"r{number % 3}")
        if number < 3:
            await post(relay, intake, account, number, f"r{number}", at)
    await poll(relay, account)
    found = await emitted(relay, subscription)
    assert sorted(one for _, one, source in found if source == "POLL") == ["r0", "r1", "r2"]
    assert len(found) == 6


async def test_an_event_of_an_invoice_has_payments_looked_at(
    relay: Relay, account: Account
) -> None:
    await subscribe(relay, account)
    payments = await subscribe(relay, account, "PAYMENT", "https://app.example/payments")
    await poll(relay)
    relay.clock.advance(seconds=10)
    relay.books.put(account, "PAYMENT", RecordState("a", "120", changed_at=relay.clock()))
    intake = relay.intake()
    at = relay.books.change(account, "a")
    relay.clock.advance(seconds=3)
    assert await relay.reconciler().poll_due() == 0
    await post(relay, intake, account, 1, "a", at)
    assert await relay.reconciler().poll_due() == 1
    assert await emitted(relay, payments) == [("CREATED", "a", "POLL")]


async def test_a_bill_that_was_found_has_payments_looked_at(relay: Relay, account: Account) -> None:
    await subscribe(relay, account, "BILL")
    payments = await subscribe(relay, account, "PAYMENT", "https://app.example/payments")
    await poll(relay)
    relay.clock.advance(seconds=61)
    at = relay.books.change(account, "b", "BILL")
    relay.books.put(account, "PAYMENT", RecordState("b", "50", changed_at=at))
    relay.clock.advance(seconds=60)
    await relay.reconciler().poll_due()
    assert await emitted(relay, payments) == [("CREATED", "b", "POLL")]


def let_there_be_proposals(relay: Relay) -> None:
    """Invoices and bills are proposals, too; what is announced of invoices is told of those."""
    feed = Feed(follows=("BILL", "VENDOR_CREDIT"))
    relay.books.resources = {**relay.books.resources, "BOOKING_PROPOSAL": feed}
    relay.provider.topics = {**relay.provider.topics, "BOOKING_PROPOSAL": INVOICE_EVENTS}


async def test_of_two_resources_with_one_record_each_change_is_told_once(
    relay: Relay, account: Account
) -> None:
    """By the webhook, by the poll where it was lost, and whichever comes first."""
    let_there_be_proposals(relay)
    proposals = await subscribe(relay, account, "BOOKING_PROPOSAL")
    await poll(relay)
    intake = relay.intake()
    for number, (announced, first) in enumerate([(True, "event"), (True, "poll"), (False, "poll")]):
        relay.clock.advance(seconds=60)
        at = relay.books.change(account, f"r{number}")
        relay.books.change(account, f"r{number}", "BOOKING_PROPOSAL", at=at)
        if first == "poll":
            await poll(relay, account)
        if announced:
            await post(relay, intake, account, number, f"r{number}", at, also=["BOOKING_PROPOSAL"])
        await poll(relay, account)
    assert await emitted(relay, proposals) == [
        ("CREATED", "r0", "WEBHOOK"),
        ("CREATED", "r1", "POLL"),
        ("CREATED", "r2", "POLL"),
    ]


@pytest.mark.parametrize(
    ("written", "polled"), [("BILL", True), ("VENDOR_CREDIT", True), ("INVOICE", False)]
)
async def test_what_was_written_has_what_follows_it_looked_at(
    relay: Relay, account: Account, written: str, polled: bool
) -> None:
    """Also where only that is subscribed to; what the provider announces needs none."""
    let_there_be_proposals(relay)
    proposals = await subscribe(relay, account, "BOOKING_PROPOSAL")
    await poll(relay)
    relay.clock.advance(seconds=10)
    relay.books.change(account, "b", "BOOKING_PROPOSAL")
    relay.clock.advance(seconds=3)
    await relay.reconciler().wrote(account.id, TARGET, written)
    assert await relay.reconciler().poll_due() == int(polled)
    assert await emitted(relay, proposals) == ([("CREATED", "b", "POLL")] if polled else [])


async def test_what_is_gone_from_its_list_is_told_to_who_asks(
    relay: Relay, account: Account
) -> None:
    subscriptions = relay.subscriptions()
    plain = await subscribe(relay, account, "PAYMENT")
    asking = await subscriptions.create(
        account, callback_url="https://app.example/2", resource="PAYMENT", deletions=True
    )
    await poll(relay)
    for version in ("120", None, None, "90"):
        relay.clock.advance(seconds=61)
        relay.books.put(account, "PAYMENT", RecordState("p", version, changed_at=relay.clock()))
        await poll(relay, account)
    told = [(kind, "p", "POLL") for kind in ("CREATED", "DELETED", "CREATED")]
    assert await emitted(relay, asking.subscription) == told
    assert await emitted(relay, plain) == [told[0], told[2]]


async def test_missed_webhooks_have_the_subscription_looked_after(
    relay: Relay, account: Account
) -> None:
    """The poll of what is announced finds an old change, which shouldn't be: it vanished there."""
    subscriptions = relay.subscriptions()
    await subscribe(relay, account)
    await poll(relay)
    relay.provider.standing.clear()
    relay.clock.advance(minutes=11)
    relay.books.change(account, "a")
    relay.clock.advance(hours=7)
    await relay.reconciler(missed=subscriptions.upstream.look_after).poll_due()
    upstream = await relay.standing(account)
    assert upstream is not None
    assert [*relay.provider.standing] == [upstream.upstream_id]


# -- any order --------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_is_lost_late_or_repeated_each_change_is_emitted_once(
    relay: Relay, account: Account, seed: int
) -> None:
    """Changes, webhooks that come late, twice or never, polls, and new processes, in any order.

    A change is told by an event made no earlier than it. A webhook tells once; a poll tells no
    state that was told.
    """
    chance = random.Random(seed)
    subscription = await subscribe(relay, account)
    intake = relay.intake()
    changes: dict[str, list[datetime]] = {}
    on_the_way: list[tuple[int, str, datetime]] = []
    for number in range(40):
        relay.clock.advance(seconds=chance.choice((1, 2, 5, 60)))
        match chance.choice(("change", "change", "post", "post", "poll", "restart")):
            case "change":
                one = f"r{chance.randrange(4)}"
                at = relay.books.change(account, one)
                changes.setdefault(one, []).append(at)
                if chance.random() < 0.7:
                    on_the_way.append((number, one, at))
            case "post" if on_the_way:
                message = chance.choice(on_the_way)
                if chance.random() < 0.8:
                    on_the_way.remove(message)
                await post(relay, intake, account, *message)
            case "poll":
                await relay.reconciler().poll_now(account.id)
                await asyncio.gather(relay.reconciler().poll_due(), relay.reconciler().poll_due())
            case _:
                intake = relay.intake()
    await poll(relay, account)
    table = table_of(EventRow)
    deliveries = await relay.of(subscription)
    sent = {delivery.event_id for delivery in deliveries}
    assert len(sent) == len(deliveries), "one delivery for each event"
    async with relay.work.reading() as tx:
        rows = [row for row in await tx.connection.execute(select(table)) if row.id in sent]
    for one, moments in changes.items():
        mine = [row for row in rows if row.resource_id == one]
        assert max(row.occurred_at for row in mine) >= moments[-1], "the last state is told"
        assert [row.event_type for row in mine].count("CREATED") == 1
        polled = [row for row in mine if row.source == "POLL"]
        assert len({row.occurred_at for row in polled}) == len(polled)
        assert len({row.upstream_event_id for row in mine}) == len(mine)
    before = len(sent)
    for message in on_the_way:
        await post(relay, intake, account, *message)
    assert len(await relay.of(subscription)) == before, "all of that is told"


@pytest.mark.covers("GUIDE-03")
@pytest.mark.parametrize("seed", range(4))
async def test_polls_alone_emit_the_same_as_webhooks_alone(relay: Relay, seed: int) -> None:
    """Two accounts where the same happens: one is announced, one is asked for."""
    chance = random.Random(seed)
    relay.let_be_polled()
    announced, asked = await relay.account(), await relay.account()
    by_webhook = await subscribe(relay, announced)
    relay.provider.before = refuse_subscribing
    by_poll = await subscribe(relay, asked)
    intake = relay.intake()
    for number in range(20):
        relay.clock.advance(seconds=chance.choice((3, 30)))
        one = f"r{chance.randrange(6)}"
        at = relay.books.change(announced, one)
        relay.books.change(asked, one)
        await post(relay, intake, announced, number, one, at)
        await poll(relay, asked)
    first, second = await emitted(relay, by_webhook), await emitted(relay, by_poll)
    assert [event[:2] for event in first] == [event[:2] for event in second]
    assert {event[2] for event in first} == {"WEBHOOK"}
    assert {event[2] for event in second} == {"POLL"}


async def refuse_subscribing(call: str, _account: str) -> None:
    if call == "subscribe":
        raise MissingScope("webhook")


# -- when -------------------------------------------------------------------------------------


async def test_polls_grow_rarer_until_something_happens(relay: Relay, account: Account) -> None:
    await subscribe(relay, account, "BILL")
    waits: list[timedelta] = []
    for _ in range(12):
        assert await relay.reconciler().poll_due() == 1
        mark = await watermark(relay, account, "BILL")
        waits.append(mark.due_at - relay.clock())
        relay.clock.now = mark.due_at
    assert waits == sorted(waits)
    assert waits[-1] == POLLED.longest
    relay.books.change(account, "b", "BILL", at=relay.clock() - timedelta(seconds=5))
    await relay.reconciler().poll_due()
    mark = await watermark(relay, account, "BILL")
    assert mark.due_at - relay.clock() == POLLED.shortest


async def test_what_is_announced_is_polled_rarely(relay: Relay, account: Account) -> None:
    await subscribe(relay, account)
    await relay.reconciler().poll_due()
    mark = await watermark(relay, account)
    assert mark.due_at - relay.clock() == COVERED.shortest


@on_sqlite
async def test_failures_are_tried_again_later_and_later(relay: Relay, account: Account) -> None:
    await subscribe(relay, account, "BILL")
    relay.books.before = failing(DownstreamUnavailable("down"))
    waits: list[timedelta] = []
    for number in range(1, 9):
        assert await relay.reconciler().poll_due() == 1
        mark = await watermark(relay, account, "BILL")
        assert mark.failures == number
        assert mark.changed_until == START
        waits.append(mark.due_at - relay.clock())
        relay.clock.now = mark.due_at
    assert waits == sorted(waits)
    assert waits[0] == POLLED.shortest
    assert waits[-1] == POLLED.longest
    relay.books.before = fine
    await relay.reconciler().poll_due()
    assert (await watermark(relay, account, "BILL")).failures == 0


@on_sqlite
@pytest.mark.parametrize(("asked", "waits"), [(90.0, 90), (None, 60), (10**9, 3600)])
async def test_a_rate_limit_postpones_without_counting_as_a_failure(
    relay: Relay, account: Account, asked: float | None, waits: int
) -> None:
    await subscribe(relay, account, "BILL")
    relay.books.before = failing(RateLimited("much", retry_after=asked))
    await relay.reconciler().poll_due()
    mark = await watermark(relay, account, "BILL")
    assert mark.failures == 0
    assert mark.due_at - relay.clock() == timedelta(seconds=waits)


async def test_accounts_that_cant_be_called_for_are_left_alone(
    relay: Relay, account: Account
) -> None:
    await subscribe(relay, account)
    async with relay.work.writing() as tx:
        await tx.accounts.move(account.id, to="REAUTH_REQUIRED", before="ACTIVE", at=START)
    assert await poll(relay, account) == 0
    async with relay.work.writing() as tx:
        await tx.accounts.move(account.id, to="ACTIVE", before="REAUTH_REQUIRED", at=START)
    assert await poll(relay, account) == 1


async def test_an_account_that_ends_during_a_poll_is_told_no_more(
    relay: Relay, account: Account
) -> None:
    subscription = await subscribe(relay, account)
    relay.clock.advance(seconds=1)
    relay.books.change(account, "a")
    relay.clock.advance(seconds=3)

    async def end(_account: str, _resource: str) -> None:
        async with relay.work.writing() as tx:
            await tx.accounts.move(account.id, to="DISABLED", before="ACTIVE", at=START)

    relay.books.before = end
    await relay.reconciler().poll_due()
    assert await emitted(relay, subscription) == []


@pytest.mark.covers("QX-14")
async def test_a_stale_event_has_the_account_polled_within_seconds(
    relay: Relay, account: Account
) -> None:
    subscription = await subscribe(relay, account)
    await poll(relay)
    relay.clock.advance(seconds=60)
    relay.books.change(account, "a")
    relay.clock.advance(seconds=3)
    upstream = await relay.standing(account)
    assert upstream is not None
    secret = relay.ring.open_text(upstream.secret, associated_data=upstream.associated_data)
    assert await relay.reconciler().poll_due() == 0
    for _ in range(3):
        with pytest.raises(EventStale):
            await relay.intake().accept(
                upstream.code, {"signature": secret, "stale": ""}, event_body()
            )
    assert await relay.reconciler().poll_due() == 1
    assert await emitted(relay, subscription) == [("CREATED", "a", "POLL")]
    with pytest.raises(EventStale):
        await relay.intake().accept(upstream.code, {"signature": secret, "stale": ""}, event_body())
    assert await relay.reconciler().poll_due() == 0, "it was just polled"


async def test_a_forged_event_brings_about_no_poll(relay: Relay, account: Account) -> None:
    await subscribe(relay, account)
    await poll(relay)
    relay.clock.advance(seconds=60)
    upstream = await relay.standing(account)
    assert upstream is not None
    with pytest.raises(Exception, match="signed"):
        await relay.intake().accept(upstream.code, {**SIGNED, "stale": ""}, event_body())
    assert await relay.reconciler().poll_due() == 0


async def test_what_becomes_due_during_a_poll_is_polled_after_it(
    relay: Relay, account: Account
) -> None:
    await subscribe(relay, account)
    reconciler = relay.reconciler()

    async def poll_now(_account: str, _resource: str) -> None:
        relay.books.before = fine
        relay.clock.advance(seconds=1)
        await reconciler.poll_now(account.id)

    relay.books.before = poll_now
    assert await reconciler.poll_due() == 2


# -- several processes ------------------------------------------------------------------------


async def test_of_many_workers_one_polls_each_resource(relay: Relay, account: Account) -> None:
    accounts = [account, *[await relay.account() for _ in range(7)]]
    subscriptions = [await subscribe(relay, one) for one in accounts]
    relay.clock.advance(seconds=1)
    for one in accounts:
        relay.books.change(one, "a")
    relay.clock.advance(seconds=3)
    workers = [relay.reconciler(at_once=2) for _ in range(4)]
    assert sum(await asyncio.gather(*(worker.poll_due() for worker in workers))) == 8
    assert len(relay.books.asked) == 8
    for subscription in subscriptions:
        assert len(await emitted(relay, subscription)) == 1


async def test_a_worker_that_died_is_followed_by_another_and_nothing_is_emitted_twice(
    relay: Relay, account: Account
) -> None:
    """It dies after the first page; the second worker reads all of it again."""
    subscription = await subscribe(relay, account)
    for number in range(5):
        relay.clock.advance(seconds=1)
        relay.books.change(account, f"r{number}")
    relay.clock.advance(seconds=3)
    first, pages = relay.reconciler(), iter(range(9))
    stuck = asyncio.Event()

    async def die(_account: str, _resource: str) -> None:
        if next(pages) == 1:
            stuck.set()
            await asyncio.sleep(60)

    relay.books.before = die
    assert await first.begin() == 1
    await stuck.wait()
    for task in first._polls:
        task.cancel()
    assert len(await emitted(relay, subscription)) == 2
    relay.books.before = fine
    assert await relay.reconciler().poll_due() == 0, "the lease is live"
    relay.clock.advance(seconds=121)
    assert await relay.reconciler().poll_due() == 1
    assert sorted(one for _, one, _ in await emitted(relay, subscription)) == [
        f"r{number}" for number in range(5)
    ]


async def test_a_worker_whose_lease_went_to_another_tells_nothing(
    relay: Relay, account: Account
) -> None:
    subscription = await subscribe(relay, account)
    relay.clock.advance(seconds=1)
    relay.books.change(account, "a")
    relay.clock.advance(seconds=3)
    slow, on = relay.reconciler(), asyncio.Event()
    came = asyncio.Event()

    async def hold(_account: str, _resource: str) -> None:
        if not came.is_set():
            came.set()
            await on.wait()

    relay.books.before = hold
    await slow.begin()
    await came.wait()
    relay.clock.advance(seconds=121)
    assert await relay.reconciler().poll_due() == 1
    on.set()
    await asyncio.gather(*slow._polls)
    assert len(await emitted(relay, subscription)) == 1
    assert (await watermark(relay, account)).polled_at is not None


async def test_a_webhook_and_a_poll_at_the_same_moment_emit_once(
    relay: Relay, account: Account
) -> None:
    for round_ in range(8):
        one = await relay.account()
        subscription = await subscribe(relay, one)
        relay.clock.advance(seconds=1)
        at = relay.books.change(one, "a")
        intake = relay.intake()
        relay.books.change(one, "other")
        await post(relay, intake, one, 0, "other", at)
        relay.clock.advance(seconds=3)

        async def come(
            intake: Intake = intake, one: Account = one, at: datetime = at, pause: int = round_
        ) -> None:
            for _ in range(pause):
                await asyncio.sleep(0.0007)
            await post(relay, intake, one, 1, "a", at)

        await asyncio.gather(relay.reconciler().poll_due(), come())
        found = [event for event in await emitted(relay, subscription) if event[1] == "a"]
        assert len(found) == 1


async def test_a_worker_that_stops_gives_its_leases_back(relay: Relay, account: Account) -> None:
    await subscribe(relay, account)
    first, came = relay.reconciler(), asyncio.Event()

    async def hang(_account: str, _resource: str) -> None:
        came.set()
        await asyncio.sleep(60)

    relay.books.before = hang
    await first.begin()
    await came.wait()
    await first.stop()
    relay.books.before = fine
    relay.clock.advance(seconds=121)
    assert await relay.reconciler().poll_due() == 1


async def test_the_loop_polls_what_becomes_due(relay: Relay, account: Account) -> None:
    reconciler = relay.reconciler()
    running = asyncio.create_task(reconciler.run())
    try:
        subscription = await subscribe(relay, account)
        relay.clock.advance(seconds=1)
        relay.books.change(account, "a")
        relay.clock.advance(seconds=3)
        await reconciler.poll_now(account.id)
        await until(lambda: emitted(relay, subscription))
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await reconciler.stop()


# -- tending ----------------------------------------------------------------------------------


async def test_subscriptions_of_an_earlier_version_are_polled_from_now_on(
    relay: Relay, account: Account
) -> None:
    subscription = await relay.subscription(account)
    relay.books.change(account, "a")
    relay.clock.advance(hours=1)
    reconciler = relay.reconciler()
    assert await reconciler.poll_due() == 0
    assert await reconciler.tend() == 1
    assert await reconciler.tend() == 0
    relay.clock.advance(seconds=5)
    relay.books.change(account, "b")
    await poll(relay, account)
    assert await emitted(relay, subscription) == [("CREATED", "b", "POLL")]


async def test_what_nobody_subscribes_to_any_more_is_forgotten(
    relay: Relay, account: Account
) -> None:
    """An account that was unlinked, whose subscriptions ended with it."""
    await subscribe(relay, account)
    async with relay.work.writing() as tx:
        await tx.subscriptions.end_all_of(account.id, relay.clock())
    assert await poll(relay, account) == 0
    assert await relay.reconciler().tend() == 1
    async with relay.work.reading() as tx:
        assert await tx.watermarks.of_account(account.id) == []


def failing(error: Exception) -> Callable[[str, str], None]:
    def fail(_account: str, _resource: str) -> None:
        raise error

    return fail


def fine(_account: str, _resource: str) -> None:
    """Nothing goes wrong."""
