"""Bills that the organisation receives, and their lines."""

from connector.resources.filters import PAYMENT_STATUS, STATUS, one_of
from connector.resources.resource import Lines, RecordFile, Resource
from connector.unified.bill import Bill, BillLine
from connector.unified.enums import DocumentKind

BILLS = Resource(
    name="bills",
    id_name="billId",
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
    lines=Lines("billLines", BillLine, of=lambda bill: bill.line_items),
    file=RecordFile("BILL", "a bill", made_later=False),
)
