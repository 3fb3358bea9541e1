"""What writes of documents take and refuse: envelopes, defaults, changes, levies, twins."""

from __future__ import annotations

import asyncio
import uuid
from decimal import Decimal
from typing import Any

import pytest
from qonto_simulator import Simulator

from .support import Api, Receiver, create_invoice, get_invoice, invoice_body, item, subscribe

NOBODY = str(uuid.UUID(int=7))
INVOICES, QUOTES, NOTES = "/v2/client_invoices", "/v2/quotes", "/v2/credit_notes"
CLIENTS, PRODUCTS, BILLS = "/v2/clients", "/v2/products", "/v2/supplier_invoices"
PRODUCT = {
    "title": "Hour",
    "type": "service",
    "unit_price": {"value": "100", "currency": "EUR"},
    "vat_rate": "0.2",
}
CLIENT = {"kind": "company", "name": "Twin"}
ITALY = "officina-trastevere-1093"
STATUS_SHOWN = {("POST", INVOICES), ("PATCH", INVOICES), ("DELETE", INVOICES)} | {
    ("POST", f"{INVOICES}/finalize"),
    ("POST", f"{INVOICES}/unmark_as_paid"),
    ("POST", f"{INVOICES}/mark_as_canceled"),
    ("POST", f"{INVOICES}/send_by_einvoice"),
}
"""The writes whose refusals repeat the status."""


async def credit_body(api: Api, **changes: Any) -> dict[str, Any]:
    invoice = await create_invoice(api, status="unpaid")
    return {
        "invoice_id": invoice["id"],
        "issue_date": "2026-11-20",
        "reason": "Goodwill",
        "currency": "EUR",
        "items": [item(quantity="1")],
        **changes,
    }


async def quote_body(api: Api, **changes: Any) -> dict[str, Any]:
    body = await invoice_body(api)
    return {
        "client_id": body["client_id"],
        "issue_date": "2026-11-20",
        "expiry_date": "2026-12-20",
        "currency": "EUR",
        "terms_and_conditions": "x",
        "items": [item()],
        **changes,
    }


async def wait(api: Api, seconds: int = 10) -> None:
    await api.take("POST", "/_simulator/clock", json={"advance": seconds})


