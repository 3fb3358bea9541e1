"""Invoices from draft to paid or cancelled, over HTTP, beside what the simulated Qonto has then."""

import uuid
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from connector.app.sandbox import Sandbox
from tests.journeys.desk import Desk, Failure, at_desk, code, codes, exact, invoice

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]

PARIS_TIME = ZoneInfo("Europe/Paris")
FAILURES: tuple[Failure, ...] = ("lost_response", "malformed", "drop", "status")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(lasting: Sandbox) -> AsyncIterator[Desk]:
    async with at_desk(lasting) as it:
        yield it


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def customer(desk: Desk) -> str:
    return await desk.customer("Invoiced")


async def final(desk: Desk, customer: str, order: str) -> str:
    """Make an invoice that is final; return its id."""
    id = await desk.draft(order, customer)
    await desk.done("POST", f"invoices/{id}/finalize")
    return id


async def refused(desk: Desk, id: str, *actions: str) -> None:
    """None of these can be done to the invoice, and nothing is sent."""
    before = desk.sent("POST")
    for action in actions:
        answer = await desk.ask("POST", f"invoices/{id}/{action}", BODIES.get(action))
        assert codes(answer) == {"status": "WRONG_STATUS"}, action
    assert desk.sent("POST") == before


BODIES: dict[str, Any] = {
    "markAsPaid": {},
    "send": {"recipients": ["books@example.com"], "subject": "Your invoice"},
}


@pytest.mark.covers("GUIDE-73", "MAE-116")
async def test_what_is_made_is_a_draft(desk: Desk, customer: str) -> None:
    """It can be changed and deleted; whatever else is asked for as its status is refused."""
    made = await desk.done("POST", "invoices", invoice("draft", customer))
    (known,) = desk.invoices("draft")
    assert (made["id"], made["status"], known.status) == (known.id, "DRAFT", "draft")
    assert known.finalized_at is None and known.total == Decimal("1440.00")
    assert made["totalAmount"] == Decimal("1440.00")
    path = f"invoices/{known.id}"
    for status in ("OPEN", "PAID", "VOIDED"):
        asked = invoice("draft", customer, status=status)
        assert "status" in codes(await desk.ask("POST", "invoices", asked))
        assert "status" in codes(await desk.ask("PATCH", path, {"status": status}))
    line = {"name": "Training", "quantity": 1, "unitAmount": 100, "taxRatePercentage": 10}
    changed = await desk.done("PATCH", path, {"lineItems": [line], "dueDate": "2027-01-31"})
    assert (changed["totalAmount"], changed["dueDate"][:10]) == (Decimal(110), "2027-01-31")
    assert changed["reference"] == "draft"
    assert await desk.done("GET", path) == changed
    assert await desk.done("DELETE", path) == {"id": known.id}
    assert desk.invoices("draft") == []


@pytest.mark.covers("GUIDE-74", "MCP-04", "MCP-05", "MCP-06")
async def test_finalizing_gives_the_number_and_locks(desk: Desk, customer: str) -> None:
    id = await desk.draft("final", customer)
    checked = await desk.done("POST", f"invoices/{id}/finalize", dryRun="true")
    (known,) = desk.invoices("final")
    assert checked["isValid"] is True and known.status == "draft"
    done = await desk.done("POST", f"invoices/{id}/finalize")
    assert (known.status, known.number) == ("unpaid", done["invoiceNumber"])
    assert done["status"] in ("OPEN", "OVERDUE") and known.finalized_at is not None
    path, before = f"invoices/{id}", (known.total, known.due_date, known.number)
    await refused(desk, id, "finalize")
    for status in ("unpaid", "paid"):
        assert known.status == status
        changed = await desk.ask("PATCH", path, {"dueDate": "2027-01-31"})
        assert codes(changed) == {"status": "NOT_A_DRAFT"}
        deleted = await desk.ask("DELETE", path)
        assert codes(deleted) == {"status": "NOT_A_DRAFT"}
        assert "Cancel" in deleted.json()["errors"]["validationErrors"][0]["hint"]
        if status == "unpaid":
            await desk.done("POST", f"{path}/markAsPaid")
    assert (known.total, known.due_date, known.number) == before


@pytest.mark.covers("MCP-07", "MCP-08", "MCP-12")
async def test_cancelling_is_for_unpaid_ones_and_the_end(desk: Desk, customer: str) -> None:
    """There are no other moves; a verb that isn't known has no address."""
    draft = await desk.draft("cancel draft", customer)
    await refused(desk, draft, "cancel", "markAsPaid", "unmarkAsPaid", "send")
    id = await final(desk, customer, "cancel")
    await refused(desk, id, "unmarkAsPaid")
    await desk.done("POST", f"invoices/{id}/markAsPaid")
    await refused(desk, id, "cancel", "finalize")
    await desk.done("POST", f"invoices/{id}/unmarkAsPaid")
    assert (await desk.done("POST", f"invoices/{id}/cancel"))["status"] == "VOIDED"
    (known,) = desk.invoices("cancel")
    assert known.status == "canceled"
    await refused(desk, id, "cancel", "finalize", "markAsPaid", "unmarkAsPaid", "send")
    assert (await desk.ask("POST", f"invoices/{id}/archive")).status_code == 404
    assert (await desk.ask("POST", f"invoices/{uuid.uuid4()}/cancel")).status_code == 404


