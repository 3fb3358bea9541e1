"""The way from the authorization address to a code."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from qonto_simulator import ConsentFailed, Simulator, give_consent

from .support import REDIRECT, STATE, Api, authorization_url, link, query_of

SCOPE = "offline_access client_invoices.read webhook"


async def test_consent_leads_back_with_code_scope_and_state(anybody: Api, sim: Simulator) -> None:
    back = await give_consent(anybody, authorization_url(sim, SCOPE))
    assert back.startswith(f"{REDIRECT}?")
    assert query_of(back)["code"].startswith("ory_ac_")
    assert query_of(back)["scope"] == SCOPE
    assert query_of(back)["state"] == STATE


async def test_denial_leads_back_with_an_error_and_the_state(anybody: Api, sim: Simulator) -> None:
    back = await give_consent(anybody, authorization_url(sim, SCOPE), allow=False)
    assert query_of(back)["error"] == "access_denied"
    assert query_of(back)["state"] == STATE
    assert "code" not in query_of(back)


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "00000000-0000-0000-0000-000000000000"},
        {"redirect_uri": REDIRECT + "/"},
        {"redirect_uri": REDIRECT + "?a=b"},
        {"redirect_uri": None},
    ],
)
async def test_an_unknown_client_or_redirect_address_gets_a_plain_404(
    anybody: Api, sim: Simulator, changes: dict[str, str | None]
) -> None:
    response = await anybody.get(authorization_url(sim, SCOPE, **changes))
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/plain")


@pytest.mark.covers("QX-04")
@pytest.mark.parametrize("state", [None, "", "short", "1234567"])
async def test_a_missing_or_short_state_is_refused(
    anybody: Api, sim: Simulator, state: str | None
) -> None:
    back = await give_consent(anybody, authorization_url(sim, SCOPE, state=state))
    assert query_of(back)["error"] == "invalid_state"


@pytest.mark.parametrize(
    "scope",
    [
        "client_invoice.read",
        "client_invoices.write",
        "supplier_invoices.read",
        "request_review.read",
        "beneficiary.trust",
    ],
)
async def test_a_misspelt_or_reserved_scope_is_named_in_the_error(
    anybody: Api, sim: Simulator, scope: str
) -> None:
    back = await give_consent(anybody, authorization_url(sim, f"offline_access {scope}"))
    assert query_of(back)["error"] == "invalid_scope"
    detail = query_of(back)["error_description"]
    assert f"The OAuth 2.0 Client is not allowed to request scope '{scope}'." in detail


async def test_a_lenient_server_leaves_unknown_scopes_out(anybody: Api, sim: Simulator) -> None:
    await anybody.take("POST", "/_simulator/quirks", json={"strict_scopes": False})
    back = await give_consent(anybody, authorization_url(sim, "webhook client_invoice.read"))
    assert query_of(back)["scope"] == "webhook"


@pytest.mark.parametrize("kind", ["token", "code id_token", None])
async def test_only_the_code_grant_is_supported(
    anybody: Api, sim: Simulator, kind: str | None
) -> None:
    back = await give_consent(anybody, authorization_url(sim, SCOPE, response_type=kind))
    assert query_of(back)["error"] == "unsupported_response_type"


async def test_a_plain_challenge_is_refused(anybody: Api, sim: Simulator) -> None:
    url = authorization_url(sim, SCOPE, code_challenge="x" * 43, code_challenge_method="plain")
    assert query_of(await give_consent(anybody, url))["error"] == "invalid_request"


async def test_a_wrong_password_stays_at_the_log_in(anybody: Api, sim: Simulator) -> None:
    with pytest.raises(ConsentFailed, match=r"401.*E-mail or password is wrong"):
        await give_consent(anybody, authorization_url(sim, SCOPE), password="nope")


async def test_the_consent_page_names_the_application_and_each_scope(
    anybody: Api, sim: Simulator
) -> None:
    answers = [
        {},
        {"username": sim.username, "password": sim.password},
        {"code": "123456"},
    ]
    organization = (await anybody.take("GET", "/_simulator/organizations"))["organizations"][1]
    page = await anybody.get(authorization_url(sim, SCOPE, organization_id=organization["id"]))
    flow = {
        name: page.text.split(f'name="{name}" value="')[1].split('"')[0]
        for name in ("flow", "csrf")
    }
    for step, fields in zip(("login", "code"), answers[1:], strict=True):
        page = await anybody.post(
            "/oauth2/auth/continue", data={**flow, "step": step, **fields}, follow_redirects=True
        )
    assert "Demo Ledger" in page.text
    assert organization["legal_name"] in page.text
    for scope in SCOPE.split():
        assert f'<code class="soft">{scope}</code>' in page.text


@pytest.mark.covers("QX-04")
async def test_an_organisation_named_in_the_request_skips_the_picker(
    anybody: Api, sim: Simulator, open_api: Callable[..., Api]
) -> None:
    organizations = (await anybody.take("GET", "/_simulator/organizations"))["organizations"]
    wanted = organizations[2]
    tokens = await link(anybody, sim, "organization.read", organization_id=wanted["id"])
    mine = open_api(sim, Authorization=f"Bearer {tokens['access_token']}")
    found = (await mine.take("GET", "/v2/organization"))["organization"]
    assert found["id"] == wanted["id"]


async def test_the_picker_decides_which_organisation_is_linked(
    anybody: Api, sim: Simulator, open_api: Callable[..., Api]
) -> None:
    organizations = (await anybody.take("GET", "/_simulator/organizations"))["organizations"]
    wanted = organizations[3]["id"]
    url = authorization_url(sim, "organization.read")
    back = await give_consent(anybody, url, organization_id=wanted)
    form = {
        "grant_type": "authorization_code",
        "client_id": sim.client_id,
        "client_secret": sim.client_secret,
        "code": query_of(back)["code"],
        "redirect_uri": REDIRECT,
    }
    tokens = await anybody.take("POST", "/oauth2/token", data=form)
    mine = open_api(sim, Authorization=f"Bearer {tokens['access_token']}")
    assert (await mine.take("GET", "/v2/organization"))["organization"]["id"] == wanted


async def test_two_attempts_in_one_browser_get_in_each_others_way(
    anybody: Api, sim: Simulator
) -> None:
    first = await anybody.get(authorization_url(sim, SCOPE))
    flow = first.text.split('name="flow" value="')[1].split('"')[0]
    await anybody.get(authorization_url(sim, SCOPE))
    page = await anybody.get("/oauth2/auth/continue", params={"flow": flow})
    assert page.status_code == 403
    assert "CSRF" in page.text


async def test_a_page_left_open_for_long_has_expired(anybody: Api, sim: Simulator) -> None:
    first = await anybody.get(authorization_url(sim, SCOPE))
    flow = first.text.split('name="flow" value="')[1].split('"')[0]
    await anybody.take("POST", "/_simulator/clock", json={"advance": 1801})
    page = await anybody.get("/oauth2/auth/continue", params={"flow": flow})
    assert page.status_code == 410


@pytest.mark.parametrize("scope", ["", " "])
async def test_scopes_are_required(anybody: Api, sim: Simulator, scope: str) -> None:
    back = await give_consent(anybody, authorization_url(sim, scope))
    assert query_of(back)["error"] == "invalid_scope"