class TestRefusals:
    @pytest.mark.parametrize(
        ("method", "family", "action"),
        [
            ("PATCH", INVOICES, ""),
            ("DELETE", INVOICES, ""),
            *(
                ("POST", INVOICES, f"/{action}")
                for action in (
                    "finalize",
                    "mark_as_paid",
                    "unmark_as_paid",
                    "mark_as_canceled",
                    "send",
                    "send_by_einvoice",
                )
            ),
            ("PATCH", QUOTES, ""),
            ("DELETE", QUOTES, ""),
            ("POST", QUOTES, "/send"),
            ("PATCH", CLIENTS, ""),
            ("DELETE", CLIENTS, ""),
            ("DELETE", PRODUCTS, ""),
            ("POST", BILLS, "/mark_as_paid"),
            ("POST", BILLS, "/unmark_as_paid"),
            ("POST", BILLS, "/reject"),
        ],
    )
    @pytest.mark.covers("QX-55")
    async def test_what_is_not_there_is_404_in_the_words_of_its_family(
        self, api: Api, method: str, family: str, action: str
    ) -> None:
        problem = await api.problem(method, f"{family}/{NOBODY}{action}", 404, json={})
        assert problem["code"] == "not_found"
        assert (problem.get("status") == "404") == ((method, family + action) in STATUS_SHOWN)
        assert ("source" in problem) == (family == QUOTES)

    @pytest.mark.parametrize("path", [INVOICES, QUOTES, NOTES, CLIENTS, PRODUCTS])
    async def test_bodies_that_are_no_json_object_are_400(self, api: Api, path: str) -> None:
        code = "malformed_json" if path == INVOICES else "invalid_body"
        assert (await api.problem("POST", path, 400, content=b"{"))["code"] == code
        assert (await api.problem("POST", path, 400, content=b"[]"))["code"] == "invalid_body"
        assert (await api.problem("POST", path, 422))["code"] in ("required", "invalid_iban")

    @pytest.mark.parametrize("action", ["mark_as_paid", "send"])
    async def test_marking_and_mailing_refuse_without_a_status(self, api: Api, action: str) -> None:
        draft = await create_invoice(api)
        mail = {"send_to": ["a@b.example"], "email_title": "x"}
        problem = await api.problem("POST", f"{INVOICES}/{draft['id']}/{action}", 422, json=mail)
        assert set(problem) == {"code", "detail", "source"}
        assert problem["source"] == {"pointer": "/data/attributes/status"}

    @pytest.mark.parametrize("action", ["finalize", "unmark_as_paid", "mark_as_canceled"])
    async def test_wrong_states_are_told_with_a_status(self, api: Api, action: str) -> None:
        invoice = await create_invoice(api, status="unpaid")
        path = f"{INVOICES}/{invoice['id']}"
        await api.take("POST", f"{path}/mark_as_canceled")
        problem = await api.problem("POST", f"{path}/{action}", 422)
        assert (problem["status"], problem["code"]) == ("422", "invalid")

    @pytest.mark.covers("QX-50")
    @pytest.mark.parametrize("family", [INVOICES, QUOTES])
    async def test_a_mail_needs_addresses_and_a_title(self, api: Api, family: str) -> None:
        if family == INVOICES:
            made = await create_invoice(api, status="unpaid")
        else:
            made = await api.take("POST", QUOTES, 201, json=await quote_body(api))
        path, mail = f"{family}/{made['id']}/send", {"send_to": ["a@b.example"], "email_title": "x"}
        problem = await api.problem("POST", path, 422)
        assert (problem["code"], problem["detail"]) == ("invalid_body", "EOF")
        spoilt: list[dict[str, Any]] = [
            {"send_to": []},
            {"send_to": ["nobody"]},
            {"send_to": ["a@b.example"] * 101},
            {"email_title": ""},
            {"copy_to_self": "yes"},
        ]
        for wrong in spoilt:
            problem = await api.problem("POST", path, 422, json={**mail, **wrong})
            assert problem["source"]["pointer"] == f"/data/attributes/{next(iter(wrong))}"
        await api.take("POST", path, 204, json={**mail, "send_to": ["a@b.example"] * 100})
        assert (await api.take("GET", "/_simulator/mails"))["mails"][0]["copy_to_self"] is True


class TestTwins:
    """Nothing of invoicing is protected by the idempotency header."""

    @pytest.mark.parametrize("path", [INVOICES, QUOTES, NOTES, CLIENTS, PRODUCTS])
    async def test_the_same_request_twice_makes_two(self, api: Api, path: str) -> None:
        body = {
            INVOICES: await invoice_body(api, status="unpaid"),
            QUOTES: await quote_body(api),
            NOTES: await credit_body(api),
            CLIENTS: CLIENT,
            PRODUCTS: PRODUCT,
        }[path]
        key = {"X-Qonto-Idempotency-Key": str(uuid.uuid4())}
        made = [(await api.post(path, json=body, headers=key)).json() for _ in range(2)]
        ids = {one["id"] if "id" in one else next(iter(one.values()))["id"] for one in made}
        assert len(ids) == 2

    async def test_twins_at_the_same_time_get_numbers_of_their_own(self, api: Api) -> None:
        drafts = [await create_invoice(api) for _ in range(4)]
        calls = [api.take("POST", f"{INVOICES}/{one['id']}/finalize") for one in drafts]
        body = await invoice_body(api, status="unpaid")
        calls += [api.take("POST", INVOICES, json=body) for _ in range(4)]
        numbers = [one["client_invoice"]["number"] for one in await asyncio.gather(*calls)]
        assert sorted(numbers) == [f"F-2026-{position:03d}" for position in range(11, 19)]

    async def test_one_of_many_gets_a_number_that_all_want(self, api: Api) -> None:
        body = await invoice_body(api, number="2026-1", status="unpaid")
        answers = await asyncio.gather(*(api.post(INVOICES, json=body) for _ in range(5)))
        assert sorted(one.status_code for one in answers) == [200, 409, 409, 409, 409]

    @pytest.mark.covers("QX-49")
    async def test_credits_at_the_same_time_stay_below_the_ceiling(self, api: Api) -> None:
        body = await credit_body(api)
        answers = await asyncio.gather(*(api.post(NOTES, json=body) for _ in range(5)))
        assert sorted(one.status_code for one in answers) == [200, 200, 422, 422, 422]
        invoice = await get_invoice(api, body["invoice_id"])
        assert (invoice["status"], len(invoice["credit_notes_ids"])) == ("canceled", 2)


