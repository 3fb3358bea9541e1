"""Reading invoices, bills and booking proposals from Qonto."""

import re
from datetime import tzinfo
from typing import TypeVar

from connector.errors import DocumentNotFound, MissingScope
from connector.ports import Found, Page, Query
from connector.providers.qonto.client import ListPart, QontoClient
from connector.providers.qonto.documents.purchases import SupplierInvoice
from connector.providers.qonto.documents.reading import DocumentPage
from connector.providers.qonto.documents.sales import ClientInvoice
from connector.providers.qonto.mapping import (
    Calendar,
    map_bill,
    map_invoice,
    propose_credit_note,
    propose_invoice,
    propose_supplier_invoice,
)
from connector.providers.qonto.session.booking_proposals import BookingProposals
from connector.providers.qonto.session.paging import native_page
from connector.unified.bill import Bill
from connector.unified.booking_proposal import BookingProposal
from connector.unified.invoice import Invoice
from connector.unified.mapped import Mapped
from storage.clock import Clock

T = TypeVar("T")

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


class QontoReader:
    """The AccountingReader of Qonto. Ids are Qonto's own; anything but a UUID is unknown."""

    def __init__(self, client: QontoClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def list_invoices(self, account_id: str, query: Query) -> Page[Invoice]:
        async def fetch(part: ListPart) -> DocumentPage[ClientInvoice]:
            return await self._client.list_client_invoices(account_id, part)

        calendar = self._calendar(query.zone)
        return await native_page(
            query, fetch, lambda document: map_invoice(document, calendar), "invoice"
        )

    async def get_invoice(
        self, account_id: str, invoice_id: str, *, zone: tzinfo | None = None
    ) -> Found[Invoice]:
        _check(invoice_id)
        document, raw = await self._client.get_client_invoice(account_id, invoice_id)
        return _found(map_invoice(document, self._calendar(zone)), raw)

    async def list_bills(self, account_id: str, query: Query) -> Page[Bill]:
        async def fetch(part: ListPart) -> DocumentPage[SupplierInvoice]:
            return await self._client.list_supplier_invoices(
                account_id, part, without_credit_notes=True
            )

        def convert(document: SupplierInvoice) -> Mapped[Bill] | str:
            if document.is_credit_note:
                return f"bill {document.id}: left out, because it is a supplier's credit note"
            return map_bill(document, calendar)

        calendar = self._calendar(query.zone)
        return await native_page(query, fetch, convert, "bill")

    async def get_bill(
        self, account_id: str, bill_id: str, *, zone: tzinfo | None = None
    ) -> Found[Bill]:
        """Answer a bill. A supplier's credit note is not one, so its id is unknown here."""
        _check(bill_id)
        document, raw = await self._client.get_supplier_invoice(account_id, bill_id)
        if document.is_credit_note:
            raise DocumentNotFound(
                "The document of that id is a supplier's credit note, not a bill. "
                "Read it among the booking proposals."
            )
        return _found(map_bill(document, self._calendar(zone)), raw)

    async def list_booking_proposals(self, account_id: str, query: Query) -> Page[BookingProposal]:
        return await BookingProposals(self._client, account_id).page(
            query, self._calendar(query.zone)
        )

    async def get_booking_proposal(
        self, account_id: str, proposal_id: str, *, zone: tzinfo | None = None
    ) -> Found[BookingProposal]:
        """Answer a booking proposal; an id doesn't tell its kind, so each kind is asked in turn.

        Raises MissingScope when the kinds that may be read don't have it and another may not be.
        """
        _check(proposal_id)
        calendar = self._calendar(zone)
        hidden: MissingScope | None = None
        unknown: DocumentNotFound | None = None
        for look in (self._propose_invoice, self._propose_supplier_invoice, self._propose_note):
            try:
                return await look(account_id, proposal_id, calendar)
            except DocumentNotFound as error:
                unknown = error
            except MissingScope as error:
                hidden = hidden or error
        raise hidden or unknown or _unknown_id()

    async def _propose_invoice(
        self, account_id: str, proposal_id: str, calendar: Calendar
    ) -> Found[BookingProposal]:
        document, raw = await self._client.get_client_invoice(account_id, proposal_id)
        return _found(propose_invoice(document, calendar), raw)

    async def _propose_supplier_invoice(
        self, account_id: str, proposal_id: str, calendar: Calendar
    ) -> Found[BookingProposal]:
        document, raw = await self._client.get_supplier_invoice(account_id, proposal_id)
        return _found(propose_supplier_invoice(document, calendar), raw)

    async def _propose_note(
        self, account_id: str, proposal_id: str, calendar: Calendar
    ) -> Found[BookingProposal]:
        del calendar  # a credit note is never overdue
        document, raw = await self._client.get_credit_note(account_id, proposal_id)
        return _found(propose_credit_note(document), raw)

    def _calendar(self, zone: tzinfo | None) -> Calendar:
        return Calendar(self._clock(), zone)


def _check(document_id: str) -> None:
    if not _UUID.fullmatch(document_id):
        raise _unknown_id()


def _unknown_id() -> DocumentNotFound:
    return DocumentNotFound("Qonto knows no document of that id in this account.")


def _found(mapped: Mapped[T], raw: bytes) -> Found[T]:
    return Found(mapped.value, mapped.warnings, raw)
