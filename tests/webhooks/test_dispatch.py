"""Sending what is due: once in effect, under leases, with no endpoint in another's way."""

import asyncio
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from storage.repositories.accounts import Account
from storage.repositories.subscriptions import Subscription
from storage.repositories.upstream_subscriptions import UpstreamSubscription
from storage.sealing import KeyRing, MasterKey
from tests.webhooks.relay import (
    SECRET,
    SIGNED,
    START,
    TENANT_SECRET,
    Relay,
    event_body,
    on_sqlite,
    until,
)
from webhooks.checks import CHECK_HOLDS
from webhooks.dispatch import Dispatcher
from webhooks.intake import Intake
from webhooks.schedule import RETRY_DELAYS, Answered, Failed, Outcome
from webhooks.sender import OutgoingRequest
from webhooks.signing import maesn_secret, standard_secret

pytestmark = pytest.mark.both_databases

HERE = "https://app.example/1"
THERE = "https://app.example/2"


@pytest.fixture
async def account(relay: Relay) -> Account:
    return await relay.account(reference="customer-42")


@pytest.fixture
async def upstream(relay: Relay, account: Account) -> UpstreamSubscription:
    return await relay.upstream(account)


@pytest.fixture
async def subscription(relay: Relay, account: Account) -> Subscription:
    return await relay.subscription(account, HERE)


async def take_in(intake: Intake, code: str, *numbers: int) -> None:
    await asyncio.gather(
        *(intake.accept(code, SIGNED, event_body(f"up-{n}", f"inv-{n}")) for n in numbers)
    )


async def all_are(relay: Relay, subscription: Subscription, status: str) -> None:
    async def so() -> bool:
        return set(await relay.statuses(subscription)) == {status}

    await until(so)


async def quiet(relay: Relay) -> None:
    """Give the workers time for a few rounds."""
    await asyncio.sleep(0.04)


# -- once in effect ---------------------------------------------------------------------------


