"""GET /accounting/bookingProposals and /accounting/bookingProposals/{bookingProposalId}."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector.reading import Reading
from connector.routes.answers import answer_found, answer_page
from connector.routes.operation import Operation, Parameter
from connector.routes.parameters import (
    BOOKING_TYPE,
    LIST_PARAMETERS,
    RAW_DATA,
    read_list,
    read_single,
)
from connector.unified.booking_proposal import BookingProposal
from connector.unified.envelope import Envelope

_NOT_OFFERED = frozenset({"status", "orderField", "orderDir"})


async def list_booking_proposals(request: Request) -> Response:
    """Answer one page of the booking proposals."""
    asked = read_list(request, not_offered=_NOT_OFFERED, with_booking_type=True)
    page = await _reading(request).list_booking_proposals(request.state.account, asked.query)
    return answer_page(request, asked, page)


async def get_booking_proposal(request: Request) -> Response:
    """Answer one of them by its id."""
    asked = read_single(request)
    found = await _reading(request).get_booking_proposal(
        request.state.account, request.path_params["bookingProposalId"]
    )
    return answer_found(request, asked, found)


def _reading(request: Request) -> Reading:
    return request.app.state.container.reading


routes = [
    Route("/accounting/bookingProposals", list_booking_proposals, methods=["GET"]),
    Route(
        "/accounting/bookingProposals/{bookingProposalId}", get_booking_proposal, methods=["GET"]
    ),
]

operations = (
    Operation(
        "/accounting/bookingProposals",
        "GET",
        "List the booking proposals",
        parameters=(*LIST_PARAMETERS, BOOKING_TYPE),
        response=Envelope[tuple[BookingProposal, ...]],
        description=(
            "Invoices, bills and the credit notes of both in one list, newest first. Raw data "
            "holds the documents of the page under the names of the target system's own lists."
        ),
    ),
    Operation(
        "/accounting/bookingProposals/{bookingProposalId}",
        "GET",
        "Read one of the booking proposals",
        parameters=(
            Parameter("bookingProposalId", "path", {"type": "string"}, "Its id.", required=True),
            RAW_DATA,
        ),
        response=Envelope[BookingProposal],
    ),
)
