"""A provider's event comes in: verified, stored once with its deliveries, then accepted."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import func, select, text

from storage.errors import Invalid, NotFound, StorageUnavailable
from storage.live_subscriptions import LiveSubscriptions
from storage.repositories.acceptances import AcceptanceRepository, Stored
from storage.repositories.accounts import Account
from storage.repositories.subscriptions import Subscription
from storage.repositories.upstream_subscriptions import (
    Callback,
    UpstreamSubscriptionRepository,
)
from storage.repositories.watermarks import Watermark
from storage.tables import DeliveryRow, EventRow
from storage.values import table_of
from tests.webhooks.relay import SIGNED, START, Relay, event_body, until
from webhooks.errors import EventStale, SignatureInvalid
from webhooks.intake import Intake

pytestmark = pytest.mark.both_databases


async def events(relay: Relay) -> list[tuple[str, str, str]]:
    """List (upstream id, resource id, type) of what is stored, in the order it came."""
    table = table_of(EventRow)
    async with relay.work.reading() as tx:
        rows = await tx.connection.execute(
            select(table.c.upstream_event_id, table.c.resource_id, table.c.event_type).order_by(
                table.c.received_at, table.c.upstream_event_id
            )
        )
        return [(row[0], row[1], row[2]) for row in rows]


async def planned(relay: Relay) -> int:
    async with relay.work.reading() as tx:
        found = await tx.connection.execute(select(func.count()).select_from(table_of(DeliveryRow)))
        return int(found.scalar_one())


async def test_an_accepted_event_is_stored_with_its_delivery(relay: Relay) -> None:
    account = await relay.account()
    upstream = await relay.upstream(account)
    subscription = await relay.subscription(account)
    body = event_body()
    await relay.intake().accept(upstream.code, SIGNED, body)
    delivery = await relay.one(subscription)
    assert (delivery.status, delivery.due_at, delivery.lease_owner) == ("PENDING", START, None)
    async with relay.work.reading() as tx:
        event = (await tx.events.get([delivery.event_id or ""]))[delivery.event_id or ""]
    assert (event.account_id, event.resource, event.resource_id) == (account.id, "INVOICE", "inv-1")
    assert event.body_sha256 == sha256(body).hexdigest()
    assert relay.counted("stored") == 1


async def test_without_a_subscription_the_event_is_kept_and_nothing_planned(relay: Relay) -> None:
    upstream = await relay.upstream(await relay.account())
    await relay.intake().accept(upstream.code, SIGNED, event_body())
    assert len(await events(relay)) == 1
    assert await planned(relay) == 0


async def test_an_unknown_address_is_not_found(relay: Relay) -> None:
    with pytest.raises(NotFound):
        await relay.intake().accept("code-nobody-has", SIGNED, event_body())
    assert relay.counted("unknown") == 1


async def test_an_event_without_our_signature_stores_nothing(relay: Relay) -> None:
    account = await relay.account()
    upstream = await relay.upstream(account)
    await relay.subscription(account)
    intake = relay.intake()
    for headers in ({}, {"signature": "x" * 64}, {"signature": ""}):
        with pytest.raises(SignatureInvalid):
            await intake.accept(upstream.code, headers, event_body())
    with pytest.raises(EventStale):
        await intake.accept(upstream.code, {**SIGNED, "stale": ""}, event_body())
    with pytest.raises(Invalid):
        await intake.accept(upstream.code, SIGNED, b"not an event")
    assert await events(relay) == []
    assert await planned(relay) == 0
    assert [relay.counted(name) for name in ("forged", "stale", "unreadable")] == [3, 1, 1]


async def test_another_accounts_secret_signs_nothing_here(relay: Relay) -> None:
    here = await relay.upstream(await relay.account())
    account = await relay.account()
    there = await relay.upstream(account, id="ups_other", upstream_id="q-1")
    other = relay.ring.seal("o" * 64, associated_data="upstream_subscriptions.secret:ups_other")
    async with relay.work.writing() as tx:
        await tx.upstream_subscriptions.change(there, START, secret=other)
    intake = relay.intake()
    await intake.accept(there.code, {"signature": "o" * 64}, event_body())
    with pytest.raises(SignatureInvalid):
        await intake.accept(here.code, {"signature": "o" * 64}, event_body())


async def test_what_no_vendor_can_subscribe_to_is_accepted_and_ignored(relay: Relay) -> None:
    upstream = await relay.upstream(await relay.account())
    for body in (
        event_body(resource=None, type="v1/unheard-of"),
        event_body(resource_id=None),  # type: ignore[arg-type]
    ):
        await relay.intake().accept(upstream.code, SIGNED, body)
    assert await events(relay) == []
    assert relay.counted("ignored") == 2


async def test_what_is_deleted_is_told_to_who_asks_for_it(relay: Relay) -> None:
    """An event of yet another kind is acknowledged and goes no further."""
    account = await relay.account()
    upstream = await relay.upstream(account)
    without = await relay.subscription(account)
    wanting = await relay.subscription(account, url="https://hooks.test/deletions", deletions=True)
    intake = relay.intake()
    for number, event in enumerate(("CREATED", "UPDATED", "DELETED", "REVOKED")):
        relay.clock.advance(seconds=1)
        await intake.accept(upstream.code, SIGNED, event_body(f"up-{number}", event=event))
    assert [kind for _, _, kind in await events(relay)] == ["CREATED", "UPDATED", "DELETED"]
    assert len(await relay.of(without)) == 2
    assert len(await relay.of(wanting)) == 3
    assert relay.counted("ignored") == 1


# -- CREATED or UPDATED -----------------------------------------------------------------------


@pytest.mark.covers("QX-13")
async def test_the_providers_word_counts_and_else_what_was_seen_before(relay: Relay) -> None:
    account = await relay.account()
    upstream = await relay.upstream(account)
    intake = relay.intake()
    since = (START + timedelta(seconds=1)).isoformat()
    before = (START - timedelta(seconds=1)).isoformat()
    for number, (resource_id, more) in enumerate(
        [
            ("told", {"event": "UPDATED", "resource_created_at": since}),
            ("told", {"event": "CREATED"}),
            ("new", {"resource_created_at": since}),
            ("new", {"resource_created_at": since}),
            ("old", {"resource_created_at": before}),
            ("silent", {}),
        ]
    ):
        relay.clock.advance(seconds=1)
        await intake.accept(upstream.code, SIGNED, event_body(f"up-{number}", resource_id, **more))
    assert [(resource, kind) for _, resource, kind in await events(relay)] == [
        ("told", "UPDATED"),
        ("told", "CREATED"),
        ("new", "CREATED"),
        ("new", "UPDATED"),
        ("old", "UPDATED"),
        ("silent", "UPDATED"),
    ]


async def test_what_another_account_saw_does_not_count(relay: Relay) -> None:
    first, second = (
        await relay.upstream(await relay.account()),
        await relay.upstream(await relay.account()),
    )
    intake = relay.intake()
    made = START.isoformat()
    for upstream in (first, second):
        await intake.accept(upstream.code, SIGNED, event_body(resource_created_at=made))
    assert [kind for _, _, kind in await events(relay)] == ["CREATED", "CREATED"]


# -- duplicates -------------------------------------------------------------------------------


async def test_a_repeated_event_is_accepted_and_stored_once(relay: Relay) -> None:
    account = await relay.account()
    upstream = await relay.upstream(account)
    subscription = await relay.subscription(account)
    intake = relay.intake()
    for _ in range(3):
        await intake.accept(upstream.code, SIGNED, event_body())
    await relay.intake().accept(upstream.code, SIGNED, event_body())
    assert len(await relay.of(subscription)) == 1
    assert (relay.counted("stored"), relay.counted("duplicate")) == (1, 3)


async def test_duplicates_in_one_batch_are_stored_once(relay: Relay) -> None:
    account = await relay.account()
    upstream = await relay.upstream(account)
    subscription = await relay.subscription(account)
    intake = relay.intake()
    bodies = [event_body(f"up-{n % 3}", f"inv-{n % 3}") for n in range(30)]
    await asyncio.gather(*(intake.accept(upstream.code, SIGNED, body) for body in bodies))
    assert len(await relay.of(subscription)) == 3
    assert (relay.counted("stored"), relay.counted("duplicate")) == (3, 27)


async def test_the_same_id_at_two_accounts_is_two_events(relay: Relay) -> None:
    intake = relay.intake()
    for _ in range(2):
        upstream = await relay.upstream(await relay.account())
        await intake.accept(upstream.code, SIGNED, event_body())
    assert len(await events(relay)) == 2


async def test_two_intakes_that_get_the_same_events_at_once_store_each_once(relay: Relay) -> None:
    """In opposite orders, as when a load balancer spreads the provider's repeats."""
    account = await relay.account()
    upstream = await relay.upstream(account)
    subscription = await relay.subscription(account)
    first, second = relay.intake(), relay.intake()
    for intake in (first, second):
        await intake.accept(upstream.code, SIGNED, event_body("warm-up"))
    bodies = [event_body(f"up-{n}", f"inv-{n}") for n in range(60)]
    async with asyncio.timeout(30):
        await asyncio.gather(
            *(first.accept(upstream.code, SIGNED, body) for body in bodies),
            *(second.accept(upstream.code, SIGNED, body) for body in reversed(bodies)),
        )
    assert len(await relay.of(subscription)) == 61
    assert len(await events(relay)) == 61
    assert relay.counted("duplicate") == 61


