"""Strong authentication, over HTTP with transfers: asked, answered, used once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from qonto_simulator import Simulator

from .paying import (
    IBAN,
    KEY,
    PREFERENCE,
    STANDING,
    TOKEN,
    TRANSFERS,
    ask,
    decide,
    keyed,
    payee,
    quirks,
    transfer_body,
    wait,
)
from .support import Api

CODE = "X-Qonto-MFA"
SAMPLES = Path(__file__).parent / "samples"


def sample(name: str) -> dict[str, Any]:
    return json.loads((SAMPLES / name).read_text("utf-8"))


pytestmark = pytest.mark.usefixtures("balanced")


async def body_of(api: Api) -> dict[str, Any]:
    """A transfer to somebody who isn't trusted."""
    return await transfer_body(api, trusted=False)


async def how_many(api: Api) -> int:
    return (await api.take("GET", TRANSFERS))["meta"]["total_count"]


async def state(api: Api, token: str) -> dict[str, Any]:
    return await api.take("GET", f"/v2/sca_sessions/{token}")


async def sessions(api: Api) -> list[dict[str, Any]]:
    return (await api.take("GET", "/_simulator/sca_sessions"))["sca_sessions"]


async def invalid(api: Api, body: dict[str, Any], headers: dict[str, str]) -> None:
    """The request is refused with 412, flat."""
    answer = await api.take("POST", TRANSFERS, 412, json=body, headers=headers)
    expected = sample("sca.412.json")
    assert answer.keys() == expected.keys()
    assert answer | {"trace_id": ""} == expected | {"trace_id": ""}


class TestTheChallenge:
    @pytest.mark.covers("QX-30")
    async def test_it_has_the_documented_shape(self, api: Api) -> None:
        before = await how_many(api)
        response = await api.post(TRANSFERS, json=await body_of(api), headers=keyed())
        challenge, expected = response.json(), sample("sca.428.required.json")
        assert response.status_code == 428
        assert challenge.keys() == expected.keys()
        assert len(challenge["sca_session_token"]) == len(expected["sca_session_token"])
        for key in ("action_type", "code", "message"):
            assert challenge[key] == expected[key]
        assert challenge["trace_id"] == response.headers["x-tyk-trace-id"]
        assert await how_many(api) == before

    async def test_a_quirk_gives_it_the_other_shape(self, api: Api) -> None:
        await quirks(api, sca_in_errors=True)
        body = await body_of(api)
        answer = await api.take("POST", TRANSFERS, 428, json=body, headers=keyed())
        expected = sample("sca.428.errors_shape.json")
        assert answer | {"trace_id": ""} == expected | {"trace_id": ""}

    async def test_whoever_paired_no_device_is_told_so(self, api: Api) -> None:
        me = (await api.take("GET", "/v2/membership"))["membership"]["id"]
        enrolment = {"membership_id": me, "enrolled": False}
        await api.take("POST", "/_simulator/sca_enrolment", json=enrolment)
        body = await body_of(api)
        answer = await api.take("POST", TRANSFERS, 428, json=body, headers=keyed())
        assert answer.keys() == {"code", "message", "trace_id"}
        assert answer["code"] == "sca_not_enrolled"
        assert not await sessions(api)
        await api.take("POST", "/_simulator/sca_enrolment", json={})
        await ask(api, TRANSFERS, body)

    async def test_a_trusted_beneficiary_and_a_wrong_body_ask_nobody(self, api: Api) -> None:
        body = await transfer_body(api, trusted=True)
        await api.take("POST", TRANSFERS, json=body, headers=keyed())
        body = await transfer_body(api, trusted=False, amount="0")
        await api.problem("POST", TRANSFERS, 422, json=body, headers=keyed())
        assert not await sessions(api)

    @pytest.mark.parametrize("method", ["mock", "sms-otp", "carrier-pigeon"])
    async def test_only_some_ways_to_ask_are_open(self, api: Api, method: str) -> None:
        headers = keyed(**{PREFERENCE: method})
        problem = await api.problem(
            "POST", TRANSFERS, 400, json=await body_of(api), headers=headers
        )
        assert PREFERENCE in problem["detail"]


