"""What several customers of one vendor, who live on one consent, share and don't share."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.tables import EventRow
from storage.values import table_of
from tests.webhooks.relay import SIGNED, Relay, event_body
from webhooks.upstream import CONSENT, RESOURCES

pytestmark = pytest.mark.both_databases

_events = table_of(EventRow)


async def beside(relay: Relay, account: Account, reference: str) -> Account:
    """Store another customer that lives on an account's consent."""
    other = replace(account, id=new_id("acct", relay.clock()), reference=reference)
    async with relay.work.writing() as tx:
        await tx.accounts.add(other)
    return other


async def owners(relay: Relay) -> list[str]:
    async with relay.work.reading() as tx:
        rows = await tx.connection.execute(select(_events.c.account_id))
        return sorted(row[0] for row in rows)


async def test_one_event_is_told_to_every_account_of_its_connection(relay: Relay) -> None:
    first = await relay.account(reference="one")
    second = await beside(relay, first, "two")
    upstream = await relay.upstream(first)
    mine = await relay.subscription(first, "https://app.example/1")
    theirs = await relay.subscription(second, "https://app.example/2")
    intake = relay.intake()
    for _ in range(2):  # the provider may post it again
        await intake.accept(upstream.code, SIGNED, event_body())
    assert await owners(relay) == sorted([first.id, second.id])
    assert (await relay.one(mine)).account_id == first.id
    assert (await relay.one(theirs)).account_id == second.id
    assert [relay.counted(name) for name in ("stored", "duplicate")] == [1, 1]


async def test_each_delivery_names_its_own_customer(relay: Relay) -> None:
    first = await relay.account(reference="one")
    second = await beside(relay, first, "two")
    upstream = await relay.upstream(first)
    await relay.subscription(first, "https://app.example/1")
    await relay.subscription(second, "https://app.example/2")
    dispatcher = await relay.start()
    await relay.intake(dispatcher).accept(upstream.code, SIGNED, event_body())
    await relay.stop()
    for url, account in (("https://app.example/1", first), ("https://app.example/2", second)):
        (request,) = [one for one in relay.endpoints.arrived if one.url == url]
        assert request.headers["X-Connector-Account"] == account.id
        assert request.headers["X-Connector-Reference"] == account.reference


async def test_a_consent_taken_back_ends_every_account_that_lives_on_it(relay: Relay) -> None:
    first = await relay.account(reference="one")
    second = await beside(relay, first, "two")
    upstream = await relay.upstream(first, purpose=CONSENT, types="v1/consent-revocations")
    relay.clock.advance(minutes=1)
    body = event_body("up-end", resource=None, type="v1/consent-revocations")
    await relay.intake().accept(upstream.code, SIGNED, body)
    async with relay.work.reading() as tx:
        found = [await tx.accounts.get(one.id) for one in (first, second)]
    assert [one.status if one else None for one in found] == ["REVOKED", "REVOKED"]


async def test_one_upstream_subscription_feeds_both(relay: Relay) -> None:
    first = await relay.account(reference="one")
    second = await beside(relay, first, "two")
    subscriptions = relay.subscriptions()
    for account in (first, second):
        await subscriptions.create(
            account, callback_url="https://app.example/hook", resource="INVOICE"
        )
    assert len(relay.provider.standing) == 1


async def test_it_stays_until_neither_needs_it(relay: Relay) -> None:
    first = await relay.account(reference="one")
    second = await beside(relay, first, "two")
    subscriptions = relay.subscriptions()
    made = [
        await subscriptions.create(
            account, callback_url="https://app.example/hook", resource="INVOICE"
        )
        for account in (first, second)
    ]
    await subscriptions.delete(first, made[0].subscription.id)
    assert len(relay.provider.standing) == 1
    await subscriptions.delete(second, made[1].subscription.id)
    assert relay.provider.standing == {}
    async with relay.work.reading() as tx:
        assert await tx.upstream_subscriptions.of_account(first.id, RESOURCES) is None
