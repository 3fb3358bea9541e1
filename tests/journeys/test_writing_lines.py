"""Lines of drafts are added, changed and deleted one by one, and nobody's change is undone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from qonto_simulator.records.client_invoice import ClientInvoice
from qonto_simulator.records.quote import Quote

from connector.app.sandbox import Sandbox
from tests.journeys.bookkeeper import Bookkeeper, bookkeeper

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]


@dataclass(frozen=True)
class Draft:
    """A document with lines, and how its lines are named."""

    account: Bookkeeper
    id: str
    path: str
    qonto: str
    record: ClientInvoice | Quote
    line_id: str
    gross: str

    async def titles(self) -> list[str]:
        return [one["name"] for one in await self.account.ok("GET", f"{self.path}/lineItems")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def account(lasting: Sandbox) -> AsyncIterator[Bookkeeper]:
    async with bookkeeper(lasting) as one:
        one.control.set_quirks(pdf_delay=0)
        yield one


def line(**changes: object) -> dict[str, Any]:
    return {"name": "New", "quantity": 1, "unitAmount": 10, "taxRatePercentage": 20, **changes}


async def an_invoice(account: Bookkeeper) -> Draft:
    id = str(account.control.create_invoice(status="draft", vat_rate="0.2")["id"])
    record = account.books.client_invoices.get(id)
    assert record is not None
    at = f"/v2/client_invoices/{id}"
    return Draft(account, id, f"invoices/{id}", at, record, "lineItemId", "grossAmount")


async def an_offer(account: Bookkeeper) -> Draft:
    client = next(
        one
        for one in account.books.clients
        if one.kind == "company" and one.tax_identification_number and one.currency
    )
    body = {
        "contactId": client.id,
        "offerDate": "2026-11-20",
        "expiryDate": "2026-12-20",
        "termsAndConditions": "Good for 30 days.",
        "lineItems": [line(name="Consulting", quantity=2, unitAmount=600)],
    }
    id = str((await account.ok("POST", "offers", body))["id"])
    record = account.books.quotes.get(id)
    assert record is not None
    return Draft(account, id, f"offers/{id}", f"/v2/quotes/{id}", record, "id", "totalGrossAmount")


@pytest_asyncio.fixture(
    loop_scope="module",
    params=[
        pytest.param(an_invoice, marks=pytest.mark.covers("MAE-117"), id="invoice"),
        pytest.param(an_offer, marks=pytest.mark.covers("MAE-122"), id="offer"),
    ],
)
async def draft(request: pytest.FixtureRequest, account: Bookkeeper) -> AsyncIterator[Draft]:
    make: Callable[[Bookkeeper], Any] = request.param
    yield await make(account)
    account.control.clear_faults()


async def test_a_line_is_added_changed_and_deleted(draft: Draft) -> None:
    """The answer is the line; what isn't sent stays, on it and on the others."""
    account, lines = draft.account, f"{draft.path}/lineItems"
    added = await account.call("POST", lines, line(description="More", unitName="day"))
    assert added.status == 201
    assert (added.data[draft.line_id], added.data["name"]) == (f"{draft.id}-2", "New")
    assert added.data[draft.gross] == 12
    one = f"{lines}/{added.data[draft.line_id]}"
    assert await account.ok("GET", one) == added.data
    changed = await account.ok("PATCH", one, {"quantity": 3})
    assert (changed["quantity"], changed["description"]) == (3, "More")
    assert changed[draft.gross] == 36
    assert await draft.titles() == [draft.record.lines[0].title, "New"]
    first = f"{lines}/{draft.id}-1"
    assert await account.ok("DELETE", first) == {"id": f"{draft.id}-1"}
    assert await draft.titles() == ["New"]
    assert draft.record.lines[0].unit == "day"


async def test_a_dry_run_says_what_the_document_comes_to(draft: Draft) -> None:
    account, lines = draft.account, f"{draft.path}/lineItems"
    told = await account.call("POST", lines, line(), dryRun=True)
    assert told.status == 200 and told.data["expected"]["lineItemId"] == f"{draft.id}-2"
    assert 1452 in told.data["expected"].values()
    assert len(draft.record.lines) == 1


async def test_wrong_lines_are_told_by_their_fields(draft: Draft) -> None:
    account, lines = draft.account, f"{draft.path}/lineItems"
    told = await account.call("POST", lines, {"quantity": 0, "taxRatePercentage": 20})
    assert told.codes == {"name": "REQUIRED", "quantity": "NOT_ALLOWED", "unitAmount": "REQUIRED"}
    told = await account.call("PATCH", f"{lines}/{draft.id}-1", {"taxRatePercentage": 0})
    assert told.codes == {"taxExemptionReason": "REQUIRED"}
    told = await account.call("POST", lines, line(**{draft.gross: 13}))
    assert told.codes == {draft.gross: "TOTAL_DIFFERS"}


@pytest.mark.parametrize("wrong", ["2", "0", "01", "x", ""])
async def test_an_id_of_no_line_is_not_found(draft: Draft, wrong: str) -> None:
    for method, body in (("PATCH", {"quantity": 1}), ("DELETE", None)):
        path = f"{draft.path}/lineItems/{draft.id}-{wrong}"
        told = await draft.account.call(method, path, body)
        assert told.status == 404, told


async def test_a_key_is_answered_with_the_line_it_made(draft: Draft) -> None:
    account, lines = draft.account, f"{draft.path}/lineItems"
    made = await account.call("POST", lines, line(), key=f"line {draft.id}"[:12].replace(" ", "-"))
    await account.ok("POST", lines, line(name="Later"))
    key = f"line {draft.id}"[:12].replace(" ", "-")
    again = await account.call("POST", lines, line(), key=key)
    assert again.data == made.data and again.headers["Idempotent-Replayed"] == "true"
    assert len(draft.record.lines) == 3
    await account.ok("DELETE", f"{lines}/{draft.id}-1", key=f"gone-{draft.id}")
    gone = await account.call("DELETE", f"{lines}/{draft.id}-1", key=f"gone-{draft.id}")
    assert gone.data == {"id": f"{draft.id}-1"} and len(draft.record.lines) == 2


