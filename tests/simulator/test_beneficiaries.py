"""Beneficiaries: who becomes one, what may be changed, who is trusted, and what is told of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from qonto_simulator import Simulator, give_consent
from qonto_simulator.rules.beneficiaries import BeneficiaryFields, remember

from .support import Api, Receiver, authorization_url, query_of, subscribe

PATH = "/v2/sepa/beneficiaries"
IBAN = "FR7630006000011234567890189"
UNTRUST, TRUST = f"{PATH}/untrust", f"{PATH}/trust"


def body(**changes: Any) -> dict[str, Any]:
    """A valid body; a change to ``None`` leaves a field out."""
    inner = {"name": "Papeterie du Port", "iban": IBAN, **changes}
    return {"beneficiary": {name: value for name, value in inner.items() if value is not None}}


def key() -> dict[str, str]:
    return {"X-Qonto-Idempotency-Key": str(uuid.uuid4())}


async def create(api: Api, **changes: Any) -> dict[str, Any]:
    answer = await api.take("POST", PATH, 201, json=body(**changes), headers=key())
    return answer["beneficiary"]


async def get(api: Api, id: str) -> dict[str, Any]:
    return (await api.take("GET", f"{PATH}/{id}"))["beneficiary"]


async def wait(api: Api, seconds: float) -> None:
    await api.take("POST", "/_simulator/clock", json={"advance": seconds})


async def told(api: Api, receiver: Receiver) -> list[tuple[str, str, bool]]:
    await api.take("POST", "/_simulator/settle")
    return [
        (one["data"]["event"], one["data"]["status"], one["data"]["trusted"])
        for one in receiver.events
    ]


@pytest.fixture
def trusting(sim: Simulator, open_api: Callable[..., Api]) -> Api:
    """A token with the scope that few applications get."""
    token = sim.issue_access_token(["organization.read", "payment.write", "beneficiary.trust"])
    return open_api(sim, Authorization=f"Bearer {token}")


class TestCreating:
    async def test_a_new_one_waits_untrusted_and_is_validated_by_the_clock(
        self, api: Api, receiver: Receiver
    ) -> None:
        await subscribe(api, "v1/beneficiaries")
        made = await create(api)
        assert (made["status"], made["trusted"]) == ("pending", False)
        assert (made["bic"], made["email"]) == ("AGRIFRPPXXX", "")
        assert made["activity_tag"] == "other_service"
        await wait(api, 59)
        assert await get(api, made["id"]) == made
        await wait(api, 1)
        judged = await get(api, made["id"])
        assert (judged["status"], judged["trusted"]) == ("validated", False)
        assert judged["updated_at"] == "2026-11-20T09:01:00.000Z"
        assert await told(api, receiver) == [
            ("created", "pending", False),
            ("updated", "validated", False),
        ]
        listed = await api.take("GET", PATH, params={"iban[]": IBAN, "status[]": "validated"})
        assert listed["beneficiaries"] == [judged]

    async def test_a_bic_of_another_country_is_declined(self, api: Api) -> None:
        made = await create(api, bic="COBADEHH")
        await wait(api, 60)
        assert (await get(api, made["id"]))["status"] == "declined"

    async def test_the_review_takes_as_long_as_the_quirk_says(self, api: Api) -> None:
        await api.take("POST", "/_simulator/quirks", json={"beneficiary_delay": 0})
        made = await create(api)
        assert (await get(api, made["id"]))["status"] == "validated"

    async def test_a_control_call_decides_and_the_clock_no_more(
        self, api: Api, receiver: Receiver
    ) -> None:
        await subscribe(api, "v1/beneficiaries")
        made = await create(api)
        decide = f"/_simulator/beneficiaries/{made['id']}/decide"
        answer = await api.take("POST", decide, json={"status": "declined"})
        assert answer["beneficiary"]["status"] == "declined"
        await wait(api, 3600)
        assert (await get(api, made["id"]))["status"] == "declined"
        assert [status for _, status, _ in await told(api, receiver)] == ["pending", "declined"]
        await api.take("POST", "/_simulator/beneficiaries/nope/decide", 404)

    async def test_the_idempotency_key_is_asked_for_and_answers_again(self, api: Api) -> None:
        problem = await api.problem("POST", PATH, 400, json=body())
        assert problem["code"] == "required"
        headers = key()
        first = await api.take("POST", PATH, 201, json=body(), headers=headers)
        other = body(iban="DE91100000000123456789")
        assert await api.take("POST", PATH, 201, json=other, headers=headers) == first
        found = await api.take("GET", PATH, params={"iban[]": "DE91100000000123456789"})
        assert found["beneficiaries"] == []

    async def test_the_same_iban_again_overwrites_the_name(
        self, api: Api, receiver: Receiver
    ) -> None:
        first = await create(api, email="a@port.example", activity_tag="office_supply")
        await wait(api, 60)
        await subscribe(api, "v1/beneficiaries")
        again = await create(api, name="Somebody Else")
        assert again["id"] == first["id"]
        assert (again["name"], again["status"]) == ("Somebody Else", "validated")
        assert (again["email"], again["activity_tag"]) == ("a@port.example", "office_supply")
        await create(api, name="Somebody Else")
        assert await told(api, receiver) == [("updated", "validated", False)]

    async def test_an_inline_beneficiary_does_the_same(self, api: Api, sim: Simulator) -> None:
        made, world = await create(api), sim.world
        fields = BeneficiaryFields("Inline Name", IBAN)
        one = remember(world, world.first, fields, at=world.now())
        assert (await get(api, made["id"]))["name"] == one.name == "Inline Name"

    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"name": None}, "required", "name"),
            ({"name": " \t"}, "required", "name"),
            ({"name": 5}, "invalid", "name"),
            ({"name": "x" * 141}, "invalid", "name"),
            ({"iban": None}, "required", "iban"),
            ({"iban": "FR7630006000011234567890188"}, "invalid_iban", "iban"),
            ({"iban": "FR76 3000 6000 0112 3456 7890 189"}, "invalid_iban", "iban"),
            ({"iban": IBAN.lower()}, "invalid_iban", "iban"),
            ({"iban": "SA0380000000608010167519"}, "invalid_iban", "iban"),
            ({"bic": "AGRIFRP"}, "invalid", "bic"),
            ({"bic": "agrifrpp"}, "invalid", "bic"),
            ({"bic": ["AGRIFRPP"]}, "invalid", "bic"),
            ({"email": "nobody"}, "invalid", "email"),
            ({"email": f"{'x' * 250}@b.example"}, "invalid", "email"),
            ({"activity_tag": "yachts"}, "not_in_list", "activity_tag"),
        ],
    )
    async def test_what_is_wrong_is_named(
        self, api: Api, changes: dict[str, Any], code: str, field: str
    ) -> None:
        problem = await api.problem("POST", PATH, 422, json=body(**changes), headers=key())
        assert (problem["code"], problem["source"]) == (code, {"pointer": f"/beneficiary/{field}"})
        found = await api.take("GET", PATH, params={"iban[]": IBAN})
        assert found["beneficiaries"] == []

    @pytest.mark.parametrize("sent", [{}, body()["beneficiary"], {"beneficiary": []}])
    async def test_a_flat_body_is_not_seen(self, api: Api, sent: dict[str, Any]) -> None:
        problem = await api.problem("POST", PATH, 422, json=sent, headers=key())
        assert problem["source"] == {"pointer": "/beneficiary"}

    async def test_everything_wrong_is_said_at_once(self, api: Api) -> None:
        sent = body(name="", iban="x", bic="x", email="x", activity_tag="x")
        answer = await api.take("POST", PATH, 422, json=sent, headers=key())
        pointers = {one["source"]["pointer"].rpartition("/")[2] for one in answer["errors"]}
        assert pointers == set(sent["beneficiary"])


class TestChanging:
    async def test_name_email_and_tag_change_and_nothing_else(
        self, api: Api, receiver: Receiver
    ) -> None:
        made = await create(api, email="a@port.example")
        await subscribe(api, "v1/beneficiaries")
        wanted = {"name": "Port & Cie", "email": "b@port.example", "activity_tag": "office_supply"}
        fixed = {"iban": "DE91100000000123456789", "bic": "COBADEHH", "trusted": True}
        sent = {"beneficiary": {**wanted, **fixed, "status": "validated"}}
        answer = await api.take("PATCH", f"{PATH}/{made['id']}", json=sent)
        assert answer["beneficiary"] == {**made, **wanted}
        cleared = {"beneficiary": {"email": None}}
        answer = await api.take("PATCH", f"{PATH}/{made['id']}", json=cleared)
        assert answer["beneficiary"] == {**made, **wanted, "email": ""}
        assert [event for event, _, _ in await told(api, receiver)] == ["updated", "updated"]

    async def test_without_a_change_nothing_is_told(self, api: Api, receiver: Receiver) -> None:
        made = await create(api)
        await subscribe(api, "v1/beneficiaries")
        for sent in ({}, {"name": made["name"]}):
            await api.take("PATCH", f"{PATH}/{made['id']}", json={"beneficiary": {**sent, "x": 1}})
        assert await told(api, receiver) == []

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"name": ""}, "required"),
            ({"name": "x" * 141}, "invalid"),
            ({"email": "x"}, "invalid"),
            ({"activity_tag": "x"}, "not_in_list"),
        ],
    )
    async def test_a_bad_value_changes_nothing(
        self, api: Api, changes: dict[str, Any], code: str
    ) -> None:
        made = await create(api)
        sent = {"beneficiary": {"name": "New", **changes}}
        problem = await api.problem("PATCH", f"{PATH}/{made['id']}", 422, json=sent)
        assert problem["code"] == code
        assert await get(api, made["id"]) == made

    async def test_what_is_not_there_is_404_and_put_is_no_method(
        self, api: Api, sim: Simulator, open_api: Callable[..., Api]
    ) -> None:
        made = await create(api)
        await api.problem("PATCH", f"{PATH}/nope", 404, json=body())
        await api.problem("PUT", f"{PATH}/{made['id']}", 405, json=body())
        await api.problem("PATCH", f"{PATH}/{made['id']}", 422, json={"name": "Flat"})
        other = sim.issue_access_token(organization_id="werkstatt-nord-7730")
        theirs = open_api(sim, Authorization=f"Bearer {other}")
        await theirs.problem("PATCH", f"{PATH}/{made['id']}", 404, json=body())


class TestTrusting:
    async def approve(self, api: Api, ids: list[str]) -> dict[str, str]:
        """The header of an approval for trusting these."""
        answer = await api.take("PATCH", TRUST, 428, json={"ids": ids})
        assert (answer["code"], answer["action_type"]) == ("sca_required", "beneficiary.trust")
        token = answer["sca_session_token"]
        await api.take("POST", f"/_simulator/sca_sessions/{token}/decide", json={})
        return {"X-Qonto-Sca-Session-Token": token}

    async def validated(self, api: Api) -> list[str]:
        """The ids of those that can be trusted and are not yet."""
        params = {"status[]": "validated", "trusted": "false"}
        listed = await api.take("GET", PATH, params=params)
        return [one["id"] for one in listed["beneficiaries"]]

    async def test_a_person_approves_and_all_of_them_are_trusted(
        self, api: Api, trusting: Api, receiver: Receiver
    ) -> None:
        await subscribe(api, "v1/beneficiaries")
        ids = await self.validated(trusting)
        assert len(ids) > 1
        approval = await self.approve(trusting, ids)
        assert await self.validated(trusting) == ids
        answer = await trusting.take("PATCH", TRUST, json={"ids": ids}, headers=approval)
        assert [(one["id"], one["trusted"]) for one in answer["beneficiaries"]] == [
            (id, True) for id in ids
        ]
        assert await self.validated(trusting) == []
        assert await told(api, receiver) == [("updated", "validated", True)] * len(ids)

    async def test_an_approval_is_for_these_alone_and_once(self, trusting: Api) -> None:
        ids = await self.validated(trusting)
        approval = await self.approve(trusting, ids[:1])
        await trusting.take("PATCH", TRUST, 422, json={"ids": ids}, headers=approval)
        await trusting.take("PATCH", TRUST, json={"ids": ids[:1]}, headers=approval)
        await trusting.take("PATCH", TRUST, 412, json={"ids": ids[:1]}, headers=approval)

    async def test_only_who_is_validated_can_be_trusted(self, trusting: Api) -> None:
        made = await create(trusting)
        ids = [*(await self.validated(trusting)), made["id"]]
        problem = await trusting.problem("PATCH", TRUST, 422, json={"ids": ids})
        assert (problem["code"], problem["source"]) == ("invalid", {"pointer": "/ids"})
        assert made["id"] in problem["detail"]

    async def test_trust_is_taken_away_without_asking(
        self, api: Api, trusting: Api, receiver: Receiver
    ) -> None:
        listed = await api.take("GET", PATH, params={"trusted": "true"})
        ids = [one["id"] for one in listed["beneficiaries"]]
        await subscribe(api, "v1/beneficiaries")
        answer = await api.take("PATCH", UNTRUST, json={"ids": [*ids, *ids]})
        assert [one["id"] for one in answer["beneficiaries"]] == ids
        await api.take("PATCH", UNTRUST, json={"ids": ids})
        listed = await api.take("GET", PATH, params={"trusted": "true"})
        assert listed["beneficiaries"] == []
        assert await told(api, receiver) == [("updated", "validated", False)] * len(ids)

    async def test_a_declined_one_is_trusted_no_more(self, api: Api) -> None:
        listed = await api.take("GET", PATH, params={"trusted": "true"})
        id = listed["beneficiaries"][0]["id"]
        decide = f"/_simulator/beneficiaries/{id}/decide"
        await api.take("POST", decide, json={"status": "declined"})
        assert (await get(api, id))["trusted"] is False

    @pytest.mark.parametrize(
        ("ids", "status", "code"),
        [
            (None, 422, "required"),
            ([], 422, "required"),
            ("x", 422, "invalid"),
            ([1], 422, "invalid"),
            ([str(number) for number in range(401)], 422, "invalid"),
            (["nope"], 404, "not_found"),
        ],
    )
    async def test_ids_that_can_not_be_used(
        self, trusting: Api, ids: Any, status: int, code: str
    ) -> None:
        for path in (TRUST, UNTRUST):
            problem = await trusting.problem("PATCH", path, status, json={"ids": ids})
            assert problem["code"] == code
            assert status == 404 or problem["source"] == {"pointer": "/ids"}

    async def test_one_unknown_id_leaves_the_others_as_they_are(self, api: Api) -> None:
        listed = await api.take("GET", PATH, params={"trusted": "true"})
        ids = [one["id"] for one in listed["beneficiaries"]]
        await api.problem("PATCH", UNTRUST, 404, json={"ids": [*ids, "nope"]})
        assert (await api.take("GET", PATH, params={"trusted": "true"})) == listed

    async def test_the_scope_is_for_applications_registered_for_it(
        self, anybody: Api, sim: Simulator
    ) -> None:
        url = authorization_url(sim, "payment.write beneficiary.trust")
        assert query_of(await give_consent(anybody, url))["error"] == "invalid_scope"
        for quirk in ("self_automation", "embed_partner"):
            await anybody.take("POST", "/_simulator/quirks", json={quirk: True})
            granted = query_of(await give_consent(anybody, url))["scope"]
            assert granted == "payment.write beneficiary.trust"
            await anybody.take("POST", "/_simulator/quirks", json={quirk: False})


class TestAddingInTheApp:
    ADD = "/_simulator/beneficiaries"

    async def test_it_is_there_as_it_was_said(self, api: Api) -> None:
        sent = {"name": "Studio Nuage", "status": "pending", "trusted": False}
        made = (await api.take("POST", self.ADD, 201, json=sent))["beneficiary"]
        assert await get(api, made["id"]) == made
        asked = {"beneficiary_name": "Studio Nuage", "iban": made["iban"]}
        answer = await api.take("POST", "/v2/sepa/verify_payee", json=asked)
        assert answer["match_result"] == "MATCH_RESULT_MATCH"

    async def test_a_known_iban_is_overwritten(self, api: Api, receiver: Receiver) -> None:
        made = (await api.take("POST", self.ADD, 201))["beneficiary"]
        await subscribe(api, "v1/beneficiaries")
        sent = {"name": "Other", "iban": made["iban"], "trusted": True}
        again = (await api.take("POST", self.ADD, 201, json=sent))["beneficiary"]
        assert (again["id"], again["name"], again["trusted"]) == (made["id"], "Other", True)
        assert await told(api, receiver) == [("updated", "validated", True)]
