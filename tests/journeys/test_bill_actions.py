"""What can be done to bills and vendor credits, through the shipped app."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from connector.app.sandbox import Sandbox
from tests.journeys.uploading import Uploader, uploader

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def linked(lasting: Sandbox) -> AsyncIterator[Uploader]:
    async with uploader(lasting) as one:
        one.simulator.control.set_quirks(ocr_delay=0)
        yield one


@pytest.fixture
def up(linked: Uploader) -> Uploader:
    return linked.begin()


def received(up: Uploader, status: str = "to_review", **said: Any) -> str:
    """Return the id of a new document that was received."""
    made = up.simulator.control.receive_supplier_invoice(**said)["id"]
    up.simulator.control.now()
    if status != "to_review":
        up.simulator.control.move_supplier_invoice(made, status)  # type: ignore[arg-type]
    return made


def at_qonto(up: Uploader, id: str) -> Any:
    return up.books.supplier_invoices.get(id)


def codes(answer: httpx2.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 400, answer.text
    return [(one["field"], one["code"]) for one in answer.json()["errors"]["validationErrors"]]


@pytest.mark.parametrize("kind", ["", "lost_response", "drop"])
async def test_paid_and_unpaid(up: Uploader, kind: Any) -> None:
    """On a day; a lost answer is looked for, and nothing is done twice."""
    bill = received(up)
    for action in ("mark_as_paid", "unmark_as_paid"):
        if kind:
            up.simulator.control.fault(f"/v2/supplier_invoices/{bill}/{action}", kind)
    checked = await up.post(f"bills/{bill}/markAsPaid?dryRun=true", {"paidDate": "2026-11-20"})
    assert (checked.status_code, at_qonto(up, bill).status) == (200, "to_review")
    paid = await up.post(f"bills/{bill}/markAsPaid", {"paidDate": "2026-11-20"}, key=f"p{bill}")
    assert paid.status_code == 200, paid.text
    assert (paid.json()["data"]["id"], paid.json()["data"]["paymentStatus"]) == (bill, "PAID")
    assert str(at_qonto(up, bill).payment_date) == "2026-11-20"
    again = await up.post(f"bills/{bill}/markAsPaid", {"paidDate": "2026-11-20"}, key=f"p{bill}")
    assert again.headers["Idempotent-Replayed"] == "true"
    other_day = await up.post(f"bills/{bill}/markAsPaid", {"paidDate": "2026-11-21"})
    assert codes(other_day) == [("paidDate", "ALREADY_PAID")]
    assert (await up.post(f"bills/{bill}/markAsPaid", {})).status_code == 200
    unpaid = await up.post(f"bills/{bill}/unmarkAsPaid")
    assert (unpaid.status_code, at_qonto(up, bill).status) == (200, "to_review")
    assert codes(await up.post(f"bills/{bill}/unmarkAsPaid")) == [("status", "WRONG_STATUS")]


PAYABLE = ("to_review", "to_approve", "pending", "awaiting_payment", "to_pay", "archived")
REJECTABLE = ("to_review", "to_approve", "awaiting_payment")


@pytest.mark.parametrize("status", [*PAYABLE, "scheduled", "discarded"])
async def test_transitions(up: Uploader, status: str) -> None:
    """What Qonto would refuse is refused before it is asked."""
    paid = await up.post(f"bills/{received(up, status)}/markAsPaid", {})
    assert paid.status_code == (200 if status in PAYABLE else 400), paid.text
    rejected = await up.post(f"bills/{received(up, status)}/reject", {"note": "not ours"})
    assert rejected.status_code == (200 if status in REJECTABLE else 400), rejected.text
    if status not in REJECTABLE:
        assert codes(rejected) == [("status", "WRONG_STATUS")]


async def test_a_rejection(up: Uploader) -> None:
    """With a note; whoever sent it again under the key is told the same."""
    bill = received(up)
    up.simulator.control.fault(f"/v2/supplier_invoices/{bill}/reject", "lost_response")
    answer = await up.post(f"bills/{bill}/reject", {"note": "twice"}, key=f"r{bill}")
    assert answer.status_code == 200, answer.text
    assert (at_qonto(up, bill).status, at_qonto(up, bill).declined_note) == ("rejected", "twice")
    again = await up.post(f"bills/{bill}/reject", {"note": "twice"}, key=f"r{bill}")
    assert again.headers["Idempotent-Replayed"] == "true"
    third = await up.post(f"bills/{bill}/reject", {"note": "twice"})
    assert codes(third) == [("status", "WRONG_STATUS")]
    long = await up.post(f"bills/{received(up)}/reject", {"note": "x" * 501})
    assert codes(long) == [("note", "TOO_LONG")]


async def test_an_e_invoice_is_rejected_with_a_reason(up: Uploader) -> None:
    """In France; the codes are AFNOR's, and another is for Qonto to judge."""
    bill = received(up)
    at_qonto(up, bill).is_einvoice = True
    assert codes(await up.post(f"bills/{bill}/reject", {"note": "no"})) == [
        ("reasonCode", "REQUIRED")
    ]
    odd = {"note": "no", "reasonCode": "BECAUSE"}
    assert codes(await up.post(f"bills/{bill}/reject", odd)) == [("reasonCode", "UNKNOWN_REASON")]
    answer = await up.post(f"bills/{bill}/reject", {"note": "no", "reasonCode": "DOUBLON"})
    assert (answer.status_code, at_qonto(up, bill).lifecycle[-1].reason) == (200, "DOUBLON")
    other = received(up)
    at_qonto(up, other).is_einvoice = True
    meant = await up.post(f"bills/{other}/reject?confirm=UNKNOWN_REASON", odd)
    assert [one["code"] for one in meant.json()["errors"]["downstreamErrors"]] == ["not_in_list"]


@pytest.mark.parametrize("wrapped", [True, False])
async def test_answers_in_an_envelope_or_bare(up: Uploader, wrapped: bool) -> None:
    up.simulator.control.set_quirks(wrapped_supplier_actions=wrapped)
    bill = received(up)
    answer = await up.post(f"bills/{bill}/markAsPaid", {})
    assert (answer.status_code, answer.json()["data"]["id"]) == (200, bill)


async def test_credit_notes_are_vendor_credits(up: Uploader) -> None:
    """The same actions, at the resource that each belongs to only."""
    note, bill = received(up, is_credit_note=True), received(up)
    for wrong in (f"bills/{note}", f"vendorCredits/{bill}", "bills/x"):
        answer = await up.post(f"{wrong}/markAsPaid", {})
        assert answer.status_code == 404, (wrong, answer.text)
    answer = await up.post(f"vendorCredits/{note}/reject", {"note": "no"})
    assert (answer.status_code, answer.json()["data"]["id"]) == (200, note)
    assert at_qonto(up, note).status == "rejected"


@pytest.mark.covers("MAE-105")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "bills/{id}"),
        ("PUT", "bills/{id}"),
        ("PUT", "vendorCredits/{id}"),
        ("DELETE", "vendorCredits/{id}"),
        ("POST", "bills/{id}/lineItems"),
        ("PUT", "bills/{id}/lineItems/1"),
    ],
)
async def test_what_qonto_has_no_way_to(up: Uploader, method: str, path: str) -> None:
    """Said so, and why."""
    bill = received(up)
    answer = await up.client.request(method, f"/accounting/{path.format(id=bill)}", json={})
    assert (answer.status_code, answer.json()["errors"]["code"]) == (404, "NOT_SUPPORTED")
    message = answer.json()["errors"]["message"]
    assert any(word in message for word in ("reject", "without lines")), message