class TestDefaults:
    async def test_an_invoice_without_a_status_is_final_or_as_told_a_draft(self, api: Api) -> None:
        assert (await create_invoice(api, status=None))["status"] == "unpaid"
        await api.take("POST", "/_simulator/quirks", json={"draft_by_default": True})
        assert (await create_invoice(api, status=None))["status"] == "draft"
        assert (await create_invoice(api, status="unpaid"))["status"] == "unpaid"

    @pytest.mark.parametrize("status", ["paid", "canceled", 1])
    async def test_no_other_status_can_be_asked_for(self, api: Api, status: object) -> None:
        body = await invoice_body(api, status=status, due_date="2026-01-01")
        answer = await api.take("POST", INVOICES, 422, json=body)
        pointers = [one["source"]["pointer"] for one in answer["errors"]]
        assert pointers == ["/data/attributes/status", "/data/attributes/due_date"]

    async def test_the_contact_is_the_issuers_unless_said(self, api: Api) -> None:
        owner = (await api.take("GET", "/v2/membership"))["membership"]["email"]
        assert (await create_invoice(api))["contact_email"] == owner
        quote = await api.take("POST", QUOTES, 201, json=await quote_body(api))
        assert quote["contact_email"] == owner
        assert (await create_invoice(api, contact_email="a@b.example"))["contact_email"] != owner

    async def test_a_number_that_looks_temporary_is_kept_and_never_doubled(self, api: Api) -> None:
        first = await create_invoice(api)
        position = int(first["number"].split("-")[2]) + 1
        chosen = f"F-2026-{position:03d}-PROFORMA"
        typed = await create_invoice(api, number=chosen)
        third = await create_invoice(api)
        assert len({first["number"], typed["number"], third["number"]}) == 3
        final = await api.take("POST", f"{INVOICES}/{typed['id']}/finalize")
        assert final["client_invoice"]["number"] == chosen