# -- isolation --------------------------------------------------------------------------------


async def test_an_event_reaches_its_own_accounts_subscriptions_only(relay: Relay) -> None:
    tenant = await relay.tenant()
    accounts = [await relay.account(tenant), await relay.account(tenant), await relay.account()]
    upstreams = [await relay.upstream(account) for account in accounts]
    subscriptions = [await relay.subscription(account) for account in accounts]
    intake = relay.intake()
    await asyncio.gather(
        *(
            intake.accept(upstream.code, SIGNED, event_body(f"up-{n}", f"inv-{owner}"))
            for owner, upstream in enumerate(upstreams)
            for n in range(owner + 1)
        )
    )
    for owner, subscription in enumerate(subscriptions):
        deliveries = await relay.of(subscription)
        assert len(deliveries) == owner + 1
        async with relay.work.reading() as tx:
            emitted = await tx.events.get([delivery.event_id or "" for delivery in deliveries])
        assert {event.account_id for event in emitted.values()} == {accounts[owner].id}
        assert {event.resource_id for event in emitted.values()} == {f"inv-{owner}"}


async def test_each_of_an_accounts_subscriptions_gets_its_own_delivery(relay: Relay) -> None:
    account = await relay.account()
    upstream = await relay.upstream(account)
    here = await relay.subscription(account, "https://app.example/1")
    there = await relay.subscription(account, "https://app.example/2")
    await relay.intake().accept(upstream.code, SIGNED, event_body())
    assert (await relay.one(here)).event_id == (await relay.one(there)).event_id


