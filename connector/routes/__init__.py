"""The accounting endpoints, and the table that describes them.

The edge before them has set `request.state.account` and `request.state.request_id`; errors leave as
exceptions, and the edge turns them into answers.
"""

from starlette.routing import Route

from connector.routes import bills, booking_proposals, invoices
from connector.routes.operation import Operation

routes: list[Route] = [*invoices.routes, *bills.routes, *booking_proposals.routes]

operations: tuple[Operation, ...] = (
    *invoices.operations,
    *bills.operations,
    *booking_proposals.operations,
)
"""One entry for each method of each route."""
