"""What people ask assistants for, from words to Qonto's books, by a session of the SDK's client."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from qonto_simulator.records.supplier_invoice import SupplierInvoice

from connector.app.sandbox import Sandbox
from tests.journeys.assistant import assistant, faults
from tests.journeys.desk import Desk, at_desk

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(lasting: Sandbox) -> AsyncIterator[Desk]:
    async with at_desk(lasting) as one:
        one.control.set_quirks(pdf_delay=0, file_delay=0, ocr_delay=0)
        await one.customer("ACME")
        yield one


@pytest.mark.covers("MCP-60")
async def test_draft_finalize_and_send_an_invoice(desk: Desk) -> None:
    before = len(desk.books.mails)
    async with assistant(desk.client) as it:
        made = await it.ok(
            "create_client_invoice",
            client_name="acme",
            issue_date="2026-06-30",
            due_date="2026-07-30",
            items=[
                {
                    "title": "Consulting June 2026",
                    "quantity": 1,
                    "unit_price": {"value": 1200, "currency": "EUR"},
                    "vat_rate": 20,
                }
            ],
        )
        draft = made["record"]
        assert (draft["status"], draft["sumNetAmount"]) == ("DRAFT", "1200.00")
        assert (draft["totalTaxAmount"], draft["totalAmount"]) == ("240.00", "1440.00")
        final = await it.act("change_client_invoice_status", id=made["id"], action="finalize")
        assert final["record"]["status"] in ("OPEN", "OVERDUE")
        sent = await it.act(
            "send_client_invoice",
            id=made["id"],
            send_to=["billing@acme.com"],
            email_title="Your invoice",
        )
        assert sent["record"]["paymentStatus"] == "PENDING"
    assert [mail.to for mail in desk.books.mails[before:]] == [("billing@acme.com",)]
    record = desk.invoice(made["id"])
    assert record is not None and record.status == "unpaid"


@pytest.mark.covers("MCP-61")
async def test_mark_the_latest_unpaid_invoice_as_paid(desk: Desk) -> None:
    """The latest is that of the greatest date among the unpaid, not the one made last."""
    customer = await desk.customer("Paying SARL")
    ids: dict[str, str] = {}
    for day in ("2026-04-01", "2026-05-10", "2026-03-01"):
        ids[day] = await desk.draft(day, customer, invoiceDate=day, dueDate=day)
        await desk.done("POST", f"invoices/{ids[day]}/finalize")
    await desk.draft("not this", customer, invoiceDate="2026-05-14")
    async with assistant(desk.client) as it:
        done = await it.ok(
            "mark_client_invoice_as_paid", latest_of="Paying SARL", paid_at="2026-05-15"
        )
    assert done["id"] == ids["2026-05-10"]
    record = desk.invoice(done["id"])
    assert record is not None and record.status == "paid"
    assert record.paid_at is not None
    assert record.paid_at.astimezone(ZoneInfo("Europe/Paris")).date() == date(2026, 5, 15)
    others = [desk.invoice(ids[day]) for day in ("2026-04-01", "2026-03-01")]
    assert [one.status for one in others if one] == ["unpaid", "unpaid"]


@pytest.mark.covers("MCP-62")
async def test_a_credit_note_by_the_number_of_the_invoice(desk: Desk) -> None:
    """By the number, not the id; and never more than the invoice."""
    customer = await desk.customer("Credited SARL")
    desk.control.create_invoice(client_id=customer, status="unpaid", number="INV-2026-042")
    note: dict[str, Any] = {
        "invoice_number": "inv-2026-042",
        "issue_date": "2026-11-25",
        "reason": "A discount",
        "items": [
            {"title": "Discount", "quantity": 1, "unit_price": {"value": "100"}, "vat_rate": 20}
        ],
    }
    async with assistant(desk.client) as it:
        made = (await it.act("create_credit_note", **note))["record"]
        assert abs(Decimal(made["totalGrossAmount"])) == 120
        much = [{**note["items"][0], "unit_price": {"value": "99999"}}]
        wrong = await it.refused("create_credit_note", **{**note, "items": much})
        assert (
            wrong["code"] == "VALIDATION_FAILED" and "EXCEEDS_INVOICE" in faults(wrong).values()
        ), wrong
        unknown = await it.refused("create_credit_note", **{**note, "invoice_number": "INV-0"})
        assert unknown["code"] == "NOT_FOUND"


@pytest.mark.covers("MCP-63")
async def test_send_the_latest_draft_quote(desk: Desk) -> None:
    """Quotes have no drafts: the tool says so, and takes the latest one that is pending."""
    customer = await desk.customer("Quoted SARL")
    line = {"name": "Work", "quantity": 1, "unitAmount": 100, "taxRatePercentage": 20}
    ids: list[str] = []
    for day in ("2026-11-20", "2026-11-24", "2026-11-22"):
        offer = {
            "contactId": customer,
            "offerDate": day,
            "expiryDate": "2027-01-31",
            "termsAndConditions": "Good until then.",
            "lineItems": [line],
        }
        ids.append((await desk.done("POST", "offers", offer))["id"])
    before = len(desk.books.mails)
    async with assistant(desk.client) as it:
        tools = {one.name: one for one in (await it.client.list_tools()).tools}
        assert "pending_approval" in (tools["send_quote"].description or "")
        sent = await it.act(
            "send_quote", latest_of="Quoted SARL", send_to=["ops@acme.com"], email_title="Quote"
        )
    assert sent["id"] == ids[1]
    assert [mail.to for mail in desk.books.mails[before:]] == [("ops@acme.com",)]


def received(desk: Desk, *, issued: date | None = None, **facts: Any) -> SupplierInvoice:
    """Let a supplier invoice come in and be read; return Qonto's record of it."""
    id = str(desk.control.receive_supplier_invoice(**facts)["id"])
    record = desk.books.supplier_invoices.get(id)
    assert record is not None and record.reading is not None
    if issued is not None:
        record.reading = replace(record.reading, issue_date=issued)
    return record