# -- failures ---------------------------------------------------------------------------------


async def test_nothing_is_accepted_while_the_database_is_away(relay: Relay) -> None:
    account = await relay.account()
    upstream = await relay.upstream(account)
    subscription = await relay.subscription(account)
    intake = relay.intake()
    await intake.accept(upstream.code, SIGNED, event_body("up-0"))
    relay.work.read_only = True
    answers = await asyncio.gather(
        *(intake.accept(upstream.code, SIGNED, event_body(f"up-{n}")) for n in range(1, 20)),
        return_exceptions=True,
    )
    assert {type(answer) for answer in answers} == {StorageUnavailable}
    relay.work.away = True
    relay.clock.advance(minutes=1)
    with pytest.raises(StorageUnavailable):
        await intake.accept(upstream.code, SIGNED, event_body("up-1"))
    relay.work.away = relay.work.read_only = False
    assert len(await relay.of(subscription)) == 1
    await asyncio.gather(
        *(intake.accept(upstream.code, SIGNED, event_body(f"up-{n}")) for n in range(20))
    )
    assert len(await relay.of(subscription)) == 20


async def test_a_poisonous_event_does_not_spoil_its_batch(relay: Relay) -> None:
    account = await relay.account()
    upstream = await relay.upstream(account)
    gone = await relay.account()
    dead = await relay.upstream(gone)
    subscription = await relay.subscription(account)
    intake = relay.intake()
    for code in (upstream.code, dead.code):
        await intake.accept(code, SIGNED, event_body("warm-up", resource=None))
    async with relay.work.writing() as tx:  # known to the intake, and gone from the database
        await tx.upstream_subscriptions.remove(dead.id)
        await tx.connection.execute(text("DELETE FROM accounts WHERE id = :id"), {"id": gone.id})
    answers = await asyncio.gather(
        *(
            intake.accept(dead.code if n == 5 else upstream.code, SIGNED, event_body(f"up-{n}"))
            for n in range(10)
        ),
        return_exceptions=True,
    )
    assert [n for n, answer in enumerate(answers) if isinstance(answer, Exception)] == [5]
    assert len(await relay.of(subscription)) == 9


