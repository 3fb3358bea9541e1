"""The accounting endpoints, and the table that describes them.

The edge before them has set `request.state.account` and `request.state.request_id`; errors leave as
exceptions, and the edge turns them into answers.
"""

from typing import Any

from starlette.routing import Route

from connector.routes.bank import BANK_ACCOUNTS, EXPENSES, PAYMENTS, TRANSACTIONS, USERS
from connector.routes.bills import BILLS
from connector.routes.booking_proposals import BOOKING_PROPOSALS
from connector.routes.documents import DOCUMENTS
from connector.routes.files import FILE_OPERATIONS, FILE_ROUTES
from connector.routes.invoices import INVOICES
from connector.routes.lines import Lines
from connector.routes.operation import Operation
from connector.routes.pass_through import PASS_THROUGH_OPERATIONS, PASS_THROUGH_ROUTES
from connector.routes.profile import PROFILE_OPERATIONS, PROFILE_ROUTES
from connector.routes.purchases import BILL_LINES, VENDOR_CREDITS
from connector.routes.resource import Resource
from connector.routes.sales import (
    CONTACTS,
    CONTACTS_V2,
    CREDIT_NOTES,
    CUSTOMERS,
    INVOICE_LINES,
    ITEMS,
    OFFER_LINES,
    OFFERS,
)

RESOURCES: tuple[Resource[Any] | Lines[Any], ...] = (
    INVOICES,
    INVOICE_LINES,
    CREDIT_NOTES,
    BILLS,
    BILL_LINES,
    VENDOR_CREDITS,
    BOOKING_PROPOSALS,
    CUSTOMERS,
    CONTACTS,
    CONTACTS_V2,
    ITEMS,
    OFFERS,
    OFFER_LINES,
    PAYMENTS,
    BANK_ACCOUNTS,
    TRANSACTIONS,
    EXPENSES,
    USERS,
)

routes: list[Route] = [
    *(route for resource in RESOURCES for route in resource.routes),
    *(route for document in DOCUMENTS for route in document.routes),
    *FILE_ROUTES,
    *PROFILE_ROUTES,
    *PASS_THROUGH_ROUTES,
]

operations: tuple[Operation, ...] = (
    *(operation for resource in RESOURCES for operation in resource.operations),
    *(operation for document in DOCUMENTS for operation in document.operations),
    *FILE_OPERATIONS,
    *PROFILE_OPERATIONS,
    *PASS_THROUGH_OPERATIONS,
)
"""One entry for each method of each route."""
