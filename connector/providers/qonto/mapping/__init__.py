"""From Qonto's documents to the unified model. Pure.

Each function takes a document and the `Calendar` of its account, and answers the unified value with
a warning for everything it could not express. Nothing is guessed: what Qonto doesn't say is null.
Rates become percent here, and nowhere else; `rates` says in which unit Qonto writes them.
"""

from connector.providers.qonto.mapping.bank_account import map_bank_account
from connector.providers.qonto.mapping.bill import map_bill
from connector.providers.qonto.mapping.booking_proposal import (
    propose_credit_note,
    propose_invoice,
    propose_supplier_invoice,
)
from connector.providers.qonto.mapping.calendar import Calendar
from connector.providers.qonto.mapping.company import map_company
from connector.providers.qonto.mapping.credit_note import map_credit_note
from connector.providers.qonto.mapping.customer import map_contact, map_customer
from connector.providers.qonto.mapping.expense import is_expense, map_expense
from connector.providers.qonto.mapping.file import map_file
from connector.providers.qonto.mapping.invoice import map_invoice
from connector.providers.qonto.mapping.item import map_item
from connector.providers.qonto.mapping.offer import map_offer
from connector.providers.qonto.mapping.payment import map_bill_payment, map_invoice_payment
from connector.providers.qonto.mapping.transaction import map_transaction
from connector.providers.qonto.mapping.transfer import map_beneficiary, map_transfer
from connector.providers.qonto.mapping.user import map_user, user_info
from connector.providers.qonto.mapping.vendor_credit import map_vendor_credit

__all__ = [
    "Calendar",
    "is_expense",
    "map_bank_account",
    "map_beneficiary",
    "map_bill",
    "map_bill_payment",
    "map_company",
    "map_contact",
    "map_credit_note",
    "map_customer",
    "map_expense",
    "map_file",
    "map_invoice",
    "map_invoice_payment",
    "map_item",
    "map_offer",
    "map_transaction",
    "map_transfer",
    "map_user",
    "map_vendor_credit",
    "propose_credit_note",
    "propose_invoice",
    "propose_supplier_invoice",
    "user_info",
]