class TestTheAnswer:
    @pytest.mark.covers("QX-22", "QX-30")
    async def test_approved_and_repeated_with_its_key_it_makes_one_transfer(self, api: Api) -> None:
        before, body, headers = await how_many(api), await body_of(api), keyed()
        token, again = await ask(api, TRANSFERS, body, headers)
        assert await state(api, token) == sample("sca.session.json")
        await decide(api, token)
        await wait(api, 1)
        assert await state(api, token) == {"result": "allow", "canceled_at": ""}
        made = await api.take("POST", TRANSFERS, json=body, headers=again)
        assert await api.take("POST", TRANSFERS, json=body, headers=again) == made
        assert await api.take("POST", TRANSFERS, json=body, headers=headers) == made
        assert await how_many(api) == before + 1

    async def test_an_answer_that_got_lost_is_there_for_the_same_key(self, api: Api) -> None:
        before, body = await how_many(api), await body_of(api)
        token, again = await ask(api, TRANSFERS, body)
        await decide(api, token)
        fault = {"path": TRANSFERS, "kind": "lost_response", "method": "POST"}
        await api.take("POST", "/_simulator/faults", 201, json=fault)
        with pytest.raises(httpx2.RemoteProtocolError):
            await api.post(TRANSFERS, json=body, headers=again)
        await api.take("POST", TRANSFERS, json=body, headers=again)
        assert await how_many(api) == before + 1

    async def test_while_nobody_answered_it_is_asked_on(self, api: Api) -> None:
        body = await body_of(api)
        token, again = await ask(api, TRANSFERS, body)
        challenge = await api.take("POST", TRANSFERS, 428, json=body, headers=again)
        assert challenge["sca_session_token"] == token
        assert len(await sessions(api)) == 1
        await decide(api, token)
        await api.take("POST", TRANSFERS, json=body, headers=again)

    async def test_denied_it_comes_to_nothing(self, api: Api) -> None:
        body = await body_of(api)
        token, again = await ask(api, TRANSFERS, body)
        await decide(api, token, "deny")
        expected = {"result": "deny", "canceled_at": "2026-11-20T09:00:00.000Z"}
        assert await state(api, token) == expected
        await invalid(api, body, again)
        await api.take("POST", f"/_simulator/sca_sessions/{token}/decide", 400)

    @pytest.mark.parametrize("approved_first", [False, True])
    async def test_after_fifteen_minutes_it_is_too_late(
        self, api: Api, approved_first: bool
    ) -> None:
        body = await body_of(api)
        token, again = await ask(api, TRANSFERS, body)
        if approved_first:
            await decide(api, token)
        await wait(api, 15 * 60)
        await invalid(api, body, again)
        await api.problem("GET", f"/v2/sca_sessions/{token}", 404)
        await api.take("POST", f"/_simulator/sca_sessions/{token}/decide", 400)

    async def test_a_control_call_lets_it_expire(self, api: Api) -> None:
        body = await body_of(api)
        token, again = await ask(api, TRANSFERS, body)
        await api.take("POST", f"/_simulator/sca_sessions/{token}/expire")
        await invalid(api, body, again)
        await api.take("POST", "/_simulator/sca_sessions/nope/expire", 404)

    async def test_a_token_that_nobody_gave_out_is_refused(self, api: Api) -> None:
        await invalid(api, await body_of(api), keyed(**{TOKEN: "f" * 64}))

    async def test_an_approval_is_used_up_by_success_alone(self, api: Api) -> None:
        """What is wrong with the request by then is told first, and the approval stays."""
        body = await body_of(api)
        token, again = await ask(api, TRANSFERS, body)
        await decide(api, token)
        fault = {"path": TRANSFERS, "kind": "status", "status": 500, "method": "POST"}
        await api.take("POST", "/_simulator/faults", 201, json=fault)
        await api.take("POST", TRANSFERS, 500, json=body, headers=again)
        await api.take("POST", TRANSFERS, json=body, headers=again)
        used = [one["used"] for one in await sessions(api)]
        assert used == [True]
        await wait(api, 30 * 60)
        await invalid(api, body, again)

    async def test_a_used_token_is_refused_for_another_key(self, api: Api) -> None:
        body = await body_of(api)
        token, again = await ask(api, TRANSFERS, body)
        await decide(api, token)
        await api.take("POST", TRANSFERS, json=body, headers=again)
        await invalid(api, body, keyed(**{TOKEN: token}))

    async def test_a_standing_order_is_asked_for_by_its_own_name(self, api: Api) -> None:
        body = await body_of(api)
        order = {"frequency": "monthly", "first_execution_date": "2026-12-01", **body["transfer"]}
        body = {"vop_proof_token": body["vop_proof_token"], "recurring_transfer": order}
        token, again = await ask(api, STANDING, body)
        await decide(api, token)
        await api.take("POST", STANDING, json=body, headers=again)