@pytest.mark.parametrize("poison", ["inv-\x00", "inv-\ud800", "x" * 100_000])
async def test_an_id_that_a_database_may_not_take_does_not_spoil_its_batch(
    relay: Relay, poison: str
) -> None:
    account = await relay.account()
    upstream = await relay.upstream(account)
    subscription = await relay.subscription(account)
    intake = relay.intake()
    await intake.accept(upstream.code, SIGNED, event_body("warm-up", "inv-0"))
    answers = await asyncio.gather(
        *(
            intake.accept(
                upstream.code, SIGNED, event_body(f"up-{n}", poison if n == 5 else f"inv-{n}")
            )
            for n in range(10)
        ),
        return_exceptions=True,
    )
    assert [n for n, answer in enumerate(answers) if answer is not None] in ([], [5])
    assert len(await relay.of(subscription)) in (10, 11)


async def test_a_caller_that_leaves_does_not_spoil_the_batch(relay: Relay) -> None:
    account = await relay.account()
    upstream = await relay.upstream(account)
    subscription = await relay.subscription(account)
    intake = relay.intake()
    await intake.accept(upstream.code, SIGNED, event_body("up-0"))
    tasks = [
        asyncio.create_task(intake.accept(upstream.code, SIGNED, event_body(f"up-{n}")))
        for n in range(1, 6)
    ]
    await asyncio.sleep(0)
    tasks[2].cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [answer for answer in answers if answer is not None] != []
    await intake.drain()
    assert len(await relay.of(subscription)) in (5, 6)


# -- subscriptions that change meanwhile ------------------------------------------------------


async def test_what_was_planned_for_subscriptions_that_have_changed_is_planned_anew(
    relay: Relay,
) -> None:
    """Another process changed them since they were read; this one has not been told."""
    account = await relay.account()
    upstream = await relay.upstream(account)
    gone = await relay.subscription(account, "https://app.example/gone")
    intake = relay.intake()
    await intake.accept(upstream.code, SIGNED, event_body())
    async with relay.work.writing() as tx:
        await tx.subscriptions.end(gone.id, START)
        await tx.deliveries.cancel_of(gone.id, START)
    new = await relay.subscription(account, "https://app.example/new")
    await intake.accept(upstream.code, SIGNED, event_body("up-2"))
    assert await relay.statuses(gone) == ["CANCELED"]
    assert await relay.statuses(new) == ["PENDING"]


