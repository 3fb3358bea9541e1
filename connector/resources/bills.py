"""Bills that the organisation receives, and their lines."""

from connector.api.uploads import UploadRule
from connector.resources.files import MEGABYTE
from connector.resources.filters import PAYMENT_STATUS, STATUS, day, one_of
from connector.resources.resource import Lines, RecordFile, RecordWrite, Resource
from connector.unified.bill import Bill, BillLine
from connector.unified.enums import DocumentKind
from connector.writing.requests.bill import BillRequest, RejectionRequest
from connector.writing.requests.invoice import PaidRequest

LARGEST_BILL = 10 * MEGABYTE

MANY_BILLS = UploadRule(
    part="files",
    file_bytes=LARGEST_BILL,
    many=True,
    most_files=500,
    also_json=True,
    description="The files, each a PDF of up to 10 MB.",
)


def standings(one: str) -> tuple[RecordWrite, ...]:
    """Declare what can be done to a document that was received; `one` names it: a bill."""
    return (
        RecordWrite(
            action="reject",
            is_irreversible=True,
            summary=f"Reject {one}",
            request=RejectionRequest,
            description=(
                "For good. An electronic invoice is refused towards its sender, in France with a "
                "code that says why."
            ),
        ),
        RecordWrite(
            action="markAsPaid",
            summary=f"Mark {one} as paid",
            request=PaidRequest,
            description="Money isn't moved. What is paid already stays as it is.",
        ),
        RecordWrite(
            action="unmarkAsPaid",
            summary=f"Mark a paid one of {one.removeprefix('a ')}s as unpaid",
            description="It goes back into review.",
        ),
    )


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
        day("dueDateFrom", "Only what is due on this day or later."),
        day("dueDateTo", "Only what is due on this day or before."),
        day("createdDateFrom", "Only what came in on this day (UTC) or later."),
        day("createdDateTo", "Only what came in on this day (UTC) or before."),
    ),
    orders=("billDate", "billNumber", "createdDate", "updatedDate"),
    description=(
        "Newest first; credit notes of suppliers are vendor credits instead. Whatever else came in "
        "with the bills is among them; `documentKind` tells it apart."
    ),
    lines=Lines("billLines", BillLine, of=lambda bill: bill.line_items),
    file=RecordFile("BILL", "a bill", made_later=False),
    writes=(
        RecordWrite(
            action="create",
            summary="Make a bill from an uploaded file",
            request=BillRequest,
            description=(
                "What the bill says is read from its file, some time later. Upload the file at "
                "POST /accounting/files, or many at POST /accounting/bills/bulk."
            ),
        ),
        *standings("a bill"),
    ),
)