class TestChanges:
    async def test_neither_status_nor_currency_of_a_draft_changes(self, api: Api) -> None:
        draft = await create_invoice(api)
        change = {"currency": "USD", "status": "unpaid", "header": "x"}
        changed = await api.take("PATCH", f"{INVOICES}/{draft['id']}", json=change)
        invoice = changed["client_invoice"]
        assert (invoice["currency"], invoice["status"], invoice["header"]) == ("EUR", "draft", "x")

    async def test_a_draft_that_lacks_lines_can_be_changed_and_filled(self, api: Api) -> None:
        drafts = await api.take("GET", INVOICES, params={"filter[status]": "draft"})
        empty = next(one for one in drafts["client_invoices"] if one["items"] is None)
        path = f"{INVOICES}/{empty['id']}"
        changed = (await api.take("PATCH", path, json={"header": "x"}))["client_invoice"]
        assert (changed["header"], changed["items"]) == ("x", None)
        await api.problem("PATCH", path, 422, json={"items": []})
        await api.problem("PATCH", path, 422, json={"due_date": ""})
        changed = (await api.take("PATCH", path, json={"items": [item()]}))["client_invoice"]
        assert changed["total_amount"]["value"] == "1440.00"

    async def test_a_change_keeps_everything_it_does_not_name(self, api: Api) -> None:
        draft = await create_invoice(
            api,
            number="2026-9",
            purchase_order="PO",
            header="h",
            footer="f",
            terms_and_conditions="t",
            performance_date="2026-11-02",
            performance_start_date="2026-11-01",
            performance_end_date="2026-11-03",
            discount={"type": "absolute", "value": "10"},
            settings={"vat_payment_condition": "exempt", "tax_number": "T-1"},
            withholding_tax={"reason": "RF01", "rate": "0.15", "payment_reason": "A"},
            items=[item(discount={"type": "percentage", "value": "0.1"})],
        )
        await wait(api, 1)
        changed = await api.take("PATCH", f"{INVOICES}/{draft['id']}", json={"footer": "g"})
        moved = {"footer": "g", "updated_at": "2026-11-20T10:00:01+01:00"}
        assert changed["client_invoice"] == {**draft, **moved}

    async def test_a_draft_keeps_its_copy_of_the_client_until_one_is_named(self, api: Api) -> None:
        draft = await create_invoice(api)
        path, client = f"{INVOICES}/{draft['id']}", draft["client"]
        await api.take("PATCH", f"{CLIENTS}/{client['id']}", json={"name": "New", "locale": None})
        changed = (await api.take("PATCH", path, json={"footer": "x"}))["client_invoice"]
        assert changed["client"] == client
        same = {"client_id": client["id"]}
        problem = await api.problem("PATCH", path, 422, json=same)
        assert problem["source"]["pointer"] == "/data/attributes/locale"
        await api.take("PATCH", f"{CLIENTS}/{client['id']}", json={"locale": "fr"})
        changed = (await api.take("PATCH", path, json=same))["client_invoice"]
        assert changed["client"]["name"] == "New"

    async def test_the_client_of_a_quote_stays(self, api: Api) -> None:
        quote = await api.take("POST", QUOTES, 201, json=await quote_body(api))
        await wait(api)
        change = {"client_id": NOBODY, "footer": "x"}
        changed = await api.take("PATCH", f"{QUOTES}/{quote['id']}", json=change)
        assert (changed["client"], changed["footer"]) == (quote["client"], "x")

    async def test_a_quote_names_the_invoices_that_name_it(self, api: Api) -> None:
        body = await quote_body(api)
        first, second = [await api.take("POST", QUOTES, 201, json=body) for _ in range(2)]

        async def named(quote: dict[str, Any]) -> list[str]:
            return (await api.take("GET", f"{QUOTES}/{quote['id']}"))["invoice_ids"]

        draft = await create_invoice(api, quote_id=first["id"])
        path = f"{INVOICES}/{draft['id']}"
        await api.take("PATCH", path, json={"quote_id": second["id"]})
        assert (await named(first), await named(second)) == ([], [draft["id"]])
        problem = await api.problem("PATCH", path, 422, json={"quote_id": NOBODY})
        assert problem["source"]["pointer"] == "/data/attributes/quote_id"
        await api.take("DELETE", path, 204)
        assert await named(second) == []

    async def test_a_taken_number_is_a_conflict_and_changes_nothing(self, api: Api) -> None:
        taken, draft = await create_invoice(api, number="1"), await create_invoice(api)
        change = {"number": taken["number"], "header": "x"}
        problem = await api.problem("PATCH", f"{INVOICES}/{draft['id']}", 409, json=change)
        assert set(problem) == {"status", "code", "source"}
        assert await get_invoice(api, draft["id"]) == draft


