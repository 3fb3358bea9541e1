"""What holds of each kind of document, whichever door asks: how it's read, changed and ended."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from connector.app.sandbox import Sandbox
from connector.faces.rest.contract import CONTRACT
from tests.journeys.bookkeeper import Bookkeeper, bookkeeper

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]

UNKNOWN = "01890000-0000-7000-8000-000000000000"
NOT_AT_QONTO = {
    "MAE-110": "dimensions",
    "MAE-113": "fiscalYears",
    "MAE-114": "goodsReceipts",
    "MAE-115": "goodsReceipts/{goodsReceiptId}/lineItems",
    "MAE-119": "journals",
    "MAE-120": "journalEntries",
    "MAE-123": "openItems",
    "MAE-125": "paymentTerms",
    "MAE-126": "projects",
    "MAE-127": "purchaseOrders",
    "MAE-128": "purchaseOrders/{purchaseOrderId}/lineItems",
    "MAE-129": "salesOrders",
    "MAE-130": "salesOrders/{salesOrderId}/lineItems",
    "MAE-131": "suppliers",
    "MAE-132": "taxRates",
    "MAE-135": "units",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def account(lasting: Sandbox) -> AsyncIterator[Bookkeeper]:
    async with bookkeeper(lasting) as one:
        one.control.set_quirks(pdf_delay=0, ocr_delay=0, percent_vat_on_quotes=False)
        yield one


async def every(account: Bookkeeper, path: str, **query: str) -> list[dict[str, Any]]:
    """Read all pages of a list."""
    found: list[dict[str, Any]] = []
    while page := await account.ok("GET", path, limit=10, page=len(found) // 10 + 1, **query):
        found.extend(page)
        if len(page) < 10:
            break
    return found


@pytest.mark.covers("MCP-01")
@pytest.mark.parametrize(
    ("asked", "statuses"),
    [
        ({"status": "DRAFT"}, {"draft"}),
        ({"status": "OPEN", "paymentStatus": "PENDING"}, {"unpaid"}),
        ({"paymentStatus": "PAID"}, {"paid"}),
        ({"status": "VOIDED"}, {"canceled"}),
    ],
)
async def test_each_status_returns_its_own_invoices(
    account: Bookkeeper, asked: dict[str, str], statuses: set[str]
) -> None:
    """And all of these, over all pages; a word that is no status is refused."""
    account.control.create_invoice(status="draft")
    for action in ("markAsPaid", "cancel"):
        made = account.control.create_invoice()["id"]
        body = {} if action == "markAsPaid" else None
        await account.ok("POST", f"invoices/{made}/{action}", body)
    told = {one["id"] for one in await every(account, "invoices", **asked)}
    there = {one.id for one in account.books.client_invoices if one.status in statuses}
    assert there and told <= there
    if "PENDING" not in asked.values():  # what is past its day isn't PENDING but OVERDUE
        assert told == there
    for wrong in ("cancelled", "overdue"):
        refused = await account.call("GET", "invoices", status=wrong)
        assert (refused.status, list(refused.codes)) == (400, ["status"])


@pytest.mark.covers("MCP-02", "MCP-21", "MCP-31", "MCP-41")
@pytest.mark.parametrize(
    ("path", "kept", "at_qonto"),
    [
        ("invoices", "eInvoicingEvents", "einvoicing_lifecycle_events"),
        ("creditNotes", "reference", "invoice_id"),
        ("offers", "lineItems", "quote_url"),
        ("bills", "name", "available_actions"),
    ],
)
async def test_a_single_read_says_all_there_is(
    account: Bookkeeper, path: str, kept: str, at_qonto: str
) -> None:
    """In the unified words, and with the source all that Qonto says; an unknown id is not found."""
    (one, *_) = await account.ok("GET", path, limit=5)
    answer = await account.client.get(f"/accounting/{path}/{one['id']}", params={"rawData": "true"})
    body = answer.json()
    assert body["data"]["id"] == one["id"] and kept in body["data"]
    assert at_qonto in str(body["rawData"])
    assert (await account.call("GET", f"{path}/{UNKNOWN}")).status == 404


@pytest.mark.covers("MCP-20")
async def test_credit_notes_name_their_invoice(account: Bookkeeper) -> None:
    told = {one["id"]: one["reference"] for one in await every(account, "creditNotes")}
    assert told == {one.id: one.invoice_id for one in account.books.credit_notes}


@pytest.mark.covers("MCP-30")
async def test_offers_come_in_pages(account: Bookkeeper) -> None:
    told = [one["id"] for one in await every(account, "offers")]
    assert len(told) == len(set(told)) == len(account.books.quotes)


@pytest.mark.covers("MCP-34")
async def test_an_id_that_is_none_is_no_offer(account: Bookkeeper) -> None:
    """Neither is one of another kind; Qonto isn't asked for the first."""
    asked = len(account.control.journal())
    for wrong in ("7", "not-a-uuid", "..%2Fclients"):
        told = await account.call("PATCH", f"offers/{wrong}", {"header": "x"})
        assert told.status == 404
    assert len(account.control.journal()) == asked
    assert (await account.call("PATCH", f"offers/{UNKNOWN}", {"header": "x"})).status == 404


