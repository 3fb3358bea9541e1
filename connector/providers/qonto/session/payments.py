"""Payments: what was paid on client invoices and on supplier invoices."""

from collections.abc import Sequence
from typing import Any, TypeVar

from connector.errors import DocumentNotFound, MissingScope
from connector.ports import Query
from connector.providers.qonto.client import (
    CLIENT_INVOICES,
    SUPPLIER_INVOICES,
    Params,
    modified_since,
)
from connector.providers.qonto.documents.mending import Document
from connector.providers.qonto.documents.purchases import SupplierInvoice
from connector.providers.qonto.documents.sales import ClientInvoice
from connector.providers.qonto.mapping import map_bill_payment, map_invoice_payment
from connector.providers.qonto.mapping.amounts import read_decimal
from connector.providers.qonto.session.bills import WITHOUT_CREDIT_NOTES
from connector.providers.qonto.session.ids import is_id, unknown_id
from connector.providers.qonto.session.index import Row
from connector.providers.qonto.session.listing import Asked, Plan
from connector.providers.qonto.session.question import Condition, changed_since
from connector.providers.qonto.session.source import Source
from connector.unified.mapped import Mapped
from connector.unified.payment import Payment

D = TypeVar("D", bound=Document)


class Payments:
    """The kind of record behind payments.

    Paid invoices and bills are lists of Qonto's; of the unpaid and the canceled invoices only those
    count on which something was paid.
    """

    name = "payment"

    async def plan(self, asked: Asked, query: Query) -> Plan[Payment]:
        since = modified_since(query.modified_since)
        paid = _of_invoices(asked, (*since, ("filter[status]", "paid")))
        partly = (*since, ("filter[status]", "unpaid,canceled"))
        unpaid = _of_invoices(asked, partly, is_unpaid=True)
        bills = _of_bills(asked, (*since, ("filter[status][]", "paid"), *WITHOUT_CREDIT_NOTES))
        invoice_id = query.value_of("invoiceId")
        if invoice_id is None:
            return Plan([paid, unpaid, bills])
        return Plan([], rows=await self._on(paid, bills, invoice_id, query))

    async def _on(
        self,
        invoices: Source[ClientInvoice, Payment],
        bills: Source[SupplierInvoice, Payment],
        invoice_id: str,
        query: Query,
    ) -> list[Row[Payment]]:
        """Answer the one payment on a document, if there is one that changed since the moment."""
        if not is_id(invoice_id):
            return []
        changed: Condition[Payment] | None = changed_since(
            query, lambda payment: payment.updated_date
        )
        row = await _row_of((invoices, bills), invoice_id)
        if row is None or (changed is not None and not changed(row.mapped.value)):
            return []
        return [row]

    async def find(self, asked: Asked, record_id: str) -> tuple[Mapped[Payment], bytes]:
        """Answer what was paid on a document; its id doesn't tell whether it is one of sales."""
        row = await _row_of((_of_invoices(asked), _of_bills(asked)), record_id)
        if row is None:
            raise unknown_id("Qonto knows no document of that id on which something was paid.")
        return row.mapped, row.raw


async def _row_of(sources: Sequence[Source[Any, Payment]], document_id: str) -> Row[Payment] | None:
    """Look in turn for what was paid on a document.

    Raises MissingScope when the kinds that may be read don't have it and another may not be.
    """
    hidden: MissingScope | None = None
    for source in sources:
        try:
            row = await _row(source, document_id)
        except MissingScope as error:
            hidden = hidden or error
        else:
            if row is not None:
                return row
    if hidden is not None:
        raise hidden
    return None


async def _row(source: Source[D, Payment], document_id: str) -> Row[Payment] | None:
    """Answer what was paid on one document, None when there is no such document or payment."""
    try:
        document, raw = await source.one(document_id)
    except DocumentNotFound:
        return None
    mapped = source.convert(document)
    return None if mapped is None else Row(source, raw, mapped)


def _of_invoices(
    asked: Asked, params: Params = (), *, is_unpaid: bool = False
) -> Source[ClientInvoice, Payment]:
    return Source(
        asked.client,
        asked.account_id,
        CLIENT_INVOICES,
        "payment",
        lambda document: map_invoice_payment(document, asked.calendar),
        other="an invoice on which nothing was paid",
        params=params,
        keep=_is_partly_paid if is_unpaid else None,
    )


def _of_bills(asked: Asked, params: Params = ()) -> Source[SupplierInvoice, Payment]:
    return Source(
        asked.client,
        asked.account_id,
        SUPPLIER_INVOICES,
        "payment",
        lambda document: map_bill_payment(document, asked.calendar),
        other="a bill on which nothing was paid",
        params=params,
    )


def _is_partly_paid(document: ClientInvoice) -> bool:
    paid = document.amount_paid
    amount = None if paid is None else read_decimal(paid.value)
    return amount is not None and amount > 0
