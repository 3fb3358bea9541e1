"""Client invoices: bodies, numbers, totals and their way from draft to canceled."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from qonto_simulator import Simulator

from .support import Api, client_named, create_invoice, get_invoice, invoice_body, item

ITEMS = "/client_invoice/items"


async def act(api: Api, id: str, action: str, status: int = 200, **options: Any) -> Any:
    return await api.take("POST", f"/v2/client_invoices/{id}/{action}", status, **options)


async def refused(api: Api, code: str, pointer: str | None, **changes: Any) -> dict[str, Any]:
    body = await invoice_body(api, **changes)
    problem = await api.problem("POST", "/v2/client_invoices", 422, json=body)
    assert problem["code"] == code
    assert problem.get("source", {}).get("pointer") == pointer
    return problem


class TestNumbers:
    async def test_a_draft_has_a_temporary_number_and_gets_the_legal_one_when_final(
        self, api: Api
    ) -> None:
        draft = await create_invoice(api)
        assert draft["status"] == "draft"
        assert draft["number"].startswith("F-2026-")
        assert draft["number"].endswith("-PROFORMA")
        assert draft["finalized_at"] is None
        final = (await act(api, draft["id"], "finalize"))["client_invoice"]
        assert final["status"] == "unpaid"
        assert final["number"] == "F-2026-011"
        assert final["finalized_at"] == "2026-11-20T10:00:00+01:00"
        assert final["attachment_id"] is None

    async def test_without_a_status_the_invoice_is_final_and_has_used_a_number(
        self, api: Api
    ) -> None:
        first = await create_invoice(api, status=None)
        second = await create_invoice(api, status="unpaid")
        assert [first["number"], second["number"]] == ["F-2026-011", "F-2026-012"]
        assert first["status"] == "unpaid"

    async def test_drafts_burn_no_legal_number(self, api: Api) -> None:
        drafts = [await create_invoice(api) for _ in range(3)]
        assert len({draft["number"] for draft in drafts}) == 3
        assert (await create_invoice(api, status="unpaid"))["number"] == "F-2026-011"

    async def test_a_taken_number_is_a_conflict(self, api: Api) -> None:
        await create_invoice(api, number="2026-0042")
        body = await invoice_body(api, number="2026-0042")
        problem = await api.problem("POST", "/v2/client_invoices", 409, json=body)
        assert problem["code"] == "invoice_number_already_exists"

    async def test_the_number_of_a_deleted_draft_is_free_again(self, api: Api) -> None:
        draft = await create_invoice(api, number="2026-0042")
        await api.take("DELETE", f"/v2/client_invoices/{draft['id']}", 204)
        assert (await create_invoice(api, number="2026-0042"))["number"] == "2026-0042"

    @pytest.mark.covers("QX-58")
    async def test_with_manual_numbering_a_number_is_needed_at_the_latest_when_final(
        self, api: Api
    ) -> None:
        settings = (await api.take("GET", "/v2/settings"))["settings"]
        assert settings["numbering_mode"] == "automatic"
        assert (await create_invoice(api, status="unpaid"))["number"] == "F-2026-011"
        await api.take("PATCH", "/_simulator/organizations", json={"automatic_numbering": False})
        settings = (await api.take("GET", "/v2/settings"))["settings"]
        assert settings["numbering_mode"] == "manual"
        await refused(api, "required", "/data/attributes/number", status="unpaid")
        draft = await create_invoice(api)
        path = f"/v2/client_invoices/{draft['id']}"
        problem = await api.problem("POST", f"{path}/finalize", 422)
        assert problem["source"]["pointer"] == "/data/attributes/number"
        await api.take("PATCH", path, json={"number": "X-1"})
        assert (await act(api, draft["id"], "finalize"))["client_invoice"]["number"] == "X-1"


class TestBodies:
    @pytest.mark.covers("QX-52")
    async def test_a_wrapped_body_is_invisible_and_looks_like_a_missing_iban(
        self, api: Api
    ) -> None:
        body = {"client_invoice": await invoice_body(api)}
        problem = await api.problem("POST", "/v2/client_invoices", 422, json=body)
        expected = {"status": "422", "code": "invalid_iban", "detail": "IBAN is empty"}
        assert problem == expected

    @pytest.mark.parametrize(
        "iban", ["FR7630006000011234567890189", "not an iban", "FR76 1695 8000 01"]
    )
    async def test_the_iban_must_be_one_of_the_organisations(self, api: Api, iban: str) -> None:
        pointer = "/data/attributes/payment_methods/iban"
        await refused(api, "invalid_iban", pointer, payment_methods={"iban": iban})

    @pytest.mark.parametrize("name", ["client_id", "issue_date", "due_date", "currency", "items"])
    async def test_what_is_required_is_named(self, api: Api, name: str) -> None:
        await refused(api, "required", f"/data/attributes/{name}", **{name: None})

    @pytest.mark.parametrize(
        ("changes", "pointer"),
        [
            ({"due_date": "2026-11-19"}, "/data/attributes/due_date"),
            ({"currency": "euro"}, "/data/attributes/currency"),
            ({"purchase_order": "x" * 41}, "/data/attributes/purchase_order"),
            ({"number": "x" * 41}, "/data/attributes/number"),
            ({"terms_and_conditions": "x" * 526}, "/data/attributes/terms_and_conditions"),
            (
                {"discount": {"type": "percentage", "value": "10"}},
                "/data/attributes/discount/value",
            ),
            ({"items": [item(title="x" * 41)]}, f"{ITEMS}/0/title"),
            ({"items": [item(description="x" * 1801)]}, f"{ITEMS}/0/description"),
            ({"items": [item(unit="x" * 21)]}, f"{ITEMS}/0/unit"),
            ({"items": [item(quantity="0")]}, f"{ITEMS}/0/quantity"),
            ({"items": [item(), item(vat_rate="20")]}, f"{ITEMS}/1/vat_rate"),
            (
                {"items": [item(unit_price={"value": "1", "currency": "USD"})]},
                f"{ITEMS}/0/unit_price/currency",
            ),
            ({"currency": "USD"}, f"{ITEMS}/0/unit_price/currency"),
        ],
    )
    async def test_what_is_invalid_is_pointed_at(
        self, api: Api, changes: dict[str, Any], pointer: str
    ) -> None:
        await refused(api, "invalid", pointer, **changes)

    @pytest.mark.parametrize(
        ("changes", "pointer"),
        [
            ({"issue_date": "20/11/2026"}, "/data/attributes/issue_date"),
            ({"settings": "none"}, "/data/attributes/settings"),
            ({"items": [item(quantity="1,5")]}, f"{ITEMS}/0/quantity"),
        ],
    )
    async def test_what_is_of_another_kind_is_pointed_at(
        self, api: Api, changes: dict[str, Any], pointer: str
    ) -> None:
        await refused(api, "invalid_format", pointer, **changes)

    @pytest.mark.parametrize("rate", ["0", "0.0", "0.00"])
    async def test_a_line_without_vat_needs_a_reason(self, api: Api, rate: str) -> None:
        pointer = f"{ITEMS}/0/vat_exemption_reason"
        await refused(api, "required", pointer, items=[item(vat_rate=rate)])
        await refused(
            api, "not_in_list", pointer, items=[item(vat_rate=rate, vat_exemption_reason="X")]
        )
        line = item(vat_rate=rate, vat_exemption_reason="S293B")
        assert (await create_invoice(api, items=[line]))["vat_amount"]["value"] == "0.00"

    @pytest.mark.covers("QX-60")
    @pytest.mark.parametrize("iban", ["FR7616958000010000402100061", "FR76 1695", 5, ["FR"]])
    async def test_a_wrong_iban_is_not_written(self, api: Api, iban: object) -> None:
        body = await invoice_body(api, payment_methods={"iban": iban})
        problem = await api.problem("POST", "/v2/client_invoices", 422, json=body)
        assert problem["code"] == "invalid_iban"

    @pytest.mark.covers("QX-48")
    async def test_a_client_that_lacks_what_invoicing_needs_is_refused_with_all_of_it(
        self, api: Api
    ) -> None:
        bare = await client_named(api, "Nouveau")
        body = await invoice_body(api, client_id=bare["id"])
        answer = await api.take("POST", "/v2/client_invoices", 422, json=body)
        pointers = [problem["source"]["pointer"] for problem in answer["errors"]]
        assert pointers == [
            f"/data/attributes/{name}" for name in ("currency", "locale", "billing_address")
        ]

    @pytest.mark.covers("QX-48")
    async def test_a_french_company_needs_its_tax_number(self, api: Api) -> None:
        place = {"street_address": "1 rue", "city": "Lyon", "zip_code": "69001"}
        made = await api.take(
            "POST",
            "/v2/clients",
            json={
                "kind": "company",
                "name": "Sans SIREN",
                "currency": "EUR",
                "locale": "fr",
                "billing_address": {**place, "country_code": "FR"},
            },
        )
        pointer = "/data/attributes/tax_identification_number"
        problem = await refused(api, "required", pointer, client_id=made["client"]["id"])
        assert problem["detail"] == "tin_number must have a value"

    async def test_unknown_fields_are_ignored(self, api: Api) -> None:
        assert await create_invoice(api, colour="blue", upload_id=None, report_einvoicing=True)

    async def test_printed_settings_are_for_this_document_only(self, api: Api) -> None:
        settings = {"vat_payment_condition": "exempt", "late_payment_penalties": "10 %"}
        special = await create_invoice(api, settings=settings)
        usual = await create_invoice(api)
        assert special["organization"]["vat_payment_condition"] == "exempt"
        assert special["late_payment_penalties"] == "10 %"
        assert usual["organization"]["vat_payment_condition"] == "on_receipts"

    async def test_creating_answers_200_or_as_told_201(self, api: Api) -> None:
        body = await invoice_body(api)
        await api.take("POST", "/v2/client_invoices", 200, json=body)
        await api.take("POST", "/_simulator/quirks", json={"created_status": 201})
        await api.take("POST", "/v2/client_invoices", 201, json=body)

    async def test_a_line_takes_what_it_does_not_say_from_its_product(self, api: Api) -> None:
        product = (await api.take("GET", "/v2/products", params={"sort_by": "title:asc"}))[
            "products"
        ][0]
        line = {"product_id": product["id"], "quantity": "1"}
        made = (await create_invoice(api, items=[line]))["items"][0]
        assert made["title"] == product["title"]
        assert made["unit_price"] == product["unit_price"]
        assert made["vat_rate"] == product["vat_rate"]


class TestTotals:
    async def test_lines_discounts_and_vat_add_up(self, api: Api) -> None:
        discount = {"type": "percentage", "value": "0.1"}
        invoice = await create_invoice(
            api,
            items=[
                item(quantity="3", unit_price={"value": "33.33", "currency": "EUR"}),
                item(
                    quantity="1",
                    unit_price={"value": "50", "currency": "EUR"},
                    vat_rate="0.055",
                    discount={"type": "absolute", "value": "5"},
                ),
            ],
            discount=discount,
        )
        first, second = invoice["items"]
        assert first["subtotal"]["value"] == "99.99"
        assert first["total_vat"]["value"] == "20.00"
        assert second["subtotal_cents"] == 4500
        assert second["total_vat_cents"] == 248
        assert second["discount"]["amount"]["value"] == "5.00"
        assert invoice["discount"]["amount_cents"] == 1450
        assert invoice["vat_amount"]["value"] == "20.23"
        assert invoice["total_amount"]["value"] == "150.72"
        assert invoice["total_amount_cents"] == 15072

    @pytest.mark.covers("QX-41")
    async def test_amounts_are_decimal_strings_with_integer_cents(self, api: Api) -> None:
        price = {"value": "0.10", "currency": "EUR"}
        invoice = await create_invoice(api, items=[item(quantity="3", unit_price=price)])
        assert invoice["total_amount"] == {"value": "0.36", "currency": "EUR"}
        assert invoice["total_amount_cents"] == 36
        assert Decimal(invoice["items"][0]["unit_price"]["value"]) == Decimal("0.1")

    @pytest.mark.covers("QX-40")
    async def test_vat_rates_and_percentages_are_fractions(self, api: Api) -> None:
        invoice = await create_invoice(api, items=[item(vat_rate="0.2")])
        assert invoice["items"][0]["vat_rate"] == "0.2"
        assert invoice["vat_amount"]["value"] == "240.00"


class TestLife:
    async def test_only_drafts_are_changed_or_deleted(self, api: Api) -> None:
        draft = await create_invoice(api)
        path = f"/v2/client_invoices/{draft['id']}"
        changed = (await api.take("PATCH", path, json={"header": "Hello", "items": [item()] * 2}))[
            "client_invoice"
        ]
        assert changed["header"] == "Hello"
        assert changed["total_amount"]["value"] == "2880.00"
        assert changed["number"] == draft["number"]
        await act(api, draft["id"], "finalize")
        for action in ("mark_as_paid", "unmark_as_paid", "mark_as_canceled"):
            for method, code in (
                ("PATCH", "forbidden_invoice_update"),
                ("DELETE", "invoice_not_in_draft_status"),
            ):
                problem = await api.problem(method, path, 412, json={"header": "No"})
                assert problem == {"status": "412", "code": code}
            await act(api, draft["id"], action)
        assert (await get_invoice(api, draft["id"]))["header"] == "Hello"

    async def test_a_deleted_draft_is_gone(self, api: Api) -> None:
        draft = await create_invoice(api)
        path = f"/v2/client_invoices/{draft['id']}"
        response = await api.delete(path)
        assert (response.status_code, response.content) == (204, b"")
        await api.problem("GET", path, 404)
        await api.problem("DELETE", path, 404)

    async def test_a_draft_without_lines_is_not_finalized(self, api: Api) -> None:
        drafts = await api.take("GET", "/v2/client_invoices", params={"filter[status]": "draft"})
        empty = next(one for one in drafts["client_invoices"] if one["items"] is None)
        await api.problem("POST", f"/v2/client_invoices/{empty['id']}/finalize", 422)

    async def test_marking_as_paid_sets_the_day_and_again_only_the_day(self, api: Api) -> None:
        invoice = await create_invoice(api, status="unpaid")
        paid = (await act(api, invoice["id"], "mark_as_paid", json={"paid_at": "2026-11-10"}))[
            "client_invoice"
        ]
        assert paid["status"] == "paid"
        assert paid["paid_at"] == "2026-11-10T00:00:00+01:00"
        assert paid["amount_paid"]["value"] == "0.00"
        again = (await act(api, invoice["id"], "mark_as_paid", json={"paid_at": "2026-10-20"}))[
            "client_invoice"
        ]
        assert again["paid_at"] == "2026-10-20T00:00:00+02:00"
        today = (await act(api, invoice["id"], "mark_as_paid"))["client_invoice"]
        assert today["paid_at"] == "2026-11-20T00:00:00+01:00"

    async def test_nobody_pays_tomorrow(self, api: Api) -> None:
        invoice = await create_invoice(api, status="unpaid")
        path = f"/v2/client_invoices/{invoice['id']}/mark_as_paid"
        problem = await api.problem("POST", path, 422, json={"paid_at": "2026-11-21"})
        assert problem["source"]["pointer"] == "/data/attributes/paid_at"

    async def test_unmarking_takes_the_payment_back(self, api: Api) -> None:
        invoice = await create_invoice(api, status="unpaid")
        await act(api, invoice["id"], "mark_as_paid")
        back = (await act(api, invoice["id"], "unmark_as_paid"))["client_invoice"]
        assert (back["status"], back["paid_at"]) == ("unpaid", None)

    async def test_canceling_is_for_unpaid_invoices_and_for_good(self, api: Api) -> None:
        invoice = await create_invoice(api)
        await act(api, invoice["id"], "mark_as_canceled", 422)
        await act(api, invoice["id"], "finalize")
        canceled = (await act(api, invoice["id"], "mark_as_canceled"))["client_invoice"]
        assert canceled["status"] == "canceled"
        for action in ("finalize", "mark_as_paid", "unmark_as_paid", "mark_as_canceled"):
            await act(api, invoice["id"], action, 422)

    async def test_money_with_the_number_in_its_reference_pays_the_invoice(self, api: Api) -> None:
        invoice = await create_invoice(api, status="unpaid")
        money = {"amount": "440.00", "reference": f"Facture {invoice['number']}"}
        await api.take("POST", "/_simulator/transactions", 201, json=money)
        part = await get_invoice(api, invoice["id"])
        assert (part["status"], part["amount_paid"]["value"]) == ("unpaid", "440.00")
        await api.take("POST", "/_simulator/transactions", 201, json=money | {"amount": "1000"})
        paid = await get_invoice(api, invoice["id"])
        assert (paid["status"], paid["amount_paid"]["value"]) == ("paid", "1440.00")
        assert paid["paid_at"] == "2026-11-20T10:00:00+01:00"

    async def test_the_pdf_is_there_ten_seconds_after_the_invoice_is_final(self, api: Api) -> None:
        invoice = await create_invoice(api, status="unpaid")
        await api.take("POST", "/_simulator/clock", json={"advance": 9})
        assert (await get_invoice(api, invoice["id"]))["attachment_id"] is None
        await api.take("POST", "/_simulator/clock", json={"advance": 1})
        ready = await get_invoice(api, invoice["id"])
        assert ready["updated_at"] == "2026-11-20T10:00:10+01:00"
        path = f"/v2/attachments/{ready['attachment_id']}"
        attachment = (await api.take("GET", path))["attachment"]
        assert attachment["file_name"] == "2611-F-2026-011-Atelier-Mercure-SAS.pdf"
        assert attachment["file_content_type"] == "application/pdf"

    async def test_the_file_may_come_later_than_its_id(self, api: Api) -> None:
        await api.take("POST", "/_simulator/quirks", json={"pdf_delay": 2, "file_delay": 5})
        invoice = await create_invoice(api, status="unpaid")
        await api.take("POST", "/_simulator/clock", json={"advance": 2})
        path = f"/v2/attachments/{(await get_invoice(api, invoice['id']))['attachment_id']}"
        await api.problem("GET", path, 404)
        await api.take("POST", "/_simulator/clock", json={"advance": 5})
        assert await api.take("GET", path)


class TestSending:
    @pytest.mark.covers("QX-50")
    async def test_a_mail_needs_recipients_and_a_title_and_leaves_the_status(
        self, api: Api
    ) -> None:
        invoice = await create_invoice(api, status="unpaid")
        path = f"/v2/client_invoices/{invoice['id']}/send"
        empty = await api.problem("POST", path, 422)
        assert (empty["code"], empty["detail"]) == ("invalid_body", "EOF")
        title = {"email_title": "Your invoice"}
        for body in (title, {**title, "send_to": []}, {**title, "send_to": ["nobody"]}):
            problem = await api.problem("POST", path, 422, json=body)
            assert problem["source"]["pointer"] == "/data/attributes/send_to"
        await api.problem("POST", path, 422, json={"send_to": ["a@b.example"]})
        mail = {**title, "send_to": ["a@b.example"], "email_body": "Hello"}
        response = await api.post(path, json=mail)
        assert (response.status_code, response.content) == (204, b"")
        sent = (await api.take("GET", "/_simulator/mails"))["mails"]
        assert [(one["to"], one["copy_to_self"]) for one in sent] == [(["a@b.example"], True)]
        assert (await get_invoice(api, invoice["id"]))["status"] == "unpaid"

    @pytest.mark.covers("QX-51")
    async def test_an_e_invoice_is_accepted_once_and_progresses_by_itself(self, api: Api) -> None:
        invoice = await create_invoice(api, status="unpaid")
        for _ in range(2):
            await act(api, invoice["id"], "send_by_einvoice", 204)
        sent = await get_invoice(api, invoice["id"])
        assert (sent["status"], sent["einvoicing_status"]) == ("unpaid", "pending")
        await api.take("POST", "/_simulator/clock", json={"advance": 60})
        done = await get_invoice(api, invoice["id"])
        codes = [event["status_code"] for event in done["einvoicing_lifecycle_events"]]
        assert codes == [200, 201, 202]
        assert done["einvoicing_status"] == "submitted"
        path = f"/_simulator/invoices/{invoice['id']}/einvoice"
        await api.take("POST", path, json={"code": 205})
        assert (await get_invoice(api, invoice["id"]))["einvoicing_status"] == "approved"

    async def test_without_e_invoicing_nothing_is_sent_and_italy_issues_nothing(
        self, api: Api
    ) -> None:
        invoice = await create_invoice(api, status="unpaid")
        await api.take("PATCH", "/_simulator/organizations", json={"einvoicing": "disabled"})
        path = f"/v2/client_invoices/{invoice['id']}/send_by_einvoice"
        problem = await api.problem("POST", path, 422)
        assert problem["detail"] == "e-invoicing must be activated first"
        italian = {"organization_id": "officina-trastevere-1093"}
        disabled = {**italian, "einvoicing": "disabled"}
        await api.take("PATCH", "/_simulator/organizations", json=disabled)
        await api.take("POST", "/_simulator/invoices", 422, json=italian)

    @pytest.mark.covers("QX-51")
    async def test_the_sandbox_has_no_network_for_e_invoices(
        self, sandbox: Simulator, open_api: Callable[..., Api]
    ) -> None:
        http = open_api(
            sandbox,
            Authorization=f"Bearer {sandbox.issue_access_token()}",
            X_Qonto_Staging_Token=sandbox.staging_token,
        )
        invoice = await create_invoice(http, status="unpaid")
        path = f"/v2/client_invoices/{invoice['id']}/send_by_einvoice"
        assert (await http.problem("POST", path, 403))["code"] == "unknown"

    @pytest.mark.covers("QX-51")
    async def test_an_unreachable_client_gets_no_e_invoice(self, api: Api) -> None:
        abroad = await client_named(api, "Northwind")
        invoice = await create_invoice(api, status="unpaid", client_id=abroad["id"])
        problem = await api.problem(
            "POST", f"/v2/client_invoices/{invoice['id']}/send_by_einvoice", 412
        )
        assert problem == {"status": "412", "code": "recipient_not_reachable_on_einvoicing"}

    async def test_a_draft_is_not_sent_as_an_e_invoice(self, api: Api) -> None:
        draft = await create_invoice(api)
        path = f"/v2/client_invoices/{draft['id']}/send_by_einvoice"
        problem = await api.problem("POST", path, 412)
        assert problem["code"] == "forbidden_invoice_update"
