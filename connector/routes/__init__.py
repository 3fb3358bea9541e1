"""The accounting endpoints, and the table that describes them.

The edge before them has set `request.state.account` and `request.state.request_id`; errors leave as
exceptions, and the edge turns them into answers.
"""

from typing import Any

from starlette.routing import Route

from connector.routes.bills import BILLS
from connector.routes.booking_proposals import BOOKING_PROPOSALS
from connector.routes.invoices import INVOICES
from connector.routes.operation import Operation
from connector.routes.resource import Resource

RESOURCES: tuple[Resource[Any], ...] = (INVOICES, BILLS, BOOKING_PROPOSALS)

routes: list[Route] = [route for resource in RESOURCES for route in resource.routes]

operations: tuple[Operation, ...] = tuple(
    operation for resource in RESOURCES for operation in resource.operations
)
"""One entry for each method of each route."""
