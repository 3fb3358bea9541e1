"""GET /accounting/invoices and /accounting/invoices/{invoiceId}."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector.reading import Reading
from connector.routes.answers import answer_found, answer_page
from connector.routes.operation import Operation, Parameter
from connector.routes.parameters import LIST_PARAMETERS, RAW_DATA, read_list, read_single
from connector.unified.envelope import Envelope
from connector.unified.invoice import Invoice

_NOT_OFFERED = frozenset({"status", "paymentStatus", "dueDateFrom", "orderField", "orderDir"})


async def list_invoices(request: Request) -> Response:
    """Answer one page of the invoices issued."""
    asked = read_list(request, not_offered=_NOT_OFFERED)
    page = await _reading(request).list_invoices(request.state.account, asked.query)
    return answer_page(request, asked, page)


async def get_invoice(request: Request) -> Response:
    """Answer one of them by its id."""
    asked = read_single(request)
    found = await _reading(request).get_invoice(
        request.state.account, request.path_params["invoiceId"]
    )
    return answer_found(request, asked, found)


def _reading(request: Request) -> Reading:
    return request.app.state.container.reading


routes = [
    Route("/accounting/invoices", list_invoices, methods=["GET"]),
    Route("/accounting/invoices/{invoiceId}", get_invoice, methods=["GET"]),
]

operations = (
    Operation(
        "/accounting/invoices",
        "GET",
        "List the invoices issued",
        parameters=LIST_PARAMETERS,
        response=Envelope[tuple[Invoice, ...]],
        description="Newest first, drafts and imported ones included.",
    ),
    Operation(
        "/accounting/invoices/{invoiceId}",
        "GET",
        "Read one of the invoices issued",
        parameters=(
            Parameter("invoiceId", "path", {"type": "string"}, "Its id.", required=True),
            RAW_DATA,
        ),
        response=Envelope[Invoice],
    ),
)