class TestPrinted:
    NAMES = ("vat_number", "company_leadership", "district_court", "tax_number")

    async def test_every_setting_of_an_invoice_is_printed_on_it_alone(self, api: Api) -> None:
        texts = {name: f"own {name}"[:20] for name in self.NAMES}
        own = {
            **texts,
            "commercial_register_number": "HRB 1",
            "legal_capital_share": {"value": "12.50", "currency": "EUR"},
            "transaction_type": "goods",
            "vat_payment_condition": "exempt",
        }
        french = ("discount_conditions", "late_payment_penalties", "legal_fixed_compensation")
        usual, special = (
            await create_invoice(api),
            await create_invoice(api, settings={**own, **dict.fromkeys(french, "own")}),
        )
        assert own.items() <= special["organization"].items()
        assert [special[name] for name in french] == ["own"] * 3
        assert usual["organization"] == (await create_invoice(api))["organization"]

    async def test_a_quote_has_fewer_settings(self, api: Api) -> None:
        own = {**dict.fromkeys(self.NAMES, "own"), "commercial_register_number": "own"}
        body = await quote_body(api, settings={**own, "transaction_type": "goods"})
        quote = await api.take("POST", QUOTES, 201, json=body)
        assert own.items() <= quote["organization"].items()
        assert quote["organization"]["transaction_type"] != "goods"
        await wait(api)
        path = f"{QUOTES}/{quote['id']}"
        changed = await api.take("PATCH", path, json={"header": "x"})
        assert changed["organization"] == quote["organization"]
        changed = await api.take("PATCH", path, json={"settings": {"vat_number": "other"}})
        assert changed["organization"]["vat_number"] == "other"
        assert changed["organization"]["tax_number"] != "own"


class TestDiscounts:
    @pytest.mark.parametrize(
        ("path", "kind", "taken"),
        [
            (INVOICES, "absolute", True),
            (INVOICES, "amount", False),
            (NOTES, "absolute", True),
            (NOTES, "amount", False),
            (QUOTES, "amount", True),
            (QUOTES, "absolute", False),
        ],
    )
    async def test_families_call_an_amount_differently(
        self, api: Api, path: str, kind: str, taken: bool
    ) -> None:
        discount = {"type": kind, "value": "10"}
        if path == INVOICES:
            body = await invoice_body(api, discount=discount)
        elif path == NOTES:
            body = await credit_body(api, discount=discount)
        else:
            body = await quote_body(api, discount=discount)
        response = await api.post(path, json=body)
        assert response.status_code == (422 if not taken else 201 if path == QUOTES else 200)
        if taken:
            made = response.json()
            made = made if "id" in made else next(iter(made.values()))
            assert made["discount"]["type"] == kind
            assert Decimal(made["discount"]["amount"]["value"]) == (-10 if path == NOTES else 10)
        else:
            [error] = response.json()["errors"]
            assert error["source"]["pointer"] == "/data/attributes/discount/type"


FUND = {"type": "TC04", "rate": "0.04"}
TAX = {"reason": "RT01", "rate": "0.2", "payment_reason": "A"}


