"""Several people of one organisation, and several applications."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from qonto_simulator import ConsentFailed, Simulator, give_consent

from .support import REDIRECT, Api, authorization_url, code_form, query_of, refresh_form, subscribe

SCOPE = "offline_access membership.read webhook client_invoices.read"


@pytest.fixture
def accountant(sim: Simulator) -> dict[str, Any]:
    """The second member of the first organisation."""
    return dict(sim.control.organizations()[0]["members"][1])


async def linked(
    http: Api, sim: Simulator, username: str | None = None, **client: str
) -> dict[str, Any]:
    """Tokens of a member of the first organisation."""
    changes = {"client_id": client["client_id"]} if client else {}
    organization = str(sim.control.organizations()[0]["id"])
    url = authorization_url(sim, SCOPE, **changes)
    back = await give_consent(http, url, username=username, organization_id=organization)
    form = {**code_form(sim, query_of(back)["code"]), **client}
    return await http.take("POST", "/oauth2/token", data=form)


async def test_organizations_say_who_can_log_in(anybody: Api, sim: Simulator) -> None:
    organizations = (await anybody.take("GET", "/_simulator/organizations"))["organizations"]
    for one in organizations:
        owner, *others = one["members"]
        assert owner["membership_id"] == one["membership_id"]
        assert owner["username"] == sim.username
        assert others
        assert {other["password"] for other in others} == {owner["password"]} == {sim.password}
        names = {member["username"] for member in one["members"]}
        assert len(names) == len(one["members"])
    page = (await anybody.get("/")).text
    assert sim.username in page
    assert all(member["username"] in page for member in organizations[0]["members"])


async def test_the_tokens_belong_to_whoever_consented(
    anybody: Api, sim: Simulator, open_api: Callable[..., Api], accountant: dict[str, Any]
) -> None:
    owner = await linked(anybody, sim)
    other = await linked(anybody, sim, accountant["username"])
    seen: list[Any] = []
    for tokens in (owner, other):
        api = open_api(sim, Authorization=f"Bearer {tokens['access_token']}")
        person = (await api.take("GET", "/v2/membership"))["membership"]
        made = await subscribe(api, "v1/client-invoices")
        assert made["membership_id"] == person["id"]
        listed = (await api.take("GET", "/v2/webhook_subscriptions"))["subscriptions"]
        assert [one["id"] for one in listed] == [made["id"]]
        seen.append((person["id"], person["email"], made["organization_id"]))
    assert seen[1][:2] == (accountant["membership_id"], accountant["username"])
    assert seen[0][1] == sim.username
    assert seen[0][2] == seen[1][2]


async def test_revoking_one_member_s_consent_leaves_the_other_s(
    anybody: Api, sim: Simulator, open_api: Callable[..., Api], accountant: dict[str, Any]
) -> None:
    owner = await linked(anybody, sim)
    other = await linked(anybody, sim, accountant["username"])
    for tokens in (owner, other):
        api = open_api(sim, Authorization=f"Bearer {tokens['access_token']}")
        await subscribe(api, "v1/consent-revocations", "v1/client-invoices")
    body = {"membership_id": accountant["membership_id"]}
    answer = await anybody.take("POST", "/_simulator/consents/revoke", json=body)
    assert answer == {"revoked": 1}
    told = (await anybody.take("GET", "/_simulator/deliveries"))["deliveries"]
    assert [one["type"] for one in told] == ["v1/consent-revocations"]
    mine = open_api(sim, Authorization=f"Bearer {owner['access_token']}")
    listed = (await mine.take("GET", "/v2/webhook_subscriptions"))["subscriptions"]
    assert len(listed) == 1
    theirs = open_api(sim, Authorization=f"Bearer {other['access_token']}")
    await theirs.problem("GET", "/v2/membership", 401)
    await anybody.take("POST", "/oauth2/token", 400, data=refresh_form(sim, other["refresh_token"]))
    consents = (await anybody.take("GET", "/_simulator/consents"))["consents"]
    assert [one["revoked"] for one in consents] == [False, True]
    assert await anybody.take(
        "POST", "/oauth2/token", data=refresh_form(sim, owner["refresh_token"])
    )


async def test_a_member_sees_and_links_only_own_organisations(
    anybody: Api, sim: Simulator, accountant: dict[str, Any]
) -> None:
    foreign = str(sim.control.organizations()[1]["id"])
    url = authorization_url(sim, SCOPE)
    with pytest.raises(ConsentFailed, match=r"400: .*Choose one of the organisations"):
        await give_consent(anybody, url, username=accountant["username"], organization_id=foreign)
    named = authorization_url(sim, SCOPE, organization_id=foreign)
    back = await give_consent(anybody, named, username=accountant["username"])
    form = code_form(sim, query_of(back)["code"])
    await anybody.take("POST", "/oauth2/token", data=form)
    (consent,) = sim.control.consents()
    assert consent["organization_id"] == sim.control.organizations()[0]["id"]
    assert consent["membership_id"] == accountant["membership_id"]


async def test_nobody_else_can_log_in(anybody: Api, sim: Simulator) -> None:
    with pytest.raises(ConsentFailed, match=r"401: .*E-mail or password is wrong"):
        await give_consent(anybody, authorization_url(sim, SCOPE), username="nobody@example.com")


async def test_a_new_member_can_log_in_everywhere_where_it_was_added(
    anybody: Api, sim: Simulator
) -> None:
    ids = [str(one["id"]) for one in sim.control.organizations()[:2]]
    for id in ids:
        body = {"email": "Nora@example.com", "organization_id": id}
        made = await anybody.take("POST", "/_simulator/members", 201, json=body)
        assert made["member"]["username"] == "nora@example.com"
    again = {"email": "nora@example.com", "organization_id": ids[0]}
    answer = await anybody.take("POST", "/_simulator/members", 400, json=again)
    assert "is a member already" in answer["errors"][0]["detail"]
    for id in ids:
        back = await give_consent(
            anybody,
            authorization_url(sim, SCOPE),
            username="nora@example.com",
            organization_id=id,
        )
        await anybody.take("POST", "/oauth2/token", data=code_form(sim, query_of(back)["code"]))
    assert [one["organization_id"] for one in sim.control.consents()] == ids


async def test_a_token_without_pages_can_be_any_member_s(
    anybody: Api, sim: Simulator, open_api: Callable[..., Api]
) -> None:
    member = sim.control.organizations()[2]["members"][1]["membership_id"]
    body = {"membership_id": member}
    token = (await anybody.take("POST", "/_simulator/tokens", 201, json=body))["access_token"]
    api = open_api(sim, Authorization=f"Bearer {token}")
    assert (await api.take("GET", "/v2/membership"))["membership"]["id"] == member
    body["organization_id"] = str(sim.control.organizations()[0]["id"])
    await anybody.take("POST", "/_simulator/tokens", 404, json=body)


async def test_a_second_application_has_consents_of_its_own(
    anybody: Api, sim: Simulator, open_api: Callable[..., Api]
) -> None:
    body = {"name": "Second Ledger", "redirect_uris": [REDIRECT]}
    made = (await anybody.take("POST", "/_simulator/applications", 201, json=body))["application"]
    assert made["client_id"] != sim.client_id
    credentials = {"client_id": made["client_id"], "client_secret": made["client_secret"]}
    first = await linked(anybody, sim)
    second = await linked(anybody, sim, **credentials)
    stolen = refresh_form(sim, second["refresh_token"])
    await anybody.take("POST", "/oauth2/token", 400, data=stolen)
    body = {"client_id": made["client_id"]}
    assert (await anybody.take("POST", "/_simulator/consents/revoke", json=body)) == {"revoked": 1}
    api = open_api(sim, Authorization=f"Bearer {first['access_token']}")
    assert await api.take("GET", "/v2/membership")
    await anybody.take("POST", "/_simulator/reset")
    url = authorization_url(sim, SCOPE, client_id=made["client_id"])
    assert (await anybody.get(url)).status_code == 404


async def test_tokens_expire_of_one_kind_one_organisation_or_one_connection(
    anybody: Api, sim: Simulator, open_api: Callable[..., Api]
) -> None:
    async def expire(**fields: Any) -> int:
        answer = await anybody.take("POST", "/_simulator/tokens/expire", json=fields)
        return int(answer["expired"])

    async def works(tokens: dict[str, Any]) -> bool:
        api = open_api(sim, Authorization=f"Bearer {tokens['access_token']}")
        return (await api.get("/v2/membership")).status_code == 200

    one, two = await linked(anybody, sim), await linked(anybody, sim)
    elsewhere = str(sim.control.organizations()[1]["id"])
    assert await expire(organization_id=elsewhere) == 0
    first = sim.control.consents()[0]["id"]
    assert await expire(kind="access", consent_id=first) == 1
    assert (await works(one), await works(two)) == (False, True)
    renewed = await anybody.take(
        "POST", "/oauth2/token", data=refresh_form(sim, one["refresh_token"])
    )
    assert await works(renewed)
    assert await expire(kind="refresh", consent_id=first) == 2
    assert await works(renewed)
    assert await expire(kind="access", organization_id="atelier-mercure-4821") == 2
    assert (await works(renewed), await works(two)) == (False, False)
    await anybody.take("POST", "/_simulator/tokens/expire", 404, json={"consent_id": "nope"})
    await anybody.take("POST", "/_simulator/tokens/expire", 404, json={"membership_id": "nope"})
