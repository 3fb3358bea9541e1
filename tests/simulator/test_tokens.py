"""Codes, tokens and their ends."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from qonto_simulator import Simulator

from .support import Api, code_form, link, obtain_code, refresh_form

SCOPE = "offline_access client_invoices.read"
MINUTE, HOUR, DAY = 60, 3600, 86_400


async def refused(http: Api, form: dict[str, str], error: str, status: int = 400) -> None:
    answer = await http.take("POST", "/oauth2/token", status, data=form)
    assert answer["error"] == error
    assert answer["error_description"]


async def works(open_api: Callable[..., Api], sim: Simulator, tokens: dict[str, Any]) -> bool:
    mine = open_api(sim, Authorization=f"Bearer {tokens['access_token']}")
    response = await mine.get("/v2/client_invoices")
    assert response.status_code in (200, 401)
    return response.status_code == 200


async def later(http: Api, seconds: float) -> None:
    await http.take("POST", "/_simulator/clock", json={"advance": seconds})


async def test_a_code_gives_tokens_of_the_documented_shape(anybody: Api, sim: Simulator) -> None:
    tokens = await link(anybody, sim, SCOPE)
    assert tokens["access_token"].startswith("ory_at_")
    assert tokens["refresh_token"].startswith("ory_rt_")
    assert tokens["expires_in"] == HOUR
    assert tokens["token_type"] == "bearer"
    assert tokens["scope"] == SCOPE
    assert "id_token" not in tokens


async def test_openid_adds_an_id_token(anybody: Api, sim: Simulator) -> None:
    assert (await link(anybody, sim, "openid"))["id_token"].startswith("eyJ")


@pytest.mark.covers("QX-02")
async def test_a_refresh_token_comes_with_offline_access_only(anybody: Api, sim: Simulator) -> None:
    assert "refresh_token" not in await link(anybody, sim, "client_invoices.read")
    assert "refresh_token" in await link(anybody, sim, SCOPE)


@pytest.mark.covers("QX-02")
@pytest.mark.parametrize(("seconds", "status"), [(10 * MINUTE, 200), (10 * MINUTE + 1, 400)])
async def test_a_code_lives_ten_minutes(
    anybody: Api, sim: Simulator, seconds: int, status: int
) -> None:
    code = await obtain_code(anybody, sim, SCOPE)
    await later(anybody, seconds)
    await anybody.take("POST", "/oauth2/token", status, data=code_form(sim, code))


@pytest.mark.covers("QX-02")
async def test_an_access_token_lives_an_hour(
    anybody: Api, sim: Simulator, open_api: Callable[..., Api]
) -> None:
    tokens = await link(anybody, sim, SCOPE)
    await later(anybody, HOUR)
    assert await works(open_api, sim, tokens)
    await later(anybody, 1)
    assert not await works(open_api, sim, tokens)


@pytest.mark.covers("QX-02")
async def test_a_refresh_token_dies_after_ninety_unused_days(anybody: Api, sim: Simulator) -> None:
    tokens = await link(anybody, sim, SCOPE)
    await later(anybody, 90 * DAY)
    form = refresh_form(sim, tokens["refresh_token"])
    fresh = await anybody.take("POST", "/oauth2/token", data=form)
    await later(anybody, 90 * DAY + 1)
    await refused(anybody, refresh_form(sim, fresh["refresh_token"]), "invalid_grant")


async def test_a_code_used_twice_ends_the_tokens_of_its_first_use(
    anybody: Api, sim: Simulator, open_api: Callable[..., Api]
) -> None:
    code = await obtain_code(anybody, sim, SCOPE)
    tokens = await anybody.take("POST", "/oauth2/token", data=code_form(sim, code))
    await refused(anybody, code_form(sim, code), "invalid_grant")
    assert not await works(open_api, sim, tokens)


@pytest.mark.covers("QX-03")
async def test_every_refresh_gives_another_refresh_token(anybody: Api, sim: Simulator) -> None:
    tokens = await link(anybody, sim, SCOPE)
    form = refresh_form(sim, tokens["refresh_token"])
    fresh = await anybody.take("POST", "/oauth2/token", data=form)
    assert fresh["refresh_token"] != tokens["refresh_token"]
    assert fresh["access_token"] != tokens["access_token"]
    assert fresh["scope"] == SCOPE


@pytest.mark.covers("QX-03")
async def test_the_old_refresh_token_works_for_sixty_seconds_from_its_first_use(
    anybody: Api, sim: Simulator, open_api: Callable[..., Api]
) -> None:
    tokens = await link(anybody, sim, SCOPE)
    form = refresh_form(sim, tokens["refresh_token"])
    await later(anybody, DAY)
    first = await anybody.take("POST", "/oauth2/token", data=form)
    for _ in range(2):
        await later(anybody, 30)
        again = await anybody.take("POST", "/oauth2/token", data=form)
        assert await works(open_api, sim, again)
    await later(anybody, 1)
    await refused(anybody, form, "invalid_grant")
    assert not await works(open_api, sim, first)
    await refused(anybody, refresh_form(sim, first["refresh_token"]), "invalid_grant")


async def test_a_refresh_never_widens_the_scopes(anybody: Api, sim: Simulator) -> None:
    tokens = await link(anybody, sim, SCOPE)
    form = refresh_form(sim, tokens["refresh_token"], scope="offline_access webhook")
    await refused(anybody, form, "invalid_scope")
    form = refresh_form(sim, tokens["refresh_token"], scope="offline_access")
    assert (await anybody.take("POST", "/oauth2/token", data=form))["refresh_token"]


async def test_the_client_must_know_its_secret(anybody: Api, sim: Simulator) -> None:
    code = await obtain_code(anybody, sim, SCOPE)
    await refused(anybody, code_form(sim, code, client_secret="nope"), "invalid_client", 401)
    await refused(anybody, code_form(sim, code, client_id="nope"), "invalid_client", 401)
    assert await anybody.take("POST", "/oauth2/token", data=code_form(sim, code))


async def test_basic_credentials_are_taken_as_well(anybody: Api, sim: Simulator) -> None:
    form = code_form(sim, await obtain_code(anybody, sim, SCOPE))
    pair = f"{quote(form.pop('client_id'))}:{quote(form.pop('client_secret'))}"
    header = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    assert await anybody.take("POST", "/oauth2/token", data=form, headers=header)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({"code": "ory_ac_nope.nope"}, "invalid_grant"),
        ({"redirect_uri": "https://app.example/other"}, "invalid_grant"),
        ({"code_verifier": "v" * 43}, "invalid_grant"),
    ],
)
async def test_a_wrong_token_request_gets_a_hydra_error(
    anybody: Api, sim: Simulator, changes: dict[str, str], error: str
) -> None:
    code = await obtain_code(anybody, sim, SCOPE)
    await refused(anybody, code_form(sim, code) | changes, error)


async def test_the_token_endpoint_reads_forms_only(anybody: Api, sim: Simulator) -> None:
    code = await obtain_code(anybody, sim, SCOPE)
    answer = await anybody.take("POST", "/oauth2/token", 400, json=code_form(sim, code))
    assert answer["error"] == "invalid_request"


async def test_a_challenge_must_be_answered(anybody: Api, sim: Simulator) -> None:
    verifier = "v" * 50
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    method = {"code_challenge": challenge, "code_challenge_method": "S256"}
    for wrong in ({}, {"code_verifier": "w" * 50}):
        code = await obtain_code(anybody, sim, SCOPE, **method)
        await refused(anybody, code_form(sim, code, **wrong), "invalid_grant")
    code = await obtain_code(anybody, sim, SCOPE, **method)
    form = code_form(sim, code, code_verifier=verifier)
    assert await anybody.take("POST", "/oauth2/token", data=form)


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_revoking_either_token_ends_both_at_once(
    anybody: Api, sim: Simulator, open_api: Callable[..., Api], kind: str
) -> None:
    tokens = await link(anybody, sim, SCOPE)
    form = {
        "client_id": sim.client_id,
        "client_secret": sim.client_secret,
        "token": tokens[kind],
    }
    response = await anybody.post("/oauth2/revoke", data=form)
    assert (response.status_code, response.content) == (200, b"")
    assert not await works(open_api, sim, tokens)
    await refused(anybody, refresh_form(sim, tokens["refresh_token"]), "invalid_grant")


async def test_revoking_an_unknown_token_is_no_error_but_a_stranger_is(
    anybody: Api, sim: Simulator
) -> None:
    form = {"client_id": sim.client_id, "client_secret": sim.client_secret, "token": "nope"}
    assert (await anybody.post("/oauth2/revoke", data=form)).status_code == 200
    form["client_secret"] = "nope"
    assert (await anybody.post("/oauth2/revoke", data=form)).status_code == 401


async def test_tokens_expire_on_request(
    anybody: Api, sim: Simulator, open_api: Callable[..., Api]
) -> None:
    tokens = await link(anybody, sim, SCOPE)
    answer = await anybody.take("POST", "/_simulator/tokens/expire", json={"kind": "access"})
    assert answer == {"expired": 1}
    assert not await works(open_api, sim, tokens)
    form = refresh_form(sim, tokens["refresh_token"])
    fresh = await anybody.take("POST", "/oauth2/token", data=form)
    assert await works(open_api, sim, fresh)
