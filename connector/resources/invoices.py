"""Invoices that the organisation issues, and their lines."""

from connector.resources.filters import DUE_FROM, PAYMENT_STATUS, STATUS
from connector.resources.resource import Lines, RecordFile, Resource
from connector.unified.invoice import Invoice, InvoiceLine

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
)
