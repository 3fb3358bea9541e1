"""A test event reaches a real receiver on the way that all events take, and says what it is."""

import json
from collections.abc import AsyncIterator

import pytest
from standardwebhooks import Webhook

from storage.clock import system_clock
from storage.egress import EgressPolicy
from storage.errors import NotFound
from tests.webhooks.receivers import running
from tests.webhooks.relay import SECRET, SIGNED, Relay, event_body, until
from webhooks.errors import NotReplayable
from webhooks.log import DeliveryQuery, Log
from webhooks.sender import HttpSender, SenderSettings
from webhooks.signing import standard_secret
from webhooks.test_event import SubscriptionTester

pytestmark = pytest.mark.loopback


@pytest.fixture
async def wired(relay: Relay) -> AsyncIterator[Relay]:
    """A relay that really posts, at the real time."""
    relay.clock.now = system_clock()
    sender = HttpSender(
        EgressPolicy.of(("127.0.0.0/8",), allow_http=True), SenderSettings(deadline=30)
    )
    relay.sender = sender
    yield relay
    await sender.close()


@pytest.mark.parametrize("resource", ["INVOICE", "TOKEN"])
@pytest.mark.both_databases
async def test_a_test_event_arrives_signed_and_marked_and_is_in_the_log(
    wired: Relay, resource: str
) -> None:
    """For TOKEN too it is an UPDATED, which ends no customer's link."""
    account = await wired.account()
    async with running() as receiver:
        subscription = await wired.subscription(account, receiver.url(), resource)
        dispatcher = await wired.start()
        tester = SubscriptionTester(wired.work, wired.clock, dispatcher.wake)
        planned = await tester.send(account, subscription.id)
        await until(lambda: receiver.requests)
    (request,) = receiver.requests
    body = json.loads(request.body)
    assert Webhook(standard_secret(SECRET)).verify(request.body, dict(request.headers)) == body
    assert request.all("x-connector-test") == ["true"]
    assert request.all("webhook-id") == [planned.event_id]
    assert body == {
        "eventType": "UPDATED",
        "filterDate": None,
        "resource": resource,
        "resourceId": planned.resource_id,
        "userId": None,
    }
    assert body["resourceId"].startswith("test_")
    page = await Log(wired.work).page(account, subscription.id, DeliveryQuery(origin="TEST"))
    assert [one.id for one in page.deliveries] == [planned.id]
    async with wired.work.reading() as tx:
        row = await tx.connection.exec_driver_sql("SELECT source FROM events")
        assert row.scalar_one() == "TEST"


async def test_real_events_are_not_marked_as_tests(wired: Relay) -> None:
    account = await wired.account()
    upstream = await wired.upstream(account)
    async with running() as receiver:
        await wired.subscription(account, receiver.url())
        intake = wired.intake(await wired.start())
        await intake.accept(upstream.code, SIGNED, event_body())
        await until(lambda: receiver.requests)
    assert receiver.requests[0].all("x-connector-test") == []


async def test_who_may_not_be_called_gets_no_test(wired: Relay) -> None:
    """Another account's, an ended or a disabled one; a paused one gets it when it is resumed."""
    account = await wired.account()
    subscription = await wired.subscription(account)
    tester = SubscriptionTester(wired.work, wired.clock, lambda: None)
    with pytest.raises(NotFound):
        await tester.send(await wired.account(), subscription.id)
    for state, reason in (("PAUSED", "VENDOR"), ("DISABLED", "GONE")):
        async with wired.work.writing() as tx:
            await tx.subscriptions.set_state(
                subscription.id, state=state, reason=reason, at=wired.clock()
            )
        if state == "PAUSED":
            assert (await tester.send(account, subscription.id)).status == "HELD"
        else:
            with pytest.raises(NotReplayable):
                await tester.send(account, subscription.id)
    async with wired.work.writing() as tx:
        await tx.subscriptions.end(subscription.id, wired.clock())
    with pytest.raises(NotFound):
        await tester.send(account, subscription.id)