class TestTheBinding:
    @pytest.mark.covers("QX-31")
    @pytest.mark.parametrize(
        ("in_transfer", "in_headers"),
        [
            ({"amount": "6000.00"}, {}),
            ({"reference": "other"}, {}),
            ({}, {KEY: "another"}),
            ({}, {PREFERENCE: "passkey"}),
        ],
        ids=["amount", "reference", "key", "preference"],
    )
    async def test_another_request_is_not_the_approved_one(
        self, api: Api, in_transfer: dict[str, str], in_headers: dict[str, str]
    ) -> None:
        before, body = await how_many(api), await body_of(api)
        token, again = await ask(api, TRANSFERS, body)
        await decide(api, token)
        other = {**body, "transfer": {**body["transfer"], **in_transfer}}
        headers = {**again, **in_headers}
        answer = await api.take("POST", TRANSFERS, 422, json=other, headers=headers)
        assert answer["errors"] == {"message": "Not found"}
        assert answer.keys() == {"errors", "trace_id"}
        assert await how_many(api) == before
        await api.take("POST", TRANSFERS, json=body, headers=again)

    @pytest.mark.covers("QX-31")
    async def test_another_payee_is_another_request(self, api: Api) -> None:
        body = await body_of(api)
        token, again = await ask(api, TRANSFERS, body)
        await decide(api, token)
        transfer = {name: body["transfer"][name] for name in body["transfer"]}
        del transfer["beneficiary_id"]
        transfer["beneficiary"] = {"name": "Somebody", "iban": IBAN}
        other = {**body, "transfer": transfer}
        answer = await api.take("POST", TRANSFERS, 422, json=other, headers=again)
        assert answer["errors"] == {"message": "Not found"}

    async def test_the_order_of_keys_is_no_content(self, api: Api) -> None:
        body = await body_of(api)
        token, again = await ask(api, TRANSFERS, body)
        await decide(api, token)
        turned = {name: body[name] for name in reversed(body)}
        await api.take("POST", TRANSFERS, json=turned, headers=again)

    async def test_another_person_can_neither_see_nor_use_it(
        self, api: Api, sim: Simulator, open_api: Callable[..., Api]
    ) -> None:
        body = await body_of(api)
        token, again = await ask(api, TRANSFERS, body)
        await decide(api, token)
        member = {"first_name": "Ada", "last_name": "L", "email": "ada@example.com"}
        made = await api.take("POST", "/_simulator/members", 201, json=member)
        person = {"membership_id": made["member"]["membership_id"]}
        answer = await api.take("POST", "/_simulator/tokens", 201, json=person)
        other = open_api(sim, Authorization=f"Bearer {answer['access_token']}")
        await other.problem("GET", f"/v2/sca_sessions/{token}", 404)
        await invalid(other, body, again)


