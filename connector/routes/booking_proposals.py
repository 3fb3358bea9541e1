"""GET /accounting/bookingProposals and /accounting/bookingProposals/{bookingProposalId}."""

from connector.routes.parameters import BOOKING_STATUS, BOOKING_TYPE
from connector.routes.resource import Resource
from connector.unified.booking_proposal import BookingProposal

BOOKING_PROPOSALS = Resource(
    "/accounting/bookingProposals",
    "bookingProposalId",
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
)