@pytest.mark.covers("MCP-35")
async def test_a_deleted_offer_is_gone(account: Bookkeeper) -> None:
    client = next(
        one
        for one in account.books.clients
        if one.kind == "company" and one.tax_identification_number and one.currency
    )
    line = {"name": "Consulting", "quantity": 1, "unitAmount": 600, "taxRatePercentage": 20}
    asked = {
        "contactId": client.id,
        "offerDate": "2026-11-20",
        "expiryDate": "2026-12-20",
        "termsAndConditions": "Good for 30 days.",
        "lineItems": [line],
    }
    made = await account.ok("POST", "offers", asked)
    await account.ok("DELETE", f"offers/{made['id']}")
    assert (await account.call("GET", f"offers/{made['id']}")).status == 404


@pytest.mark.covers("MCP-40")
@pytest.mark.parametrize("status", ["PAID", "PENDING"])
async def test_bills_are_filtered_over_all_pages(account: Bookkeeper, status: str) -> None:
    """Every page but the last is full, though Qonto's own list has no such filter."""
    for _ in range(6):
        id = str(account.control.receive_supplier_invoice()["id"])
        if status == "PAID":
            await account.ok("POST", f"bills/{id}/markAsPaid", {})
    everything = await every(account, "bills")
    wanted = [one["id"] for one in everything if one["paymentStatus"] == status]
    told: list[str] = []
    while len(told) % 5 == 0:
        number = len(told) // 5 + 1
        page = await account.ok("GET", "bills", paymentStatus=status, limit=5, page=number)
        told += [one["id"] for one in page]
        if not page:
            break
    assert len(wanted) > 5 and sorted(told) == sorted(wanted)


def received(account: Bookkeeper) -> str:
    """Let a bill come in; return its id."""
    return str(account.control.receive_supplier_invoice()["id"])


@pytest.mark.covers("MCP-42")
async def test_a_rejected_bill_stays_so(account: Bookkeeper) -> None:
    bill = received(account)
    await account.ok("POST", f"bills/{bill}/reject", {"note": "not ours"})
    told = await account.call("POST", f"bills/{bill}/markAsPaid", {})
    assert told.codes == {"status": "WRONG_STATUS"}


@pytest.mark.covers("MCP-43")
async def test_paid_is_undone(account: Bookkeeper) -> None:
    """It goes back to where it was; what isn't paid can't be unmarked."""
    bill = received(account)
    record = account.books.supplier_invoices.get(bill)
    assert record is not None
    before = record.status
    await account.ok("POST", f"bills/{bill}/markAsPaid", {"paidDate": "2026-11-20"})
    assert (record.status, str(record.payment_date)) == ("paid", "2026-11-20")
    await account.ok("POST", f"bills/{bill}/unmarkAsPaid")
    assert record.status == before
    told = await account.call("POST", f"bills/{bill}/unmarkAsPaid")
    assert told.codes == {"status": "WRONG_STATUS"}


@pytest.mark.covers("MCP-50")
async def test_a_line_inherits_from_its_item(account: Bookkeeper) -> None:
    """Title, price and rate; what the line says itself counts."""
    item = {
        "name": "Consulting hour",
        "type": "SERVICE",
        "unitSalesPrice": 150,
        "taxRatePercentage": 20,
    }
    made = await account.ok("POST", "items", item)
    assert made in await every(account, "items")
    draft = str(account.control.create_invoice(status="draft", vat_rate="0.2")["id"])
    line = await account.ok(
        "POST", f"invoices/{draft}/lineItems", {"itemId": made["id"], "quantity": 2}
    )
    assert (line["name"], line["unitAmount"], line["taxRatePercentage"]) == (
        "Consulting hour",
        150,
        20,
    )


@pytest.mark.covers("MCP-51", "MCP-52", "MCP-53")
@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"name": None}, {"name": "REQUIRED"}),
        ({"type": None}, {"type": "REQUIRED"}),
        ({"unitSalesPrice": None}, {"unitSalesPrice": "REQUIRED"}),
        ({"taxRatePercentage": None}, {"taxRatePercentage": "REQUIRED"}),
        ({"name": "é" * 121}, {"name": "TOO_LONG"}),
        ({"type": "goods"}, {"type": "LITERAL_ERROR"}),
        ({"name": "é" * 120}, {}),
        ({"type": "PRODUCT"}, {}),
    ],
)
async def test_an_item_says_what_it_must(
    account: Bookkeeper, changes: dict[str, Any], codes: dict[str, str]
) -> None:
    """Lengths are in characters, and each thing that lacks is named."""
    item = {"name": "A", "type": "SERVICE", "unitSalesPrice": Decimal(1), "taxRatePercentage": 20}
    item |= {"unitSalesPrice": "1", **changes}
    told = await account.call("POST", "items", item, dryRun=True)
    assert told.codes == codes if codes else told.data["isValid"], told.errors


@pytest.mark.parametrize(
    "resource",
    [pytest.param(name, marks=pytest.mark.covers(row)) for row, name in NOT_AT_QONTO.items()],
)
async def test_what_qonto_does_not_have_says_so(account: Bookkeeper, resource: str) -> None:
    """Every call of the contract on it, without asking Qonto."""
    asked = len(account.control.journal())
    paths = {
        path: methods
        for path, methods in CONTRACT.items()
        if f"{path}/".startswith(f"/accounting/{resource}/")
    }
    assert paths
    for path, methods in paths.items():
        for method in methods.split():
            at = path.removeprefix("/accounting/").replace("{", "").replace("}", "")
            told = await account.call(method, at)
            assert (told.status, told.errors["code"]) == (404, "NOT_SUPPORTED"), (method, path)
            assert told.errors["message"]
    assert len(account.control.journal()) == asked
