"""The link flow, from the vendor's wish to the key in its hands."""

import asyncio
import hmac
import json
from contextlib import suppress
from hashlib import sha256
from urllib.parse import urlencode

import httpx2
import pytest

from oauth.errors import (
    CallbackNotAllowed,
    CodeInvalid,
    ProviderRefused,
    ProviderUnavailable,
    SigningSecretMissing,
    StateExpired,
    StateInvalid,
    StateReplayed,
    SystemNotRegistered,
    UnauthorizedAccountKey,
    UnknownTarget,
)
from oauth.grants import ConsentAnswer, read_consent
from oauth.requests import LinkRequest
from oauth.returning import Redirect, Returning
from oauth.state import LinkState, write_state
from storage.errors import Invalid
from storage.repositories.accounts import Account
from storage.repositories.notices import Notice
from storage.repositories.tenants import Tenant
from tests.oauth.conftest import CALLBACK, CANCEL, Floor, query_of
from tests.oauth.provider import SCOPES

WISH = LinkRequest(callback_url=CALLBACK, reference="customer 7 & co")
HOOK = "https://app.example/hooks/account-key"


async def notices(floor: Floor) -> list[Notice]:
    async with floor.work.reading() as tx:
        return await tx.notices.unplanned()


async def accounts(floor: Floor, tenant: Tenant) -> list[Account]:
    async with floor.work.reading() as tx:
        return await tx.accounts.of_tenant(tenant.id)


@pytest.mark.parametrize("target", ["acme", "acme-sandbox"])
async def test_a_link_starts_at_the_targets_own_authorization_server(
    floor: Floor, target: str
) -> None:
    tenant, _ = await floor.tenant()
    started = await floor.links.start(tenant, target, WISH)
    assert started.url.startswith(f"https://{target}.provider.test/oauth2/auth?")
    asked = query_of(started.url)
    assert asked.keys() == {
        "response_type", "client_id", "redirect_uri", "scope", "state",
        "code_challenge", "code_challenge_method",
    }  # fmt: skip
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["client_id"].endswith("client-of-Vendor")
    with pytest.raises(UnknownTarget):
        await floor.links.start(tenant, "nobody", WISH)


@pytest.mark.parametrize("target", ["acme", "acme-sandbox"])
async def test_the_redirect_uri_is_the_public_url_with_the_target(
    floor: Floor, target: str
) -> None:
    tenant, _ = await floor.tenant()
    started = await floor.links.start(tenant, target, WISH)
    redirect_uri = f"https://connect.example/api/auth/callback/{target}"
    assert query_of(started.url)["redirect_uri"] == redirect_uri
    await floor.link(tenant, target=target)
    assert floor.provider.requests[-1][1]["redirect_uri"] == redirect_uri


async def test_the_scopes_asked_for_are_the_configured_ones(floor: Floor) -> None:
    tenant, _ = await floor.tenant()

    async def scopes() -> str:
        return query_of((await floor.links.start(tenant, "acme", WISH)).url)["scope"]

    assert await scopes() == " ".join(SCOPES)
    for chosen, expected in (
        ("a.read  b.write", "a.read b.write"),
        ("more", " ".join((*SCOPES, "more"))),
    ):
        await floor.tenants.register_system(tenant, "acme", "c", "s", {}, scopes=chosen)
        assert await scopes() == expected


