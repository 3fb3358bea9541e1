"""Payments: what was paid on client invoices and on supplier invoices, and transfers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from connector.errors import DocumentNotFound
from connector.listing.kinds import ListPlan, find_one, first_found
from connector.listing.query import Condition, changed_since
from connector.listing.rows import FetchedRow
from connector.listing.source import Params, Source
from connector.ports import Found, Query
from connector.providers.qonto.client import (
    CLIENT_INVOICES,
    READ_ORGANIZATION,
    SUPPLIER_INVOICES,
    TRANSFERS,
    modified_since,
)
from connector.providers.qonto.documents.sales import ClientInvoice
from connector.providers.qonto.mapping import (
    map_bill_payment,
    map_invoice_payment,
    map_transfer,
)
from connector.providers.qonto.mapping.amounts import read_decimal
from connector.providers.qonto.session.bills import WITHOUT_CREDIT_NOTES
from connector.providers.qonto.session.lists import UPDATED, QontoAccount, QontoList, is_id
from connector.unified.mapped import Mapped
from connector.unified.payment import Payment
from oauth.tokens import AccessSource
from storage.clock import iso_millis


def _is_partly_paid(document: ClientInvoice) -> bool:
    paid = document.amount_paid
    amount = None if paid is None else read_decimal(paid.value)
    return amount is not None and amount > 0


_INVOICES = QontoList(
    "payment",
    CLIENT_INVOICES,
    map_invoice_payment,
    other="an invoice on which nothing was paid",
)
_PARTLY_PAID = replace(_INVOICES, keep=_is_partly_paid)
_BILLS = QontoList(
    "payment", SUPPLIER_INVOICES, map_bill_payment, other="a bill on which nothing was paid"
)
# Qonto orders transfers by their change, not by their creation
_TRANSFERS = QontoList(
    "transfer", TRANSFERS, map_transfer, age=UPDATED, moment=attrgetter("updated_at")
)


@dataclass(frozen=True)
class Payments:
    """The kind of record behind payments.

    Paid invoices and bills are lists of Qonto's; of the unpaid and the canceled invoices only those
    count on which something was paid. Transfers are there where the consent shows them, which an
    API key never does.
    """

    access: AccessSource
    name: str = "payment"

    async def plan(self, account: QontoAccount, query: Query) -> ListPlan[Payment]:
        invoice_id = query.value_of("invoiceId")
        if invoice_id is not None:
            return ListPlan([], rows=await _on(account, invoice_id, query))
        since = modified_since(query.modified_since)
        partly = (*since, ("filter[status]", "unpaid,canceled"))
        paid_bills = (*since, ("filter[status][]", "paid"), *WITHOUT_CREDIT_NOTES)
        sources: list[Source[Any, Payment]] = [
            _INVOICES.source(account, (*since, ("filter[status]", "paid"))),
            _PARTLY_PAID.source(account, partly),
            _BILLS.source(account, paid_bills),
        ]
        if await self._shows_transfers(account):
            sources.append(_TRANSFERS.source(account, _transferred_since(query.modified_since)))
        return ListPlan(sources)

    async def find(self, account: QontoAccount, record_id: str) -> Found[Payment]:
        transfers = [_TRANSFERS.source(account)] if await self._shows_transfers(account) else []
        try:
            _, found = await _look(account, record_id, transfers)
        except DocumentNotFound:
            raise DocumentNotFound(
                "Qonto knows no transfer of that id, and no document on which something was paid."
            ) from None
        return found

    async def _shows_transfers(self, account: QontoAccount) -> bool:
        granted = (await self.access.get(account.id)).scopes
        return granted is not None and READ_ORGANIZATION in granted


def _transferred_since(moment: datetime | None) -> Params:
    return () if moment is None else (("updated_at_from", iso_millis(moment)),)


async def _on(
    account: QontoAccount, invoice_id: str, query: Query
) -> Sequence[FetchedRow[Payment]]:
    """Return the one payment on a document, if there is one that changed since the moment."""
    if not is_id(invoice_id):
        return ()
    try:
        source, found = await _look(account, invoice_id)
    except DocumentNotFound:
        return ()
    changed: Condition[Payment] | None = changed_since(query, lambda payment: payment.updated_date)
    if changed is not None and not changed(found.item):
        return ()
    return (FetchedRow(source, found.raw, Mapped(found.item, found.warnings)),)


async def _look(
    account: QontoAccount, document_id: str, others: Sequence[Source[Any, Payment]] = ()
) -> tuple[Source[Any, Payment], Found[Payment]]:
    """Look for what was paid on a document; its id doesn't tell whether it is one of sales."""
    sources: Sequence[Source[Any, Payment]] = (
        *others,
        _INVOICES.source(account),
        _BILLS.source(account),
    )
    return await first_found(sources, lambda source: find_one(source, document_id))
