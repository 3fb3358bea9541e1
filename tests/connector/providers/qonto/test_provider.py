"""The target systems: hosts, scopes, the staging token, who linked, subscriptions."""

import json
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from connector.errors import DownstreamUnavailable, IdentityUnknown, MissingScope, RateLimited
from connector.http import provider_http
from connector.ports import Query, Verdict
from connector.providers.qonto import mapping
from connector.providers.qonto.provider import FULL_SCOPES, MAESN_SCOPES, QontoHosts, qonto
from oauth.errors import SandboxTokenMissing
from oauth.ports import Identity, TargetSystem
from oauth.tokens import Access
from storage.errors import Invalid, NotFound
from tests.connector.providers.qonto.bank import (
    Bank,
    client_invoice,
    provider,
    supplier_invoice,
    system,
)

SAMPLES = Path(mapping.__file__).parents[1] / "samples"
CALLBACK = "https://connector.example/events/callback/identify"
AT = datetime(2026, 11, 1, tzinfo=UTC)


def _access(*scopes: str) -> Access:
    return Access({"Authorization": "Bearer token"}, frozenset(scopes), None)


def _sample(path: str, name: str):
    body = (SAMPLES / f"{name}.json").read_bytes()

    def answer(request: httpx2.Request) -> httpx2.Response | None:
        return httpx2.Response(200, content=body) if request.url.path == path else None

    return answer


@pytest.mark.covers("QX-01")
def test_each_target_system_has_its_own_hosts() -> None:
    """As documented; both can be set."""
    production, sandbox = system(Bank()), system(Bank(), sandbox=True)
    assert production.target == "qonto"
    assert production.oauth.authorize_url == "https://oauth.qonto.com/oauth2/auth"
    assert production.oauth.token_url == "https://oauth.qonto.com/oauth2/token"
    assert sandbox.target == "qonto-sandbox"
    assert sandbox.oauth.revoke_url == "https://oauth-sandbox.staging.qonto.co/oauth2/revoke"
    as_port: TargetSystem = sandbox
    assert as_port.requirements() == ("stagingToken",)


async def test_hosts_are_settings() -> None:
    """A test bench or a proxy has others."""
    bank = Bank()
    hosts = QontoHosts("http://127.0.0.1:9/api/", "http://127.0.0.1:9/oauth/")
    local = qonto(provider_http(httpx2.MockTransport(bank)), hosts=hosts)
    assert local.oauth.token_url == "http://127.0.0.1:9/oauth/oauth2/token"
    bank.answers.append(_sample("/api/v2/organization", "organization.get"))
    await local.identify(_access("organization.read"))
    assert str(bank.requests[0].url) == "http://127.0.0.1:9/api/v2/organization"


def test_scopes_are_spelled_as_qonto_accepts_them() -> None:
    """Reading client invoices is plural, writing them singular."""
    oauth = system(Bank()).oauth
    assert oauth.default_scopes == (
        "offline_access",
        "webhook",
        "client_invoices.read",
        "supplier_invoice.read",
        "attachment.read",
        "client.read",
    )
    assert set(oauth.scope_presets) == {"default", "maesn", "full", "payments"}
    for scopes in (MAESN_SCOPES, FULL_SCOPES):
        assert "client_invoices.read" in scopes
        assert "client_invoice.write" in scopes
        assert not {"client_invoice.read", "client_invoices.write"} & set(scopes)
        assert len(set(scopes)) == len(scopes)
        assert "payment.write" not in scopes


def test_only_the_sandbox_needs_and_sends_the_staging_token() -> None:
    """Under the name and in the capitals that Qonto documents."""
    production, sandbox = system(Bank()), system(Bank(), sandbox=True)
    values = {"stagingToken": "token", "other": "x"}
    assert production.extra_headers(values) == {}
    assert production.requirements() == ()
    assert sandbox.extra_headers(values) == {"X-Qonto-Staging-Token": "token"}
    for missing in ({}, {"stagingToken": ""}):
        with pytest.raises(SandboxTokenMissing, match="stagingToken"):
            sandbox.extra_headers(missing)


async def test_the_gate_of_the_sandbox_is_recognised_on_a_read() -> None:
    """A page of a login instead of data."""
    bank = Bank()
    bank.answers.append(lambda _: httpx2.Response(200, html="<html>login</html>"))

    class Source:
        async def get(self, account_id: str) -> Access:
            return _access()

        async def renew(self, account_id: str, refused: Access) -> Access:
            raise AssertionError

    reader = system(bank, sandbox=True).provider(Source()).readers
    with pytest.raises(SandboxTokenMissing):
        await reader.invoices.list("acct_1", Query())


async def test_the_organisation_itself_tells_best_who_linked() -> None:
    """With its name, and the person's membership where that may be read."""
    bank = Bank()
    bank.answers.append(_sample("/v2/organization", "organization.get"))
    bank.answers.append(_sample("/v2/membership", "membership.get"))
    identity = await system(bank).identify(_access("organization.read", "membership.read"))
    assert identity == Identity(
        "018f71db-c635-78b5-b90a-ea05de98c2bf",
        "Demo Conseil SAS",
        "0199cd7a-11aa-7b3c-9d4e-2a1b3c4d5e6f",
        ("FR7616958000010000000000042",),
    )
    key = Access({"Authorization": "slug:secret"}, None, None)
    assert (await system(bank).identify(key)).organization_name == "Demo Conseil SAS"


