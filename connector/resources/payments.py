"""What was paid on invoices and bills."""

from connector.resources.filters import text
from connector.resources.resource import Resource
from connector.unified.payment import Payment

PAYMENTS = Resource(
    name="payments",
    id_name="paymentId",
    chosen=lambda readers: readers.payments,
    model=Payment,
    one="a transfer, or what was paid on a document",
    many="transfers, and what was paid on invoices and bills",
    filters=(text("invoiceId", "Only what was paid on this invoice or bill."),),
    description=(
        "One for each invoice or bill on which something was paid, under that document's id, and "
        "one for each SEPA transfer, under its own, where the consent covers "
        "`organization.read`. What a document says was paid with a listed transfer names it in "
        "`transferIds`; leave out one side when adding up. With `invoiceId` the list has what was "
        "paid on that document alone. All movements of money are transactions."
    ),
)