async def test_what_is_accepted_is_delivered_at_once_by_its_own_process(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    intake = relay.intake(await relay.start(poll=timedelta(hours=1)))
    await take_in(intake, upstream.code, *range(50))
    await all_are(relay, subscription, "DELIVERED")
    assert sorted(relay.endpoints.ids()) == sorted(
        delivery.event_id for delivery in await relay.of(subscription) if delivery.event_id
    )
    for delivery in await relay.of(subscription):
        assert (delivery.attempts, delivery.lease_owner) == (1, None)
        (attempt,) = await relay.attempts(delivery)
        assert (attempt.number, attempt.status_code, attempt.error) == (1, 200, None)


async def test_what_another_process_accepted_is_claimed_and_delivered(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    await take_in(relay.intake(), upstream.code, *range(20))
    await relay.start()
    await all_are(relay, subscription, "DELIVERED")
    assert len(set(relay.endpoints.ids())) == len(relay.endpoints.ids()) == 20


@on_sqlite
async def test_a_wake_up_finds_what_is_due_without_waiting_for_the_poll(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    dispatcher = await relay.start(poll=timedelta(hours=1))
    await quiet(relay)
    await take_in(relay.intake(), upstream.code, 1)
    dispatcher.wake()
    await all_are(relay, subscription, "DELIVERED")


async def test_a_duplicate_is_delivered_once(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    intake = relay.intake(await relay.start())
    await take_in(intake, upstream.code, *([1, 2, 3] * 10))
    await take_in(relay.intake(), upstream.code, 1, 2, 3)
    await all_are(relay, subscription, "DELIVERED")
    await quiet(relay)
    assert len(relay.endpoints.ids()) == 3


async def test_two_intakes_that_get_the_same_events_deliver_each_once(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    first, second = await relay.start(), await relay.start()
    await asyncio.gather(
        take_in(relay.intake(first), upstream.code, *range(40)),
        take_in(relay.intake(second), upstream.code, *reversed(range(40))),
    )
    await all_are(relay, subscription, "DELIVERED")
    await quiet(relay)
    assert len(relay.endpoints.ids()) == len(set(relay.endpoints.ids())) == 40


# -- what is sent -----------------------------------------------------------------------------


@pytest.mark.covers("QX-62")
@on_sqlite
async def test_the_body_is_maesns_and_both_signatures_verify(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    """Maesn's covers the body alone, the standard one its id and its time as well."""
    intake = relay.intake(await relay.start())
    await intake.accept(upstream.code, SIGNED, event_body(resource_id="0197", event="UPDATED"))
    await all_are(relay, subscription, "DELIVERED")
    (request,) = relay.endpoints.arrived
    assert json.loads(request.body) == {
        "eventType": "UPDATED",
        "filterDate": None,
        "resource": "INVOICE",
        "resourceId": "0197",
        "userId": None,
    }
    assert request.headers["webhook-timestamp"] == str(int(START.timestamp()))
    assert request.headers["webhook-id"] == (await relay.one(subscription)).event_id
    message = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}."
    signature = Webhook(standard_secret(SECRET)).sign(
        request.headers["webhook-id"], START, request.body.decode()
    )
    assert request.headers["webhook-signature"] == signature, message
    bare = hmac.digest(maesn_secret(SECRET).encode(), request.body, "sha256").hex()
    assert request.headers["X-MAESN-SIGNATURE"] == bare


@on_sqlite
async def test_headers_say_whose_event_it_is(
    relay: Relay, account: Account, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    await take_in(relay.intake(await relay.start()), upstream.code, 1)
    await all_are(relay, subscription, "DELIVERED")
    headers = relay.endpoints.arrived[0].headers
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Connector-Account"] == account.id
    assert headers["X-Connector-Reference"] == "customer-42"


@on_sqlite
@pytest.mark.parametrize(
    "reference", ["a\r\nX-Evil: 1", "Müller & Söhne", "\x00", "日本", 'quote"', "\u2028"]
)
async def test_no_reference_breaks_a_header(relay: Relay, reference: str) -> None:
    account = await relay.account(reference=reference)
    upstream, subscription = await relay.upstream(account), await relay.subscription(account)
    await take_in(relay.intake(await relay.start()), upstream.code, 1)
    await all_are(relay, subscription, "DELIVERED")
    value = relay.endpoints.arrived[0].headers["X-Connector-Reference"]
    assert value.isascii()
    assert value.isprintable()
    assert json.loads(f'"{value}"') == reference


@on_sqlite
async def test_without_a_reference_there_is_no_header_for_it(relay: Relay) -> None:
    account = await relay.account()
    upstream, subscription = await relay.upstream(account), await relay.subscription(account)
    await take_in(relay.intake(await relay.start()), upstream.code, 1)
    await all_are(relay, subscription, "DELIVERED")
    assert "X-Connector-Reference" not in relay.endpoints.arrived[0].headers


# -- retries ----------------------------------------------------------------------------------


async def test_a_failure_is_tried_again_as_the_schedule_says_with_the_same_id(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    relay.endpoints.in_turn(HERE, Answered(500), Failed("TIMEOUT"), Answered(302))
    await take_in(relay.intake(await relay.start()), upstream.code, 1)
    for number, delay in enumerate(RETRY_DELAYS[:3], start=1):
        await until(lambda n=number: attempted(relay, subscription, n))  # type: ignore[misc]
        delivery = await relay.one(subscription)
        assert (delivery.status, delivery.due_at) == ("PENDING", relay.clock() + delay)
        relay.clock.advance(seconds=delay.total_seconds() - 0.001)
        await quiet(relay)
        assert len(relay.endpoints.arrived) == number, "not a moment too early"
        relay.clock.advance(seconds=0.001)
    await all_are(relay, subscription, "DELIVERED")
    assert len(set(relay.endpoints.ids())) == 1
    stamps = [request.headers["webhook-timestamp"] for request in relay.endpoints.arrived]
    assert len(set(stamps)) == 4, "each attempt is signed with its own time"
    attempts = await relay.attempts(await relay.one(subscription))
    assert [item.error for item in attempts] == ["HTTP_500", "TIMEOUT", "HTTP_302", None]


async def attempted(relay: Relay, subscription: Subscription, number: int) -> bool:
    return (await relay.one(subscription)).attempts == number


@on_sqlite
async def test_it_gives_up_after_the_last_attempt_and_stays_so(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    relay.endpoints.always(HERE, Answered(503))
    await take_in(relay.intake(await relay.start()), upstream.code, 1)
    for number in range(1, len(RETRY_DELAYS) + 1):
        await until(lambda n=number: attempted(relay, subscription, n))  # type: ignore[misc]
        relay.clock.now = (await relay.one(subscription)).due_at
    await all_are(relay, subscription, "GIVEN_UP")
    relay.clock.advance(days=30)
    await quiet(relay)
    delivery = await relay.one(subscription)
    assert len(relay.endpoints.arrived) == delivery.attempts == len(RETRY_DELAYS) + 1
    assert len(await relay.attempts(delivery)) == delivery.attempts


@on_sqlite
async def test_retry_after_puts_the_next_attempt_off(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    relay.endpoints.in_turn(HERE, Answered(429, 600.0))
    await take_in(relay.intake(await relay.start()), upstream.code, 1)
    await until(lambda: attempted(relay, subscription, 1))
    assert (await relay.one(subscription)).due_at == START + timedelta(seconds=600)


@on_sqlite
@pytest.mark.parametrize("outcome", [Answered(410), Failed("URL_INVALID", retryable=False)])
async def test_what_is_gone_for_good_is_given_up_at_once(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription, outcome: Outcome
) -> None:
    relay.endpoints.always(HERE, outcome)
    await take_in(relay.intake(await relay.start()), upstream.code, 1)
    await all_are(relay, subscription, "GIVEN_UP")
    relay.clock.advance(days=30)
    await quiet(relay)
    assert len(relay.endpoints.arrived) == 1


@on_sqlite
async def test_a_delivery_waiting_for_its_next_attempt_holds_no_slot(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription, account: Account
) -> None:
    healthy = await relay.subscription(account, THERE)
    relay.endpoints.always(HERE, Answered(500))
    intake = relay.intake(await relay.start(at_once=1, waiting=4))
    for number in range(10):
        await take_in(intake, upstream.code, number)
    await all_are(relay, healthy, "DELIVERED")
    assert len(await relay.of(healthy)) == 10


# -- what goes wrong on our side --------------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize("error", [RuntimeError("broken"), ValueError("broken"), OverflowError()])
async def test_a_sender_that_breaks_counts_as_a_failed_attempt(
    relay: Relay,
    upstream: UpstreamSubscription,
    subscription: Subscription,
    error: Exception,
) -> None:
    """Else it would be tried again with every lease, for ever and unseen in the log."""

    def broken(_: OutgoingRequest) -> Outcome:
        raise error

    relay.endpoints.answers[HERE] = broken
    await take_in(relay.intake(await relay.start()), upstream.code, 1)
    await until(lambda: attempted(relay, subscription, 1))
    delivery = await relay.one(subscription)
    assert (delivery.status, delivery.due_at) == ("PENDING", START + RETRY_DELAYS[0])
    (attempt,) = await relay.attempts(delivery)
    assert attempt.error == "NOT_SENT"


@on_sqlite
async def test_a_secret_that_cant_be_read_is_a_failed_attempt_and_mended_by_the_right_key(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    good = relay.ring
    relay.ring = KeyRing([MasterKey("other", bytes(32))])
    blind = await relay.start()
    await take_in_with(relay, good, upstream.code, 1)
    await until(lambda: attempted(relay, subscription, 1))
    assert relay.endpoints.arrived == []
    (attempt,) = await relay.attempts(await relay.one(subscription))
    assert attempt.error == "SECRET_UNREADABLE"
    await blind.stop()
    relay.ring = good
    await relay.start()
    relay.clock.advance(seconds=6)
    await all_are(relay, subscription, "DELIVERED")


async def take_in_with(relay: Relay, ring: KeyRing, code: str, number: int) -> None:
    now, relay.ring = relay.ring, ring
    await take_in(relay.intake(), code, number)
    relay.ring = now


async def test_a_result_that_cant_be_written_is_sent_again_and_nothing_is_lost(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    """At least once: the message id lets the receiver see that it's the same."""
    dispatcher = await relay.start()

    def away(_: OutgoingRequest) -> Outcome:
        relay.work.away = True
        return Answered(200)

    relay.endpoints.answers[HERE] = away
    await take_in(relay.intake(dispatcher), upstream.code, 1)
    await until(lambda: relay.endpoints.arrived)
    await until(lambda: not dispatcher._held)
    await quiet(relay)
    relay.work.away = False
    del relay.endpoints.answers[HERE]
    assert (await relay.one(subscription)).status == "PENDING"
    relay.clock.advance(seconds=61)
    await all_are(relay, subscription, "DELIVERED")
    assert len(relay.endpoints.ids()) == 2
    assert len(set(relay.endpoints.ids())) == 1


async def test_the_loop_outlives_the_database_and_its_own_mistakes(
    relay: Relay,
    upstream: UpstreamSubscription,
    subscription: Subscription,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dispatcher = await relay.start()
    relay.work.away = True
    await quiet(relay)
    relay.work.away = False
    reading = type(relay.work).reading

    @asynccontextmanager
    async def broken(self: Any) -> AsyncIterator[Any]:
        raise RuntimeError("broken")
        yield

    monkeypatch.setattr(type(relay.work), "reading", broken)
    await quiet(relay)
    monkeypatch.setattr(type(relay.work), "reading", reading)
    assert dispatcher.lease() is not None
    await take_in(relay.intake(), upstream.code, 1)
    await all_are(relay, subscription, "DELIVERED")


# -- leases -----------------------------------------------------------------------------------


async def test_two_workers_never_send_the_same_delivery(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    await take_in(relay.intake(), upstream.code, *range(150))
    for _ in range(3):
        await relay.start()
    await all_are(relay, subscription, "DELIVERED")
    await quiet(relay)
    assert len(relay.endpoints.ids()) == len(set(relay.endpoints.ids())) == 150


async def test_while_a_lease_lives_nobody_else_sends(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    release = relay.endpoints.hang(HERE)
    await take_in(relay.intake(await relay.start()), upstream.code, 1)
    await until(lambda: len(relay.endpoints.arrived) == 1)
    await relay.start()
    relay.clock.advance(seconds=59)
    await quiet(relay)
    assert len(relay.endpoints.arrived) == 1
    release.set()
    await all_are(relay, subscription, "DELIVERED")


async def test_a_crashed_workers_deliveries_are_taken_over_when_its_lease_ends(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    relay.endpoints.hang(HERE)
    dead = await relay.start()
    await take_in(relay.intake(dead), upstream.code, *range(5))
    await until(lambda: len(relay.endpoints.arrived) == 5)
    relay.crash(dead)
    del relay.endpoints.answers[HERE]
    heir = await relay.start()
    await quiet(relay)
    assert len(relay.endpoints.arrived) == 5
    assert {item.lease_owner for item in await relay.of(subscription)} == {dead.owner}
    relay.clock.advance(seconds=61)
    await all_are(relay, subscription, "DELIVERED")
    ids = relay.endpoints.ids()
    assert sorted(ids[5:]) == sorted(ids[:5]), "once more each, under the same id"
    assert heir.owner != dead.owner


async def test_what_a_worker_learns_after_losing_its_lease_changes_nothing(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    release = relay.endpoints.hang(HERE)
    slow = await relay.start()
    await take_in(relay.intake(slow), upstream.code, 1)
    await until(lambda: len(relay.endpoints.arrived) == 1)
    relay.stall(slow)
    relay.endpoints.always(HERE, Answered(410))
    await relay.start()
    relay.clock.advance(seconds=61)
    await all_are(relay, subscription, "GIVEN_UP")
    finished = await relay.one(subscription)
    release.set()
    await quiet(relay)
    assert await relay.one(subscription) == finished
    (attempt,) = await relay.attempts(finished)
    assert attempt.error == "HTTP_410"


async def test_no_attempt_starts_with_too_little_left_of_its_lease(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    """It would still be under way when the next worker starts the same one."""
    release = relay.endpoints.hang(HERE)
    dispatcher = await relay.start(per_endpoint=1)
    await take_in(relay.intake(dispatcher), upstream.code, 1, 2)
    await until(lambda: len(relay.endpoints.arrived) == 1)
    relay.clock.advance(seconds=55)
    release.set()
    await quiet(relay)
    assert len(relay.endpoints.arrived) == 1
    relay.clock.advance(seconds=6)
    await all_are(relay, subscription, "DELIVERED")
    assert len(set(relay.endpoints.ids())) == 2


# -- leaving ----------------------------------------------------------------------------------


async def test_a_stopping_worker_ends_its_attempts_and_gives_the_rest_back(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    release = relay.endpoints.hang(HERE)
    dispatcher = await relay.start(per_endpoint=3)
    await take_in(relay.intake(dispatcher), upstream.code, *range(10))
    await until(lambda: len(relay.endpoints.arrived) == 3)
    stopping = asyncio.create_task(dispatcher.stop())
    await quiet(relay)
    assert not stopping.done(), "attempts under way are waited for"
    assert dispatcher.lease() is None
    release.set()
    await stopping
    deliveries = await relay.of(subscription)
    assert sorted(item.status for item in deliveries) == ["DELIVERED"] * 3 + ["PENDING"] * 7
    assert {item.lease_owner for item in deliveries} == {None}
    await relay.start()
    await all_are(relay, subscription, "DELIVERED")
    assert len(relay.endpoints.ids()) == 10


async def test_nothing_is_sent_after_stop_has_returned_however_it_falls(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    """Not even what a claim that was being made brings."""
    for round_ in range(12):
        numbers = range(round_ * 20, round_ * 20 + 20)
        await take_in(relay.intake(), upstream.code, *numbers)
        dispatcher = relay.dispatcher()
        task = asyncio.create_task(dispatcher.run())
        for _ in range(round_):
            await asyncio.sleep(0.0007)
        await dispatcher.stop()
        sent = len(relay.endpoints.arrived)
        assert {item.lease_owner for item in await relay.of(subscription)} == {None}
        await asyncio.sleep(0.01)
        assert len(relay.endpoints.arrived) == sent
        assert task.done()
        assert {item.lease_owner for item in await relay.of(subscription)} == {None}
    assert len(relay.endpoints.ids()) == len(set(relay.endpoints.ids()))


@on_sqlite
async def test_a_worker_that_never_ran_can_be_stopped(relay: Relay) -> None:
    async with asyncio.timeout(30):
        await relay.dispatcher().stop()


async def test_stopping_while_the_database_is_away_ends_all_the_same(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    dispatcher = await relay.start()
    await take_in(relay.intake(dispatcher), upstream.code, 1)
    relay.work.away = True
    async with asyncio.timeout(30):
        await dispatcher.stop()


# -- subscriptions that end -------------------------------------------------------------------


async def test_no_attempt_starts_once_a_deletion_has_returned(relay: Relay) -> None:
    """Hammered: deleted at every moment between planning and sending."""
    dispatcher = await relay.start()
    subscriptions = relay.subscriptions(deleted=dispatcher.subscription_deleted)
    account = await relay.account()
    upstream = await relay.upstream(account)
    await relay.subscription(account, THERE)  # so that the upstream one is kept
    intake = relay.intake(dispatcher)
    number = 0
    for round_ in range(14):
        url = f"https://app.example/round/{round_}"
        ended = await relay.subscription(account, url)
        relay.endpoints.always(url, Answered(500))
        events = range(number, number + 20)
        number += 20
        taking = asyncio.create_task(take_in(intake, upstream.code, *events))
        for _ in range(round_ % 13):
            await asyncio.sleep(0.0008)
        await subscriptions.delete(account, ended.id)
        started = len(relay.endpoints.ids(url))
        await taking
        await asyncio.sleep(0.005)
        relay.clock.advance(minutes=2)
        await asyncio.sleep(0.005)
        assert len(relay.endpoints.ids(url)) == started
        assert set(await relay.statuses(ended)) <= {"CANCELED", "DELIVERED"}


async def test_an_attempt_under_way_when_its_subscription_ends_is_not_repeated(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription, account: Account
) -> None:
    released = asyncio.Event()

    async def fail(_: OutgoingRequest) -> Outcome:
        await released.wait()
        return Answered(500)

    relay.endpoints.answers[HERE] = fail
    dispatcher = await relay.start()
    await take_in(relay.intake(dispatcher), upstream.code, 1)
    await until(lambda: relay.endpoints.arrived)
    await relay.subscriptions(deleted=dispatcher.subscription_deleted).delete(
        account, subscription.id
    )
    released.set()
    await quiet(relay)
    relay.clock.advance(days=1)
    await quiet(relay)
    assert (await relay.one(subscription)).status == "CANCELED"
    assert len(relay.endpoints.arrived) == 1


async def test_what_was_read_longer_ago_than_a_check_holds_is_asked_again(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    """Another process ends the subscription while a fresh delivery waits for its turn here."""
    release = relay.endpoints.hang(HERE)
    dispatcher = await relay.start(per_endpoint=1)
    intake = relay.intake(dispatcher)
    await take_in(intake, upstream.code, 1)
    await until(lambda: relay.endpoints.arrived)
    await take_in(intake, upstream.code, 2)
    async with relay.work.writing() as tx:
        await tx.subscriptions.end(subscription.id, relay.clock())
    await asyncio.sleep(CHECK_HOLDS)
    release.set()
    await until(lambda: not dispatcher._held)
    assert len(relay.endpoints.arrived) == 1


# -- notices ----------------------------------------------------------------------------------


async def test_a_notice_is_sent_once_signed_for_its_tenant_and_then_forgotten(
    relay: Relay, account: Account
) -> None:
    notice = await relay.notice(account, HERE, b'{"accountKey":"secret"}')
    await relay.start()
    await relay.start()
    await until(lambda: body_is_gone(relay, notice.id))
    await quiet(relay)
    (request,) = relay.endpoints.arrived
    assert (request.url, request.body) == (HERE, b'{"accountKey":"secret"}')
    assert request.headers["webhook-id"] == notice.id
    assert request.headers["webhook-signature"] == Webhook(standard_secret(TENANT_SECRET)).sign(
        notice.id, START, request.body.decode()
    )


async def body_is_gone(relay: Relay, notice_id: str) -> bool:
    async with relay.work.reading() as tx:
        notice = await tx.notices.get(notice_id)
    return notice is not None and notice.body is None


async def test_a_notice_keeps_its_body_until_it_arrives(relay: Relay, account: Account) -> None:
    notice = await relay.notice(account, HERE)
    relay.endpoints.in_turn(HERE, Answered(500), Failed("TIMEOUT"))
    await relay.start()
    for number in (1, 2):
        await until(lambda n=number: len(relay.endpoints.arrived) == n)  # type: ignore[misc]
        await quiet(relay)
        assert not await body_is_gone(relay, notice.id)
        relay.clock.advance(hours=1)
    await until(lambda: body_is_gone(relay, notice.id))
    assert len(set(relay.endpoints.ids())) == 1


async def test_a_notice_given_up_is_forgotten_too(relay: Relay, account: Account) -> None:
    notice = await relay.notice(account, HERE)
    relay.endpoints.always(HERE, Answered(410))
    await relay.start()
    await until(lambda: body_is_gone(relay, notice.id))


# -- fairness and bounds ----------------------------------------------------------------------


@on_sqlite
async def test_no_endpoint_has_more_than_its_share_of_slots(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    release = relay.endpoints.hang(HERE)
    dispatcher = await relay.start(at_once=8, per_endpoint=3)
    await take_in(relay.intake(dispatcher), upstream.code, *range(20))
    await until(lambda: len(relay.endpoints.arrived) == 3)
    await quiet(relay)
    assert len(relay.endpoints.arrived) == 3
    release.set()
    await all_are(relay, subscription, "DELIVERED")
    assert relay.endpoints.most_under_way[HERE] == 3


@pytest.mark.parametrize("handed_over", [True, False])
async def test_a_hanging_endpoint_with_a_backlog_holds_nobody_up(
    relay: Relay,
    account: Account,
    upstream: UpstreamSubscription,
    subscription: Subscription,
    handed_over: bool,
) -> None:
    """Though its backlog is older, and would fill the worker's memory several times over."""
    release = relay.endpoints.hang(HERE)
    dispatcher = await relay.start(at_once=4, per_endpoint=2, waiting=20, waiting_per_endpoint=5)
    intake = relay.intake(dispatcher if handed_over else None)
    for start in range(0, 60, 5):
        await take_in(intake, upstream.code, *range(start, start + 5))
    relay.clock.advance(seconds=1)
    other = await relay.account()
    code = (await relay.upstream(other)).code
    healthy = await relay.subscription(other, THERE)
    for number in range(10):
        await take_in(intake, code, number)
        await all_are(relay, healthy, "DELIVERED")
    assert len(relay.endpoints.ids(HERE)) == 2
    release.set()
    del relay.endpoints.answers[HERE]
    await all_are(relay, subscription, "DELIVERED")


@on_sqlite
async def test_a_backlog_of_one_endpoint_is_worked_off_without_waiting_for_polls(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    await take_in(relay.intake(), upstream.code, *range(120))
    await relay.start(waiting=40, waiting_per_endpoint=10, poll=timedelta(hours=1))
    await all_are(relay, subscription, "DELIVERED")
    assert len(relay.endpoints.ids()) == 120


@on_sqlite
async def test_endpoints_take_turns(relay: Relay, account: Account) -> None:
    upstream = await relay.upstream(account)
    urls = [f"https://app.example/{n}" for n in range(4)]
    for url in urls:
        await relay.subscription(account, url)
    await take_in(relay.intake(), upstream.code, *range(20))
    await relay.start(at_once=1)
    await until(lambda: len(relay.endpoints.arrived) == 80)
    for n in range(4, 76, 4):
        assert {request.url for request in relay.endpoints.arrived[n : n + 4]} == set(urls)


@on_sqlite
async def test_memory_holds_no_more_than_it_is_allowed(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    await take_in(relay.intake(), upstream.code, *range(100))
    release = relay.endpoints.hang(HERE)
    dispatcher = await relay.start(waiting=12, waiting_per_endpoint=100)
    await until(lambda: held(dispatcher) == 12)
    assert dispatcher.lease() is None, "fresh work is left for the claim"
    await quiet(relay)
    assert held(dispatcher) == 12
    release.set()
    del relay.endpoints.answers[HERE]
    await all_are(relay, subscription, "DELIVERED")
    await until(lambda: held(dispatcher) == 0)


def held(dispatcher: Dispatcher) -> int:
    return len(dispatcher._held)


@on_sqlite
async def test_a_worker_at_rest_remembers_nothing(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription
) -> None:
    relay.endpoints.in_turn(HERE, Answered(500), Failed("TIMEOUT"))
    dispatcher = await relay.start()
    await take_in(relay.intake(dispatcher), upstream.code, *range(10))
    await until(lambda: len(relay.endpoints.arrived) == 10)
    await until(lambda: dispatcher.is_at_rest)


# -- what says nothing about a receiver -------------------------------------------------------


@pytest.mark.parametrize("error", ["PROXY_REFUSED", "PROXY_UNREACHABLE", "HTTPS_REQUIRED"])
async def test_what_is_our_own_fault_is_not_held_against_a_receiver(
    relay: Relay, upstream: UpstreamSubscription, subscription: Subscription, error: str
) -> None:
    """Days of a broken proxy of ours would else pause every vendor's subscriptions."""
    relay.endpoints.always(HERE, Failed(error))
    await take_in(relay.intake(await relay.start()), upstream.code, 1)

    async def attempted() -> bool:
        return (await relay.one(subscription)).attempts == 1

    await until(attempted)
    await quiet(relay)
    async with relay.work.reading() as tx:
        kept = await tx.subscriptions.get(subscription.id)
    assert kept is not None
    assert kept.failing_since is None