async def test_the_account_key_is_fetched_with_a_one_time_code(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    redirect = await floor.link(tenant, WISH)
    came = query_of(redirect.url)
    assert redirect.url.startswith(f"{CALLBACK}?")
    assert came.keys() == {"code", "reference"}
    assert came["reference"] == "customer 7 & co"
    exchanged = await floor.links.exchange(tenant, came["code"])
    assert (exchanged.target, exchanged.reference, exchanged.relinked) == (
        "acme", "customer 7 & co", False,
    )  # fmt: skip
    account = await floor.callers.select(tenant, exchanged.account_key)
    assert account.status == "ACTIVE"
    assert (account.organization_id, account.membership_id) == ("org-1", "member-1")
    assert floor.told == [account.id]
    access = await floor.vault.get(account.id)
    assert access.headers["Authorization"].removeprefix("Bearer ") in floor.provider.access_tokens
    assert access.scopes == frozenset(SCOPES)


@pytest.mark.both_databases
async def test_a_code_works_once_for_its_tenant_and_five_minutes(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    other, _ = await floor.tenant("Other")
    code = query_of((await floor.link(tenant)).url)["code"]
    for bad in ("", "xc_unknown", "é", "x" * 1000):
        with pytest.raises(CodeInvalid):
            await floor.links.exchange(tenant, bad)
    with pytest.raises(CodeInvalid):
        await floor.links.exchange(other, code)
    outcomes = await asyncio.gather(
        *(floor.links.exchange(tenant, code) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(outcome, CodeInvalid) for outcome in outcomes) == 4
    late = query_of((await floor.link(tenant)).url)["code"]
    floor.clock.move(minutes=5)
    with pytest.raises(CodeInvalid):
        await floor.links.exchange(tenant, late)


async def test_a_key_by_webhook_needs_a_secret_to_sign_it_with(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    wish = WISH.model_copy(update={"webhook_callback_url": HOOK})
    with pytest.raises(SigningSecretMissing, match="/tenants/signing-secret"):
        await floor.links.start(tenant, "acme", wish)


@pytest.mark.both_databases
async def test_with_a_webhook_the_key_goes_from_server_to_server(floor: Floor) -> None:
    tenant, _ = await floor.tenant(signs=True, key_in_redirect=True)
    wish = WISH.model_copy(update={"webhook_callback_url": HOOK})
    redirect = await floor.link(tenant, wish)
    assert query_of(redirect.url) == {"reference": "customer 7 & co"}
    (notice,) = await notices(floor)
    assert (notice.kind, notice.callback_url, notice.tenant_id) == (
        "ACCOUNT_LINKED", HOOK, tenant.id,
    )  # fmt: skip
    assert notice.body is not None
    body = json.loads(floor.ring.open(notice.body, associated_data=notice.associated_data))
    key = body.pop("accountKey")
    assert body == {
        "eventType": "ACCOUNT_LINKED",
        "targetSystem": "acme",
        "linkedDate": "2026-01-22T16:44:37.000Z",
        "reference": "customer 7 & co",
        "relinked": False,
    }
    assert (await floor.callers.select(tenant, key)).id == notice.account_id
    assert key.encode() not in notice.body


async def test_a_tenant_that_opted_in_gets_the_key_in_the_redirect_signed_when_asked(
    floor: Floor,
) -> None:
    tenant, _ = await floor.tenant(key_in_redirect=True)
    came = query_of((await floor.link(tenant, WISH)).url)
    assert came.keys() == {"accountKey", "reference"}
    secret = await floor.tenants.create_signing_secret(tenant)
    signed = WISH.model_copy(update={"include_signature": True})
    came = query_of((await floor.link(await floor.tenants.get(tenant.id), signed)).url)
    assert came["timestamp"] == str(int(floor.clock().timestamp()))
    expected = hmac.new(
        secret.hex.encode(), f"{came['accountKey']}.{came['timestamp']}".encode(), sha256
    ).hexdigest()
    assert came["signature"] == expected
    assert (await floor.callers.select(tenant, came["accountKey"])).organization_id == "org-1"


async def test_a_signature_needs_a_secret(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    with pytest.raises(SigningSecretMissing):
        await floor.links.start(tenant, "acme", LinkRequest(include_signature=True))


async def test_without_a_callback_the_tenants_defaults_count(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    assert (await floor.link(tenant, LinkRequest())).url.startswith(f"{CALLBACK}?code=")
    bare = (await floor.tenants.create("Bare")).tenant
    await floor.tenants.register_system(bare, "acme", "c", "app-secret-canary", {})
    with pytest.raises(Invalid) as caught:
        await floor.links.start(bare, "acme", LinkRequest())
    assert caught.value.fields[0].field == "callbackUrl"


async def test_a_callback_keeps_its_own_parameters(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    redirect = await floor.link(tenant, LinkRequest(callback_url=f"{CALLBACK}?page=2&x=%20"))
    assert redirect.url.startswith(f"{CALLBACK}?page=2&x=%20&code=")


@pytest.mark.parametrize(
    ("field", "url"),
    [
        ("callback_url", "https://evil.example/"),
        ("callback_url", f"{CALLBACK}@evil.example"),
        ("cancel_callback_url", "https://evil.example/"),
        ("webhook_callback_url", "http://app.example/hook"),
        ("webhook_callback_url", "https://169.254.169.254/hook"),
    ],
)
async def test_a_url_that_is_not_allowed_starts_nothing(floor: Floor, field: str, url: str) -> None:
    tenant, _ = await floor.tenant()
    with pytest.raises(CallbackNotAllowed):
        await floor.links.start(tenant, "acme", LinkRequest(**{field: url}))


async def test_no_link_without_registered_credentials(floor: Floor) -> None:
    made = await floor.tenants.create("Vendor")
    with pytest.raises(SystemNotRegistered):
        await floor.links.start(made.tenant, "acme", WISH)


async def test_a_customer_who_refuses_is_sent_to_the_cancel_callback(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    for wish, goes_to in (
        (WISH.model_copy(update={"cancel_callback_url": CANCEL}), CANCEL),
        (WISH, CALLBACK),
        (LinkRequest(), CANCEL),
    ):
        state = query_of((await floor.links.start(tenant, "acme", wish)).url)["state"]
        answer = read_consent(
            urlencode({"error": "access_denied", "error_description": "No & no", "state": state})
        )
        redirect = await floor.returning.finish("acme", answer)
        assert redirect.url.startswith(f"{goes_to}?error=access_denied&")
        assert query_of(redirect.url)["error_description"] == "No & no"
        assert await floor.returning.finish("acme", answer) == redirect, "shown again"
    assert floor.provider.requests == []
    assert await accounts(floor, tenant) == []


# -- state


@pytest.mark.both_databases
@pytest.mark.covers("QX-04")
async def test_a_forged_expired_or_replayed_state_stores_nothing(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    started = await floor.links.start(tenant, "acme", WISH)
    back = floor.provider.consent(started.url)
    good = back["state"]

    async def finish(state: str, target: str = "acme") -> None:
        await floor.returning.finish(target, ConsentAnswer(state, code=back["code"]))

    for forged in ("", "forged", good[:-4], good + "x", "A" + good[1:], good.partition(".")[0]):
        with pytest.raises(StateInvalid):
            await finish(forged)
    with pytest.raises(StateInvalid):
        await finish(good, "acme-sandbox")
    with pytest.raises(UnknownTarget):
        await finish(good, "nobody")
    floor.clock.move(minutes=15, seconds=1)
    with pytest.raises(StateExpired):
        await finish(good)
    floor.clock.move(minutes=-15)
    assert floor.provider.requests == []
    assert await accounts(floor, tenant) == []
    await finish(good)
    back["code"] = "another"
    for _ in range(2):
        with pytest.raises(StateReplayed):
            await finish(good)
    assert len(floor.provider.requests) == 1


async def test_a_state_of_one_tenants_link_is_no_good_with_another_tenant_in_it(
    floor: Floor,
) -> None:
    tenant, _ = await floor.tenant()
    other, _ = await floor.tenant("Other")
    await floor.links.start(tenant, "acme", WISH)
    async with floor.work.reading() as tx:
        table = await tx.connection.exec_driver_sql("SELECT id FROM links")
        link_id = table.scalar_one()
    keys = floor.ring.signing_keys("state")
    crossed = write_state(LinkState(link_id, other.id, "acme"), keys, at=floor.clock())
    unknown = write_state(LinkState("lnk_x", tenant.id, "acme"), keys, at=floor.clock())
    for state in (crossed, unknown):
        with pytest.raises(StateInvalid):
            await floor.returning.finish("acme", ConsentAnswer(state, code="x"))


@pytest.mark.both_databases
async def test_a_return_many_times_at_once_is_one_link_and_a_code_that_works(
    floor: Floor,
) -> None:
    tenant, _ = await floor.tenant()
    back = floor.provider.consent((await floor.links.start(tenant, "acme", WISH)).url)
    answer = read_consent(urlencode(back))
    ends = await asyncio.gather(*(floor.returning.finish("acme", answer) for _ in range(6)))
    assert len(await accounts(floor, tenant)) == 1
    assert len(floor.provider.requests) == 1
    worked = 0
    for code in {query_of(end.url)["code"] for end in ends if isinstance(end, Redirect)}:
        with suppress(CodeInvalid):
            await floor.links.exchange(tenant, code)
            worked += 1
    assert worked == 1


async def test_a_return_without_code_or_error_leaves_the_link_usable(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    back = floor.provider.consent((await floor.links.start(tenant, "acme", WISH)).url)
    with pytest.raises(Invalid):
        await floor.returning.finish("acme", read_consent(urlencode({"state": back["state"]})))
    await floor.returning.finish("acme", read_consent(urlencode(back)))
    assert len(await accounts(floor, tenant)) == 1


# -- linking again


@pytest.mark.both_databases
async def test_the_same_customer_keeps_its_account_and_keys(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    first = await floor.links.exchange(
        tenant, query_of((await floor.link(tenant, WISH)).url)["code"]
    )
    account = await floor.callers.select(tenant, first.account_key)
    before = await floor.vault.get(account.id)
    floor.clock.move(hours=2)
    again = await floor.links.exchange(
        tenant, query_of((await floor.link(tenant, WISH)).url)["code"]
    )
    assert again.relinked
    assert again.reference == "customer 7 & co"
    assert again.account_key != first.account_key
    for key in (first.account_key, again.account_key):
        selected = await floor.callers.select(tenant, key)
        assert (selected.id, selected.linked_at) == (account.id, account.linked_at)
    assert (await floor.vault.get(account.id)).version == before.version + 1
    (user,) = await floor.tenants.end_users(tenant)
    assert len(user.keys) == 2


@pytest.mark.parametrize("webhook", [None, HOOK])
async def test_linking_again_under_the_key_gives_no_key(floor: Floor, webhook: str | None) -> None:
    tenant, _ = await floor.tenant(signs=True, key_in_redirect=True)
    came = query_of((await floor.link(tenant)).url)
    account = await floor.callers.select(tenant, came["accountKey"])
    async with floor.work.writing() as tx:
        await tx.accounts.move(account.id, to="REAUTH_REQUIRED", before="ACTIVE", at=floor.clock())
    account = await floor.callers.select(tenant, came["accountKey"])
    wish = WISH.model_copy(update={"webhook_callback_url": webhook})
    started = await floor.links.start(tenant, "acme", wish, account)
    assert query_of(started.url)["organization_id"] == "org-1"
    redirect = await floor.link(tenant, wish, account=account)
    assert query_of(redirect.url) == {"relinked": "true", "reference": "customer 7 & co"}
    assert await floor.status_of(account.id) == "ACTIVE"
    (user,) = await floor.tenants.end_users(tenant)
    assert len(user.keys) == 1
    for notice in await notices(floor):
        body = json.loads(
            floor.ring.open(notice.body or b"", associated_data=notice.associated_data)
        )
        assert (body["accountKey"], body["relinked"]) == (None, True)
    assert len(await notices(floor)) == (webhook is not None)


async def test_another_organisation_under_an_existing_key_is_refused(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    account = await floor.account(tenant)
    before = await floor.vault.get(account.id)
    floor.provider.organization = "org-2"
    for _ in range(2):
        redirect = await floor.link(tenant, WISH, account=account)
        assert query_of(redirect.url)["error"] == "ORGANIZATION_MISMATCH"
        if len(await accounts(floor, tenant)) == 1:
            await floor.link(tenant)  # now the other one is linked as well: still a mismatch
    assert (await floor.vault.get(account.id)).version == before.version


async def test_an_account_is_linked_again_at_its_own_target_only(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    account = await floor.account(tenant)
    with pytest.raises(UnauthorizedAccountKey):
        await floor.links.start(tenant, "acme-sandbox", WISH, account)


async def test_a_disabled_account_is_not_brought_back_by_its_customer(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    account = await floor.account(tenant)
    async with floor.work.writing() as tx:
        await tx.accounts.move(account.id, to="DISABLED", before="ACTIVE", at=floor.clock())
    came = query_of((await floor.link(tenant)).url)
    assert came["error"] == "ACCOUNT_INACTIVE"
    assert await floor.status_of(account.id) == "DISABLED"


@pytest.mark.both_databases
async def test_two_tenants_may_link_the_same_organisation(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    other, _ = await floor.tenant("Other")
    mine, theirs = await floor.account(tenant), await floor.account(other)
    assert mine.id != theirs.id


@pytest.mark.both_databases
async def test_two_links_of_one_organisation_at_once_make_one_account(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    redirects = await asyncio.gather(*(floor.link(tenant) for _ in range(4)))
    assert all("code" in query_of(redirect.url) for redirect in redirects)
    assert len(await accounts(floor, tenant)) == 1


# -- failures on the way


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx2.Response(400, json={"error": "invalid_grant"}), "PROVIDER_REFUSED"),
        (httpx2.Response(401, json={"error": "invalid_client"}), "PROVIDER_REFUSED"),
        (httpx2.Response(503, text="away"), "PROVIDER_UNAVAILABLE"),
        (httpx2.Response(429, json={"error": "slow_down"}), "PROVIDER_UNAVAILABLE"),
        (httpx2.Response(200, json=["no", "object"]), "PROVIDER_UNAVAILABLE"),
        (httpx2.Response(200, json={"token_type": "bearer"}), "PROVIDER_UNAVAILABLE"),
        (httpx2.Response(200, text="not json"), "PROVIDER_UNAVAILABLE"),
        (httpx2.Response(200, html="<html></html>"), "PROVIDER_UNAVAILABLE"),
        (httpx2.Response(302, headers={"Location": "https://x.test"}), "PROVIDER_UNAVAILABLE"),
        (httpx2.ConnectError("no route to app-secret-canary"), "PROVIDER_UNAVAILABLE"),
        (httpx2.ReadTimeout("late"), "PROVIDER_UNAVAILABLE"),
    ],
)
async def test_a_failing_token_endpoint_sends_the_browser_back_with_a_code(
    floor: Floor, answer: httpx2.Response | Exception, code: str
) -> None:
    tenant, _ = await floor.tenant()
    floor.provider.answers.append(answer)
    redirect = await floor.link(tenant, WISH)
    came = query_of(redirect.url)
    assert came["error"] == code
    assert came["reference"] == "customer 7 & co"
    assert "canary" not in redirect.url
    assert await accounts(floor, tenant) == []
    assert floor.told == []


@pytest.mark.covers("QX-06")
@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(200, html="<html>Sign in</html>"),
        httpx2.Response(302, headers={"Location": "https://login.test"}),
    ],
)
async def test_a_web_page_from_a_gated_token_endpoint_means_no_staging_token(
    floor: Floor, answer: httpx2.Response
) -> None:
    tenant, _ = await floor.tenant()
    floor.provider.answers.append(answer)
    redirect = await floor.link(tenant, target="acme-sandbox")
    assert query_of(redirect.url)["error"] == "SANDBOX_TOKEN_MISSING"


async def test_the_staging_token_goes_along_with_every_call(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    floor.provider.staging_token = "staging-canary"
    redirect = await floor.link(tenant, target="acme-sandbox")
    exchanged = await floor.links.exchange(tenant, query_of(redirect.url)["code"])
    account = await floor.callers.select(tenant, exchanged.account_key)
    floor.clock.move(hours=1)
    access = await floor.vault.get(account.id)
    assert access.headers["X-Staging"] == "staging-canary"
    assert floor.provider.refreshes() == 1
    assert floor.provider.identified[0].headers["X-Staging"] == "staging-canary"


async def test_a_customer_who_cannot_be_identified_is_not_linked(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    floor.provider.identify_error = ProviderRefused("insufficient_scope")
    assert query_of((await floor.link(tenant)).url)["error"] == "PROVIDER_REFUSED"
    floor.provider.identify_error = TimeoutError()
    assert query_of((await floor.link(tenant)).url)["error"] == "PROVIDER_UNAVAILABLE"
    assert await accounts(floor, tenant) == []


async def test_credentials_forgotten_meanwhile_are_said_so(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    back = floor.provider.consent((await floor.links.start(tenant, "acme", WISH)).url)
    await floor.tenants.unregister_system(tenant, "acme")
    redirect = await floor.returning.finish("acme", read_consent(urlencode(back)))
    assert query_of(redirect.url)["error"] == "SYSTEM_NOT_REGISTERED"


async def test_a_failing_hook_does_not_undo_the_link(floor: Floor) -> None:
    tenant, _ = await floor.tenant()

    async def fail(account_id: str) -> None:
        raise RuntimeError(account_id)

    async def note(account_id: str) -> None:
        floor.told.append(account_id)

    floor.returning = Returning(
        floor.work,
        floor.ring,
        floor.targets,
        floor.client,
        floor.settings,
        floor.clock,
        (fail, note),
    )
    await floor.link(tenant)
    (account,) = await accounts(floor, tenant)
    assert floor.told == [account.id]


@pytest.mark.both_databases
async def test_old_links_and_codes_are_cleaned_up(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    await floor.link(tenant)
    floor.clock.move(hours=12)
    assert await floor.links.clean_up() == 0
    floor.clock.move(hours=13)
    assert await floor.links.clean_up() == 2


async def test_parameters_that_make_no_difference_are_named(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    wish = LinkRequest.model_validate(
        {"companyId": "7", "baseUrl": "", "environmentSelection": "true", "unknown": "x"}
    )
    started = await floor.links.start(tenant, "acme", wish)
    assert started.warnings == (
        "companyId is not used for acme",
        "environmentSelection is not used for acme",
    )


# -- tokens of a link that came to nothing


async def test_tokens_that_nobody_keeps_are_given_back(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    account = await floor.account(tenant)
    floor.provider.organization = "org-2"
    redirect = await floor.link(tenant, account=account)
    assert query_of(redirect.url)["error"] == "ORGANIZATION_MISMATCH"
    (given_back,) = floor.provider.revoked
    assert given_back.startswith("ory_rt_")
    await floor.vault.get(account.id)
    floor.provider.identify_error = ProviderUnavailable()
    redirect = await floor.link(tenant)
    assert query_of(redirect.url)["error"] == "PROVIDER_UNAVAILABLE"
    assert len(floor.provider.revoked) == 2


async def test_a_link_that_stands_gives_nothing_back(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    await floor.account(tenant)
    assert floor.provider.revoked == []
