"""From an accepted event to a receiver on 127.0.0.1, with the real sender in between."""

import json
from collections.abc import AsyncIterator

import pytest
from standardwebhooks import Webhook

from storage.clock import system_clock
from storage.egress import EgressPolicy
from storage.repositories.deliveries import Delivery
from tests.webhooks.receivers import OK, Received, running, says
from tests.webhooks.relay import SECRET, SIGNED, Relay, event_body, until
from webhooks.schedule import RETRY_DELAYS
from webhooks.sender import HttpSender, SenderSettings
from webhooks.signing import standard_secret

pytestmark = pytest.mark.loopback


@pytest.fixture
async def wired(relay: Relay) -> AsyncIterator[Relay]:
    """A relay that really posts, at the real time, for receivers check it."""
    relay.clock.now = system_clock()
    sender = HttpSender(
        EgressPolicy.of(("127.0.0.0/8",), allow_http=True), SenderSettings(deadline=30)
    )
    relay.sender = sender
    yield relay
    await sender.close()


def verified(request: Received) -> object:
    """Read an event as a receiver with the Standard Webhooks library does."""
    return Webhook(standard_secret(SECRET)).verify(request.body, dict(request.headers))


@pytest.mark.covers("MAE-27")
async def test_an_updated_invoice_arrives_in_maesns_shape_and_verifies(wired: Relay) -> None:
    account = await wired.account()
    upstream = await wired.upstream(account)
    async with running() as receiver:
        await wired.subscription(account, receiver.url())
        intake = wired.intake(await wired.start())
        await intake.accept(upstream.code, SIGNED, event_body(resource_id="0197", event="UPDATED"))
        await until(lambda: receiver.requests)
    (request,) = receiver.requests
    expected = {
        "eventType": "UPDATED",
        "filterDate": None,
        "resource": "INVOICE",
        "resourceId": "0197",
        "userId": None,
    }
    assert verified(request) == json.loads(request.body) == expected


@pytest.mark.covers("MAE-23")
async def test_of_two_accounts_only_the_subscribed_ones_events_arrive(wired: Relay) -> None:
    tenant = await wired.tenant()
    subscribed, other = await wired.account(tenant), await wired.account(tenant)
    codes = {account.id: (await wired.upstream(account)).code for account in (subscribed, other)}
    async with running() as receiver:
        subscription = await wired.subscription(subscribed, receiver.url())
        intake = wired.intake(await wired.start())
        for number in range(10):
            account = subscribed if number % 2 else other
            body = event_body(f"up-{number}", f"inv-{number}")
            await intake.accept(codes[account.id], SIGNED, body)
        for delivery in await wired.of(subscription):
            await until(lambda sent=delivery: done(wired, sent))  # type: ignore[misc]
    assert len(receiver.requests) == 5
    found = {json.loads(request.body)["resourceId"] for request in receiver.requests}
    assert found == {"inv-1", "inv-3", "inv-5", "inv-7", "inv-9"}
    for request in receiver.requests:
        assert request.all("x-connector-account") == [subscribed.id]


async def test_an_event_outlives_a_receiver_that_is_down_and_arrives_once(wired: Relay) -> None:
    account = await wired.account()
    upstream = await wired.upstream(account)
    refuse = b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n"
    async with running(says(refuse)) as receiver:
        subscription = await wired.subscription(account, receiver.url())
        intake = wired.intake(await wired.start())
        for _ in range(2):
            await intake.accept(upstream.code, SIGNED, event_body())
        for number in (1, 2):
            await until(lambda n=number: attempted(wired, subscription.id, n))  # type: ignore[misc]
            wired.clock.advance(seconds=RETRY_DELAYS[number - 1].total_seconds())
        receiver.respond = says(OK)
        await until(lambda: attempted(wired, subscription.id, 3))
        assert await wired.statuses(subscription) == ["DELIVERED"]
    assert len({request.all("webhook-id")[0] for request in receiver.requests}) == 1
    assert len(receiver.requests) == 3


async def done(relay: Relay, delivery: Delivery) -> bool:
    return bool(await relay.attempts(delivery))


async def attempted(relay: Relay, subscription_id: str, number: int) -> bool:
    async with relay.work.reading() as tx:
        (delivery,) = await tx.deliveries.of_subscription(subscription_id)
    return delivery.attempts >= number
