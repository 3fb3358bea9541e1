"""Booking proposals: client invoices, credit notes and supplier invoices as one list.

Qonto has three lists and no way to ask for them together. They are merged newest first, each read
only as far as the page needs; totals are the sums of Qonto's own counts. For credit notes neither
an order nor a filter is documented, so that list (a short one) is read whole and sorted here.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from connector.listing.kinds import ListPlan, find_one, first_found
from connector.listing.query import Condition, Key, LocalFilter, is_in
from connector.listing.source import Source
from connector.ports import Found, Query
from connector.providers.qonto.client import CLIENT_INVOICES, CREDIT_NOTES, SUPPLIER_INVOICES
from connector.providers.qonto.documents.sales import QontoCreditNote
from connector.providers.qonto.mapping import (
    propose_credit_note,
    propose_invoice,
    propose_supplier_invoice,
)
from connector.providers.qonto.mapping.calendar import read_instant
from connector.providers.qonto.mapping.status import CLIENT_STANDINGS, SUPPLIER_STANDINGS
from connector.providers.qonto.session.bills import WITHOUT_CREDIT_NOTES, bill_params
from connector.providers.qonto.session.credit_notes import is_credit_note
from connector.providers.qonto.session.invoices import invoice_params
from connector.providers.qonto.session.lists import UNSORTED, QontoAccount, QontoList
from connector.providers.qonto.session.words import words_for
from connector.unified.booking_proposal import BookingProposal

_NAME = "booking proposal"

_ORDERS: dict[str, Key[BookingProposal]] = {
    "bookingProposalDate": attrgetter("booking_proposal_date"),
    "number": attrgetter("number"),
    "createdDate": attrgetter("created_date"),
    "updatedDate": attrgetter("updated_date"),
}

_INVOICES = QontoList(_NAME, CLIENT_INVOICES, propose_invoice)
_SUPPLIER_INVOICES = QontoList(_NAME, SUPPLIER_INVOICES, propose_supplier_invoice)
_CREDIT_NOTES = QontoList(_NAME, CREDIT_NOTES, propose_credit_note, age=UNSORTED)


class BookingProposals:
    """The kind of record behind booking proposals; a type that Qonto lacks has no sources."""

    name = _NAME

    async def plan(self, account: QontoAccount, query: Query) -> ListPlan[BookingProposal]:
        found = (
            _invoices(account, query),
            _credit_notes(account, query),
            _supplier_invoices(account, query),
        )
        return ListPlan([source for source in found if source is not None], _local(query))

    async def find(self, account: QontoAccount, record_id: str) -> Found[BookingProposal]:
        """Return a booking proposal; an id doesn't tell its kind, so each kind is asked in turn."""
        lists: Sequence[QontoList[Any, BookingProposal]] = (
            _INVOICES,
            _SUPPLIER_INVOICES,
            _CREDIT_NOTES,
        )
        _, found = await first_found(lists, lambda one: find_one(one.source(account), record_id))
        return found


def _invoices(account: QontoAccount, query: Query) -> Source[Any, BookingProposal] | None:
    words = words_for(query, CLIENT_STANDINGS)
    if query.booking_type not in (None, "INVOICE") or words.words == ():
        return None
    return _INVOICES.source(account, invoice_params(query, words))


def _credit_notes(account: QontoAccount, query: Query) -> Source[Any, BookingProposal] | None:
    """Credit notes have no status, so that none fits one that is asked for."""
    if query.booking_type not in (None, "INVOICE_CREDIT_NOTE") or query.status is not None:
        return None
    keep = _changed_since(query.modified_since) if query.modified_since else None
    return replace(_CREDIT_NOTES, keep=keep).source(account)


def _supplier_invoices(account: QontoAccount, query: Query) -> Source[Any, BookingProposal] | None:
    """Qonto can leave suppliers' credit notes out, but not single them out."""
    words = words_for(query, SUPPLIER_STANDINGS)
    if query.booking_type not in (None, "BILL", "BILL_CREDIT_NOTE") or words.words == ():
        return None
    params = bill_params(query, words)
    if query.booking_type == "BILL":
        params = (*params, *WITHOUT_CREDIT_NOTES)
    keep = is_credit_note if query.booking_type == "BILL_CREDIT_NOTE" else None
    return replace(_SUPPLIER_INVOICES, keep=keep).source(account, params)


def _local(query: Query) -> LocalFilter[BookingProposal]:
    """Return what is left to do once the lists are chosen: one word of Qonto's can mean several.

    Credit notes alone are not merged with lists that come in order, so they are ordered here.
    """
    keep: Condition[BookingProposal] | None = is_in("status", query.status)
    if query.order is not None:
        return LocalFilter(keep, _ORDERS[query.order.field], query.order.descending)
    if query.booking_type == "INVOICE_CREDIT_NOTE":
        return LocalFilter(keep, _ORDERS["createdDate"])
    return LocalFilter(keep)


def _changed_since(moment: datetime) -> Callable[[QontoCreditNote], bool]:
    """Choose credit notes, which Qonto can't filter, by the latest moment that they tell of."""

    def keep(document: QontoCreditNote) -> bool:
        told = (document.updated_at, document.finalized_at, document.created_at)
        moments = [found for found in map(read_instant, told) if found is not None]
        return not moments or max(moments) >= moment

    return keep