def number_of(bill: SupplierInvoice) -> str | None:
    return None if bill.reading is None else bill.reading.invoice_number


@pytest.mark.covers("MCP-64")
async def test_mark_a_supplier_invoice_as_paid_by_its_number(desk: Desk) -> None:
    """Of two of a number the one that can be; where both can, which one is a question."""
    same = [one for one in desk.books.supplier_invoices if number_of(one) == "INV-3382"]
    (record,) = [one for one in same if one.status != "rejected"]
    assert len(same) == 2
    twins = [received(desk, invoice_number="INV-7", supplier_name=name) for name in ("A", "B")]
    day = {"action": "mark_as_paid", "paid_at": "2026-05-20"}
    async with assistant(desk.client) as it:
        await it.ok("change_supplier_invoice_status", number="INV-3382", **day)
        asked = await it.refused("change_supplier_invoice_status", number="INV-7", **day)
        assert (asked["code"], asked["count"]) == ("AMBIGUOUS", 2)
        assert {one["id"] for one in asked["candidates"]} == {one.id for one in twins}
        await it.ok("change_supplier_invoice_status", id=asked["candidates"][0]["id"], **day)
    assert (record.status, str(record.payment_date)[:10]) == ("paid", "2026-05-20")


@pytest.mark.covers("MCP-65")
async def test_which_supplier_invoices_are_unpaid_after_60_days(desk: Desk) -> None:
    """Over all pages of Qonto's list, whatever page is asked for; with the sums of all."""
    today = desk.simulator.world.now().date()
    days = [today - timedelta(days=61 + one) for one in range(120)]
    old = [received(desk, issued=day, net="10.00", tax_rate="0.01") for day in days]
    young = received(desk, issued=today - timedelta(days=60))
    paid = received(desk, issued=today - timedelta(days=200))
    paid.status = "paid"
    found: list[str] = []
    async with assistant(desk.client) as it:
        for number in (1, 2, 3):
            page = await it.ok(
                "list_supplier_invoices", unpaid_for_days=60, per_page=50, page=number
            )
            found += [one["id"] for one in page["records"]]
            ages = [page["unpaid_for"][one["id"]]["days_unpaid"] for one in page["records"]]
            assert ages == sorted(ages, reverse=True) and min(ages) > 60
    assert {one.id for one in old} <= set(found) and not {young.id, paid.id} & set(found)
    assert page["pagination"]["total"] == len(found) == len(set(found))
    assert not page["pagination"]["has_more"]
    assert Decimal(page["totals_unpaid"]["EUR"]) >= Decimal("1212.00")


@pytest.mark.covers("MCP-66")
async def test_add_a_product(desk: Desk) -> None:
    """The rate is told in percent, and sent in Qonto's unit, a fraction."""
    async with assistant(desk.client) as it:
        product: dict[str, Any] = {
            "title": "Consulting hour",
            "type": "service",
            "unit_price": {"value": "150", "currency": "EUR"},
            "vat_rate": 20,
        }
        made = await it.ok("create_product", **product)
        assert made["record"]["taxRatePercentage"] == "20"
        for name in ("title", "type", "unit_price", "vat_rate"):
            rest = {key: one for key, one in product.items() if key != name}
            assert faults(await it.refused("create_product", **rest)) == {name: "REQUIRED"}
    record = desk.books.products.get(made["id"])
    assert record is not None and Decimal(str(record.vat_rate)) == Decimal("0.2")