@pytest.mark.covers("MCP-09", "MCP-10", "MCP-11")
async def test_marking_as_paid_sets_the_day(desk: Desk, customer: str) -> None:
    """Today unless told. Again it changes the day alone, and without a body nothing is needed."""
    id = await final(desk, customer, "paid")
    (known,) = desk.invoices("paid")
    for sent, day in (
        ({"paidDate": "2026-11-21"}, "2026-11-21"),
        ({"paidDate": "2026-11-22T08:00:00Z"}, "2026-11-22"),
    ):
        paid = await desk.done("POST", f"invoices/{id}/markAsPaid", sent)
        assert paid["status"] == "PAID" and known.status == "paid"
        assert known.paid_at is not None
        assert known.paid_at.astimezone(PARIS_TIME).date().isoformat() == day
    back = await desk.done("POST", f"invoices/{id}/unmarkAsPaid")
    assert back["status"] != "PAID" and known.status == "unpaid"
    await desk.done("POST", f"invoices/{id}/markAsPaid", {})
    now = desk.simulator.world.now()
    assert known.paid_at is not None and abs((known.paid_at - now).days) <= 1
    wrong = await desk.ask("POST", f"invoices/{id}/markAsPaid", {"paidDate": "soon"})
    assert codes(wrong) == {"paidDate": "NOT_A_DATE"}


@pytest.mark.covers("MCP-13", "QX-50")
async def test_sending_says_to_whom_and_about_what(desk: Desk, customer: str) -> None:
    """No copy goes to whoever linked unless that is asked for; the status stays."""
    id = await final(desk, customer, "mail")
    path, before = f"invoices/{id}/send", len(desk.books.mails)
    wrong: dict[str, Any] = {"recipients": [], "subject": ""}
    assert set(codes(await desk.ask("POST", path, wrong))) == {"recipients", "subject"}
    wrong = {"recipients": ["a@b.fr", "nobody"], "subject": "x"}
    assert codes(await desk.ask("POST", path, wrong)) == {"recipients.1": "NOT_AN_EMAIL"}
    assert codes(await desk.ask("POST", path)) and len(desk.books.mails) == before
    await desk.done("POST", path, BODIES["send"], dryRun="true")
    assert len(desk.books.mails) == before
    sent = await desk.done("POST", path, BODIES["send"])
    mail = desk.books.mails[-1]
    assert (mail.document_id, mail.to, mail.title) == (id, ("books@example.com",), "Your invoice")
    assert mail.copy_to_self is False and sent["status"] in ("OPEN", "OVERDUE")
    await desk.done("POST", path, {**BODIES["send"], "copyToSelf": True})
    assert desk.books.mails[-1].copy_to_self is True


async def test_a_mail_whose_answer_was_lost_is_never_sent_again(desk: Desk, customer: str) -> None:
    """Nobody can see it, so a person is asked to look; a refused one may be sent again."""
    id = await final(desk, customer, "lost mail")
    own, path, before = str(uuid.uuid4()), f"invoices/{id}/send", len(desk.books.mails)
    desk.goes_wrong("status", "/v2/client_invoices/*/send", status=422)
    assert (await desk.ask("POST", path, BODIES["send"], key=own)).status_code == 400
    desk.goes_wrong("lost_response", "/v2/client_invoices/*/send")
    for _ in range(2):
        answer = await desk.ask("POST", path, BODIES["send"], key=own)
        assert (answer.status_code, code(answer)) == (502, "OUTCOME_UNKNOWN")
        assert "Retry-After" not in answer.headers
        desk.later(61)
    assert len(desk.books.mails) == before + 1


@pytest.mark.covers("QX-51")
async def test_an_e_invoice_goes_through_the_network_once(desk: Desk, customer: str) -> None:
    """An unreachable customer is told of before; the mail is never taken instead."""
    id = await final(desk, customer, "unreachable")
    answer = await desk.ask("POST", f"invoices/{id}/sendAsEInvoice")
    assert codes(answer) == {"contactId": "NOT_REACHABLE"}
    reachable = await desk.customer("Reachable", eInvoicingAddress="552100554")
    id, mails = await final(desk, reachable, "e-invoice"), len(desk.books.mails)
    path = f"invoices/{id}/sendAsEInvoice"
    desk.goes_wrong("lost_response", "/v2/client_invoices/*/send_by_einvoice")
    first = await desk.done("POST", path)
    second = await desk.done("POST", path)
    assert first["eInvoicingStatus"] and second["eInvoicingStatus"]
    (known,) = desk.invoices("e-invoice")
    desk.control.advance(seconds=3600)
    desk.simulator.world.now()
    submitted = [one for one in known.lifecycle if one.status_code == 200]
    assert (known.status, len(submitted), len(desk.books.mails)) == ("unpaid", 1, mails)


