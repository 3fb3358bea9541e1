"""GET /accounting/bills and /accounting/bills/{billId}."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector.reading import Reading
from connector.routes.answers import answer_found, answer_page
from connector.routes.operation import Operation, Parameter
from connector.routes.parameters import LIST_PARAMETERS, RAW_DATA, read_list, read_single
from connector.unified.bill import Bill
from connector.unified.envelope import Envelope

_NOT_OFFERED = frozenset({"status", "paymentStatus", "orderField", "orderDir"})


async def list_bills(request: Request) -> Response:
    """Answer one page of the bills received."""
    asked = read_list(request, not_offered=_NOT_OFFERED)
    page = await _reading(request).list_bills(request.state.account, asked.query)
    return answer_page(request, asked, page)


async def get_bill(request: Request) -> Response:
    """Answer one of them by its id."""
    asked = read_single(request)
    found = await _reading(request).get_bill(request.state.account, request.path_params["billId"])
    return answer_found(request, asked, found)


def _reading(request: Request) -> Reading:
    return request.app.state.container.reading


routes = [
    Route("/accounting/bills", list_bills, methods=["GET"]),
    Route("/accounting/bills/{billId}", get_bill, methods=["GET"]),
]

operations = (
    Operation(
        "/accounting/bills",
        "GET",
        "List the bills received",
        parameters=LIST_PARAMETERS,
        response=Envelope[tuple[Bill, ...]],
        description="Newest first; credit notes of suppliers are booking proposals instead.",
    ),
    Operation(
        "/accounting/bills/{billId}",
        "GET",
        "Read one of the bills received",
        parameters=(
            Parameter("billId", "path", {"type": "string"}, "Its id.", required=True),
            RAW_DATA,
        ),
        response=Envelope[Bill],
    ),
)
