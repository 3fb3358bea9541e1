"""Invoices that the organisation issues, and their lines."""

from connector.resources.filters import DUE_FROM, PAYMENT_STATUS, STATUS
from connector.resources.resource import Lines, RecordFile, RecordWrite, Resource, line_writes
from connector.unified.invoice import Invoice, InvoiceLine
from connector.writing.requests.document import LineChange, NewLine
from connector.writing.requests.invoice import (
    InvoiceChange,
    InvoiceRequest,
    MailRequest,
    PaidRequest,
)

INVOICES = Resource(
    name="invoices",
    id_name="invoiceId",
    chosen=lambda readers: readers.invoices,
    model=Invoice,
    one="one of the invoices issued",
    many="the invoices issued",
    filters=(STATUS, PAYMENT_STATUS, DUE_FROM),
    orders=("invoiceDate", "invoiceNumber", "createdDate", "updatedDate"),
    description="Newest first, drafts and imported ones included.",
    lines=Lines(
        "invoiceLines",
        InvoiceLine,
        of=lambda invoice: invoice.line_items,
        id_of=lambda line: line.line_item_id,
    ),
    file=RecordFile("INVOICE", "an invoice"),
    writes=(
        RecordWrite(
            action="create",
            summary="Make an invoice",
            request=InvoiceRequest,
            description=(
                "As a draft, which has no legal number and can still be changed or deleted. "
                "What can't be undone is a call of its own."
            ),
        ),
        RecordWrite(
            action="update",
            summary="Change a draft of an invoice",
            request=InvoiceChange,
            description="What isn't sent stays as it is. Lines that are sent replace all.",
        ),
        RecordWrite(action="delete", summary="Delete a draft of an invoice"),
        *line_writes(NewLine, LineChange, "a line of an invoice", "a draft"),
        RecordWrite(
            action="finalize",
            is_irreversible=True,
            summary="Finalize a draft of an invoice",
            description=(
                "Gives it its legal number and makes its file. It can't be undone: from then on "
                "an invoice is corrected by a credit note. Its totals are compared with its lines "
                "first."
            ),
        ),
        RecordWrite(
            action="cancel",
            is_irreversible=True,
            summary="Cancel an unpaid invoice",
            description="It can't be undone.",
        ),
        RecordWrite(
            action="markAsPaid",
            summary="Mark an invoice as paid",
            request=PaidRequest,
            description="Of a paid one only the day changes.",
        ),
        RecordWrite(action="unmarkAsPaid", summary="Mark a paid invoice as unpaid"),
        RecordWrite(
            action="send",
            is_irreversible=True,
            summary="Send an invoice by e-mail",
            request=MailRequest,
            description="Its status stays as it is. A lost answer can't be looked for.",
        ),
        RecordWrite(
            action="sendAsEInvoice",
            is_irreversible=True,
            summary="Send an invoice through the e-invoicing network",
            description=(
                "Never by e-mail instead. It is accepted at once and submitted later: "
                "`eInvoicingStatus` and its events tell how far it got. Asking twice sends once."
            ),
        ),
    ),
)
