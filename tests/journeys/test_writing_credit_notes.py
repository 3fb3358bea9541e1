"""Credit notes are bound to an invoice, and together never exceed it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from connector.app.sandbox import Sandbox
from tests.journeys.bookkeeper import Bookkeeper, bookkeeper

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]

UNKNOWN = "01890000-0000-7000-8000-000000000000"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def account(lasting: Sandbox) -> AsyncIterator[Bookkeeper]:
    async with bookkeeper(lasting) as one:
        yield one


def invoice(account: Bookkeeper, **changes: Any) -> str:
    """Issue an invoice of 1,440."""
    return str(account.control.create_invoice(vat_rate="0.2", **changes)["id"])


def note(invoice_id: str, gross: object = 1440, **changes: object) -> dict[str, Any]:
    """A credit note over a gross amount."""
    line = {
        "itemName": "Goods came back",
        "quantity": 1,
        "unitAmount": str(gross),
        "taxRatePercentage": 0,
        "taxExemptionReason": "S293B",
    }
    return {
        "invoiceId": invoice_id,
        "reason": "Goods came back",
        "creditNoteDate": "2026-11-20",
        "creditNoteLines": [line],
        **changes,
    }


@pytest.mark.covers("MAE-109")
async def test_a_credit_note_is_made_and_read(account: Bookkeeper) -> None:
    """Its amounts are positive in the request, and as Qonto has them in the answer."""
    of = invoice(account)
    dry = await account.call("POST", "creditNotes", note(of, 100), dryRun=True)
    assert (dry.status, dry.data["expected"]["totalGrossAmount"]) == (200, 100)
    made = await account.call("POST", "creditNotes", note(of, 100, totalGrossAmount=100))
    assert made.status == 201 and made.warnings == ()
    assert (made.data["reference"], made.data["totalGrossAmount"]) == (of, -100)
    read = await account.ok("GET", f"creditNotes/{made.data['id']}")
    assert read["creditNoteLines"] == made.data["creditNoteLines"]
    assert (await account.ok("GET", f"invoices/{of}"))["creditNoteIds"] == [made.data["id"]]


@pytest.mark.covers("MCP-24")
async def test_notes_together_never_exceed_the_invoice(account: Bookkeeper) -> None:
    """1,000 and 440 of 1,440 are all there is; the last one cancels the invoice, and says so."""
    of = invoice(account)
    await account.ok("POST", "creditNotes", note(of, 1000))
    refused = await account.call("POST", "creditNotes", note(of, "440.01"))
    assert refused.codes == {"totalGrossAmount": "EXCEEDS_INVOICE"}
    for figure in ("1440", "1000", "440.01"):
        assert figure in refused.errors["validationErrors"][0]["message"]
    made = await account.call("POST", "creditNotes", note(of, 440))
    assert made.status == 201 and "cancels the invoice" in made.warnings[0]
    assert (await account.ok("GET", f"invoices/{of}"))["status"] == "VOIDED"


@pytest.mark.covers("MCP-24")
async def test_of_two_notes_at_once_exactly_one_succeeds(account: Bookkeeper) -> None:
    """The second waits for its turn, and is then told what is left; Qonto isn't even asked."""
    of = invoice(account)
    account.control.fault("/v2/credit_notes", "latency", method="POST", latency=0.3)
    posts = account.asked("POST", "/v2/credit_notes")
    done = await asyncio.gather(
        account.call("POST", "creditNotes", note(of, 1000)),
        account.call("POST", "creditNotes", note(of, 1000)),
    )
    assert sorted(one.status for one in done) == [201, 400]
    (refused,) = [one for one in done if one.status == 400]
    assert refused.codes == {"totalGrossAmount": "EXCEEDS_INVOICE"}
    assert account.asked("POST", "/v2/credit_notes") == posts + 1


async def test_what_others_credit_meanwhile_is_seen_just_before_it_leaves(
    account: Bookkeeper,
) -> None:
    """The amounts are read again, so that a check of a while ago doesn't count."""
    of = invoice(account)
    reads = account.asked("GET", f"/v2/client_invoices/{of}")
    await account.ok("POST", "creditNotes", note(of, 10))
    assert account.asked("GET", f"/v2/client_invoices/{of}") == reads + 2


@pytest.mark.covers("MCP-22")
@pytest.mark.parametrize("wrong", [UNKNOWN, "no-uuid"])
async def test_an_unknown_invoice_is_refused(account: Bookkeeper, wrong: str) -> None:
    told = await account.call("POST", "creditNotes", note(wrong))
    assert told.codes == {"invoiceId": "NOT_FOUND"}


@pytest.mark.covers("MCP-23")
async def test_another_currency_is_refused_by_its_name(account: Bookkeeper) -> None:
    of = invoice(account)
    told = await account.call("POST", "creditNotes", note(of, currency="USD"))
    assert told.codes == {"currency": "NOT_ALLOWED"}
    assert "EUR" in told.errors["validationErrors"][0]["message"]
    fine = await account.call("POST", "creditNotes", note(of, currency="EUR"), dryRun=True)
    assert fine.status == 200


@pytest.mark.covers("QX-49")
async def test_invoices_that_cannot_be_credited(account: Bookkeeper) -> None:
    draft = invoice(account, status="draft")
    told = await account.call("POST", "creditNotes", note(draft))
    assert told.codes == {"invoiceId": "WRONG_STATUS"}
    canceled = invoice(account)
    account.control.cancel_invoice(canceled)
    told = await account.call("POST", "creditNotes", note(canceled))
    assert told.codes == {"invoiceId": "WRONG_STATUS"}
    for kind in ("deposit", "balance"):
        told = await account.call("POST", "creditNotes", note(invoice(account, invoice_type=kind)))
        assert told.codes == {"invoiceId": "NOT_ALLOWED"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quantity": -1}, "creditNoteLines.0.quantity"),
        ({"quantity": 0}, "creditNoteLines.0.quantity"),
        ({"unitAmount": -5}, "creditNoteLines"),
        ({"itemName": None}, "creditNoteLines.0.itemName"),
        ({"taxExemptionReason": None}, "creditNoteLines.0.taxExemptionReason"),
    ],
)
async def test_lines_are_positive_and_whole(
    account: Bookkeeper, changes: dict[str, object], field: str
) -> None:
    asked = note(invoice(account))
    asked["creditNoteLines"][0] |= changes
    told = await account.call("POST", "creditNotes", asked)
    assert list(told.codes) == [field]


async def test_all_that_is_wrong_is_told_at_once(account: Bookkeeper) -> None:
    asked = note(UNKNOWN, creditNoteDate="soon", creditNoteNumber="n" * 41)
    told = await account.call("POST", "creditNotes", asked)
    assert told.codes == {
        "invoiceId": "NOT_FOUND",
        "creditNoteDate": "NOT_A_DATE",
        "creditNoteNumber": "TOO_LONG",
    }


async def test_a_lost_answer_is_found_and_asked_for_again(account: Bookkeeper) -> None:
    """Quantities are negative on what was made, and it is known again all the same."""
    of = invoice(account)
    wanted = note(of, 50, reason="Lost", totalDiscountPercentage=10)
    account.control.fault("/v2/credit_notes", "lost_response", method="POST")
    made = await account.call("POST", "creditNotes", wanted, key="lost")
    assert made.status == 201
    again = await account.call("POST", "creditNotes", wanted, key="lost")
    assert again.data == made.data and again.headers["Idempotent-Replayed"] == "true"
    notes = [one for one in account.books.credit_notes if one.invoice_id == of]
    assert [one.id for one in notes] == [made.data["id"]]
