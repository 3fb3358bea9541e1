"""Vendor credits, and the lines of bills."""

from connector.routes.bills import BILLS
from connector.routes.lines import Lines
from connector.routes.parameters import PAYMENT_STATUS, STATUS
from connector.routes.resource import Resource
from connector.unified.bill import BillLine
from connector.unified.vendor_credit import VendorCredit

VENDOR_CREDITS = Resource(
    "/accounting/vendorCredits",
    "vendorCreditId",
    chosen=lambda readers: readers.vendor_credits,
    model=VendorCredit,
    one="one of the credit notes received",
    many="the credit notes received from suppliers",
    filters=(STATUS, PAYMENT_STATUS),
    description="Newest first.",
)

BILL_LINES = Lines(BILLS, BillLine, of=lambda bill: bill.line_items, id_of=None)