@pytest.mark.parametrize("fault", ["lost_response", "drop", "malformed"])
async def test_a_lost_answer_changes_lines_once(draft: Draft, fault: Any) -> None:
    account, lines = draft.account, f"{draft.path}/lineItems"
    account.control.fault(f"{draft.qonto}*", fault, method="PATCH")
    added = await account.ok("POST", lines, line())
    assert added[draft.line_id] == f"{draft.id}-2" and len(draft.record.lines) == 2
    account.control.fault(f"{draft.qonto}*", fault, method="PATCH")
    await account.ok("PATCH", f"{lines}/{draft.id}-2", {"quantity": 5})
    assert [one.quantity for one in draft.record.lines][1:] == [5]
    account.control.fault(f"{draft.qonto}*", fault, method="PATCH")
    await account.ok("DELETE", f"{lines}/{draft.id}-2")
    assert len(draft.record.lines) == 1


async def test_two_at_once_are_both_there(draft: Draft) -> None:
    """Each waits for its turn, and reads the lines anew."""
    account, lines = draft.account, f"{draft.path}/lineItems"
    done = await asyncio.gather(
        *(account.call("POST", lines, line(name=name)) for name in ("A", "B"))
    )
    assert [one.status for one in done] == [201, 201]
    assert sorted((await draft.titles())[1:]) == ["A", "B"]


async def test_a_change_in_between_is_not_undone(draft: Draft) -> None:
    """Somebody else adds a line after the lines were read: 409, and their line stays."""
    account = draft.account
    account.control.fault(f"{draft.qonto}*", "latency", method="GET", latency=0.4, skip=1)
    writing = asyncio.create_task(account.call("POST", f"{draft.path}/lineItems", line()))
    await asyncio.sleep(0.2)
    (first,) = draft.record.lines
    draft.record.lines = (first, replace(first, title="Theirs"))
    told = await writing
    assert (told.status, told.errors["code"]) == (409, "RECORD_CHANGED")
    assert await draft.titles() == [first.title, "Theirs"]
    assert account.asked("PATCH", draft.qonto) == 0
    assert (await account.call("POST", f"{draft.path}/lineItems", line())).status == 201


async def test_a_lost_answer_and_a_change_in_between_cannot_be_told_apart(draft: Draft) -> None:
    account = draft.account
    account.control.fault(f"{draft.qonto}*", "lost_response", method="PATCH")
    account.control.fault(f"{draft.qonto}*", "latency", method="GET", latency=0.4, skip=2)
    writing = asyncio.create_task(account.call("POST", f"{draft.path}/lineItems", line()))
    await asyncio.sleep(0.25)
    first, *_ = draft.record.lines
    draft.record.lines = (first, replace(first, title="Theirs"))
    told = await writing
    assert (told.status, told.errors["code"]) == (502, "OUTCOME_UNKNOWN"), told
    assert account.asked("PATCH", draft.qonto) == 1


async def test_an_absolute_discount_stays_as_it_is(draft: Draft) -> None:
    """On a line that is changed, and on one that isn't."""
    account, lines = draft.account, f"{draft.path}/lineItems"
    amount = "discountItemAmount" if draft.line_id == "lineItemId" else "totalDiscountAmount"
    percentage = amount.replace("Amount", "Percentage")
    await account.ok("POST", lines, line(**{amount: 4}))
    await account.ok("POST", lines, line(**{percentage: 50}))
    changed = await account.ok("PATCH", f"{lines}/{draft.id}-2", {"quantity": 2})
    assert changed[draft.gross] == Decimal("19.2")
    await account.ok("PATCH", f"{lines}/{draft.id}-3", {percentage: 0})
    found = await account.ok("GET", lines)
    assert [one[draft.gross] for one in found[1:]] == [Decimal("19.2"), 12]


async def test_an_item_gives_what_a_line_does_not_say(draft: Draft) -> None:
    account, lines = draft.account, f"{draft.path}/lineItems"
    item = {
        "name": "Long " * 20,
        "type": "SERVICE",
        "unitSalesPrice": 100,
        "taxRatePercentage": 10,
        "unitName": "HOUR",
    }
    made = await account.ok("POST", "items", item)
    added = await account.ok(
        "POST", lines, {"itemId": made["id"], "quantity": 2, "taxRatePercentage": 20}
    )
    assert (added["name"], added["unitAmount"]) == (("Long " * 8).strip(), 100)
    assert added["taxRatePercentage"] == 20 and added[draft.gross] == 240
    assert draft.record.lines[1].unit == "hour"


async def test_the_last_line_stays(draft: Draft) -> None:
    told = await draft.account.call("DELETE", f"{draft.path}/lineItems/{draft.id}-1")
    assert (told.status, told.codes) == (400, {"lineItemId": "LAST_LINE"})


async def test_lines_of_a_final_invoice_stay(account: Bookkeeper) -> None:
    final = str(account.control.create_invoice()["id"])
    lines = f"invoices/{final}/lineItems"
    for method, path, body in (
        ("POST", lines, line()),
        ("PATCH", f"{lines}/{final}-1", {"quantity": 1}),
        ("DELETE", f"{lines}/{final}-1", None),
    ):
        told = await account.call(method, path, body)
        assert (told.status, told.codes["status"]) == (400, "NOT_A_DRAFT")