class TestPolling:
    async def test_once_a_second_at_most(self, api: Api) -> None:
        token, _ = await ask(api, TRANSFERS, await body_of(api))
        await state(api, token)
        problem = await api.problem("GET", f"/v2/sca_sessions/{token}", 429)
        assert problem["code"] == "too_many_requests"
        await wait(api, 1)
        await state(api, token)
        await quirks(api, sca_poll_every=0)
        await state(api, token)
        await state(api, token)

    async def test_a_quirk_answers_by_itself(self, api: Api) -> None:
        await quirks(api, sca_outcome="allow", sca_delay=4)
        body = await body_of(api)
        token, again = await ask(api, TRANSFERS, body)
        assert (await state(api, token))["result"] == "waiting"
        await api.take("POST", TRANSFERS, 428, json=body, headers=again)
        await wait(api, 4)
        assert (await state(api, token))["result"] == "allow"
        await api.take("POST", TRANSFERS, json=body, headers=again)

    async def test_it_denies_as_well_and_leaves_what_is_decided(self, api: Api) -> None:
        await quirks(api, sca_outcome="deny", sca_delay=4)
        body = await body_of(api)
        first, again = await ask(api, TRANSFERS, body)
        second, _ = await ask(api, TRANSFERS, body)
        await decide(api, second)
        await wait(api, 4)
        await invalid(api, body, again)
        assert [(await state(api, one))["result"] for one in (first, second)] == ["deny", "allow"]

    @pytest.mark.parametrize("delay", [15 * 60, 3600])
    async def test_an_answer_after_the_end_is_none(self, api: Api, delay: int) -> None:
        await quirks(api, sca_outcome="allow", sca_delay=delay)
        body = await body_of(api)
        _, again = await ask(api, TRANSFERS, body)
        await wait(api, delay)
        await invalid(api, body, again)


class TestInTheSandbox:
    @pytest.fixture
    def tried(self, sandbox: Simulator, open_api: Callable[..., Api]) -> Api:
        token = sandbox.issue_access_token()
        headers = {"X_Qonto_Staging_Token": sandbox.staging_token}
        return open_api(sandbox, Authorization=f"Bearer {token}", **headers)

    @pytest.mark.parametrize("result", ["allow", "deny"])
    async def test_the_mock_stands_for_the_phone(self, tried: Api, result: str) -> None:
        body, headers = await body_of(tried), keyed(**{PREFERENCE: "mock"})
        token, again = await ask(tried, TRANSFERS, body, headers)
        path = f"/v2/mocked_sca_sessions/{token}"
        assert await tried.take("GET", path) == {"result": "waiting", "canceled_at": ""}
        assert await tried.take("POST", f"{path}/{result}") == {"message": "Success"}
        await tried.problem("POST", f"{path}/{result}", 400)
        await wait(tried, 1)
        assert (await tried.take("GET", path))["result"] == result
        if result == "allow":
            await tried.take("POST", TRANSFERS, json=body, headers=again)
        else:
            await invalid(tried, body, again)

    async def test_the_mock_answers_for_itself_alone(self, tried: Api) -> None:
        token, _ = await ask(tried, TRANSFERS, await body_of(tried))
        for call in ("", "/allow", "/deny"):
            method = "POST" if call else "GET"
            await tried.problem(method, f"/v2/mocked_sca_sessions/{token}{call}", 404)
        await state(tried, token)

    async def test_production_knows_no_mock(self, api: Api) -> None:
        token, _ = await ask(api, TRANSFERS, await body_of(api))
        await api.problem("GET", f"/v2/mocked_sca_sessions/{token}", 404)
        await api.problem("POST", f"/v2/mocked_sca_sessions/{token}/allow", 404)

    async def test_the_code_is_always_the_same(self, tried: Api) -> None:
        await quirks(tried, embed_partner=True)
        body, headers = await body_of(tried), keyed(**{PREFERENCE: "sms-otp"})
        _, again = await ask(tried, TRANSFERS, body, headers)
        await tried.take("POST", TRANSFERS, json=body, headers={**again, CODE: "123456"})


