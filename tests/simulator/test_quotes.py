"""Quotes: their VAT, their PDF, and what may still be done with them."""

from __future__ import annotations

from typing import Any

import pytest

from .support import Api, client_named, create_invoice, item


async def body(api: Api, **changes: Any) -> dict[str, Any]:
    client = await client_named(api, "Brasserie")
    fields: dict[str, Any] = {
        "client_id": client["id"],
        "issue_date": "2026-11-20",
        "expiry_date": "2026-12-20",
        "currency": "EUR",
        "terms_and_conditions": "Valid for a month.",
        "items": [item()],
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


async def create(api: Api, **changes: Any) -> dict[str, Any]:
    return await api.take("POST", "/v2/quotes", 201, json=await body(api, **changes))


async def wait(api: Api, seconds: float = 10) -> None:
    await api.take("POST", "/_simulator/clock", json={"advance": seconds})


async def test_a_quote_waits_for_approval(api: Api) -> None:
    quote = await create(api)
    assert quote["status"] == "pending_approval"
    assert quote["number"] == "D-2026-004"
    assert quote["total_amount"]["value"] == "1440.00"
    assert quote["attachment_id"] is None
    assert quote["quote_url"].endswith(quote["id"])
    await wait(api)
    ready = await api.take("GET", f"/v2/quotes/{quote['id']}")
    assert await api.take("GET", f"/v2/attachments/{ready['attachment_id']}")


@pytest.mark.parametrize(
    "name", ["client_id", "issue_date", "expiry_date", "currency", "terms_and_conditions", "items"]
)
async def test_what_is_required_is_named(api: Api, name: str) -> None:
    problem = await api.problem("POST", "/v2/quotes", 422, json=await body(api, **{name: None}))
    assert problem["source"]["pointer"] == f"/data/attributes/{name}"


async def test_a_company_without_a_tax_number_gets_no_quote(api: Api) -> None:
    abroad = await client_named(api, "Northwind")
    made = await body(api, client_id=abroad["id"])
    problem = await api.problem("POST", "/v2/quotes", 422, json=made)
    assert problem["detail"] == "tin_number must have a value"


async def test_a_single_quote_has_no_envelope_or_as_told_one(api: Api) -> None:
    quote = await create(api)
    path = f"/v2/quotes/{quote['id']}"
    assert await api.take("GET", path) == quote
    await api.take("POST", "/_simulator/quirks", json={"wrapped_quotes": True})
    assert await api.take("GET", path) == {"quote": quote}
    assert "quotes" in await api.take("GET", "/v2/quotes")


@pytest.mark.covers("QX-40")
async def test_rates_are_fractions_or_as_told_percentages(api: Api) -> None:
    quote = await create(api, items=[item(vat_rate="0.2")])
    assert quote["items"][0]["vat_rate"] == "0.2"
    await api.problem("POST", "/v2/quotes", 422, json=await body(api, items=[item(vat_rate="20")]))

    await api.take("POST", "/_simulator/quirks", json={"percent_vat_on_quotes": True})
    trapped = await create(api, items=[item(vat_rate="0.2")])
    assert trapped["vat_amount"]["value"] == "2.40"
    discount = {"type": "percentage", "value": "5"}
    meant = await create(api, items=[item(vat_rate="20")], discount=discount)
    assert meant["items"][0]["vat_rate"] == "20"
    assert meant["discount"]["value"] == "5"
    assert meant["total_amount"]["value"] == "1368.00"
    await wait(api)
    path = f"/v2/quotes/{meant['id']}"
    changed = await api.take("PATCH", path, json={"header": "Hello"})
    assert changed["total_amount"]["value"] == "1368.00"
    assert changed["items"] == meant["items"]


@pytest.mark.parametrize("rate", ["0", "0.0", "0.00"])
async def test_a_line_without_vat_needs_a_code(api: Api, rate: str) -> None:
    lines = [item(), item(vat_rate=rate, vat_exemption_code="")]
    problem = await api.problem("POST", "/v2/quotes", 422, json=await body(api, items=lines))
    assert problem["source"]["pointer"] == "/quote/items/1/vat_exemption_code"
    lines[1]["vat_exemption_code"] = "S293B"
    assert await create(api, items=lines)


@pytest.mark.covers("QX-53")
async def test_a_quote_is_not_changed_before_its_pdf_exists(api: Api) -> None:
    quote = await create(api)
    path = f"/v2/quotes/{quote['id']}"
    problem = await api.problem("PATCH", path, 412, json={"header": "Hello"})
    assert problem["code"] == "quote_has_no_attachment"
    await wait(api)
    assert (await api.take("PATCH", path, json={"header": "Hello"}))["header"] == "Hello"


@pytest.mark.covers("QX-53")
async def test_a_quote_is_deleted_for_good_unless_it_was_sent(api: Api) -> None:
    gone, sent = await create(api), await create(api)
    await api.take("DELETE", f"/v2/quotes/{gone['id']}", 204)
    await api.problem("GET", f"/v2/quotes/{gone['id']}", 404)
    await wait(api)
    path = f"/v2/quotes/{sent['id']}"
    await api.problem("POST", f"{path}/send", 422)
    mail = {"send_to": ["ops@acme.example"], "email_title": "Our offer"}
    await api.take("POST", f"{path}/send", 204, json=mail)
    await api.problem("DELETE", path, 422)
    mails = (await api.take("GET", "/_simulator/mails"))["mails"]
    assert [(one["document"], one["document_id"]) for one in mails] == [("quote", sent["id"])]


@pytest.mark.covers("QX-12", "QX-53")
@pytest.mark.parametrize("type", ["v1/quotes", "v1/credit-notes"])
async def test_neither_quotes_nor_credit_notes_can_be_subscribed_to(api: Api, type: str) -> None:
    body = {"callback_url": "https://hooks.example/x", "types": [type]}
    await api.problem("POST", "/v2/webhook_subscriptions", 400, json=body)


@pytest.mark.parametrize("status", ["approved", "canceled"])
async def test_a_decided_quote_stays_as_it_is(api: Api, status: str) -> None:
    quote = await create(api)
    await wait(api)
    decide = f"/_simulator/quotes/{quote['id']}/decide"
    decided = (await api.take("POST", decide, json={"status": status}))["quote"]
    assert decided["status"] == status
    assert decided[f"{status}_at"] == "2026-11-20T10:00:10+01:00"
    await api.take("POST", decide, 422, json={"status": "approved"})
    await api.problem("PATCH", f"/v2/quotes/{quote['id']}", 422, json={"header": "No"})
    await api.problem("DELETE", f"/v2/quotes/{quote['id']}", 422)


async def test_a_status_in_the_body_is_ignored(api: Api) -> None:
    assert (await create(api, status="approved"))["status"] == "pending_approval"


async def test_an_invoice_of_a_quote_is_listed_with_it(api: Api) -> None:
    quote = await create(api)
    invoice = await create_invoice(api, quote_id=quote["id"])
    again = await api.take("GET", f"/v2/quotes/{quote['id']}")
    assert again["invoice_ids"] == [invoice["id"]]
    assert invoice["quote_id"] == quote["id"]


@pytest.mark.parametrize("status", ["pending_approval", "approved", "canceled"])
async def test_lists_filter_by_status(api: Api, status: str) -> None:
    answer = await api.take("GET", "/v2/quotes", params={"filter[status]": status})
    assert {one["status"] for one in answer["quotes"]} == {status}


async def test_a_number_is_taken_within_one_kind_of_document(api: Api) -> None:
    await create_invoice(api, number="2026-77")
    made = await body(api, number="2026-77")
    await api.take("POST", "/v2/quotes", 201, json=made)
    problem = await api.problem("POST", "/v2/quotes", 409, json=made)
    assert problem["code"] == "invoice_number_already_exists"
