"""Who may call what: bearer tokens, API keys, scopes, the staging gate and the limits."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from qonto_simulator import Simulator

from .support import REDIRECT, Api, authorization_url, code_form, obtain_code


@pytest.mark.covers("QX-05")
async def test_an_api_key_is_the_raw_pair(key_api: Api, sim: Simulator) -> None:
    organization = (await key_api.take("GET", "/v2/organization"))["organization"]
    assert organization["slug"] == sim.login


@pytest.mark.covers("QX-05")
async def test_every_other_form_of_an_api_key_is_401(anybody: Api, sim: Simulator) -> None:
    pair = f"{sim.login}:{sim.secret}"
    encoded = base64.b64encode(pair.encode()).decode()
    for header in (f"Basic {encoded}", f"Bearer {pair}", encoded, f"{sim.login}:wrong", "", ":"):
        problem = await anybody.problem(
            "GET", "/v2/organization", 401, headers={"Authorization": header}
        )
        known = "authorization_token_invalid" if header else "authorization_header_missing"
        assert problem["code"] == known


async def test_a_token_sees_its_own_organisation_only(
    anybody: Api, sim: Simulator, api: Api, open_api: Callable[..., Api]
) -> None:
    organizations = (await anybody.take("GET", "/_simulator/organizations"))["organizations"]
    token = sim.issue_access_token(organization_id=organizations[1]["id"])
    other = open_api(sim, Authorization=f"Bearer {token}")
    mine = (await api.take("GET", "/v2/client_invoices"))["client_invoices"]
    theirs = (await other.take("GET", "/v2/client_invoices"))["client_invoices"]
    assert {one["organization_id"] for one in theirs} == {organizations[1]["id"]}
    assert not {one["id"] for one in mine} & {one["id"] for one in theirs}
    await other.problem("GET", f"/v2/client_invoices/{mine[0]['id']}", 404)
    attachment = next(one["attachment_id"] for one in mine if one["attachment_id"])
    await other.problem("GET", f"/v2/attachments/{attachment}", 404)


@pytest.mark.covers("QX-06")
@pytest.mark.parametrize("redirects", [False, True])
async def test_the_sandbox_answers_programs_without_the_staging_token_with_a_page(
    sandbox: Simulator, open_api: Callable[..., Api], redirects: bool
) -> None:
    outside = open_api(sandbox, Authorization=f"{sandbox.login}:{sandbox.secret}")
    await outside.take("POST", "/_simulator/quirks", json={"gate_redirects": redirects})
    inside = {"X-Qonto-Staging-Token": sandbox.staging_token}
    invoices = await outside.take("GET", "/v2/client_invoices", headers=inside)
    attachment = next(
        one["attachment_id"] for one in invoices["client_invoices"] if one["attachment_id"]
    )
    stored = await outside.take("GET", f"/v2/attachments/{attachment}", headers=inside)
    link = stored["attachment"]["url"]
    del outside.headers["Authorization"]
    code = await obtain_code(outside, sandbox, "offline_access")
    form = code_form(sandbox, code)
    for headers in ({}, {"X-Qonto-Staging-Token": "wrong"}):
        for method, path, data in (
            ("POST", "/oauth2/token", form),
            ("POST", "/oauth2/revoke", form),
            ("GET", "/v2/organization", None),
            ("GET", "/v2/nothing", None),
            ("GET", link, None),
        ):
            response = await outside.request(method, path, data=data, headers=headers)
            if redirects:
                assert response.status_code == 302
                assert response.headers["location"] == "https://qonto.onelogin.com/login"
            else:
                assert response.status_code == 200
                assert response.headers["content-type"].startswith("text/html")
    assert await outside.take("POST", "/oauth2/token", data=form, headers=inside)
    assert (await outside.get(link, headers=inside)).content.startswith(b"%PDF")


@pytest.mark.covers("QX-06")
async def test_browsers_and_control_pass_the_gate(
    sandbox: Simulator, open_api: Callable[..., Api]
) -> None:
    outside = open_api(sandbox)
    page = await outside.get(authorization_url(sandbox, "webhook"))
    assert "Log in to Qonto" in page.text
    assert (await outside.get("/")).status_code == 200
    assert (await outside.take("GET", "/_simulator"))["calls"]


@pytest.mark.covers("QX-01")
async def test_one_address_serves_authorization_tokens_and_api(
    anybody: Api, sim: Simulator, open_api: Callable[..., Api]
) -> None:
    code = await obtain_code(anybody, sim, "organization.read")
    tokens = await anybody.take("POST", "/oauth2/token", data=code_form(sim, code))
    mine = open_api(sim, Authorization=f"Bearer {tokens['access_token']}")
    assert await mine.take("GET", "/v2/organization")
    await mine.problem("GET", "/v2/organizations", 404)


async def test_sandbox_and_production_know_different_applications(
    sim: Simulator, sandbox: Simulator, open_api: Callable[..., Api]
) -> None:
    assert sim.client_id != sandbox.client_id
    inside = {"X-Qonto-Staging-Token": sandbox.staging_token}
    form = {
        "grant_type": "authorization_code",
        "client_id": sim.client_id,
        "client_secret": sim.client_secret,
        "code": "x",
        "redirect_uri": REDIRECT,
    }
    answer = await open_api(sandbox).take("POST", "/oauth2/token", 401, data=form, headers=inside)
    assert answer["error"] == "invalid_client"


@pytest.mark.covers("QX-07")
async def test_a_thousand_requests_in_ten_seconds_and_no_more(key_api: Api) -> None:
    for _ in range(1000):
        assert (await key_api.get("/v2/labels")).status_code == 200
    response = await key_api.get("/v2/labels")
    assert response.status_code == 429
    assert "retry-after" not in response.headers
    await key_api.take("POST", "/_simulator/quirks", json={"retry_after": 7})
    assert (await key_api.get("/v2/labels")).headers["retry-after"] == "7"
    await key_api.take("POST", "/_simulator/clock", json={"advance": 10})
    assert (await key_api.get("/v2/labels")).status_code == 200


@pytest.mark.covers("QX-07")
async def test_more_than_two_hundred_answers_401_throttle_the_address_for_an_hour(
    anybody: Api, sim: Simulator
) -> None:
    good = {"Authorization": f"{sim.login}:{sim.secret}"}
    for _ in range(200):
        assert (await anybody.get("/v2/organization")).status_code == 401
    assert (await anybody.get("/v2/labels", headers=good)).status_code == 200
    assert (await anybody.get("/v2/organization")).status_code == 401
    assert (await anybody.get("/v2/labels", headers=good)).status_code == 429
    await anybody.take("POST", "/_simulator/clock", json={"advance": 3600})
    assert (await anybody.get("/v2/labels", headers=good)).status_code == 200


async def test_limits_can_be_switched_off(key_api: Api) -> None:
    await key_api.take("POST", "/_simulator/quirks", json={"rate_limits": False})
    for _ in range(1001):
        assert (await key_api.get("/v2/labels")).status_code == 200


@pytest.mark.covers("QX-55")
async def test_refusals_carry_a_trace_id_that_the_header_repeats(anybody: Api, api: Api) -> None:
    first = await anybody.get("/v2/organization")
    second = await anybody.get("/v2/organization")
    assert first.json()["trace_id"] == first.headers["x-tyk-trace-id"]
    assert first.json()["trace_id"] != second.json()["trace_id"]
    assert (await api.problem("GET", "/v2/nothing", 404))["code"] == "not_found"
    assert (await api.problem("PUT", "/v2/organization", 405))["code"] == "bad_request"
    problem = await api.problem("POST", "/v2/clients", 400, content=b"{not json")
    assert problem["code"] == "invalid_body"
