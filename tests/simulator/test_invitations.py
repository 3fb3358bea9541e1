"""People who are invited, and the teams they are put in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from qonto_simulator import ConsentFailed, Simulator, give_consent

from .support import Api, Receiver, authorization_url, subscribe

INVITE = "/v2/memberships/invite_employee_or_accountant"


def person(**changes: Any) -> dict[str, Any]:
    fields = {
        "email": "Zoe@example.com",
        "first_name": "Zoé",
        "last_name": "Roux",
        "role": "employee",
        **changes,
    }
    return {"membership": {name: value for name, value in fields.items() if value is not None}}


async def invite(api: Api, **changes: Any) -> dict[str, Any]:
    return (await api.take("POST", INVITE, json=person(**changes)))["membership"]


def acting(sim: Simulator, open_api: Callable[..., Api], role: str) -> Api:
    """A client of the member of the first organisation who has a role."""
    members = sim.control.organizations()[0]["members"]
    one = next(one for one in members if one["role"] == role)
    token = sim.control.issue_access_token(membership_id=one["membership_id"])
    return open_api(sim, Authorization=f"Bearer {token}")


class TestInvitation:
    async def test_an_invited_person_is_listed_and_gets_a_mail(
        self, api: Api, receiver: Receiver
    ) -> None:
        await subscribe(api, "v1/memberships")
        team = (await api.take("GET", "/v2/teams"))["teams"][-1]["id"]
        made = await invite(api, team_id=team, role="accountant")
        assert (made["status"], made["role"]) == ("invited", "accountant")
        assert (made["email"], made["team_id"]) == ("zoe@example.com", team)
        listed = (await api.take("GET", "/v2/memberships"))["memberships"][-1]
        assert {name: listed[name] for name in made} == made
        (mail,) = (await api.take("GET", "/_simulator/mails"))["mails"]
        assert (mail["document"], mail["document_id"]) == ("membership", made["id"])
        assert mail["to"] == ["zoe@example.com"]
        assert "Atelier Mercure SAS" in mail["title"]
        await api.take("POST", "/_simulator/settle")
        (event,) = receiver.events
        assert event["data"] == {"event": "created", **made}

    async def test_without_a_team_it_is_that_of_the_inviter(self, api: Api) -> None:
        mine = (await api.take("GET", "/v2/membership"))["membership"]
        assert (await invite(api))["team_id"] == mine["team_id"]

    async def test_an_invited_person_logs_in_only_after_accepting(
        self, api: Api, anybody: Api, sim: Simulator, receiver: Receiver
    ) -> None:
        made = await invite(api)
        url = authorization_url(sim, "membership.read")
        with pytest.raises(ConsentFailed, match=r"401: .*E-mail or password is wrong"):
            await give_consent(anybody, url, username=made["email"])
        body = {"membership_id": made["id"]}
        await anybody.take("POST", "/_simulator/tokens", 400, json=body)
        for page in ((await anybody.get("/")).text, (await anybody.get(url)).text):
            assert made["email"] not in page
        shown = (await anybody.take("GET", "/_simulator/organizations"))["organizations"]
        assert made["id"] not in [one["membership_id"] for one in shown[0]["members"]]

        await subscribe(api, "v1/memberships")
        accept = f"/_simulator/members/{made['id']}/accept"
        member = (await anybody.take("POST", accept))["member"]
        assert member["username"] == made["email"]
        assert "code=" in await give_consent(anybody, url, username=made["email"])
        await anybody.take("POST", "/_simulator/tokens", 201, json=body)
        await anybody.take("POST", "/_simulator/settle")
        (event,) = receiver.events
        assert (event["data"]["event"], event["data"]["status"]) == ("updated", "active")
        await anybody.take("POST", accept, 400)
        await anybody.take("POST", "/_simulator/members/nope/accept", 404)

    @pytest.mark.parametrize(
        ("changes", "pointer", "code"),
        [
            ({"email": None}, "email", "required"),
            ({"email": "nobody"}, "email", "invalid"),
            ({"email": 5}, "email", "invalid"),
            ({"first_name": None}, "first_name", "required"),
            ({"last_name": ""}, "last_name", "required"),
            ({"first_name": "x" * 61}, "first_name", "invalid"),
            ({"role": None}, "role", "required"),
            ({"role": "owner"}, "role", "not_in_list"),
            ({"role": "admin"}, "role", "not_in_list"),
            ({"team_id": "nope"}, "team_id", "invalid"),
        ],
    )
    async def test_what_can_not_be_is_named(
        self, api: Api, changes: dict[str, Any], pointer: str, code: str
    ) -> None:
        problem = await api.problem("POST", INVITE, 422, json=person(**changes))
        assert (problem["code"], problem["source"]["pointer"]) == (code, f"/membership/{pointer}")
        assert (await api.take("GET", "/_simulator/mails"))["mails"] == []

    async def test_nobody_is_invited_twice(self, api: Api, sim: Simulator) -> None:
        await invite(api)
        for email in ("zoe@example.com", "ZOE@example.com", sim.username):
            problem = await api.problem("POST", INVITE, 422, json=person(email=email))
            assert problem["source"]["pointer"] == "/membership/email"

    async def test_a_flat_body_has_no_membership_in_it(self, api: Api) -> None:
        flat = person()["membership"]
        for body in (flat, {}, {"membership": "x"}):
            problem = await api.problem("POST", INVITE, 422, json=body)
            assert problem["source"]["pointer"] == "/membership"

    @pytest.mark.parametrize("role", ["accountant", "employee"])
    async def test_only_owners_and_admins_invite_and_make_teams(
        self, sim: Simulator, open_api: Callable[..., Api], role: str
    ) -> None:
        api = acting(sim, open_api, role)
        problem = await api.problem("POST", INVITE, 403, json=person())
        assert problem["code"] == "forbidden"
        await api.problem("POST", "/v2/teams", 403, json={"name": "Night shift"})


class TestTeams:
    async def test_a_team_is_made_and_can_be_joined(self, api: Api) -> None:
        before = (await api.take("GET", "/v2/teams"))["teams"]
        answer = await api.take("POST", "/v2/teams", 201, json={"name": "Night shift"})
        assert answer == {"team": {"id": answer["team"]["id"], "name": "Night shift"}}
        assert (await api.take("GET", "/v2/teams"))["teams"] == [*before, answer["team"]]
        joined = await invite(api, team_id=answer["team"]["id"])
        assert joined["team_id"] == answer["team"]["id"]

    @pytest.mark.parametrize("name", [None, "", 5, "x" * 101])
    async def test_a_team_needs_a_name(self, api: Api, name: object) -> None:
        problem = await api.problem("POST", "/v2/teams", 422, json={"name": name})
        assert problem["source"]["pointer"] == "/data/attributes/name"