class TestLevies:
    async def test_they_are_shown_and_leave_the_totals(self, api: Api) -> None:
        extras = {
            "welfare_fund": FUND,
            "withholding_tax": TAX,
            "stamp_duty_amount": "2.00",
            "discount": {"type": "percentage", "value": "0.1"},
        }
        reporting = {"conditions": "TP02", "method": "MP05"}
        invoice = await create_invoice(api, **extras, payment_reporting=reporting)
        shown = {**extras, "withholding_tax": {**TAX, "amount": _eur("216.00")}}
        del shown["discount"]
        assert shown.items() <= invoice.items()
        assert invoice["payment_reporting"] == reporting
        assert (invoice["total_amount"], invoice["vat_amount"]) == (_eur("1296.00"), _eur("216.00"))
        quote = await api.take("POST", QUOTES, 201, json=await quote_body(api, **extras))
        assert shown.items() <= quote.items()
        body = await credit_body(api, **extras)
        note = (await api.take("POST", NOTES, json=body))["credit_note"]
        assert note["withholding_tax"]["amount"] == _eur("-108.00")
        assert (note["welfare_fund"], note["stamp_duty_amount"]) == (FUND, "2.00")

    @pytest.mark.parametrize(
        ("changes", "pointer"),
        [
            ({"welfare_fund": {"type": "TC23", "rate": "0.04"}}, "welfare_fund/type"),
            ({"welfare_fund": {"type": "TC22"}}, "welfare_fund/rate"),
            ({"welfare_fund": {"type": "TC01", "rate": "4"}}, "welfare_fund/rate"),
            ({"welfare_fund": "TC01"}, "welfare_fund"),
            ({"withholding_tax": {"reason": "RF07", "rate": "0.2"}}, "withholding_tax/reason"),
            ({"withholding_tax": {"rate": "0.2"}}, "withholding_tax/reason"),
            ({"stamp_duty_amount": "two"}, "stamp_duty_amount"),
            ({"stamp_duty_amount": "-2"}, "stamp_duty_amount"),
        ],
    )
    async def test_what_is_no_levy_is_pointed_at(
        self, api: Api, changes: dict[str, Any], pointer: str
    ) -> None:
        for path, body in (
            (INVOICES, await invoice_body(api, **changes)),
            (QUOTES, await quote_body(api, **changes)),
            (NOTES, await credit_body(api, **changes)),
        ):
            answer = await api.take("POST", path, 422, json=body)
            pointers = [one["source"]["pointer"] for one in answer["errors"]]
            assert pointers == [f"/data/attributes/{pointer}"]

    @pytest.mark.parametrize(
        ("reporting", "name"),
        [
            ({"conditions": "TP04", "method": "MP01"}, "conditions"),
            ({"conditions": "TP01"}, "method"),
        ],
    )
    async def test_an_invoice_says_how_it_is_paid(
        self, api: Api, reporting: dict[str, str], name: str
    ) -> None:
        body = await invoice_body(api, payment_reporting=reporting)
        problem = await api.problem("POST", INVOICES, 422, json=body)
        assert problem["source"]["pointer"] == f"/data/attributes/payment_reporting/{name}"


def _eur(value: str) -> dict[str, str]:
    return {"value": value, "currency": "EUR"}


class TestCredits:
    async def test_lines_are_in_the_currency_of_the_invoice(self, api: Api) -> None:
        line = item(unit_price={"value": "1", "currency": "USD"})
        problem = await api.problem("POST", NOTES, 422, json=await credit_body(api, items=[line]))
        assert problem["source"]["pointer"] == "/credit_note/items/0/unit_price/currency"

    async def test_a_credit_is_never_less_than_nothing(self, api: Api) -> None:
        line = item(unit_price={"value": "-1", "currency": "EUR"})
        body = await credit_body(api, items=[line])
        problem = await api.problem("POST", NOTES, 422, json=body)
        assert problem["source"]["pointer"] == "/data/attributes/items"
        assert (await get_invoice(api, body["invoice_id"]))["credit_notes_ids"] == []

    async def test_a_taken_number_is_a_conflict(self, api: Api) -> None:
        await api.take("POST", NOTES, json=await credit_body(api, number="C-1"))
        problem = await api.problem("POST", NOTES, 409, json=await credit_body(api, number="C-1"))
        assert (problem["code"], "detail" in problem) == ("invoice_number_already_exists", True)

    async def test_nothing_else_can_be_done_with_one(self, api: Api) -> None:
        note = (await api.take("POST", NOTES, json=await credit_body(api)))["credit_note"]
        for method in ("PATCH", "DELETE", "PUT"):
            await api.problem(method, f"{NOTES}/{note['id']}", 405, json={})
        await api.problem("POST", f"{NOTES}/{note['id']}/send", 404, json={})
        await api.problem("GET", f"{NOTES}/{NOBODY}", 404)