@pytest.mark.covers("MCP-03", "QX-48")
async def test_a_creation_is_checked_against_what_it_refers_to(desk: Desk, customer: str) -> None:
    """Everything at once: the customer with all it lacks, the account, the lines, the total."""
    bare = (
        await desk.done("POST", "customers", {"contactType": "COMPANY", "companyName": "Bare"})
    )["id"]
    wrong = invoice(
        "checked",
        bare,
        iban="DE89370400440532013000",
        dueDate="2026-11-19",
        currency="USD",
        reference="x" * 41,
        lineItems=[{"name": "", "quantity": 0, "unitAmount": 1, "taxRatePercentage": 20}],
    )
    before = desk.sent("POST")
    answer = await desk.ask("POST", "invoices", wrong)
    assert codes(answer) == {
        "contactId": "CUSTOMER_INCOMPLETE",
        "iban": "NOT_ONES_OWN",
        "dueDate": "TOO_EARLY",
        "currency": "NOT_ALLOWED",
        "reference": "TOO_LONG",
        "lineItems.0.name": "REQUIRED",
        "lineItems.0.quantity": "NOT_ALLOWED",
    }
    (lacking,) = [
        one["message"]
        for one in answer.json()["errors"]["validationErrors"]
        if one["field"] == "contactId"
    ]
    for one in ("currency", "locale", "street", "city", "postal code", "country"):
        assert one in lacking
    unknown = await desk.ask("POST", "invoices", invoice("checked", str(uuid.uuid4())))
    assert codes(unknown) == {"contactId": "NOT_FOUND"}
    total = await desk.ask("POST", "invoices", invoice("checked", customer, grossTotalAmount=1))
    assert codes(total) == {"grossTotalAmount": "TOTAL_DIFFERS"}
    assert desk.sent("POST") == before and desk.invoices("checked") == []
    dry = await desk.done("POST", "invoices", invoice("checked", customer), dryRun="true")
    assert Decimal(dry["expected"]["totalAmount"]) == 1440 and desk.invoices("checked") == []


@pytest.mark.covers("QX-40")
async def test_a_rate_that_looks_like_a_fraction_is_doubted(desk: Desk, customer: str) -> None:
    line = {"name": "Odd", "quantity": 1, "unitAmount": 100, "taxRatePercentage": 0.2}
    asked = invoice("doubt", customer, lineItems=[line])
    answer = await desk.ask("POST", "invoices", asked)
    assert codes(answer) == {"lineItems.0.taxRatePercentage": "TAX_RATE_BELOW_ONE_PERCENT"}
    (wrong,) = answer.json()["errors"]["validationErrors"]
    assert "confirm=TAX_RATE_BELOW_ONE_PERCENT" in wrong["hint"]
    assert desk.invoices("doubt") == []
    confirmed = await desk.ask(
        "POST", "invoices", asked, confirm="TAX_RATE_BELOW_ONE_PERCENT,OTHER"
    )
    assert confirmed.status_code == 201
    (known,) = desk.invoices("doubt")
    assert known.lines[0].vat_rate == Decimal("0.002")


@pytest.mark.parametrize("failure", FAILURES)
async def test_whatever_is_lost_every_step_is_taken_once(
    desk: Desk, customer: str, failure: Failure
) -> None:
    order, path = f"steps {failure}", "/v2/client_invoices*"
    own = str(uuid.uuid4())
    desk.goes_wrong(failure, path, method="POST")
    answer = await desk.ask("POST", "invoices", invoice(order, customer), key=own)
    if answer.status_code != 201:
        assert code(answer) == "OUTCOME_UNKNOWN" and desk.invoices(order) == []
        desk.later(61)
        answer = await desk.ask("POST", "invoices", invoice(order, customer), key=own)
    id = exact.decode(answer.content)["data"]["id"]
    (known,) = desk.invoices(order)
    assert known.id == id
    desk.goes_wrong(failure, path, method="PATCH")
    await desk.done("PATCH", f"invoices/{id}", {"header": "Thank you", "dueDate": "2027-02-28"})
    assert known.header == "Thank you"
    numbers = len(desk.books.numbers["client_invoice"])
    for action, status in (
        ("finalize", "unpaid"),
        ("markAsPaid", "paid"),
        ("unmarkAsPaid", "unpaid"),
        ("cancel", "canceled"),
    ):
        desk.goes_wrong(failure, f"{path}/*", method="POST")
        await desk.done("POST", f"invoices/{id}/{action}")
        assert known.status == status, action
    assert len(desk.books.numbers["client_invoice"]) - numbers <= 1
    other = await desk.draft(f"{order} deleted", customer)
    desk.goes_wrong(failure, path, method="DELETE")
    assert await desk.done("DELETE", f"invoices/{other}") == {"id": other}
    assert desk.invoice(other) is None and desk.invoices(order) == [known]
