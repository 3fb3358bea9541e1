"""GET /accounting/invoices and /accounting/invoices/{invoiceId}."""

from connector.routes.parameters import DUE_FROM, PAYMENT_STATUS, STATUS
from connector.routes.resource import Resource
from connector.unified.invoice import Invoice

INVOICES = Resource(
    "/accounting/invoices",
    "invoiceId",
    chosen=lambda readers: readers.invoices,
    model=Invoice,
    one="one of the invoices issued",
    many="the invoices issued",
    filters=(STATUS, PAYMENT_STATUS, DUE_FROM),
    orders=("invoiceDate", "invoiceNumber", "createdDate", "updatedDate"),
    description="Newest first, drafts and imported ones included.",
)
