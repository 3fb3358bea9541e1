"""From Qonto's documents to the unified model. Pure.

Each function takes a document and the `Calendar` of its account, and answers the unified value with
a warning for everything it could not express. Nothing is guessed: what Qonto doesn't say is null.
Rates become percent here, and nowhere else.
"""

from connector.providers.qonto.mapping.bill import map_bill
from connector.providers.qonto.mapping.booking_proposal import (
    propose_credit_note,
    propose_invoice,
    propose_supplier_invoice,
)
from connector.providers.qonto.mapping.calendar import Calendar
from connector.providers.qonto.mapping.invoice import map_invoice

__all__ = [
    "Calendar",
    "map_bill",
    "map_invoice",
    "propose_credit_note",
    "propose_invoice",
    "propose_supplier_invoice",
]
