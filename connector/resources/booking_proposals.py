"""What is to be booked: invoices, bills and the credit notes of both, in one list."""

from connector.api.uploads import UploadRule
from connector.resources.bills import LARGEST_BILL
from connector.resources.filters import BOOKING_STATUS, BOOKING_TYPE
from connector.resources.resource import RecordFile, RecordWrite, Resource
from connector.unified.booking_proposal import BookingProposal
from connector.writing.requests.booking_proposal import BookingProposalRequest

A_DOCUMENT = UploadRule(
    part="files", file_bytes=LARGEST_BILL, many=True, description="One PDF of up to 10 MB."
)

BOOKING_PROPOSALS = Resource(
    name="bookingProposals",
    id_name="bookingProposalId",
    chosen=lambda readers: readers.booking_proposals,
    model=BookingProposal,
    one="one of the booking proposals",
    many="the booking proposals",
    filters=(BOOKING_TYPE, BOOKING_STATUS),
    orders=("bookingProposalDate", "number", "createdDate", "updatedDate"),
    description=(
        "Invoices, bills and the credit notes of both in one list, newest first. Raw data "
        "holds the documents of the page under the names of the target system's own lists."
    ),
    file=RecordFile("BOOKING_PROPOSAL", "the document of a booking proposal"),
    writes=(
        RecordWrite(
            action="create",
            summary="Make a booking proposal from a file",
            request=BookingProposalRequest,
            upload=A_DOCUMENT,
            description=(
                "Of a bill, or of a supplier's credit note: what it says is read from the file, "
                "some time later. Documents that the organisation issues are made as invoices and "
                "credit notes."
            ),
        ),
    ),
)
