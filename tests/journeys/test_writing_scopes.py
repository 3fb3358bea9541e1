"""Writing without the consent that it takes names the scope to ask for."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from connector.app.sandbox import Sandbox
from tests.journeys.bookkeeper import Bookkeeper, bookkeeper

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module")
def lasting_scopes() -> str:
    return "default"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def account(lasting: Sandbox) -> AsyncIterator[Bookkeeper]:
    async with bookkeeper(lasting) as one:
        yield one


async def refused(account: Bookkeeper, method: str, path: str, body: object) -> str:
    """Return what a call that must lack its scope is told."""
    told = await account.call(method, path, body)
    assert (told.status, told.errors["code"]) == (403, "MISSING_SCOPE"), told
    return str(told.errors["message"])


async def test_each_write_names_its_scope(account: Bookkeeper) -> None:
    line: dict[str, Any] = {
        "quantity": 1,
        "unitAmount": 10,
        "taxRatePercentage": 20,
    }
    item = {"name": "A", "type": "SERVICE", "unitSalesPrice": 1, "taxRatePercentage": 20}
    client = next(
        one
        for one in account.books.clients
        if one.kind == "company" and one.tax_identification_number and one.currency
    )
    offer = {
        "contactId": client.id,
        "offerDate": "2026-11-20",
        "expiryDate": "2026-12-20",
        "termsAndConditions": "Good for 30 days.",
        "lineItems": [{**line, "name": "A"}],
    }
    draft = str(account.control.create_invoice(status="draft")["id"])
    final = str(account.control.create_invoice()["id"])
    note = {
        "invoiceId": final,
        "reason": "Back",
        "creditNoteDate": "2026-11-20",
        "creditNoteLines": [{**line, "itemName": "A"}],
    }
    assert "product.write" in await refused(account, "POST", "items", item)
    lines = f"invoices/{draft}/lineItems"
    by_item = {"itemId": final, "quantity": 1}
    assert "product.read" in await refused(account, "POST", lines, by_item)
    for method, path, body in (
        ("POST", "offers", offer),
        ("POST", "creditNotes", note),
        ("POST", lines, {**line, "name": "A"}),
        ("PATCH", f"{lines}/{draft}-1", {"quantity": 5}),
    ):
        assert "client_invoice.write" in await refused(account, method, path, body)
    assert len(account.books.client_invoices.get(draft).lines) == 1  # type: ignore[union-attr]


@pytest.mark.covers("GUIDE-61")
async def test_a_bill_takes_the_scope_of_bills(account: Bookkeeper) -> None:
    """Uploaded as a form, one or many: what lacks is named, and nothing is made."""
    before = len(account.books.supplier_invoices)
    files = [("files", ("a.pdf", b"%PDF-1.7 one", "application/pdf"))]
    answer = await account.client.post("/accounting/bills/bulk", files=files)
    told = answer.json()["errors"]
    assert (answer.status_code, told["code"]) == (403, "MISSING_SCOPE")
    assert "supplier_invoice.write" in told["message"]
    assert len(account.books.supplier_invoices) == before