class TestClients:
    async def test_freelancers_are_for_italian_companies(self, api: Api, sim: Simulator) -> None:
        body = {"kind": "freelancer", "first_name": "Ada", "last_name": "Neri"}
        problem = await api.problem("POST", CLIENTS, 422, json=body)
        assert (problem["code"], problem["source"]["pointer"]) == (
            "not_in_list",
            "/data/attributes/kind",
        )
        token = sim.issue_access_token(organization_id=ITALY)
        italian = {"Authorization": f"Bearer {token}"}
        made = await api.take("POST", CLIENTS, json=body, headers=italian)
        assert (made["client"]["kind"], made["client"]["name"]) == ("freelancer", "Ada Neri")

    @pytest.mark.parametrize(
        ("body", "name"),
        [
            ({"kind": "company", "name": "x"}, "name"),
            ({"kind": "individual", "first_name": "A", "last_name": "B"}, "first_name"),
            ({"kind": "individual", "first_name": "A", "last_name": "B"}, "last_name"),
        ],
    )
    async def test_a_name_is_changed_and_never_cleared(
        self, api: Api, body: dict[str, str], name: str
    ) -> None:
        client = (await api.take("POST", CLIENTS, json=body))["client"]
        path, most = f"{CLIENTS}/{client['id']}", 250 if name == "name" else 60
        for value in (None, "", "é" * (most + 1)):
            problem = await api.problem("PATCH", path, 422, json={name: value})
            assert problem["source"]["pointer"] == f"/data/attributes/{name}"
        changed = (await api.take("PATCH", path, json={name: "é" * most}))["client"]
        assert changed[name] == "é" * most

    @pytest.mark.parametrize("emails", [["a@b.example", 5], "a@b.example", {"a": 1}, 7])
    async def test_further_addresses_are_a_list_of_texts(self, api: Api, emails: object) -> None:
        body = {**CLIENT, "extra_emails": emails}
        problem = await api.problem("POST", CLIENTS, 422, json=body)
        assert problem["source"]["pointer"] == "/data/attributes/extra_emails"

    async def test_further_addresses_are_cleared(self, api: Api) -> None:
        body = {**CLIENT, "extra_emails": ["a@b.example"] * 100}
        client = (await api.take("POST", CLIENTS, json=body))["client"]
        assert len(client["extra_emails"]) == 100
        path = f"{CLIENTS}/{client['id']}"
        kept = (await api.take("PATCH", path, json={"locale": "de"}))["client"]
        assert len(kept["extra_emails"]) == 100
        cleared = (await api.take("PATCH", path, json={"extra_emails": None}))["client"]
        assert cleared["extra_emails"] == []

    async def test_a_deleted_client_is_gone_and_so_are_its_recurring_invoices(
        self, api: Api, receiver: Receiver
    ) -> None:
        await subscribe(api, "v1/clients")
        recurring = "/v2/recurring_invoices"
        one = next(
            each
            for each in (await api.take("GET", recurring))["recurring_invoices"]
            if each["status"] == "active"
        )
        path = f"{CLIENTS}/{one['client']['id']}"
        body = await invoice_body(api, client_id=one["client"]["id"])
        await api.take("DELETE", path, 204)
        for method in ("GET", "PATCH", "DELETE"):
            await api.problem(method, path, 404, json={} if method == "PATCH" else None)
        again = (await api.take("GET", f"{recurring}/{one['id']}"))["recurring_invoice"]
        assert (again["status"], again["next_invoice_date"]) == ("canceled", None)
        assert again["client"] == one["client"]
        assert (await api.problem("POST", INVOICES, 422, json=body))["code"] == "invalid_client_id"
        await api.take("POST", "/_simulator/settle")
        assert receiver.events[-1]["data"]["event"] == "deleted"


async def test_prices_of_products_are_rounded_halves_up(api: Api, receiver: Receiver) -> None:
    await subscribe(api, "v1/products")
    price = {"value": "0.125", "currency": "EUR"}
    await api.take("POST", PRODUCTS, json={**PRODUCT, "unit_price": price, "vat_rate": "0.4"})
    await api.take("POST", "/_simulator/settle")
    data = receiver.events[-1]["data"]
    assert (data["unit_price"], data["unit_price_incl_vat"]) == ("0.13", "0.18")


