"""GET /accounting/bills and /accounting/bills/{billId}."""

from connector.routes.parameters import PAYMENT_STATUS, STATUS, one_of
from connector.routes.resource import Resource
from connector.unified.bill import Bill
from connector.unified.enums import DocumentKind

BILLS = Resource(
    "/accounting/bills",
    "billId",
    chosen=lambda readers: readers.bills,
    model=Bill,
    one="one of the bills received",
    many="the bills received",
    filters=(
        STATUS,
        PAYMENT_STATUS,
        one_of("documentKind", DocumentKind, "Only documents that are really this."),
    ),
    orders=("billDate", "billNumber", "createdDate", "updatedDate"),
    description=(
        "Newest first; credit notes of suppliers are vendor credits instead. Whatever else came in "
        "with the bills is among them; `documentKind` tells it apart."
    ),
)
