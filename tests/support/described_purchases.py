"""Every described write about what is bought: files, bills, credits, proposals to book."""

from typing import Any, Protocol

from tests.support.described import InProcess
from tests.support.pdf import pdf


class Caller(Protocol):
    """Makes calls that must succeed, and returns their JSON."""

    up: InProcess

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: dict[str, str] | None = None,
        file: tuple[str, bytes] | None = None,
        auth: tuple[str, str] | None = None,
        **values: str,
    ) -> Any: ...


async def write_purchases(walk: Caller) -> None:
    """Upload files, make documents of them, and decide on each."""
    await _files(walk)
    bills = [await _made(walk, "bills", text) for text in ("first", "second")]
    await _documents(walk, "bills", "billId", *bills)
    await _made(walk, "vendorCredit", "a credit note")
    await _documents(walk, "vendorCredits", "vendorCreditId", _received(walk), _received(walk))
    await walk.call(
        "POST",
        "/accounting/bills/bulk",
        body={"fileIds": [await _upload(walk, "third"), await _upload(walk, "fourth")]},
    )
    for path in ("bookingProposals", "v2/bookingProposals"):
        said = {"bookingType": "BILL"}
        await walk.call("POST", f"/accounting/{path}", body=said, file=("files", pdf(path)))


async def _files(walk: Caller) -> None:
    bought = walk.up.simulator.control.bank_transaction(amount="9.50", side="debit")["id"]
    said = {"documentType": "RECEIPT", "resourceId": bought}
    receipt = await walk.call(
        "POST", "/accounting/files", body=said, file=("file", pdf("a receipt"))
    )
    await walk.call(
        "DELETE",
        "/accounting/files/{fileId}",
        query={"transactionId": bought},
        fileId=receipt["data"]["id"],
    )
    await walk.call("POST", "/accounting/files/async", body=said, file=("file", pdf("another")))


async def _documents(walk: Caller, path: str, name: str, paid: str, refused: str) -> None:
    """Pay one document of a kind, and reject the other."""
    at = f"/accounting/{path}/{{{name}}}"
    day = {"paidDate": "2026-11-20T00:00:00.000Z"}
    await walk.call("POST", f"{at}/markAsPaid", body=day, **{name: paid})
    await walk.call("POST", f"{at}/unmarkAsPaid", **{name: paid})
    await walk.call("POST", f"{at}/reject", body={"note": "Not ours."}, **{name: refused})


async def _made(walk: Caller, path: str, text: str) -> str:
    """Make a document of a file; return its id."""
    asked = {"fileId": await _upload(walk, text)}
    made = await walk.call("POST", f"/accounting/{path}", body=asked)
    return str(made["data"]["id"])


def _received(walk: Caller) -> str:
    """Let a supplier's credit note come in: what Qonto reads from a file is never one here."""
    control = walk.up.simulator.control
    return str(control.receive_supplier_invoice(is_credit_note=True)["id"])


async def _upload(walk: Caller, text: str) -> str:
    made = await walk.call(
        "POST", "/accounting/files", body={"note": text}, file=("file", pdf(text))
    )
    return str(made["data"]["id"])