async def test_an_invoice_tells_the_organisation_too() -> None:
    """Sent or received, whichever there is and may be read."""
    bank = Bank()
    scopes = ("client_invoices.read", "supplier_invoice.read", "webhook")
    bank.supplier_invoices = [supplier_invoice(1, AT, organization_id="org-supplier")]
    assert await system(bank).identify(_access(*scopes)) == Identity("org-supplier")
    bank.client_invoices = [client_invoice(2, AT, organization_id="org-client")]
    assert await system(bank).identify(_access(*scopes)) == Identity("org-client")
    bank.forbidden.add("client_invoices")  # granted, but not in the price plan
    assert await system(bank).identify(_access(*scopes)) == Identity("org-supplier")
    assert bank.subscriptions == {}


async def test_a_subscription_made_and_deleted_tells_it_where_nothing_else_does() -> None:
    """Of the kind that needs no further scope."""
    bank = Bank()
    scopes = _access("client_invoices.read", "supplier_invoice.read", "webhook")
    identity = await system(bank, callback_url=CALLBACK).identify(scopes)
    assert identity == Identity("org-1", None, "member-1")
    made = next(request for request in bank.requests if request.method == "POST")
    assert json.loads(made.content) == {
        "callback_url": CALLBACK,
        "types": ["v1/consent-revocations"],
    }
    assert bank.subscriptions == {}


async def test_when_nothing_tells_the_error_says_which_scope_would() -> None:
    """No scope for it, or no address to make a subscription with."""
    for access in (_access("attachment.read"), _access("webhook")):
        with pytest.raises(IdentityUnknown, match=r"organization\.read"):
            await system(Bank()).identify(access)


@pytest.mark.covers("QX-11")
@pytest.mark.parametrize(
    ("scopes", "path"),
    [
        (None, "/v2/organization"),
        (("organization.read", "membership.read", "webhook"), "/v2/organization"),
        (("membership.read",), "/v2/membership"),
        (("webhook", "supplier_invoice.read", "client_invoices.read"), "/v2/client_invoices"),
        (("supplier_invoice.read", "webhook"), "/v2/supplier_invoices"),
        (("webhook",), "/v2/webhook_subscriptions"),
    ],
)
@pytest.mark.parametrize(
    ("status", "works"), [(200, True), (403, True), (404, True), (422, True), (401, False)]
)
async def test_one_call_that_changes_nothing_shows_whether_an_access_works(
    scopes: tuple[str, ...] | None, path: str, status: int, works: bool
) -> None:
    """Whatever Qonto answers but 401, it took the access first."""
    bank = Bank()
    bank.answers.append(lambda _: httpx2.Response(status, json={}))
    granted = None if scopes is None else frozenset(scopes)
    access = Access({"Authorization": "slug:secret"}, granted, None)
    assert await system(bank).accepts(access) is works
    assert [(one.method, one.url.path) for one in bank.requests] == [("GET", path)]


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_trouble_shows_nothing_of_an_access(status: int) -> None:
    bank = Bank()
    bank.answers.append(lambda _: httpx2.Response(status, headers={"Retry-After": "60"}))
    with pytest.raises((RateLimited, DownstreamUnavailable)):
        await system(bank).accepts(Access({}, None, None))
    with pytest.raises(IdentityUnknown):
        await system(bank).accepts(_access("product.read"))


async def test_subscriptions_are_made_changed_listed_and_deleted() -> None:
    """As Qonto documents them; deleting one that is gone is fine."""
    bank = Bank()
    webhooks = provider(bank).webhooks
    types = webhooks.topics["INVOICE"]
    secret = "s" * 32
    made = await webhooks.subscribe("acct_1", CALLBACK, secret, types)
    assert (made.organization_id, made.types) == ("org-1", ("v1/client-invoices",))
    assert secret not in repr(made)
    assert bank.subscriptions[made.id]["secret"] == secret
    other = "https://connector.example/events/callback/other"
    changed = await webhooks.update("acct_1", made.id, other, secret, webhooks.revocation_types)
    assert changed.types == ("v1/consent-revocations",)
    (listed,) = await webhooks.list("acct_1")
    assert (listed.id, listed.callback_url, listed.secret) == (made.id, other, None)
    await webhooks.unsubscribe("acct_1", made.id)
    await webhooks.unsubscribe("acct_1", made.id)
    assert await webhooks.list("acct_1") == ()
    with pytest.raises(NotFound):
        await webhooks.update("acct_1", made.id, other, secret, types)


async def test_a_refused_subscription_names_the_scope() -> None:
    """So that the caller can go on by polling."""
    bank = Bank()
    bank.forbidden.add("webhook_subscriptions")
    with pytest.raises(MissingScope) as caught:
        await provider(bank).webhooks.subscribe("acct_1", CALLBACK, "s" * 32, ("v1/clients",))
    assert caught.value.scope == "webhook"


def test_what_is_no_event_is_invalid_input() -> None:
    """An error of the caller, not of this service."""
    webhooks = provider(Bank()).webhooks
    with pytest.raises(Invalid):
        webhooks.read_event(b"[]")
    assert webhooks.verify({}, b"{}", ["s"], AT) is Verdict.MISSING
    assert not webhooks.is_signed({})
    assert webhooks.read_event(b'{"id":"e","type":"v1/clients"}').resource == "CUSTOMER"
