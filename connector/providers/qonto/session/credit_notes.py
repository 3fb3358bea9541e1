"""Credit notes to the organisation's own invoices, and the credit notes of its suppliers."""

from connector.listing.query import ListQuery, ask, changed_since
from connector.ports import Query
from connector.providers.qonto.client import CREDIT_NOTES as ENDPOINT
from connector.providers.qonto.client import SUPPLIER_INVOICES
from connector.providers.qonto.documents.purchases import SupplierInvoice
from connector.providers.qonto.mapping import Calendar, map_credit_note, map_vendor_credit
from connector.providers.qonto.mapping.status import SUPPLIER_STANDINGS
from connector.providers.qonto.session.bills import bill_params
from connector.providers.qonto.session.lists import UNSORTED, QontoList
from connector.providers.qonto.session.words import standing, words_for
from connector.unified.credit_note import CreditNote
from connector.unified.mapped import Mapped
from connector.unified.vendor_credit import VendorCredit


def _of_own(query: Query) -> ListQuery[CreditNote]:
    """Do everything here: neither an order nor a filter is documented for them."""

    def changed(note: CreditNote) -> str | None:
        return note.updated_date or note.created_date

    return ask(query, conditions=[changed_since(query, changed)])


def _of_suppliers(query: Query) -> ListQuery[VendorCredit]:
    """Leave status to Qonto; it can leave suppliers' credit notes out, but not single them out."""
    words = words_for(query, SUPPLIER_STANDINGS)
    return ask(
        query,
        params=bill_params(query, words),
        conditions=() if words.exact else standing(query),
        checked=standing(query),
        possible=words.words != (),
    )


def is_credit_note(document: SupplierInvoice) -> bool:
    """Say whether a document of a supplier is a credit note."""
    return document.is_credit_note is True


def _convert(document: SupplierInvoice, calendar: Calendar) -> Mapped[VendorCredit] | None:
    return map_vendor_credit(document, calendar) if is_credit_note(document) else None


CREDIT_NOTES = QontoList("credit note", ENDPOINT, map_credit_note, age=UNSORTED).kind_of(_of_own)

VENDOR_CREDITS = QontoList(
    "vendor credit",
    SUPPLIER_INVOICES,
    _convert,
    other="a bill, not a credit note",
    keep=is_credit_note,
).kind_of(_of_suppliers)
