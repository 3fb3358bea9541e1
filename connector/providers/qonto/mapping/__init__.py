"""From Qonto's documents to the unified model. Pure.

Each function takes a document and the `Calendar` of its account, and answers the unified value with
a warning for everything it could not express. Nothing is guessed: what Qonto doesn't say is null.
Rates become percent here, and nowhere else; `rates` says in which unit Qonto writes them.
"""

from connector.providers.qonto.mapping.bill import map_bill
from connector.providers.qonto.mapping.booking_proposal import (
    propose_credit_note,
    propose_invoice,
    propose_supplier_invoice,
)
from connector.providers.qonto.mapping.calendar import Calendar
from connector.providers.qonto.mapping.credit_note import map_credit_note
from connector.providers.qonto.mapping.customer import map_contact, map_customer
from connector.providers.qonto.mapping.invoice import map_invoice
from connector.providers.qonto.mapping.item import map_item
from connector.providers.qonto.mapping.offer import map_offer
from connector.providers.qonto.mapping.vendor_credit import map_vendor_credit

__all__ = [
    "Calendar",
    "map_bill",
    "map_contact",
    "map_credit_note",
    "map_customer",
    "map_invoice",
    "map_item",
    "map_offer",
    "map_vendor_credit",
    "propose_credit_note",
    "propose_invoice",
    "propose_supplier_invoice",
]
