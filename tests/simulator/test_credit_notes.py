"""Credit notes and what they do to their invoice."""

from __future__ import annotations

from typing import Any

import pytest

from .support import Api, Receiver, create_invoice, get_invoice, item, subscribe


def body(invoice_id: str, gross: str = "1440.00", **changes: Any) -> dict[str, Any]:
    """A credit note over a gross amount without VAT."""
    line = item(
        quantity="1",
        unit_price={"value": gross, "currency": "EUR"},
        vat_rate="0",
        vat_exemption_reason="S293B",
    )
    return {
        "invoice_id": invoice_id,
        "issue_date": "2026-11-20",
        "reason": "Goodwill",
        "currency": "EUR",
        "items": [line],
        **changes,
    }


async def credit(api: Api, status: int, *args: Any, **changes: Any) -> Any:
    return await api.take("POST", "/v2/credit_notes", status, json=body(*args, **changes))


async def test_a_credit_note_is_negative_and_names_its_invoice(api: Api) -> None:
    invoice = await create_invoice(api, status="unpaid")
    note = (await credit(api, 200, invoice["id"], items=[item(quantity="1")]))["credit_note"]
    assert note["total_amount_cents"] == -72_000
    assert note["items"][0]["quantity"] == "-1"
    assert note["items"][0]["total_vat"]["value"] == "-120.00"
    assert note["invoice_id"] == invoice["id"]
    assert note["invoice_issue_date"] == invoice["issue_date"]
    assert note["number"] == "A-2026-003"
    assert "status" not in note
    assert (await get_invoice(api, invoice["id"]))["credit_notes_ids"] == [note["id"]]
    again = (await api.take("GET", f"/v2/credit_notes/{note['id']}"))["credit_note"]
    assert again == note


async def test_credit_notes_add_up_to_the_invoice_and_not_a_cent_more(api: Api) -> None:
    invoice = await create_invoice(api, status="unpaid")
    await credit(api, 200, invoice["id"], "1000.00")
    assert (await get_invoice(api, invoice["id"]))["status"] == "unpaid"
    await credit(api, 422, invoice["id"], "440.01")
    await credit(api, 200, invoice["id"], "440.00")
    await credit(api, 422, invoice["id"], "0.01")


@pytest.mark.covers("QX-49")
async def test_a_complete_credit_cancels_the_invoice_and_tells_it(
    api: Api, receiver: Receiver
) -> None:
    invoice = await create_invoice(api, status="unpaid")
    await subscribe(api, "v1/client-invoices")
    await credit(api, 200, invoice["id"])
    assert (await get_invoice(api, invoice["id"]))["status"] == "canceled"
    await api.take("POST", "/_simulator/settle")
    data = receiver.events[-1]["data"]
    assert (data["event"], data["status"]) == ("updated", "canceled")


@pytest.mark.covers("QX-49")
@pytest.mark.parametrize("kind", ["deposit", "balance"])
async def test_progress_invoices_get_no_credit_note(api: Api, kind: str) -> None:
    made = await api.take("POST", "/_simulator/invoices", 201, json={"invoice_type": kind})
    await credit(api, 422, made["client_invoice"]["id"], "1.00")


async def test_drafts_and_canceled_invoices_get_no_credit_note(api: Api) -> None:
    draft = await create_invoice(api)
    await credit(api, 422, draft["id"], "1.00")
    await api.take("POST", f"/v2/client_invoices/{draft['id']}/finalize")
    await api.take("POST", f"/v2/client_invoices/{draft['id']}/mark_as_canceled")
    await credit(api, 422, draft["id"], "1.00")


async def test_a_paid_invoice_can_be_credited_and_stays_paid(api: Api) -> None:
    invoice = await create_invoice(api, status="unpaid")
    await api.take("POST", f"/v2/client_invoices/{invoice['id']}/mark_as_paid")
    await credit(api, 200, invoice["id"])
    assert (await get_invoice(api, invoice["id"]))["status"] == "paid"


async def test_the_currency_is_that_of_the_invoice(api: Api) -> None:
    invoice = await create_invoice(api, status="unpaid")
    problem = await api.problem(
        "POST", "/v2/credit_notes", 422, json=body(invoice["id"], "1.00", currency="USD")
    )
    assert problem["source"]["pointer"] == "/data/attributes/currency"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"invoice_id": "00000000-0000-0000-0000-000000000000"}, "invoice_id"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": ""}, "reason"),
        ({"items": []}, "items"),
        ({"issue_date": ""}, "issue_date"),
    ],
)
async def test_what_is_wrong_is_pointed_at(api: Api, changes: dict[str, Any], name: str) -> None:
    invoice = await create_invoice(api, status="unpaid")
    wrong = body(invoice["id"], "1.00") | changes
    problem = await api.problem("POST", "/v2/credit_notes", 422, json=wrong)
    assert problem["source"]["pointer"] == f"/data/attributes/{name}"


async def test_quantities_are_positive_in_the_body(api: Api) -> None:
    invoice = await create_invoice(api, status="unpaid")
    await credit(api, 422, invoice["id"], items=[item(quantity="-1")])


async def test_the_pdf_follows(api: Api) -> None:
    invoice = await create_invoice(api, status="unpaid")
    note = (await credit(api, 200, invoice["id"]))["credit_note"]
    assert note["attachment_id"] is None
    await api.take("POST", "/_simulator/clock", json={"advance": 10})
    note = (await api.take("GET", f"/v2/credit_notes/{note['id']}"))["credit_note"]
    assert await api.take("GET", f"/v2/attachments/{note['attachment_id']}")
