"""GET /accounting/bills and /accounting/bills/{billId}."""

from connector.routes.parameters import PAYMENT_STATUS, STATUS
from connector.routes.resource import Resource
from connector.unified.bill import Bill

BILLS = Resource(
    "/accounting/bills",
    "billId",
    chosen=lambda readers: readers.bills,
    model=Bill,
    one="one of the bills received",
    many="the bills received",
    filters=(STATUS, PAYMENT_STATUS),
    orders=("billDate", "billNumber", "createdDate", "updatedDate"),
    description="Newest first; credit notes of suppliers are vendor credits instead.",
)