class TestSupplierInvoices:
    @pytest.mark.parametrize("action", ["mark_as_paid", "reject"])
    async def test_what_is_wrong_in_the_wrapper_is_pointed_at(self, api: Api, action: str) -> None:
        made = await api.take("POST", "/_simulator/supplier_invoices", 201, json={})
        path = f"{BILLS}/{made['supplier_invoice']['id']}/{action}"
        name, value = (
            ("payment_date", "soon") if action == "mark_as_paid" else ("declined_note", "x" * 501)
        )
        for body, pointer in (
            ({"supplier_invoice": "x"}, "/supplier_invoice"),
            ({"supplier_invoice": {name: value}}, f"/supplier_invoice/{name}"),
        ):
            problem = await api.problem("POST", path, 422, json=body)
            assert problem["source"]["pointer"] == pointer
        assert (await api.take("POST", path, json={"supplier_invoice": None}))["status"] != "x"

    @pytest.mark.covers("QX-47")
    @pytest.mark.parametrize("action", ["mark_as_paid", "unmark_as_paid", "reject"])
    @pytest.mark.parametrize("status", ["scheduled", "discarded", "rejected"])
    async def test_some_states_allow_nothing(self, api: Api, status: str, action: str) -> None:
        made = await api.take("POST", "/_simulator/supplier_invoices", 201, json={})
        id = made["supplier_invoice"]["id"]
        if status == "rejected":
            await api.take("POST", f"{BILLS}/{id}/reject")
        else:
            move = f"/_simulator/supplier_invoices/{id}/move"
            await api.take("POST", move, json={"status": status})
        problem = await api.problem("POST", f"{BILLS}/{id}/{action}", 400)
        assert problem["code"] == "invalid_transition"
        shown = (await api.take("GET", f"{BILLS}/{id}"))["supplier_invoice"]
        assert shown["status"] == status


class TestFiles:
    async def test_a_single_file_may_have_fifteen_megabytes(self, api: Api) -> None:
        for path in (
            "/v2/attachments",
            f"/v2/transactions/{await self.transaction(api)}/attachments",
        ):
            for size, status in ((15 * 1024 * 1024, 200), (15 * 1024 * 1024 + 1, 422)):
                file = {"file": ("a.pdf", b"%PDF-".ljust(size, b"x"), "application/pdf")}
                key = {"X-Qonto-Idempotency-Key": str(uuid.uuid4())}
                await api.take("POST", path, status, files=file, headers=key)

    @pytest.mark.covers("QX-56")
    async def test_attachments_of_a_transaction_come_in_pages(self, api: Api) -> None:
        path = f"/v2/transactions/{await self.transaction(api)}/attachments"
        known = len((await api.take("GET", path))["attachments"])
        for name in ("a.pdf", "b.pdf", "c.pdf"):
            file = {"file": (name, b"%PDF-1.7", "application/pdf")}
            key = {"X-Qonto-Idempotency-Key": str(uuid.uuid4())}
            assert await api.take("POST", path, files=file, headers=key) is None
        assert len((await api.take("GET", path))["attachments"]) == known
        await wait(api, 3)
        pages = [
            await api.take("GET", path, params={"page": page, "per_page": 2}) for page in (1, 2, 3)
        ]
        assert [set(page) for page in pages] == [{"attachments"}] * 3
        everything = (await api.take("GET", path))["attachments"]
        paged = [one["id"] for page in pages for one in page["attachments"]]
        assert paged == [one["id"] for one in everything]
        assert len(pages[0]["attachments"]) == 2
        await api.problem("GET", path, 422, params={"per_page": 0})
        await api.take("DELETE", f"{path}/{paged[-1]}")
        gone = await api.take("DELETE", f"{path}/{paged[-1]}", 404)
        assert gone["errors"]["source"] == {"parameter": "attachment_id"}

    async def transaction(self, api: Api) -> str:
        organization = (await api.take("GET", "/v2/organization"))["organization"]
        params = {"bank_account_id": organization["bank_accounts"][0]["id"]}
        return (await api.take("GET", "/v2/transactions", params=params))["transactions"][0]["id"]
