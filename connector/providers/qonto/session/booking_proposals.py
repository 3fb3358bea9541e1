"""Booking proposals: client invoices, credit notes and supplier invoices as one list.

Qonto has three lists and no way to ask for them together. They are merged newest first, each read
only as far as the page needs; totals are the sums of Qonto's own counts. For credit notes neither
an order nor a filter is documented, so that list (a short one) is read whole and sorted here.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from connector.errors import DocumentNotFound, MissingScope
from connector.ports import Query
from connector.providers.qonto.client import (
    CLIENT_INVOICES,
    CREDIT_NOTES,
    SUPPLIER_INVOICES,
    Endpoint,
    Params,
)
from connector.providers.qonto.documents.purchases import SupplierInvoice
from connector.providers.qonto.documents.sales import ClientInvoice, CreditNote
from connector.providers.qonto.mapping import (
    propose_credit_note,
    propose_invoice,
    propose_supplier_invoice,
)
from connector.providers.qonto.mapping.calendar import read_instant
from connector.providers.qonto.mapping.status import CLIENT_STANDINGS, SUPPLIER_STANDINGS
from connector.providers.qonto.session.bills import WITHOUT_CREDIT_NOTES, bill_params
from connector.providers.qonto.session.credit_notes import is_credit_note
from connector.providers.qonto.session.ids import unknown_id
from connector.providers.qonto.session.index import Wanted
from connector.providers.qonto.session.invoices import invoice_params
from connector.providers.qonto.session.listing import Asked, Plan
from connector.providers.qonto.session.question import Condition, is_in, words_for
from connector.providers.qonto.session.source import Source
from connector.unified.booking_proposal import BookingProposal
from connector.unified.mapped import Mapped

_ORDERS: dict[str, Callable[[BookingProposal], str | None]] = {
    "bookingProposalDate": lambda proposal: proposal.booking_proposal_date,
    "number": lambda proposal: proposal.number,
    "createdDate": lambda proposal: proposal.created_date,
    "updatedDate": lambda proposal: proposal.updated_date,
}

_NAME = "booking proposal"


class BookingProposals:
    """The kind of record behind booking proposals; a type that Qonto lacks has no sources."""

    name = _NAME

    async def plan(self, asked: Asked, query: Query) -> Plan[BookingProposal]:
        sources = [
            source
            for source in (
                self._invoices(asked, query),
                self._credit_notes(asked, query),
                self._supplier_invoices(asked, query),
            )
            if source is not None
        ]
        return Plan(sources, _wanted(query))

    async def find(self, asked: Asked, record_id: str) -> tuple[Mapped[BookingProposal], bytes]:
        """Answer a booking proposal; an id doesn't tell its kind, so each kind is asked in turn.

        Raises MissingScope when the kinds that may be read don't have it and another may not be.
        """
        hidden: MissingScope | None = None
        unknown: DocumentNotFound | None = None
        for endpoint, propose in (
            (CLIENT_INVOICES, propose_invoice),
            (SUPPLIER_INVOICES, propose_supplier_invoice),
            (CREDIT_NOTES, propose_credit_note),
        ):
            try:
                return await _look(asked, endpoint, propose, record_id)
            except DocumentNotFound as error:
                unknown = error
            except MissingScope as error:
                hidden = hidden or error
        raise hidden or unknown or unknown_id()

    def _invoices(
        self, asked: Asked, query: Query
    ) -> Source[ClientInvoice, BookingProposal] | None:
        words = words_for(query, CLIENT_STANDINGS)
        if query.booking_type not in (None, "INVOICE") or words.words == ():
            return None

        def convert(document: ClientInvoice) -> Mapped[BookingProposal]:
            return propose_invoice(document, asked.calendar)

        params = invoice_params(query, words)
        return Source(
            asked.client, asked.account_id, CLIENT_INVOICES, _NAME, convert, params=params
        )

    def _credit_notes(
        self, asked: Asked, query: Query
    ) -> Source[CreditNote, BookingProposal] | None:
        """Credit notes have no status, so that none fits one that is asked for."""
        if query.booking_type not in (None, "INVOICE_CREDIT_NOTE") or query.status is not None:
            return None

        def convert(document: CreditNote) -> Mapped[BookingProposal]:
            return propose_credit_note(document, asked.calendar)

        return Source(
            asked.client,
            asked.account_id,
            CREDIT_NOTES,
            _NAME,
            convert,
            keep=_changed_since(query.modified_since) if query.modified_since else None,
            newest_first=(),
            oldest_first=(),
        )

    def _supplier_invoices(
        self, asked: Asked, query: Query
    ) -> Source[SupplierInvoice, BookingProposal] | None:
        """Qonto can leave suppliers' credit notes out, but not single them out."""
        words = words_for(query, SUPPLIER_STANDINGS)
        if query.booking_type not in (None, "BILL", "BILL_CREDIT_NOTE") or words.words == ():
            return None
        params: Params = bill_params(query, words)
        if query.booking_type == "BILL":
            params = (*params, *WITHOUT_CREDIT_NOTES)

        def convert(document: SupplierInvoice) -> Mapped[BookingProposal]:
            return propose_supplier_invoice(document, asked.calendar)

        return Source(
            asked.client,
            asked.account_id,
            SUPPLIER_INVOICES,
            _NAME,
            convert,
            params=params,
            keep=is_credit_note if query.booking_type == "BILL_CREDIT_NOTE" else None,
        )


def _wanted(query: Query) -> Wanted[BookingProposal]:
    """Answer what is left to do once the lists are chosen: one word of Qonto's can mean several.

    Credit notes alone are not merged with lists that come in order, so they are ordered here.
    """
    keep: Condition[BookingProposal] | None = is_in("status", query.status)
    if query.order is None and query.booking_type == "INVOICE_CREDIT_NOTE":
        return Wanted(keep, _ORDERS["createdDate"])
    if query.order is None:
        return Wanted(keep)
    return Wanted(keep, _ORDERS[query.order.field], query.order.descending)


def _changed_since(moment: datetime) -> Callable[[CreditNote], bool]:
    """Choose credit notes, which Qonto can't filter, by the latest moment that they tell of."""

    def keep(document: CreditNote) -> bool:
        told = (document.updated_at, document.finalized_at, document.created_at)
        moments = [found for found in map(read_instant, told) if found is not None]
        return not moments or max(moments) >= moment

    return keep


async def _look(
    asked: Asked, endpoint: Endpoint[Any], propose: Callable[..., Any], record_id: str
) -> tuple[Mapped[BookingProposal], bytes]:
    document, raw = await asked.client.one(asked.account_id, endpoint, record_id)
    return propose(document, asked.calendar), raw
