"""Invoices that the organisation issues, and their lines."""

from connector.resources.filters import DUE_FROM, PAYMENT_STATUS, STATUS
from connector.resources.resource import Lines, RecordFile, Resource, Write
from connector.unified.invoice import Invoice, InvoiceLine
from connector.writing.requests.invoice import InvoiceChange, InvoiceRequest

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
        Write(
            action="create",
            summary="Make an invoice",
            request=InvoiceRequest,
            description=(
                "As a draft, which has no legal number and can still be changed or deleted. "
                "What can't be undone is a call of its own."
            ),
        ),
        Write(
            action="update",
            summary="Change a draft of an invoice",
            request=InvoiceChange,
            description="What isn't sent stays as it is. Lines that are sent replace all.",
        ),
        Write(action="delete", summary="Delete a draft of an invoice"),
    ),
)
