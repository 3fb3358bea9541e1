"""Control calls: journal, faults, clock, quirks, reset."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from qonto_simulator import Control, Simulator

from .support import (
    NOW,
    ORIGIN,
    Api,
    authorization_url,
    code_form,
    create_invoice,
    invoice_body,
    obtain_code,
    subscribe,
)

LIST = "/v2/client_invoices"


async def fault(api: Api, **fields: Any) -> None:
    await api.take("POST", "/_simulator/faults", 201, json=fields)


async def total(api: Api) -> int:
    return (await api.take("GET", LIST))["meta"]["total_count"]


class TestJournal:
    async def test_requests_are_kept_with_their_answers(self, api: Api) -> None:
        await api.take("GET", LIST, params={"filter[status]": "paid", "page": 1})
        await api.problem("POST", LIST, 422, json={"a": 1})
        entries = (await api.take("GET", "/_simulator/journal"))["requests"]
        first, second = entries
        assert (first["method"], first["path"], first["status"]) == ("GET", LIST, 200)
        assert first["query"] == {"filter[status]": ["paid"], "page": ["1"]}
        assert (second["method"], second["status"]) == ("POST", 422)
        assert json.loads(second["body"]) == {"a": 1}
        assert first["at"] == "2026-11-20T09:00:00.000Z"

    async def test_secrets_are_masked_but_seen_to_be_there(
        self, sandbox: Simulator, open_api: Callable[..., Api]
    ) -> None:
        http = open_api(sandbox, X_Qonto_Staging_Token=sandbox.staging_token)
        code = await obtain_code(http, sandbox, "offline_access webhook client_invoices.read")
        tokens = await http.take("POST", "/oauth2/token", data=code_form(sandbox, code))
        http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        made = await subscribe(http, "v1/client-invoices", secret="s3cr3t" * 8)
        response = await http.get("/_simulator/journal")
        text = response.text
        for secret in (
            code,
            tokens["access_token"],
            tokens["refresh_token"],
            sandbox.client_secret,
            sandbox.staging_token,
            sandbox.password,
            made["secret"],
        ):
            assert secret not in text
        last = response.json()["requests"][-1]
        assert last["headers"]["authorization"] == "Bearer ***"
        assert last["headers"]["x-qonto-staging-token"] == "***"
        token_call = next(
            one for one in response.json()["requests"] if one["path"] == "/oauth2/token"
        )
        assert "client_secret=***" in token_call["body"]
        assert "grant_type=authorization_code" in token_call["body"]

    async def test_secrets_are_masked_in_whatever_way_they_come(
        self, anybody: Api, sim: Simulator
    ) -> None:
        form = {"grant_type": "refresh_token", "refresh_token": "ory_rt_shown", "token": "shown"}
        headers = {"Content-Type": "Application/X-WWW-Form-Urlencoded; charset=utf-8"}
        await anybody.post("/oauth2/token", json={**form, "client_secret": 'shown"shown'})
        await anybody.post("/oauth2/token", content=urlencode(form), headers=headers)
        await anybody.get("/files/x/y?X-Amz-Signature=shown")
        text = (await anybody.get("/_simulator/journal")).text
        assert "refresh_token" in text
        assert "shown" not in text

    async def test_entries_are_chosen_and_forgotten(self, api: Api) -> None:
        for path in ("/v2/labels", "/v2/clients", "/v2/labels"):
            await api.take("GET", path)
        await api.take("DELETE", "/v2/labels", 405)

        async def chosen(**params: Any) -> list[int]:
            answer = await api.take("GET", "/_simulator/journal", params=params)
            return [one["number"] for one in answer["requests"]]

        assert await chosen(path="/v2/labels") == [1, 3, 4]
        assert await chosen(path="/v2/labels", method="get") == [1, 3]
        assert await chosen(since=2) == [3, 4]
        assert await chosen(limit=1) == [4]
        await api.take("DELETE", "/_simulator/journal")
        assert await chosen() == []

    async def test_control_calls_and_the_human_page_are_not_in_it(self, api: Api) -> None:
        await api.get("/")
        await api.take("GET", "/_simulator/organizations")
        assert (await api.take("GET", "/_simulator/journal"))["requests"] == []


class TestFaults:
    async def test_a_status_comes_instead_of_the_work_as_often_as_told(self, api: Api) -> None:
        await fault(api, path=f"{LIST}*", kind="status", status=503, times=2)
        body = await invoice_body(api)
        before = (await api.take("GET", "/_simulator/organizations"))["organizations"]
        for _ in range(2):
            answer = await api.take("POST", LIST, 503, json=body)
            assert answer["errors"] == [{"code": "unknown", "detail": "Unknown error"}]
        after = (await api.take("GET", "/_simulator/organizations"))["organizations"]
        assert before == after
        assert await api.take("GET", LIST)

    async def test_body_headers_method_and_skip(self, api: Api) -> None:
        await fault(
            api,
            path=LIST,
            method="GET",
            kind="status",
            status=429,
            body={"error": "slow down"},
            headers={"Retry-After": "3"},
            skip=1,
        )
        await api.take("POST", LIST, 422, json={})
        assert await api.take("GET", LIST)
        response = await api.get(LIST)
        assert response.headers["retry-after"] == "3"
        assert response.json() == {"error": "slow down"}
        assert await api.take("GET", LIST)

    @pytest.mark.covers("QX-57")
    async def test_a_resource_can_be_missing_from_the_plan_for_good(self, api: Api) -> None:
        await fault(api, path="/v2/supplier_invoices*", kind="status", status=403, times=None)
        for _ in range(3):
            problem = await api.problem("GET", "/v2/supplier_invoices", 403)
            assert problem["code"] == "unknown"

    async def test_a_page_can_come_where_json_was_expected(self, api: Api) -> None:
        await fault(api, path=LIST, kind="html", status=502)
        response = await api.get(LIST)
        assert response.status_code == 502
        assert response.headers["content-type"].startswith("text/html")

    async def test_json_can_be_cut_in_half(self, api: Api) -> None:
        await fault(api, path=LIST, kind="malformed")
        response = await api.get(LIST)
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/json"
        with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
            response.json()

    async def test_a_dropped_connection_leaves_nothing_done(self, api: Api) -> None:
        body, before = await invoice_body(api), await total(api)
        await fault(api, path=LIST, method="POST", kind="drop")
        with pytest.raises(httpx2.RemoteProtocolError):
            await api.post(LIST, json=body)
        assert await total(api) == before
        entry = (await api.take("GET", "/_simulator/journal"))["requests"][-2]
        assert (entry["fault"], entry["status"]) == ("drop", None)

    async def test_a_lost_response_leaves_the_work_done(self, api: Api) -> None:
        body, before = await invoice_body(api), await total(api)
        await fault(api, path=LIST, method="POST", kind="lost_response")
        with pytest.raises(httpx2.RemoteProtocolError):
            await api.post(LIST, json=body)
        assert await total(api) == before + 1

    async def test_the_token_endpoint_can_fail_as_well(self, anybody: Api, sim: Simulator) -> None:
        code = await obtain_code(anybody, sim, "offline_access")
        await fault(anybody, path="/oauth2/token", kind="lost_response")
        with pytest.raises(httpx2.RemoteProtocolError):
            await anybody.post("/oauth2/token", data=code_form(sim, code))
        answer = await anybody.take("POST", "/oauth2/token", 400, data=code_form(sim, code))
        assert answer["error"] == "invalid_grant"

    async def test_faults_are_listed_and_forgotten(self, api: Api) -> None:
        await fault(api, path=LIST, kind="latency", latency=0.001, times=None)
        for _ in range(3):
            assert await api.take("GET", LIST)
        listed = (await api.take("GET", "/_simulator/faults"))["faults"]
        assert [(one["path"], one["times"]) for one in listed] == [(LIST, None)]
        await api.take("DELETE", "/_simulator/faults")
        assert (await api.take("GET", "/_simulator/faults"))["faults"] == []

    @pytest.mark.parametrize(
        "fields", [{"kind": "drop"}, {"path": "v2", "kind": "drop"}, {"path": "/v2", "kind": "x"}]
    )
    async def test_an_impossible_fault_is_refused(self, api: Api, fields: dict[str, str]) -> None:
        answer = await api.take("POST", "/_simulator/faults", 400, json=fields)
        assert answer["errors"]


class TestClock:
    async def test_time_stands_still_until_it_is_moved(self, api: Api) -> None:
        assert (await api.take("GET", "/_simulator/clock"))["now"] == "2026-11-20T09:00:00.000Z"
        answer = await api.take("POST", "/_simulator/clock", json={"advance": 90.5})
        assert answer["now"] == "2026-11-20T09:01:30.500Z"
        await api.take("POST", "/_simulator/clock", 400, json={"advance": -1})
        await api.take("POST", "/_simulator/clock", 400, json={"to": "tomorrow"})

    async def test_it_can_follow_somebody_elses_time(self) -> None:
        moments = [NOW]
        simulator = Simulator(clock=lambda: moments[-1])
        assert simulator.control.now() == NOW
        moments.append(NOW.replace(hour=12))
        assert simulator.control.now() == NOW.replace(hour=12)
        assert simulator.control.advance(60) == NOW.replace(hour=12, minute=1)


class TestCalls:
    async def test_the_index_lists_every_call_with_an_example(self, api: Api) -> None:
        calls = (await api.take("GET", "/_simulator"))["calls"]
        for one in calls:
            method, path = one["call"].split(" ")
            assert one["curl"].startswith(f"curl -X {method} {ORIGIN}{path}")
            assert one["does"]

    def test_every_call_exists_in_python_with_a_docstring_or_a_plain_name(self) -> None:
        public = [name for name, _ in inspect.getmembers(Control, callable) if name[0] != "_"]
        assert {"create_invoice", "pay_invoice", "advance", "journal", "fault"} <= set(public)
        assert {"revoke_consent", "expire_tokens", "reset", "settle", "generate"} <= set(public)

    async def test_both_ways_return_the_same(self, api: Api, sim: Simulator) -> None:
        over_http = (await api.take("GET", "/_simulator/organizations"))["organizations"]
        assert sim.control.organizations() == over_http
        made = sim.control.create_invoice(unit_price="10.00", quantity=1)
        assert made == (await api.take("GET", f"{LIST}/{made['id']}"))["client_invoice"]

    @pytest.mark.parametrize(
        ("method", "path", "body", "status"),
        [
            ("POST", "/invoices", {"colour": "blue"}, 400),
            ("POST", "/invoices", {"status": "paid"}, 400),
            ("POST", "/invoices", {"unit_price": "much"}, 400),
            ("POST", "/invoices", {"organization_id": "nope"}, 404),
            ("POST", "/invoices/nope/pay", {}, 404),
            ("POST", "/quirks", {"nope": True}, 400),
            ("POST", "/quirks", {"pdf_delay": "soon"}, 400),
            ("POST", "/generate", {"kind": "poems"}, 400),
            ("POST", "/generate", {"count": 0}, 400),
            ("POST", "/tokens/expire", {"kind": "all"}, 400),
            ("POST", "/tokens", {"scopes": ["nope"]}, 400),
            ("POST", "/transactions", {"side": "left"}, 400),
            ("POST", "/transactions", {"operation_type": "magic"}, 400),
            ("POST", "/transactions", {"bank_account_id": "nope"}, 404),
            ("POST", "/transactions/nope/annotate", {"note": "x"}, 404),
            ("POST", "/beneficiaries", {"iban": "FR00"}, 400),
            ("POST", "/bank_accounts/nope/rename", {"name": "x"}, 404),
            ("PATCH", "/organizations", {"status": "closed"}, 400),
            ("PATCH", "/organizations", {"einvoicing": "maybe"}, 400),
            ("POST", "/invoices", {"client_id": "nope"}, 404),
            ("POST", "/invoices", {"invoice_type": "x"}, 400),
            ("POST", "/quotes/nope/decide", {}, 404),
            ("POST", "/supplier_invoices/nope/move", {"status": "to_pay"}, 404),
            ("POST", "/supplier_invoices/nope/move", {"status": "x"}, 400),
            ("POST", "/deliveries/release", {"order": "random"}, 400),
        ],
    )
    async def test_impossible_wishes_are_refused_with_a_reason(
        self, api: Api, method: str, path: str, body: dict[str, Any], status: int
    ) -> None:
        answer = await api.take(method, f"/_simulator{path}", status, json=body)
        assert answer["errors"][0]["detail"]

    async def test_what_qonto_would_refuse_comes_with_its_errors(self, api: Api) -> None:
        draft = await create_invoice(api)
        answer = await api.take("POST", f"/_simulator/invoices/{draft['id']}/pay", 422)
        assert "status draft" in answer["errors"][0]["detail"]

    async def test_a_paid_invoice_has_its_money_in_the_bank(self, api: Api) -> None:
        invoice = await create_invoice(api, status="unpaid")
        await api.take("POST", f"/_simulator/invoices/{invoice['id']}/pay", json={"amount": "100"})
        paid = await api.take("POST", f"/_simulator/invoices/{invoice['id']}/pay")
        assert paid["client_invoice"]["status"] == "paid"
        assert paid["client_invoice"]["amount_paid"]["value"] == "1440.00"
        params = {"iban": invoice["payment_methods"][0]["iban"], "per_page": 2}
        money = await api.take("GET", "/v2/transactions", params=params)
        assert [one["amount_cents"] for one in money["transactions"]] == [134_000, 10_000]

    async def test_a_token_and_a_redirect_address_come_without_the_pages(
        self, anybody: Api, sim: Simulator, open_api: Callable[..., Api]
    ) -> None:
        scopes = {"scopes": ["client.read"]}
        token = (await anybody.take("POST", "/_simulator/tokens", 201, json=scopes))["access_token"]
        mine = open_api(sim, Authorization=f"Bearer {token}")
        assert await mine.take("GET", "/v2/clients")
        await mine.problem("GET", LIST, 403)
        new = "http://127.0.0.1:8000/auth/callback/qonto"
        url = authorization_url(sim, "webhook", redirect_uri=new)
        assert (await anybody.get(url)).status_code == 404
        await anybody.take("POST", "/_simulator/redirect_uris", 201, json={"uri": new})
        assert (await anybody.get(url)).status_code == 200

    async def test_reset_gives_the_seeded_state_back(self, api: Api, sim: Simulator) -> None:
        seeded = (await api.take("GET", LIST))["client_invoices"]
        await create_invoice(api)
        await subscribe(api, "v1/client-invoices")
        await api.take("POST", "/_simulator/quirks", json={"omit_next_page": True})
        await fault(api, path="/v2/labels", kind="status")
        await api.take("POST", "/_simulator/reset")
        await api.problem("GET", LIST, 401)
        api.headers["Authorization"] = f"Bearer {sim.issue_access_token()}"
        assert (await api.take("GET", LIST))["client_invoices"] == seeded
        assert (await api.take("GET", "/v2/webhook_subscriptions"))["subscriptions"] == []
        assert await api.take("GET", "/v2/labels")
        quirks = (await api.take("GET", "/_simulator/quirks"))["quirks"]
        assert quirks["omit_next_page"] is False


class TestSeeds:
    async def test_the_same_seed_tells_the_same_story(self, open_api: Callable[..., Api]) -> None:
        async def story(seed: int) -> str:
            simulator = Simulator(seed=seed, clock=NOW, base_url=ORIGIN)
            api = open_api(simulator, Authorization=f"Bearer {simulator.issue_access_token()}")
            made = await create_invoice(api, status="unpaid")
            await api.take("POST", "/_simulator/clock", json={"advance": 10})
            invoice = await api.get(f"{LIST}/{made['id']}")
            path = f"/v2/attachments/{invoice.json()['client_invoice']['attachment_id']}"
            link = (await api.take("GET", path))["attachment"]["url"]
            del api.headers["Authorization"]
            return invoice.text + (await api.get(link)).text

        assert await story(7) == await story(7)
        assert await story(7) != await story(8)

    async def test_one_more_request_does_not_change_the_ids_after_it(
        self, open_api: Callable[..., Api]
    ) -> None:
        async def made(polls: int) -> Any:
            simulator = Simulator(clock=NOW, base_url=ORIGIN)
            api = open_api(simulator, Authorization=f"Bearer {simulator.issue_access_token()}")
            for _ in range(polls):
                await api.take("GET", "/v2/labels")
            return await create_invoice(api)

        assert await made(0) == await made(3)

    async def test_revocations_draw_their_ids_in_one_order(
        self, open_api: Callable[..., Api]
    ) -> None:
        simulator = Simulator(clock=NOW, base_url=ORIGIN)
        ids = [one["id"] for one in simulator.control.organizations()]
        for id in ids:
            token = simulator.issue_access_token(organization_id=str(id))
            api = open_api(simulator, Authorization=f"Bearer {token}")
            await subscribe(api, "v1/consent-revocations")
        assert simulator.control.revoke_consent() == 4
        told = [one["organization_id"] for one in simulator.control.deliveries()]
        assert told == ids

    async def test_every_organisation_has_believable_documents(
        self, sim: Simulator, open_api: Callable[..., Api]
    ) -> None:
        countries: list[str] = []
        for one in sim.control.organizations():
            token = sim.issue_access_token(organization_id=str(one["id"]))
            api = open_api(sim, Authorization=f"Bearer {token}")
            countries.append(str(one["country"]))
            invoices = (await api.take("GET", LIST))["client_invoices"]
            assert {i["status"] for i in invoices} == {"draft", "unpaid", "paid", "canceled"}
            assert {i["currency"] for i in invoices} == {"EUR", "USD"}
            assert any(i["items"] is None for i in invoices)
            lines = [line for i in invoices for line in i["items"] or []]
            assert any(line["vat_rate"] == "0" for line in lines)
            canceled = next(i for i in invoices if i["status"] == "canceled")
            notes = (await api.take("GET", "/v2/credit_notes"))["credit_notes"]
            full = next(n for n in notes if n["invoice_id"] == canceled["id"])
            assert full["total_amount_cents"] == -canceled["total_amount_cents"]
            bills = (await api.take("GET", "/v2/supplier_invoices"))["supplier_invoices"]
            assert any(b["is_credit_note"] for b in bills)
            assert {"EUR", "GBP", "USD"} <= {
                b["total_amount"]["currency"] for b in bills if b["total_amount"]
            }
            assert await api.take("GET", "/v2/quotes")
        assert countries == ["FR", "IT", "DE", "ES"]