@pytest.mark.parametrize("changes", [1, 9])
async def test_subscriptions_may_change_a_few_times_while_an_event_is_stored(
    relay: Relay, changes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time what the database has by then is planned for, and only the last plan is stored."""
    account = await relay.account()
    upstream = await relay.upstream(account)
    subscription = await relay.subscription(account)
    forgotten: list[list[str]] = []
    store, forget = AcceptanceRepository.store, LiveSubscriptions.forget

    async def overtaken(self: AcceptanceRepository, *args: Any) -> Stored | None:
        if len(forgotten) == changes:
            return await store(self, *args)
        return None

    def observed(self: LiveSubscriptions, account_ids: Sequence[str]) -> None:
        forgotten.append(list(account_ids))
        forget(self, account_ids)

    monkeypatch.setattr(AcceptanceRepository, "store", overtaken)
    monkeypatch.setattr(LiveSubscriptions, "forget", observed)
    await relay.intake().accept(upstream.code, SIGNED, event_body())
    assert forgotten == [[account.id]] * changes
    assert await relay.statuses(subscription) == ["PENDING"]
    assert relay.counted("stored") == 1


async def test_subscriptions_that_never_keep_still_leave_the_event_to_the_provider(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await relay.account()
    upstream = await relay.upstream(account)
    intake = relay.intake()
    asked = 0

    async def overtaken(*_: Any) -> Stored | None:
        nonlocal asked
        asked += 1
        return None

    with monkeypatch.context() as patched:
        patched.setattr(AcceptanceRepository, "store", overtaken)
        with pytest.raises(StorageUnavailable):
            await intake.accept(upstream.code, SIGNED, event_body())
    assert asked == 10
    assert await events(relay) == []
    await intake.accept(upstream.code, SIGNED, event_body())
    assert len(await events(relay)) == 1, "it was not taken for a repetition"


# -- what else an event brings about ----------------------------------------------------------


async def watched_intake(
    relay: Relay, account: Account, *resources: str
) -> tuple[Intake, list[str]]:
    """Make an intake for an account whose resources are polled, and a list of when at once."""
    relay.let_be_polled()
    for resource in resources:
        mark = Watermark(account.id, resource, START, START, START + timedelta(hours=1), 3600)
        async with relay.work.writing() as tx:
            await tx.watermarks.begin(mark)
    polls: list[str] = []
    intake = relay.intake()
    intake._poll_now = lambda: polls.append("now")
    return intake, polls


async def test_an_event_that_hints_at_another_resource_has_that_polled_at_once(
    relay: Relay,
) -> None:
    account = await relay.account()
    upstream = await relay.upstream(account)
    intake, polls = await watched_intake(relay, account, "INVOICE", "PAYMENT")
    await intake.accept(upstream.code, SIGNED, event_body())
    assert polls == ["now"]
    another, more = await watched_intake(relay, account)
    await another.accept(upstream.code, SIGNED, event_body())
    await intake.accept(upstream.code, SIGNED, event_body("up-2", resource="PAYMENT"))
    assert (polls, more) == (["now"], []), "nothing new, and nothing that hints"


async def test_an_event_that_hints_at_what_nobody_follows_has_nothing_polled(
    relay: Relay,
) -> None:
    account = await relay.account()
    upstream = await relay.upstream(account)
    intake, polls = await watched_intake(relay, account, "INVOICE")
    await intake.accept(upstream.code, SIGNED, event_body())
    assert polls == []


async def told_as(relay: Relay, subscription: Subscription) -> list[tuple[str, str]]:
    """List (resource, type) of what a subscription is to be sent."""
    found = sorted(await relay.of(subscription), key=lambda one: (one.created_at, one.id))
    async with relay.work.reading() as tx:
        by_id = await tx.events.get([one.event_id or "" for one in found])
    rows = [by_id[one.event_id or ""] for one in found]
    return [(row.resource, row.event_type) for row in rows]


async def test_what_is_a_record_of_two_resources_is_told_of_both(relay: Relay) -> None:
    """Once to each subscription, also of a deletion, and however often it is posted."""
    account = await relay.account()
    upstream = await relay.upstream(account)
    invoices = await relay.subscription(account, deletions=True)
    proposals = await relay.subscription(
        account, "https://app.example/2", "PROPOSAL", deletions=True
    )
    plain = await relay.subscription(account, "https://app.example/3", "PROPOSAL")
    for intake in (relay.intake(), relay.intake()):
        for number, event in enumerate(("CREATED", "UPDATED", "DELETED")):
            body = event_body(f"up-{number}", also=["PROPOSAL", "OTHER"], event=event)
            await intake.accept(upstream.code, SIGNED, body)
            relay.clock.advance(seconds=1)
    kinds = ["CREATED", "UPDATED", "DELETED"]
    assert await told_as(relay, invoices) == [("INVOICE", kind) for kind in kinds]
    assert await told_as(relay, proposals) == [("PROPOSAL", kind) for kind in kinds]
    assert await told_as(relay, plain) == [("PROPOSAL", kind) for kind in kinds[:2]]
    assert len(await events(relay)) == 6, "nobody subscribed to OTHER"


async def test_a_subscription_to_the_other_resource_counts_at_once(relay: Relay) -> None:
    """Also in a process that knows the callback from just before."""
    account = await relay.account()
    upstream = await relay.upstream(account)
    intake = relay.intake()
    await relay.subscription(account)
    await intake.accept(upstream.code, SIGNED, event_body(also=["PROPOSAL"]))
    proposals = await relay.subscription(account, "https://app.example/2", "PROPOSAL")
    body = event_body("up-2", also=["PROPOSAL"])
    await intake.accept(upstream.code, SIGNED, body)
    assert await told_as(relay, proposals) == [("PROPOSAL", "UPDATED")]


async def test_the_other_resource_s_first_event_is_of_its_own_kind(relay: Relay) -> None:
    """Where the provider doesn't say, what was made since the subscription is new."""
    account = await relay.account()
    upstream = await relay.upstream(account)
    intake = relay.intake()
    proposals = await relay.subscription(account, "https://app.example/2", "PROPOSAL")
    made = relay.clock().isoformat()
    for number in range(2):
        body = event_body(f"up-{number}", also=["PROPOSAL"], resource_created_at=made)
        await intake.accept(upstream.code, SIGNED, body)
        relay.clock.advance(seconds=1)
    assert [kind for _, kind in await told_as(relay, proposals)] == ["CREATED", "UPDATED"]


async def test_after_drain_what_was_being_taken_in_is_stored(relay: Relay) -> None:
    account = await relay.account()
    upstream = await relay.upstream(account)
    intake = relay.intake()
    await intake.accept(upstream.code, SIGNED, event_body("warm-up"))
    taking = [
        asyncio.create_task(intake.accept(upstream.code, SIGNED, event_body(f"up-{n}")))
        for n in range(5)
    ]
    await asyncio.sleep(0)
    assert intake._group._running
    await intake.drain()
    assert not intake._group._running
    assert len(await events(relay)) == 6
    await asyncio.gather(*taking)


# -- the cache of addresses -------------------------------------------------------------------


async def test_a_forgotten_address_is_asked_for_again_at_once(relay: Relay) -> None:
    upstream = await relay.upstream(await relay.account())
    known = relay.callbacks()
    intake = relay.intake(callbacks=known)
    await intake.accept(upstream.code, SIGNED, event_body())
    async with relay.work.writing() as tx:
        await tx.upstream_subscriptions.remove(upstream.id)
    await intake.accept(upstream.code, SIGNED, event_body("up-2"))
    known.forget(upstream.code)
    with pytest.raises(NotFound):
        await intake.accept(upstream.code, SIGNED, event_body("up-3"))


async def test_an_address_is_believed_for_a_few_seconds_only(relay: Relay) -> None:
    upstream = await relay.upstream(await relay.account())
    intake = relay.intake()
    await intake.accept(upstream.code, SIGNED, event_body())
    async with relay.work.writing() as tx:
        await tx.upstream_subscriptions.remove(upstream.id)
    relay.clock.advance(seconds=6)
    with pytest.raises(NotFound):
        await intake.accept(upstream.code, SIGNED, event_body("up-2"))


async def test_an_address_is_read_once_for_all_that_wait_and_ahead_of_its_time(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream = await relay.upstream(await relay.account())
    read: list[str] = []
    callback = UpstreamSubscriptionRepository.callback

    async def counted(self: UpstreamSubscriptionRepository, code: str) -> Callback | None:
        read.append(code)
        return await callback(self, code)

    monkeypatch.setattr(UpstreamSubscriptionRepository, "callback", counted)
    intake = relay.intake()

    async def take_in(first: int) -> None:
        bodies = [event_body(f"up-{n}", f"inv-{n}") for n in range(first, first + 20)]
        await asyncio.gather(*(intake.accept(upstream.code, SIGNED, body) for body in bodies))

    await take_in(0)
    assert len(read) == 1
    relay.clock.advance(seconds=3)
    await take_in(20)
    await until(lambda: len(read) == 2)
    relay.clock.advance(seconds=3)
    await take_in(40)
    relay.clock.advance(seconds=60)
    await take_in(60)
    assert 3 <= len(read) <= 4
    assert len(await events(relay)) == 80


async def test_an_address_forgotten_while_it_is_read_is_read_again(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the read brings may be from before the change."""
    upstream = await relay.upstream(await relay.account())
    known = relay.callbacks()
    intake = relay.intake(callbacks=known)
    callback = UpstreamSubscriptionRepository.callback
    has_read, go_on = asyncio.Event(), asyncio.Event()
    broken: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: broken.append(context))

    async def slow(self: UpstreamSubscriptionRepository, code: str) -> Callback | None:
        found = await callback(self, code)
        has_read.set()
        await go_on.wait()
        return found

    with monkeypatch.context() as patched:
        patched.setattr(UpstreamSubscriptionRepository, "callback", slow)
        first = asyncio.create_task(intake.accept(upstream.code, SIGNED, event_body()))
        await has_read.wait()
        known.forget(upstream.code)
        go_on.set()
        await first
    async with relay.work.writing() as tx:
        await tx.upstream_subscriptions.remove(upstream.id)
    with pytest.raises(NotFound):
        await intake.accept(upstream.code, SIGNED, event_body("up-2"))
    assert broken == []


async def test_an_address_found_gone_ahead_of_its_time_is_believed_no_more(relay: Relay) -> None:
    upstream = await relay.upstream(await relay.account())
    known = relay.callbacks()
    intake = relay.intake(callbacks=known)
    await intake.accept(upstream.code, SIGNED, event_body())
    async with relay.work.writing() as tx:
        await tx.upstream_subscriptions.remove(upstream.id)
    relay.clock.advance(seconds=3)
    await intake.accept(upstream.code, SIGNED, event_body("up-2"))  # has it read ahead
    await until(lambda: not known._reads)
    with pytest.raises(NotFound):
        await intake.accept(upstream.code, SIGNED, event_body("up-3"))


async def test_no_more_addresses_are_remembered_than_that_the_one_read_longest_ago_goes(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of connections that another process ended, too, which nobody posts to any more."""
    monkeypatch.setattr("webhooks.known_callbacks._MOST_CALLBACKS", 2)
    upstreams = [await relay.upstream(await relay.account()) for _ in range(3)]
    known = relay.callbacks()
    intake = relay.intake(callbacks=known)
    for upstream in upstreams:
        await intake.accept(upstream.code, SIGNED, event_body())
    assert list(known._known) == [one.code for one in upstreams[1:]]
    relay.clock.advance(seconds=6)
    for upstream in (upstreams[1], upstreams[0]):
        await intake.accept(upstream.code, SIGNED, event_body("up-2"))
    assert list(known._known) == [upstreams[1].code, upstreams[0].code]


async def test_a_read_that_failed_is_not_remembered_and_breaks_nothing(relay: Relay) -> None:
    upstream = await relay.upstream(await relay.account())
    intake = relay.intake()
    broken: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: broken.append(context))
    relay.work.away = True
    with pytest.raises(StorageUnavailable):
        await intake.accept(upstream.code, SIGNED, event_body())
    relay.work.away = False
    await intake.accept(upstream.code, SIGNED, event_body())
    assert len(await events(relay)) == 1
    assert broken == []


async def test_a_subscription_ended_while_an_event_is_stored_leaves_no_delivery_waiting(
    relay: Relay,
) -> None:
    """Whichever commits first: what is planned for it is cancelled, or never planned."""
    for round_ in range(15):
        account = await relay.account()
        upstream = await relay.upstream(account)
        subscription = await relay.subscription(account)
        intake = relay.intake()
        await intake.accept(upstream.code, SIGNED, event_body("warm-up"))

        async def delete(ended: str = subscription.id, pause: int = round_) -> None:
            for _ in range(pause % 8):
                await asyncio.sleep(0.0005)
            async with relay.work.writing() as tx:
                await tx.subscriptions.end(ended, relay.clock())
                await tx.deliveries.cancel_of(ended, relay.clock())

        await asyncio.gather(
            delete(),
            *(intake.accept(upstream.code, SIGNED, event_body(f"up-{n}")) for n in range(40)),
        )
        assert "PENDING" not in await relay.statuses(subscription)
