"""The unified resources, one file each: how they are read, filtered, ordered and shown.

Facts without HTTP, for every door. `RESOURCES` lists them in the order they are described in.
"""

from typing import Any

from connector.resources.bank import BANK_ACCOUNTS, EXPENSES, TRANSACTIONS
from connector.resources.bills import BILLS
from connector.resources.booking_proposals import BOOKING_PROPOSALS
from connector.resources.credit_notes import CREDIT_NOTES, VENDOR_CREDITS
from connector.resources.customers import CONTACTS, CUSTOMERS
from connector.resources.invoices import INVOICES
from connector.resources.items import ITEMS
from connector.resources.offers import OFFERS
from connector.resources.payments import PAYMENTS
from connector.resources.resource import Resource
from connector.resources.users import USERS

RESOURCES: tuple[Resource[Any], ...] = (
    INVOICES,
    CREDIT_NOTES,
    BILLS,
    VENDOR_CREDITS,
    BOOKING_PROPOSALS,
    CUSTOMERS,
    CONTACTS,
    ITEMS,
    OFFERS,
    PAYMENTS,
    BANK_ACCOUNTS,
    TRANSACTIONS,
    EXPENSES,
    USERS,
)
