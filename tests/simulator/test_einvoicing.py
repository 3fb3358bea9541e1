"""E-invoices on their way: who can send, what follows what, and what arrives from suppliers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from qonto_simulator import Simulator

from .einvoice_rules import broken, embedded, said
from .support import (
    NOW,
    ORIGIN,
    Api,
    Receiver,
    client_named,
    create_invoice,
    download,
    get_invoice,
    item,
    opened,
    subscribe,
)

GERMAN, ITALIAN = "werkstatt-nord-7730", "officina-trastevere-1093"
STATES = ("enabled", "disabled", "pending_creation", "pending_deletion")
SIREN = "732829320"


async def wait(api: Api, seconds: int = 60) -> None:
    await api.take("POST", "/_simulator/clock", json={"advance": seconds})


async def send(api: Api, id: str, status: int = 204) -> Any:
    return await api.take("POST", f"/v2/client_invoices/{id}/send_by_einvoice", status)


async def sent(api: Api, *, received: bool = True) -> str:
    """An invoice on the network."""
    id = (await create_invoice(api, status="unpaid"))["id"]
    await send(api, id)
    if received:
        await wait(api)
    return id


async def progress(api: Api, id: str, code: int, status: int = 200, **more: Any) -> Any:
    body = {"code": code, **more}
    return await api.take("POST", f"/_simulator/invoices/{id}/einvoice", status, json=body)


async def organisation(api: Api, **changes: Any) -> Any:
    return (await api.take("PATCH", "/_simulator/organizations", json=changes))["organization"]


async def directory(api: Api, address: str, registered: bool, status: int = 200) -> Any:
    body = {"address": address, "registered": registered}
    return await api.take("POST", "/_simulator/einvoicing/directory", status, json=body)


def codes(document: dict[str, Any]) -> list[int]:
    return [one["status_code"] for one in document["einvoicing_lifecycle_events"] or []]


class TestSettings:
    @pytest.mark.parametrize("state", STATES)
    async def test_each_state_is_shown_and_only_one_lets_invoices_go(
        self, api: Api, state: str
    ) -> None:
        invoice = await create_invoice(api, status="unpaid")
        changed = await organisation(api, einvoicing=state, einvoicing_receiving="disabled")
        assert changed["einvoicing"] == state
        shown = await api.take("GET", "/v2/einvoicing/settings")
        assert shown == {"sending_status": state, "receiving_status": "disabled"}
        await send(api, invoice["id"], 204 if state == "enabled" else 422)

    async def test_a_french_company_must_be_in_the_directory_as_well(self, api: Api) -> None:
        invoice = await create_invoice(api, status="unpaid")
        own = invoice["organization"]["legal_number"]
        await directory(api, own, registered=False)
        assert (await api.take("GET", "/v2/einvoicing/settings"))["sending_status"] == "enabled"
        refused = await send(api, invoice["id"], 422)
        assert refused["errors"][0]["code"] == "invalid"
        await directory(api, own, registered=True)
        await send(api, invoice["id"])

    async def test_the_directory_takes_addresses_only(self, api: Api) -> None:
        await directory(api, "somebody", registered=True, status=400)
        await directory(api, "somebody", registered=False)


class TestReachability:
    @pytest.mark.parametrize(
        "address",
        [SIREN, f"{SIREN}_{SIREN}00074", f"{SIREN}_{SIREN}00074_SERVICE-1", f"{SIREN}_COMPTA"],
    )
    async def test_an_address_of_the_directory_makes_a_client_reachable(
        self, api: Api, address: str
    ) -> None:
        client = await client_named(api, "Nouveau")
        changed = await self.write(api, client["id"], e_invoicing_address=address)
        assert changed["client"]["e_invoicing_reachable"] is True
        gone = await self.write(api, client["id"], e_invoicing_address=None)
        assert gone["client"]["e_invoicing_reachable"] is False

    @pytest.mark.parametrize(
        "address",
        ["732829321", "7328", "x", f"{SIREN}_", f"{SIREN}_73282932000075", f"{SIREN}_a_b", "٧" * 9],
    )
    async def test_any_other_address_is_refused(self, api: Api, address: str) -> None:
        client = await client_named(api, "Nouveau")
        refused = await self.write(api, client["id"], 422, e_invoicing_address=address)
        assert refused["errors"][0]["source"]["pointer"].endswith("/e_invoicing_address")
        body = {"kind": "company", "name": "X", "e_invoicing_address": address}
        await api.take("POST", "/v2/clients", 422, json=body)

    async def test_a_client_abroad_is_not_looked_up_and_not_reached(self, api: Api) -> None:
        client = await client_named(api, "Northwind")
        changed = await self.write(api, client["id"], e_invoicing_address="GB-1")
        assert changed["client"]["e_invoicing_reachable"] is False

    async def test_a_client_can_leave_the_directory_and_come_back(
        self, api: Api, receiver: Receiver
    ) -> None:
        await subscribe(api, "v1/clients")
        client = await client_named(api, "Brasserie")
        assert client["e_invoicing_reachable"] is True
        address, invoice = client["e_invoicing_address"], await create_invoice(api, status="unpaid")
        left = await directory(api, address, registered=False)
        assert left["entry"] == {"address": address, "registered": False}
        assert (await client_named(api, "Brasserie"))["e_invoicing_reachable"] is False
        refused = await send(api, invoice["id"], 412)
        assert refused["errors"] == [
            {"status": "412", "code": "recipient_not_reachable_on_einvoicing"}
        ]
        await self.write(api, client["id"], 422, e_invoicing_address=f"{address}_X")
        await directory(api, address, registered=True)
        await send(api, invoice["id"])
        await api.take("POST", "/_simulator/settle")
        assert [one["data"]["event"] for one in receiver.events] == ["updated", "updated"]

    async def test_the_address_may_come_after_the_invoice(self, api: Api) -> None:
        client = await client_named(api, "Keller")
        invoice = await create_invoice(api, status="unpaid", client_id=client["id"])
        await send(api, invoice["id"], 412)
        await self.write(api, client["id"], e_invoicing_address=SIREN)
        await send(api, invoice["id"])

    async def test_an_invoice_goes_although_its_client_was_deleted(self, api: Api) -> None:
        invoice = await create_invoice(api, status="unpaid")
        await api.take("DELETE", f"/v2/clients/{invoice['client']['id']}", 204)
        await send(api, invoice["id"])

    async def write(self, api: Api, id: str, status: int = 200, **changes: Any) -> Any:
        return await api.take("PATCH", f"/v2/clients/{id}", status, json=changes)


class TestSending:
    @pytest.mark.covers("QX-51")
    async def test_steps_come_one_by_one_and_a_second_call_sends_nothing(self, api: Api) -> None:
        id = await sent(api, received=False)
        seen: list[list[int]] = []
        for seconds in (1, 2, 13, 25, 60):
            await send(api, id)
            await wait(api, seconds)
            seen.append(codes(await get_invoice(api, id)))
        assert seen == [[], [200], [200, 201], [200, 201, 202], [200, 201, 202]]
        await organisation(api, einvoicing="disabled")
        await send(api, id)
        assert (await get_invoice(api, id))["einvoicing_status"] == "submitted"

    async def test_a_draft_and_a_canceled_invoice_stay_here(self, api: Api) -> None:
        draft = await create_invoice(api)
        canceled = await create_invoice(api, status="unpaid")
        await api.take("POST", f"/v2/client_invoices/{canceled['id']}/mark_as_canceled")
        for id in (draft["id"], canceled["id"]):
            refused = await send(api, id, 412)
            assert refused["errors"][0]["code"] == "forbidden_invoice_update"

    async def test_what_was_sent_is_frozen(self, api: Api) -> None:
        id = await sent(api)
        path = f"/v2/client_invoices/{id}"
        await api.take("PATCH", path, 412, json={"footer": "x"})
        await api.take("DELETE", path, 412)
        touch = f"/_simulator/invoices/{id}"
        await api.take("PATCH", touch, 400, json={"footer": "x"})
        await api.take("PATCH", touch, json={})
        assert (await get_invoice(api, id))["footer"] in ("", None)

    async def test_events_have_the_status_and_never_the_steps(
        self, api: Api, receiver: Receiver
    ) -> None:
        invoice = await create_invoice(api, status="unpaid")
        await subscribe(api, "v1/client-invoices")
        await send(api, invoice["id"])
        await wait(api)
        await progress(api, invoice["id"], 210, reason="DOUBLON")
        await api.take("POST", "/_simulator/settle")
        data = [one["data"] for one in receiver.events]
        assert {one["event"] for one in data} == {"updated"}
        states = [one["einvoicing_status"] for one in data]
        assert states == ["pending", "submitted", "submitted", "submitted", "declined"]
        assert not any("einvoicing_lifecycle_events" in one for one in data)

    @pytest.mark.parametrize(
        ("before", "code", "status"),
        [
            (1, 213, "submission_failed"),
            (3, 213, "submission_failed"),
            (16, 213, "not_delivered"),
            (60, 213, "not_delivered"),
            (60, 203, "submitted"),
            (60, 205, "approved"),
            (60, 207, "submitted"),
            (60, 210, "declined"),
            (60, 212, "submitted"),
        ],
    )
    async def test_what_comes_back_sets_the_status(
        self, api: Api, before: int, code: int, status: str
    ) -> None:
        id = await sent(api, received=False)
        await wait(api, before)
        reason = {"reason": "AUTRE", "reason_message": "Voir courrier"}
        answer = (await progress(api, id, code, **reason))["client_invoice"]
        assert answer["einvoicing_status"] == status
        assert answer["einvoicing_lifecycle_events"][-1]["reason_message"] == "Voir courrier"
        await wait(api)
        after = await get_invoice(api, id)
        assert (after["einvoicing_status"], codes(after)) == (status, codes(answer))
        assert after["status"] == "unpaid"

    @pytest.mark.parametrize(
        ("path", "code"),
        [
            ([], 202),
            ([], 201),
            ([], 200),
            ([210], 205),
            ([205], 210),
            ([205, 212], 207),
            ([203], 213),
            ([208], 205),
            ([204], 204),
        ],
    )
    async def test_what_cannot_follow_is_refused(
        self, api: Api, path: list[int], code: int
    ) -> None:
        id = await sent(api)
        for one in path:
            await progress(api, id, one, reason="AUTRE")
        before = await get_invoice(api, id)
        await progress(api, id, code, 400, reason="AUTRE")
        assert await get_invoice(api, id) == before

    @pytest.mark.parametrize("last", [210, 212, 213])
    async def test_nothing_follows_the_end(self, api: Api, last: int) -> None:
        id = await sent(api)
        await progress(api, id, last, reason="AUTRE")
        for code in range(200, 215):
            await progress(api, id, code, 400, reason="AUTRE")
        assert codes(await get_invoice(api, id)) == [200, 201, 202, last]

    async def test_a_refusal_needs_a_reason_and_an_unsent_invoice_has_no_steps(
        self, api: Api
    ) -> None:
        await progress(api, await sent(api), 210, 400)
        invoice = await create_invoice(api, status="unpaid")
        await progress(api, invoice["id"], 200, 400)
        await progress(api, "unknown", 200, 404)
        await progress(api, invoice["id"], 199, 400)

    async def test_a_dispute_can_end_well(self, api: Api) -> None:
        id = await sent(api)
        for code in (203, 204, 207, 208, 209, 205, 211, 212):
            answer = await progress(api, id, code, reason="AUTRE")
        assert codes(answer["client_invoice"])[3:] == [203, 204, 207, 208, 209, 205, 211, 212]
        assert answer["client_invoice"]["einvoicing_status"] == "approved"

    @pytest.mark.parametrize(("code", "status"), [(205, "approved"), (210, "declined")])
    async def test_the_buyer_can_be_told_what_to_answer(
        self, api: Api, code: int, status: str
    ) -> None:
        quirks = {"buyer_answer": code, "buyer_answer_delay": 600}
        await api.take("POST", "/_simulator/quirks", json=quirks)
        id = await sent(api)
        assert (await get_invoice(api, id))["einvoicing_status"] == "submitted"
        await wait(api, 600)
        answered = await get_invoice(api, id)
        assert (answered["einvoicing_status"], codes(answered)[-1]) == (status, code)
        await api.take("POST", "/_simulator/quirks", 400, json={"buyer_answer": 202})

    async def test_the_sandbox_sends_receives_and_forwards_nothing(
        self, sandbox: Simulator, open_api: Callable[..., Api]
    ) -> None:
        api = open_api(
            sandbox,
            Authorization=f"Bearer {sandbox.issue_access_token()}",
            X_Qonto_Staging_Token=sandbox.staging_token,
        )
        invoice = await create_invoice(api, status="unpaid")
        await send(api, invoice["id"], 403)
        await api.take("POST", "/_simulator/einvoices", 400, json={})


class TestCreditNotes:
    async def credited(self, api: Api, id: str) -> dict[str, Any]:
        body = {
            "invoice_id": id,
            "issue_date": "2026-11-20",
            "reason": "Geste commercial",
            "currency": "EUR",
            "items": [item(quantity="1")],
        }
        return (await api.take("POST", "/v2/credit_notes", json=body))["credit_note"]

    async def now(self, api: Api, id: str) -> dict[str, Any]:
        return (await api.take("GET", f"/v2/credit_notes/{id}"))["credit_note"]

    async def test_it_follows_its_invoice_by_itself(self, api: Api) -> None:
        note = await self.credited(api, await sent(api))
        assert (note["einvoicing_status"], codes(note)) == ("pending", [])
        await wait(api)
        arrived = await self.now(api, note["id"])
        assert (arrived["einvoicing_status"], codes(arrived)) == ("submitted", [200, 201, 202])
        path = f"/_simulator/credit_notes/{note['id']}/einvoice"
        answer = await api.take("POST", path, json={"code": 205})
        assert answer["credit_note"]["einvoicing_status"] == "approved"
        await api.take("POST", path, 400, json={"code": 210, "reason": "AUTRE"})
        await api.take("POST", "/_simulator/credit_notes/x/einvoice", 404, json={"code": 205})

    async def test_one_of_an_invoice_that_was_not_sent_stays_here(self, api: Api) -> None:
        invoice = await create_invoice(api, status="unpaid")
        note = await self.credited(api, invoice["id"])
        await wait(api)
        assert (await self.now(api, note["id"]))["einvoicing_status"] == ""
        path = f"/_simulator/credit_notes/{note['id']}/einvoice"
        await api.take("POST", path, 400, json={"code": 200})

    async def test_one_of_an_invoice_that_never_left_stays_here(self, api: Api) -> None:
        id = await sent(api, received=False)
        await progress(api, id, 213, reason="AUTRE")
        assert (await self.credited(api, id))["einvoicing_status"] == ""

    async def test_one_stays_here_once_e_invoicing_is_off(self, api: Api) -> None:
        id = await sent(api)
        await organisation(api, einvoicing="pending_deletion")
        assert (await self.credited(api, id))["einvoicing_status"] == ""


async def receive(api: Api, status: int = 201, **fields: Any) -> Any:
    answer = await api.take("POST", "/_simulator/einvoices", status, json=fields)
    return answer.get("supplier_invoice", answer)


class TestReceiving:
    @pytest.mark.parametrize("format", ["facturx", "cii", "ubl"])
    @pytest.mark.parametrize("is_credit_note", [False, True])
    async def test_a_french_one_is_there_at_once_with_its_file(
        self, api: Api, anybody: Api, format: str, is_credit_note: bool
    ) -> None:
        made = await receive(
            api, format=format, net="80.00", is_credit_note=is_credit_note, invoice_number="E-7"
        )
        bill = (await api.take("GET", f"/v2/supplier_invoices/{made['id']}"))["supplier_invoice"]
        assert bill == made
        assert (bill["status"], bill["source"], bill["source_type"]) == (
            *("to_review", "e_invoicing", "e_invoicing"),
        )
        assert (bill["is_einvoice"], bill["e_invoice_type"]) == (True, None)
        assert (bill["analyzed_at"], bill["total_amount"]["value"]) == (
            *(bill["created_at"], "96.00"),
        )
        assert (bill["is_credit_note"], codes(bill)) == (is_credit_note, [202])
        name, content = await download(api, anybody, bill["attachment_id"])
        shown_name, shown = await download(api, anybody, bill["display_attachment_id"])
        assert shown.startswith(b"%PDF")
        assert shown_name.endswith(".pdf")
        if format == "facturx":
            found = embedded(content)
            assert found is not None
            content = found[1]
        else:
            assert name.endswith(".xml")
            assert (b"CrossIndustryInvoice" in content) == (format == "cii")
        assert broken(content) == []
        if format != "ubl":
            assert said(content, "//rsm:ExchangedDocument/ram:ID") == ["E-7"]

    @pytest.mark.parametrize("format", ["zugferd", "xrechnung"])
    async def test_a_german_one_says_what_it_is(
        self, sim: Simulator, open_api: Callable[..., Api], anybody: Api, format: str
    ) -> None:
        token = sim.issue_access_token(organization_id=GERMAN)
        api = open_api(sim, Authorization=f"Bearer {token}")
        bill = await receive(api, organization_id=GERMAN, format=format)
        assert (bill["is_einvoice"], bill["e_invoice_type"]) == (True, format)
        _, content = await download(api, anybody, bill["attachment_id"])
        if format == "zugferd":
            found = embedded(content)
            assert found is not None
            content = found[1]
        guideline = said(content, "//ram:GuidelineSpecifiedDocumentContextParameter/ram:ID")[0]
        assert ("xrechnung" in guideline) == (format == "xrechnung")
        assert said(content, "//ram:TaxTotalAmount") == ["9.50"]
        if format == "zugferd":
            assert broken(content, french=False) == []
        # Outside France a rejection needs no code.
        path = f"/v2/supplier_invoices/{bill['id']}/reject"
        answer = await api.take("POST", path, json={"supplier_invoice": {"declined_note": "?"}})
        assert codes(answer) == [202, 210]

    @pytest.mark.parametrize(
        ("fields", "changes"),
        [
            ({"organization_id": ITALIAN}, {}),
            ({"format": "zugferd"}, {}),
            ({"format": "ubl", "organization_id": GERMAN}, {}),
            ({"format": "paper"}, {}),
            ({}, {"einvoicing": "enabled", "einvoicing_receiving": "pending_creation"}),
            ({}, {"einvoicing": "disabled"}),
        ],
    )
    async def test_what_cannot_arrive_is_refused(
        self, api: Api, fields: dict[str, Any], changes: dict[str, Any]
    ) -> None:
        await organisation(api, **changes)
        await receive(api, 400, **fields)

    @pytest.mark.parametrize(
        "fields",
        [
            {"net": "-5.00"},
            {"net": 0, "tax_rate": "0"},
            {"tax_rate": "-1"},
            {"supplier_name": "/\x00é 株式会社", "invoice_number": "2026/7"},
        ],
    )
    async def test_a_strange_one_arrives_with_a_file_all_the_same(
        self, api: Api, anybody: Api, fields: dict[str, Any]
    ) -> None:
        for format in ("facturx", "ubl"):
            bill = await receive(api, format=format, **fields)
            name, content = await download(api, anybody, bill["attachment_id"])
            assert content
            assert "/" not in name

    async def test_the_same_invoice_twice_is_a_duplicate(self, api: Api) -> None:
        first = await receive(api, invoice_number="E-9")
        assert first["has_duplicates"] is False
        assert (await receive(api, invoice_number="E-9"))["has_duplicates"] is True

    async def test_it_is_rejected_with_a_code_of_the_list(self, api: Api) -> None:
        bill = await receive(api)
        path = f"/v2/supplier_invoices/{bill['id']}/reject"

        async def reject(status: int, **body: Any) -> Any:
            return await api.take("POST", path, status, json={"supplier_invoice": body})

        pointer = {"pointer": "/supplier_invoice/declined_reason_code"}
        for body, code in (({}, "required"), ({"declined_reason_code": "X"}, "not_in_list")):
            error = (await reject(422, declined_note="Reçue", **body))["errors"][0]
            assert (error["code"], error["source"]) == (code, pointer)
        assert codes((await api.take("GET", path[:-7]))["supplier_invoice"]) == [202]
        done = await reject(200, declined_note="Reçue", declined_reason_code="DOUBLON")
        event = done["einvoicing_lifecycle_events"][-1]
        assert (event["status_code"], event["reason"]) == (210, "DOUBLON")
        assert event["reason_message"] == "Reçue"
        await reject(400, declined_note="Reçue", declined_reason_code="DOUBLON")
        await api.take("POST", f"{path[:-7]}/mark_as_paid", 400, json={})

    async def test_one_that_was_paid_cannot_be_rejected(self, api: Api) -> None:
        bill = await receive(api)
        path = f"/v2/supplier_invoices/{bill['id']}"
        await api.take("POST", f"{path}/mark_as_paid", json={})
        body = {"supplier_invoice": {"declined_reason_code": "DOUBLON"}}
        await api.take("POST", f"{path}/reject", 400, json=body)
        assert codes((await api.take("GET", path))["supplier_invoice"]) == [202]


@cache
def everything() -> Simulator:
    """One simulator for all journeys."""
    return Simulator(clock=NOW, base_url=ORIGIN)


class Journey(RuleBasedStateMachine):
    """One invoice, with everything that can be done to it in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.api, self.nobody = opened(everything())
        self.id = ""
        self.shown: dict[str, Any] = {}

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def look(self) -> None:
        before, self.shown = self.shown, self.run(get_invoice(self.api, self.id))
        old = before.get("einvoicing_lifecycle_events") or []
        assert (self.shown["einvoicing_lifecycle_events"] or [])[: len(old)] == old

    @initialize(
        answer=st.sampled_from([None, 205, 207, 210, 212, 213]),
        is_sent=st.sampled_from([True, True, True, False]),
        seconds=st.sampled_from([60, 60, 60, 16, 3, 0]),
    )
    def begin(self, answer: int | None, is_sent: bool, seconds: int) -> None:
        quirks = {"buyer_answer": answer, "buyer_answer_delay": 30}
        self.run(self.api.take("POST", "/_simulator/quirks", json=quirks))
        self.id = self.run(create_invoice(self.api, status="unpaid"))["id"]
        if is_sent:
            self.run(send(self.api, self.id))
            self.run(wait(self.api, seconds))
        self.look()

    @rule()
    def send(self) -> None:
        self.run(send(self.api, self.id))
        self.look()
        assert self.shown["einvoicing_status"]

    @rule(seconds=st.sampled_from([1, 5, 20, 60]))
    def wait(self, seconds: int) -> None:
        self.run(wait(self.api, seconds))
        self.look()

    @rule(tried=st.lists(st.sampled_from([*range(200, 215), 205, 210, 212]), max_size=8))
    def step(self, tried: list[int]) -> None:
        path, expected = f"/_simulator/invoices/{self.id}/einvoice", codes(self.shown)
        for code in tried:
            body = {"code": code, "reason": "AUTRE"}
            response = self.run(self.api.post(path, json=body))
            assert response.status_code in (200, 400)
            if response.status_code == 200:
                expected.append(code)
        self.look()
        assert codes(self.shown) == expected

    @invariant()
    def the_history_is_possible(self) -> None:
        seen = codes(self.shown) if self.shown else []
        assert seen[:3] == [200, 201, 202][: len(seen)] or (
            seen[-1] == 213 and seen[:-1] == [200, 201, 202][: len(seen) - 1]
        )
        assert not {210, 212, 213} & set(seen[:-1])
        assert 213 not in seen or len(seen) <= 4
        assert all(one != two for one, two in pairwise(seen))
        for position, code in enumerate(seen):
            if code == 209:
                assert seen[position - 1] == 208
        if 205 in seen and seen[-1] == 210:
            assert 207 in seen[seen.index(205) :], "approved, then refused without a dispute"

    @invariant()
    def the_status_tells_the_history(self) -> None:
        if not self.shown:
            return
        seen, status = codes(self.shown), self.shown["einvoicing_status"]
        assert self.shown["status"] == "unpaid"
        if not seen:
            assert status in ("", "pending")
        elif seen[-1] == 213:
            assert status == ("not_delivered" if 201 in seen else "submission_failed")
        elif seen[-1] == 210:
            assert status == "declined"
        else:
            assert status == ("approved" if 205 in seen else "submitted")

    def teardown(self) -> None:
        self.run(self.api.aclose())
        self.run(self.nobody.aclose())
        self.loop.close()


Journey.TestCase.settings = settings(
    max_examples=30, stateful_step_count=10, deadline=None, phases=[Phase.generate]
)
TestJourney = Journey.TestCase
