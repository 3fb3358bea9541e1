"""Single files through the shipped app: by themselves, on bank transactions, as bills."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from connector.app.sandbox import Sandbox
from tests.journeys.uploading import BULK, Uploader, digests, named, pdf, uploader

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]

MEGABYTE = 1024 * 1024
ALONE = "/v2/attachments"
UNKNOWN = "0b5e1f7e-1111-4222-8333-444455556666"
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"
JPEG = b"\xff\xd8\xff\xe0" + b"pixels"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def linked(lasting: Sandbox) -> AsyncIterator[Uploader]:
    async with uploader(lasting) as one:
        one.simulator.control.set_quirks(attachment_delay=0.2)
        yield one


@pytest.fixture
def up(linked: Uploader) -> Uploader:
    return linked.begin()


@pytest.fixture
def transaction(up: Uploader) -> str:
    return up.simulator.control.bank_transaction(amount="9.50", side="debit")["id"]


def files_at_qonto(up: Uploader, transaction_id: str) -> list[str]:
    """Return the files of a bank transaction."""
    return [
        file
        for collection in up.books.transactions.values()
        for one in collection
        if one.id == transaction_id
        for file in one.attachment_ids
    ]


def why(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 400, answer.text
    return [(one["field"], one["code"]) for one in answer.json()["errors"]["validationErrors"]]


@pytest.mark.covers("MAE-112")
@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ('été "1".pdf', pdf("alone"), "application/pdf"),
        ("a.png", PNG, "image/png"),
        ("a.jpg", JPEG, "image/jpeg"),
    ],
)
async def test_a_file_by_itself(up: Uploader, name: str, content: bytes, kind: str) -> None:
    """Answered with its id; what Qonto has no place for is told."""
    fields = {"documentType": "BILL", "note": "for you"}
    answer = await up.send("files", [(name, content)], part="file", fields=fields)
    assert answer.status_code == 201, answer.text
    data = answer.json()["data"]
    assert (data["contentType"], data["content"], data["base64Encoded"]) == (kind, None, None)
    assert any(one.startswith("note was not used") for one in answer.json()["meta"]["warnings"])
    stored = up.simulator.world.attachments[data["id"]]
    assert (stored.read(), stored.file_name) == (content, name.replace('"', "'"))
    (call,) = up.calls(ALONE)
    assert call["headers"]["x-qonto-idempotency-key"]


async def test_files_that_arent_taken(up: Uploader) -> None:
    """By what they are, by their size, and by what is said of them."""
    for content, code in ((b"text", "FILE_TYPE_NOT_ALLOWED"), (b"", "EMPTY_FILE")):
        answer = await up.send("files", [("a.pdf", content)], part="file")
        assert why(answer) == [("file", code)]
    large = await up.send("files", [("a.pdf", pdf("a", 15 * MEGABYTE + 1))], part="file")
    assert (large.status_code, large.json()["errors"]["code"]) == (413, "FILE_TOO_LARGE")
    for fields, wrong in (
        ({"documentType": "Rechnung"}, ("documentType", "NOT_ALLOWED")),
        ({"documentType": "BILL", "resourceId": UNKNOWN}, ("resourceId", "NOT_ALLOWED")),
        ({"documentType": "RECEIPT"}, ("resourceId", "REQUIRED")),
        ({"resourceId": UNKNOWN}, ("resourceId", "NOT_FOUND")),
        ({"resourceId": "../x"}, ("resourceId", "NOT_FOUND")),
        ({"documentDate": "a\0b"}, ("body", "NOT_ALLOWED")),
    ):
        answer = await up.send("files", named("a"), part="file", fields=fields)
        assert why(answer) == [wrong]
    other = await up.send("files", named("a"), part="document")
    assert why(other) == [("document", "NOT_ALLOWED")]
    two = await up.send("files", named("a", "b"), part="file")
    assert why(two) == [("file", "TOO_MANY_FILES")]
    assert up.calls(ALONE) == []


@pytest.mark.parametrize("kind", ["status", "lost_response", "drop"])
@pytest.mark.parametrize("times", [1, 3])
async def test_the_answer_to_an_upload_is_lost(up: Uploader, kind: Any, times: int) -> None:
    """It is uploaded again under the same key, so that Qonto has it once."""
    up.simulator.control.fault(ALONE, kind, times=times)
    before = len(up.simulator.world.attachments)
    answer = await up.send(
        "files", named(f"lost {kind} {times}"), part="file", key=f"{kind}{times}"
    )
    assert answer.status_code == 201, answer.text
    assert len(up.simulator.world.attachments) == before + 1
    again = await up.send("files", named(f"lost {kind} {times}"), part="file", key=f"{kind}{times}")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json()["data"] == answer.json()["data"]


@pytest.mark.covers("QX-56")
async def test_a_file_on_a_transaction(up: Uploader, transaction: str) -> None:
    """Qonto says nothing, so it is looked for until it is there; then it can be taken off."""
    fields = {"documentType": "RECEIPT", "resourceId": transaction}
    answer = await up.send("files", named("receipt"), part="file", fields=fields)
    assert answer.status_code == 201, answer.text
    file_id = answer.json()["data"]["id"]
    assert files_at_qonto(up, transaction) == [file_id]
    path = f"/accounting/files/{file_id}"
    why_not = await up.client.delete(path)
    assert (why_not.status_code, why_not.json()["errors"]["code"]) == (404, "NOT_SUPPORTED")
    named_it = f"{path}?transactionId={transaction}"
    checked = await up.client.delete(f"{named_it}&dryRun=true")
    assert (checked.status_code, checked.json()["data"]["isValid"]) == (200, True)
    up.simulator.control.fault(
        f"/v2/transactions/{transaction}/*", "lost_response", method="DELETE"
    )
    gone = await up.client.delete(named_it, headers={"Idempotency-Key": f"off-{file_id}"})
    assert (gone.status_code, gone.json()["data"]) == (200, {"id": file_id}), gone.text
    assert files_at_qonto(up, transaction) == []
    again = await up.client.delete(named_it, headers={"Idempotency-Key": f"off-{file_id}"})
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert (await up.client.delete(named_it)).status_code == 404


@pytest.mark.parametrize("times", [1, 3])
async def test_the_answer_for_a_transaction_is_lost(
    up: Uploader, transaction: str, times: int
) -> None:
    up.simulator.control.fault(
        f"/v2/transactions/{transaction}/attachments", "lost_response", method="POST", times=times
    )
    fields = {"resourceId": transaction}
    answer = await up.send("files", named("receipt"), part="file", fields=fields)
    assert answer.status_code == 201, answer.text
    assert files_at_qonto(up, transaction) == [answer.json()["data"]["id"]]


async def test_as_a_task(up: Uploader, transaction: str) -> None:
    """A file by itself is there at once; one on a transaction is waited for by the task."""
    for fields in ({}, {"resourceId": transaction}):
        answer = await up.send("files/async", named("later"), part="file", fields=fields)
        assert answer.status_code == 202, answer.text
        task = await up.task(answer.json()["data"]["taskId"])
        assert task["status"] == "SUCCESS", task
        assert task["responseData"]["id"] in up.simulator.world.attachments
        assert task["responseData"]["fileName"] == "later.pdf"
    assert files_at_qonto(up, transaction) == [task["responseData"]["id"]]


async def test_a_bill_of_an_uploaded_file(up: Uploader) -> None:
    """What else is said of it is told as unused; a lost answer makes no second bill."""
    file_id = await up.file(pdf("the bill"))
    up.simulator.control.fault(BULK, "lost_response", times=3)
    body = {"fileId": file_id, "totalGrossAmount": 120, "billDate": "2026-11-20", "lineItems": []}
    answer = await up.post("bills", body)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["data"]["fileId"], up.contents()) == (
        file_id,
        digests([("", pdf("the bill"))]),
    )
    warnings = " ".join(answer.json()["meta"]["warnings"])
    assert all(f"{name} was not used" in warnings for name in ("totalGrossAmount", "billDate"))
    assert why(await up.post("bills", {})) == [("fileId", "REQUIRED")]
    assert why(await up.post("bills", {"fileId": "x"})) == [("fileId", "NOT_FOUND")]
    unknown = await up.post("bills", {"fileId": UNKNOWN})
    assert (unknown.status_code, unknown.json()["errors"]["code"]) == (400, "DOWNSTREAM_REFUSED")
    (told,) = unknown.json()["errors"]["downstreamErrors"]
    assert told["code"] == "invalid"


@pytest.mark.covers("MAE-137", half="writing")
async def test_a_vendor_credit_of_an_uploaded_file(up: Uploader) -> None:
    file_id = await up.file(pdf("the credit"))
    body = {"fileId": file_id, "vendorCreditDate": "2026-11-20", "vendorCreditNumber": "A-1"}
    answer = await up.post("vendorCredit", body)
    assert (answer.status_code, answer.json()["data"]["fileId"]) == (201, file_id)


@pytest.mark.covers("MAE-106", half="writing")
async def test_a_booking_proposal(up: Uploader) -> None:
    """A bill by its file; what the organisation issues itself is made elsewhere."""
    fields = {"bookingType": "BILL", "bookingProposal": '{"number":"7"}'}
    up.simulator.control.fault(BULK, "lost_response")
    answer = await up.send("bookingProposals", named("to book"), fields=fields, key="book")
    assert answer.status_code == 201, answer.text
    data = answer.json()["data"]
    assert (data["bookingType"], up.contents()) == ("BILL", digests(named("to book")))
    assert any(
        one.startswith("bookingProposal was not") for one in answer.json()["meta"]["warnings"]
    )
    again = await up.send("bookingProposals", named("to book"), fields=fields, key="book")
    assert (again.json()["data"], again.headers["Idempotent-Replayed"]) == (data, "true")
    for kind in ("INVOICE", "CREDIT_NOTE", "INVOICE_CREDIT_NOTE", "EXPENSE", "OTHER"):
        refused = await up.send("bookingProposals", named("x"), fields={"bookingType": kind})
        assert (refused.status_code, refused.json()["errors"]["code"]) == (404, "NOT_SUPPORTED")
    assert why(await up.send("bookingProposals", named("x"), fields={"bookingType": "?"}))
    broken = {"bookingType": "BILL", "bookingProposal": "{"}
    assert why(await up.send("bookingProposals", named("x"), fields=broken))
    assert why(
        await up.send("bookingProposals", [("x.png", PNG)], fields={"bookingType": "BILL"})
    ) == [("files.0", "FILE_TYPE_NOT_ALLOWED")]


async def test_a_booking_proposal_as_a_task(up: Uploader) -> None:
    fields = {"bookingType": "BILL"}
    answer = await up.send("v2/bookingProposals", named("task"), fields=fields)
    assert answer.status_code == 202, answer.text
    task = await up.task(answer.json()["data"]["taskId"])
    assert (task["status"], task["responseData"]["bookingType"]) == ("SUCCESS", "BILL")
    assert up.contents() == digests(named("task"))
