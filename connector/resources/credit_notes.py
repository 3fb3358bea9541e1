"""Credit notes, to the organisation's own invoices and from its suppliers."""

from connector.resources.bills import standings
from connector.resources.filters import PAYMENT_STATUS, STATUS
from connector.resources.resource import RecordFile, RecordWrite, Resource
from connector.unified.credit_note import CreditNote
from connector.unified.vendor_credit import VendorCredit
from connector.writing.requests.bill import VendorCreditRequest
from connector.writing.requests.credit_note import CreditNoteRequest

CREDIT_NOTES = Resource(
    name="creditNotes",
    id_name="creditNoteId",
    chosen=lambda readers: readers.credit_notes,
    model=CreditNote,
    one="one of the credit notes issued",
    many="the credit notes issued",
    description="Amounts are negative as the target system has them.",
    file=RecordFile("CREDIT_NOTE", "a credit note"),
    writes=(
        RecordWrite(
            action="create",
            is_irreversible=True,
            summary="Make a credit note",
            request=CreditNoteRequest,
            description=(
                "Final at once, and can't be undone: check it with `dryRun` first. It corrects a "
                "finalized invoice, in whole or in part. An invoice's credit notes never come to "
                "more than it does; once they come to as much, it is canceled."
            ),
        ),
    ),
)

VENDOR_CREDITS = Resource(
    name="vendorCredits",
    id_name="vendorCreditId",
    chosen=lambda readers: readers.vendor_credits,
    model=VendorCredit,
    one="one of the credit notes received",
    many="the credit notes received from suppliers",
    filters=(STATUS, PAYMENT_STATUS),
    description="Newest first.",
    file=RecordFile("VENDOR_CREDIT", "a vendor credit", made_later=False),
    writes=(
        RecordWrite(
            action="create",
            summary="Make a vendor credit from an uploaded file",
            request=VendorCreditRequest,
            path="/accounting/vendorCredit",
            description=(
                "What it says is read from its file, some time later; until the target system has "
                "found out that it is a credit note it is among the bills."
            ),
        ),
        *standings("a vendor credit"),
    ),
)