class TestCodes:
    async def asked(self, api: Api) -> tuple[dict[str, Any], dict[str, str], str]:
        """A body, its headers, and the code of the text message."""
        await quirks(api, embed_partner=True)
        body, headers = await body_of(api), keyed(**{PREFERENCE: "sms-otp"})
        await ask(api, TRANSFERS, body, headers)
        return body, headers, (await sessions(api))[-1]["code"]

    async def test_the_right_one_opens_without_a_token(self, api: Api) -> None:
        body, headers, code = await self.asked(api)
        assert len(code) == 6
        await api.take("POST", TRANSFERS, json=body, headers={**headers, CODE: code})

    async def test_the_third_wrong_one_ends_it(self, api: Api) -> None:
        body, headers, code = await self.asked(api)
        wrong = f"{(int(code) + 1) % 10**6:06d}"
        for _ in range(2):
            await invalid(api, body, {**headers, CODE: wrong})
        assert (await sessions(api))[-1]["result"] == "waiting"
        await invalid(api, body, {**headers, CODE: wrong})
        assert (await sessions(api))[-1]["result"] == "deny"
        await invalid(api, body, {**headers, CODE: code})

    async def test_a_code_serves_the_request_it_was_sent_for(self, api: Api) -> None:
        body, headers, code = await self.asked(api)
        other = {**headers, **keyed(), CODE: code}
        await invalid(api, body, other)

    async def test_a_code_is_no_answer_to_another_way_of_asking(self, api: Api) -> None:
        body, headers = await body_of(api), keyed()
        _, again = await ask(api, TRANSFERS, body, headers)
        await api.take("POST", TRANSFERS, 428, json=body, headers={**again, CODE: "123456"})
        await invalid(api, body, {**headers, CODE: "123456"})


class TestThePhone:
    async def test_a_passkey_is_asked_for_by_mail(self, api: Api) -> None:
        body, headers = await body_of(api), keyed(**{PREFERENCE: "passkey"})
        token, again = await ask(api, TRANSFERS, body, headers)
        mails = (await api.take("GET", "/_simulator/mails"))["mails"]
        me = (await api.take("GET", "/v2/membership"))["membership"]
        assert mails[-1]["to"] == [me["email"]]
        link = mails[-1]["body"]
        assert link.endswith(f"/approvals/{token}")
        page = await api.get(link)
        assert "Approve this?" in page.text
        assert "transfer.single.create" in page.text
        page = await api.post(link, data={"result": "allow"})
        assert (page.status_code, "Approved" in page.text) == (200, True)
        page = await api.post(link, data={"result": "deny"})
        assert "answered already" in page.text
        await api.take("POST", TRANSFERS, json=body, headers=again)

    async def test_every_question_has_its_page(self, api: Api) -> None:
        body = await body_of(api)
        token, again = await ask(api, TRANSFERS, body)
        page = await api.post(f"/approvals/{token}", data={"result": "deny"})
        assert "Denied" in page.text
        await invalid(api, body, again)
        late, _ = await ask(api, TRANSFERS, body)
        await wait(api, 15 * 60)
        assert "Too late" in (await api.get(f"/approvals/{late}")).text
        assert (await api.get("/approvals/nope")).status_code == 404
        assert (await api.post("/approvals/nope")).status_code == 404

    async def test_the_journal_hides_tokens(self, api: Api) -> None:
        token, again = await ask(api, TRANSFERS, await body_of(api))
        await api.post(TRANSFERS, json={}, headers=again)
        text = (await api.get("/_simulator/journal")).text
        assert again[KEY] in text
        assert token not in text


async def test_the_payee_of_the_tests_is_not_trusted_by_itself(api: Api) -> None:
    id = await payee(api)
    one = (await api.take("GET", f"/v2/sepa/beneficiaries/{id}"))["beneficiary"]
    assert one["trusted"] is False
