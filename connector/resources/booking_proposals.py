"""What is to be booked: invoices, bills and the credit notes of both, in one list."""

from connector.resources.filters import BOOKING_STATUS, BOOKING_TYPE
from connector.resources.resource import RecordFile, Resource
from connector.unified.booking_proposal import BookingProposal

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
)
