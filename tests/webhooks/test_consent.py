"""The end of a consent: watched for every account, told once to whoever asked."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from connector.errors import DownstreamTimeout, DownstreamUnavailable, MissingScope
from oauth.accounts import Status
from oauth.endings import end_consent
from storage.egress import EgressPolicy
from storage.errors import NotFound
from storage.repositories.accounts import Account
from storage.repositories.tenant_webhooks import TenantWebhook
from storage.repositories.upstream_subscriptions import UpstreamSubscription
from tests.webhooks.relay import SIGNED, START, Relay, event_body, until
from webhooks.errors import SubscriptionExists
from webhooks.tenants import TenantWebhooks
from webhooks.upstream import CONSENT

pytestmark = pytest.mark.both_databases

NOTICES = "https://app.example/notices"


def revocation(event_id: str = "up-r", **more: object) -> bytes:
    return event_body(event_id, None, resource="TOKEN", type="v1/consent-revocations", **more)  # type: ignore[arg-type]


async def watched(relay: Relay, account: Account) -> UpstreamSubscription | None:
    async with relay.work.reading() as tx:
        return await tx.upstream_subscriptions.of_account(account.id, CONSENT)


async def status(relay: Relay, account: Account) -> str:
    async with relay.work.reading() as tx:
        found = await tx.accounts.get(account.id)
    assert found is not None
    return found.status


async def end(relay: Relay, account: Account, to: Status) -> bool:
    async with relay.work.writing() as tx:
        return await end_consent(tx, relay.ring, account.id, to=to, at=relay.clock())


def tenant_webhooks(relay: Relay) -> TenantWebhooks:
    return TenantWebhooks(relay.work, EgressPolicy(), relay.clock, deleted=lambda _: None)


async def notified(relay: Relay, account: Account) -> TenantWebhook:
    async with relay.work.reading() as tx:
        tenant = await tx.tenants.get(account.tenant_id)
    assert tenant is not None
    return await tenant_webhooks(relay).create(tenant, NOTICES)


# -- watching


async def test_a_linked_account_is_watched_at_the_provider(relay: Relay) -> None:
    account = await relay.account()
    await relay.subscriptions().upstream.watch(account.id)
    found = await watched(relay, account)
    assert found is not None
    assert found.state == "ACTIVE"
    ((owner, standing),) = relay.provider.standing.values()
    assert (owner, standing.types) == (account.id, ("v1/consent-revocations",))
    assert standing.callback_url.endswith(found.code)


async def test_a_provider_that_is_away_is_asked_again(relay: Relay) -> None:
    account = await relay.account()
    subscriptions = relay.subscriptions()

    async def away(_call: str, _account: str) -> None:
        raise DownstreamUnavailable("away")

    relay.provider.before = away
    await subscriptions.upstream.watch(account.id)
    relay.provider.before = lambda *_: None
    assert relay.provider.standing == {}
    relay.clock.advance(seconds=31)
    assert await subscriptions.settle() == 1
    found = await watched(relay, account)
    assert found is not None
    assert found.state == "ACTIVE"
    assert len(relay.provider.standing) == 1


async def test_a_refused_watch_is_not_asked_for_again_before_the_next_link(relay: Relay) -> None:
    account = await relay.account()
    subscriptions = relay.subscriptions()

    async def refuse(_call: str, _account: str) -> None:
        raise MissingScope("webhook")

    relay.provider.before = refuse
    await subscriptions.upstream.watch(account.id)
    relay.clock.advance(hours=1)
    assert await subscriptions.settle() == 0
    assert await subscriptions.upstream.watch_all() == 0
    relay.provider.before = lambda *_: None
    await subscriptions.upstream.watch(account.id)
    assert len(relay.provider.standing) == 1


async def test_an_account_nobody_watches_is_found(relay: Relay) -> None:
    """One linked by an earlier version, or whose link was cut short."""
    account = await relay.account()
    subscriptions = relay.subscriptions()
    assert await subscriptions.upstream.watch_all() == 0, "the link itself may be at it"
    relay.clock.advance(seconds=31)
    assert await subscriptions.upstream.watch_all() == 1
    assert await subscriptions.upstream.watch_all() == 0
    assert await watched(relay, account) is not None


async def test_a_new_link_brings_back_what_the_old_consent_took_along(relay: Relay) -> None:
    account = await relay.account()
    subscriptions = relay.subscriptions()
    await subscriptions.upstream.watch(account.id)
    await subscriptions.create(account, callback_url="https://app.example/1", resource="INVOICE")
    assert len(relay.provider.standing) == 2
    relay.provider.standing.clear()
    await subscriptions.upstream.watch(account.id)
    assert len(relay.provider.standing) == 2
    await subscriptions.upstream.watch(account.id)
    assert len(relay.provider.standing) == 2, "what stands is taken over"


async def test_token_subscriptions_need_nothing_at_the_provider(relay: Relay) -> None:
    account = await relay.account()
    subscriptions = relay.subscriptions()
    created = await subscriptions.create(
        account, callback_url="https://app.example/1", resource="TOKEN"
    )
    assert created.warnings == ()
    assert relay.provider.calls == []
    other = await subscriptions.create(
        account, callback_url="https://app.example/1", resource="INVOICE"
    )
    await subscriptions.delete(account, other.subscription.id)
    assert relay.provider.standing == {}, "a TOKEN subscription keeps no other alive"
    assert await relay.standing(account) is None
    assert [one.id for one in await subscriptions.list(account)] == [created.subscription.id]


async def test_a_token_subscription_that_ends_touches_no_other(relay: Relay) -> None:
    account = await relay.account()
    subscriptions = relay.subscriptions()
    token, _ = [
        await subscriptions.create(account, callback_url="https://app.example/1", resource=resource)
        for resource in ("TOKEN", "INVOICE")
    ]
    before = await relay.standing(account)
    await subscriptions.delete(account, token.subscription.id)
    assert await relay.standing(account) == before
    assert len(relay.provider.standing) == 1


async def test_processes_that_watch_at_once_leave_one_of_each(relay: Relay) -> None:
    """One links, one finds that nobody watches, one subscribes."""
    for _ in range(4):
        account = await relay.account()
        relay.provider.standing.clear()
        await asyncio.gather(
            relay.subscriptions().upstream.watch(account.id),
            relay.subscriptions().upstream.watch(account.id),
            relay.subscriptions().create(
                account, callback_url="https://app.example/1", resource="INVOICE"
            ),
        )
        for _ in range(3):
            relay.clock.advance(seconds=31)
            await relay.subscriptions().settle()
        records = [await watched(relay, account), await relay.standing(account)]
        assert [one and one.state for one in records] == ["ACTIVE", "ACTIVE"]
        assert {one and one.upstream_id for one in records} == set(relay.provider.standing)


async def test_an_account_that_was_switched_off_is_not_watched(relay: Relay) -> None:
    account = await relay.account()
    subscriptions = relay.subscriptions()
    await relay.upstream(account, state="PENDING", upstream_id=None)
    async with relay.work.writing() as tx:
        await tx.accounts.move(account.id, to="DISABLED", before="ACTIVE", at=START)
    await subscriptions.upstream.watch(account.id)
    relay.clock.advance(minutes=1)
    assert await subscriptions.upstream.watch_all() == 0
    assert await subscriptions.settle() == 0
    assert relay.provider.calls == []
    assert await watched(relay, account) is None


async def test_a_refused_watch_keeps_no_resources_from_being_asked_for(relay: Relay) -> None:
    account = await relay.account()
    subscriptions = relay.subscriptions()
    await relay.upstream(account, purpose=CONSENT, types="v1/consent-revocations")
    relay.clock.advance(seconds=1)
    await subscriptions.create(account, callback_url="https://app.example/1", resource="INVOICE")
    relay.provider.standing.clear()
    refused: list[str] = []

    async def refuse_first(call: str, _account: str) -> None:
        if call == "subscribe" and not refused:
            refused.append(call)
            raise MissingScope("webhook")

    relay.provider.before = refuse_first
    await subscriptions.upstream.watch(account.id)
    consent, resources = await watched(relay, account), await relay.standing(account)
    assert consent is not None
    assert consent.state == "REFUSED"
    assert resources is not None
    assert [*relay.provider.standing] == [resources.upstream_id]


async def test_what_a_lost_answer_left_under_the_new_consent_is_found_when_it_ends(
    relay: Relay,
) -> None:
    account = await relay.account()
    subscriptions = relay.subscriptions()
    made = await subscriptions.create(
        account, callback_url="https://app.example/1", resource="INVOICE"
    )
    relay.provider.standing.clear()

    async def lose(call: str, _account: str) -> None:
        if call == "subscribe":
            raise DownstreamTimeout("late")

    relay.provider.after = lose
    await subscriptions.upstream.watch(account.id)
    assert len(relay.provider.standing) == 2
    await subscriptions.delete(account, made.subscription.id)
    assert [one.types for _, one in relay.provider.standing.values()] == [
        ("v1/consent-revocations",)
    ]


# -- an end


@pytest.mark.covers("QX-08")
async def test_a_revocation_flips_the_account_and_is_told_once(relay: Relay) -> None:
    """Account REVOKED in the commit that stores the event, TOKEN told, tenant told."""
    account = await relay.account(reference="customer-42")
    upstream = await relay.upstream(account, purpose=CONSENT)
    token = await relay.subscription(account, resource="TOKEN")
    invoices = await relay.subscription(account, url="https://app.example/2")
    other = await relay.subscription(await relay.account(), resource="TOKEN")
    await notified(relay, account)
    await relay.start()
    intake = relay.intake()
    await intake.accept(upstream.code, SIGNED, revocation())
    assert await status(relay, account) == "REVOKED"
    await intake.accept(upstream.code, SIGNED, revocation())
    await intake.accept(upstream.code, SIGNED, revocation("up-again"))
    await until(lambda: len(relay.endpoints.arrived) == 2)
    told = {request.url: json.loads(request.body) for request in relay.endpoints.arrived}
    assert told[token.callback_url] == {
        "eventType": "REVOKED",
        "filterDate": None,
        "resource": "TOKEN",
        "resourceId": account.id,
        "userId": None,
    }
    assert told[NOTICES] == {
        "eventType": "ACCOUNT_REVOKED",
        "accountId": account.id,
        "targetSystem": account.target,
        "status": "REVOKED",
        "reference": "customer-42",
        "changedDate": "2026-11-20T10:00:00.000Z",
    }
    assert await relay.of(invoices) == []
    assert await relay.of(other) == []
    assert relay.counted("duplicate") == 1


async def test_the_process_that_learns_it_is_told_at_once(relay: Relay) -> None:
    account = await relay.account()
    upstream = await relay.upstream(account, purpose=CONSENT)
    ended: list[str] = []
    intake = relay.intake()
    intake._revoked = ended.append
    await intake.accept(upstream.code, SIGNED, revocation())
    assert ended == [account.id]
    await intake.accept(upstream.code, SIGNED, revocation("another"))
    assert ended == [account.id], "it had ended already"


async def test_a_late_word_about_an_earlier_consent_ends_nothing(relay: Relay) -> None:
    account = await relay.account()
    upstream = await relay.upstream(account, purpose=CONSENT)
    relay.clock.advance(hours=1)
    async with relay.work.writing() as tx:
        await tx.accounts.renew(replace(account, updated_at=relay.clock()))
    adapter, read = relay.provider, relay.provider.read_event
    adapter.read_event = lambda body: replace(  # type: ignore[method-assign]
        read(body), created_at=START + timedelta(minutes=1)
    )
    await relay.intake().accept(upstream.code, SIGNED, revocation())
    assert await status(relay, account) == "ACTIVE"


async def test_the_reason_is_learned_although_the_end_was_noticed_before(relay: Relay) -> None:
    """A refresh failed first; the event was on its way for an hour."""
    account = await relay.account()
    upstream = await relay.upstream(account, purpose=CONSENT)
    token = await relay.subscription(account, resource="TOKEN")
    relay.clock.advance(minutes=1)
    await end(relay, account, Status.REAUTH_REQUIRED)
    relay.clock.advance(hours=1)
    read = relay.provider.read_event
    relay.provider.read_event = lambda body: replace(read(body), created_at=START)  # type: ignore[method-assign]
    await relay.intake().accept(upstream.code, SIGNED, revocation())
    assert await status(relay, account) == "REVOKED"
    assert await relay.statuses(token) == ["PENDING"]


async def test_an_end_that_cannot_be_stored_is_not_acknowledged(relay: Relay) -> None:
    account = await relay.account()
    upstream = await relay.upstream(account, purpose=CONSENT)
    intake = relay.intake()
    relay.work.read_only = True
    with pytest.raises(Exception, match="can't be used right now"):
        await intake.accept(upstream.code, SIGNED, revocation())
    relay.work.read_only = False
    assert await status(relay, account) == "ACTIVE"
    await intake.accept(upstream.code, SIGNED, revocation())
    assert await status(relay, account) == "REVOKED"


async def test_each_end_is_told_once_and_a_new_link_can_end_again(relay: Relay) -> None:
    account = await relay.account()
    token = await relay.subscription(account, resource="TOKEN")
    assert await end(relay, account, Status.REAUTH_REQUIRED)
    assert not await end(relay, account, Status.REAUTH_REQUIRED)
    assert await end(relay, account, Status.REVOKED), "it is known now why"
    assert not await end(relay, account, Status.REAUTH_REQUIRED)
    assert await relay.statuses(token) == ["PENDING"]
    async with relay.work.writing() as tx:
        await tx.accounts.renew(account)
    assert await end(relay, account, Status.REAUTH_REQUIRED)
    assert await relay.statuses(token) == ["PENDING", "PENDING"]


@pytest.mark.parametrize("before", ["DISABLED", "REVOKED"])
async def test_an_account_that_was_switched_off_stays_so(relay: Relay, before: str) -> None:
    account = await relay.account()
    token = await relay.subscription(account, resource="TOKEN")
    async with relay.work.writing() as tx:
        await tx.accounts.move(account.id, to=before, before="ACTIVE", at=START)
    assert not await end(relay, account, Status.REAUTH_REQUIRED)
    assert await status(relay, account) == before
    assert await relay.of(token) == []


async def test_an_end_is_in_the_audit_trail_with_who_brought_it_about(relay: Relay) -> None:
    account = await relay.account()
    upstream = await relay.upstream(account, purpose=CONSENT)
    await end(relay, account, Status.REAUTH_REQUIRED)
    relay.clock.advance(seconds=1)
    await relay.intake().accept(upstream.code, SIGNED, revocation())
    await relay.intake().accept(upstream.code, SIGNED, revocation("again"))
    async with relay.work.reading() as tx:
        entries = await tx.audit.list(tenant_id=account.tenant_id)
    assert [(one.action, one.actor, one.account_id, one.detail) for one in entries] == [
        ("account.reauth_required", "system", account.id, "{}"),
        ("account.revoked", "customer", account.id, "{}"),
    ]


# -- the tenant's own webhooks


async def test_a_tenants_webhook_that_ended_is_sent_nothing(relay: Relay) -> None:
    account = await relay.account()
    webhook = await notified(relay, account)
    async with relay.work.reading() as tx:
        tenant = await tx.tenants.get(account.tenant_id)
    assert tenant is not None
    with pytest.raises(SubscriptionExists) as twice:
        await tenant_webhooks(relay).create(tenant, NOTICES)
    assert twice.value.subscription_id == webhook.id
    await end(relay, account, Status.REAUTH_REQUIRED)
    async with relay.work.writing() as tx:
        assert await tx.deliveries.plan_notices(relay.clock(), most=10) == 1
    await end(relay, account, Status.REVOKED)
    await tenant_webhooks(relay).delete(tenant, webhook.id)
    with pytest.raises(NotFound):
        await tenant_webhooks(relay).delete(tenant, webhook.id)
    await relay.start()
    async with relay.work.reading() as tx:
        assert not await tx.deliveries.anything_due(relay.clock() + timedelta(hours=1))
    assert relay.endpoints.arrived == []


async def test_one_tenant_cannot_end_anothers_webhook(relay: Relay) -> None:
    account = await relay.account()
    webhook = await notified(relay, account)
    other = await relay.tenant()
    with pytest.raises(NotFound):
        await tenant_webhooks(relay).delete(other, webhook.id)
