"""Bills, vendor credits and booking proposals at Qonto: supplier invoices, made from files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from connector.ports import PreparedWrite, Writer, WriteRequest
from connector.providers.qonto.documents.purchases import SupplierInvoice
from connector.providers.qonto.session.lists import is_id
from connector.providers.qonto.writing.bill_actions import standing_writers
from connector.providers.qonto.writing.bulk import (
    BulkCreation,
    FileCreation,
    prepared_bulk,
)
from connector.providers.qonto.writing.bulk_wire import (
    FRAMING,
    LARGEST_REQUEST,
    MOST_ITEMS,
    BulkFault,
    BulkItem,
    BulkSent,
    check_size,
)
from connector.providers.qonto.writing.file_kinds import LARGEST_BILL, PDF, check_file, fault_of
from connector.providers.qonto.writing.surroundings import Surroundings
from connector.providers.qonto.writing.wire import Records
from connector.registry import Batches
from connector.writing.fingerprints import key_at_target
from connector.writing.problems import Problems, none_of
from connector.writing.requests.bill import BillsRequest, PurchaseFields
from connector.writing.requests.booking_proposal import BookingProposalRequest
from oauth.errors import NotSupported

BILL_BATCHES = Batches(
    MOST_ITEMS, LARGEST_REQUEST, FRAMING, lambda file: fault_of(file, (PDF,), LARGEST_BILL)
)
"""How many files become bills with one request."""

_READ = "Qonto reads what a document says from its file."
_BOOKABLE = ("BILL", "BILL_CREDIT_NOTE")
_INSTEAD = {
    "INVOICE": "Make it at POST /accounting/invoices.",
    "INVOICE_CREDIT_NOTE": "Qonto takes no files for credit notes that the organisation issues.",
    "CREDIT_NOTE": "Say whose credit note it is: BILL_CREDIT_NOTE for a supplier's.",
    "EXPENSE": "An expense is a card payment; attach its receipt at POST /accounting/files.",
    "CREDIT_CARD": "A card payment is Qonto's own; attach its receipt at POST /accounting/files.",
}


@dataclass(frozen=True)
class BillFiles:
    """What is sent to Qonto to make supplier invoices, or everything that is wrong."""

    async def of_file_id(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        """Prepare one from a file that was uploaded before."""
        request: PurchaseFields = asked.body
        problems = Problems(asked.confirmed)
        if request.file_id is None:
            problems.add(
                "fileId",
                "REQUIRED",
                "Qonto makes a bill from a file only.",
                "Upload it at POST /accounting/files, or send the files themselves to "
                "POST /accounting/bills/bulk.",
            )
        elif not is_id(request.file_id):
            problems.add("fileId", "NOT_FOUND", "Qonto knows no file of that id.")
        problems.check()
        key = key_at_target(account_id, asked.seed, request.file_id or "")
        sent = BulkSent([BulkItem(0, key, attachment_id=request.file_id)])
        unused = problems.unused(_said(request), _READ)
        return prepared_bulk(sent, asked, unused, {"fileId": request.file_id})

    async def of_document(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        """Prepare one from a file that comes along, as what is to be booked."""
        request: BookingProposalRequest = asked.body
        if request.booking_type not in _BOOKABLE:
            why = _INSTEAD.get(request.booking_type, "Qonto has nothing of the kind.")
            raise NotSupported(f"Qonto books no {request.booking_type} from a file. {why}")
        problems = Problems(asked.confirmed)
        file = asked.files[0]
        check_file(file, "files.0", (PDF,), LARGEST_BILL, problems)
        problems.check()
        key = key_at_target(account_id, asked.seed, file.digest)
        sent = BulkSent([BulkItem(0, key, file=0, name=file.name, size=file.size)])
        unused = {
            "bookingProposal": request.booking_proposal,
            "folderManagement": request.folder_management,
        }
        return prepared_bulk(sent, asked, problems.unused(unused, _READ), {"fileName": file.name})

    async def of_many(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        """Prepare as many as one request may hold: of files that come along, or that are there.

        A file that Qonto wouldn't take is told as an item that failed, and isn't sent.
        """
        request: BillsRequest = asked.body
        problems = Problems(asked.confirmed)
        items: list[BulkItem] = []
        faults: list[BulkFault] = []
        for index, file in enumerate(asked.files):
            fault = BILL_BATCHES.fault(file)
            if fault is not None:
                faults.append(BulkFault(index, *fault, file.name))
                continue
            key = key_at_target(account_id, asked.seed, file.digest)
            items.append(BulkItem(index, key, file=index, name=file.name, size=file.size))
        for index, file_id in enumerate(request.file_ids):
            if not is_id(file_id):
                faults.append(BulkFault(index, "NOT_FOUND", "Qonto knows no file of that id."))
                continue
            key = key_at_target(account_id, asked.seed, file_id)
            items.append(BulkItem(index, key, attachment_id=file_id))
        check_size(items, problems)
        problems.check()
        if not items:
            raise none_of(fault.told() for fault in faults)
        return prepared_bulk(BulkSent(items, faults), asked, (), {"bills": len(items)})


def _said(request: BaseModel) -> Mapping[str, object]:
    """Return all that a request says besides its file, by the names on the wire."""
    return {
        field.alias or name: getattr(request, name)
        for name, field in type(request).model_fields.items()
        if name != "file_id"
    }


def bill_writers(
    bills: Records[SupplierInvoice, Any],
    credits: Records[SupplierInvoice, Any],
    proposals: Records[SupplierInvoice, Any],
    around: Surroundings,
) -> dict[str, Writer[Any]]:
    """Return the writers of all that Qonto keeps as supplier invoices."""
    files = BillFiles()
    return {
        "bills.create": FileCreation(bills, files.of_file_id),
        "bills.bulk": BulkCreation(bills, files.of_many),
        "vendorCredits.create": FileCreation(credits, files.of_file_id),
        "bookingProposals.create": FileCreation(proposals, files.of_document),
        **standing_writers("bills", bills, around, lambda document: not document.is_credit_note),
        **standing_writers(
            "vendorCredits", credits, around, lambda document: bool(document.is_credit_note)
        ),
    }
