"""What was paid on invoices and bills."""

from connector.resources.filters import text
from connector.resources.resource import Resource
from connector.unified.payment import Payment

PAYMENTS = Resource(
    name="payments",
    id_name="paymentId",
    chosen=lambda readers: readers.payments,
    model=Payment,
    one="what was paid on a document",
    many="what was paid on invoices and bills",
    filters=(text("invoiceId", "Only what was paid on this invoice or bill."),),
    description=(
        "One for each invoice or bill on which something was paid, under that document's id; "
        "movements of money are transactions."
    ),
)
