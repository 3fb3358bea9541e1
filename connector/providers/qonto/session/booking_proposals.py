"""Booking proposals: client invoices, credit notes and supplier invoices as one list.

Qonto has three lists and no way to ask for them together. They are merged newest first, each read
only as far as the page needs; totals are the sums of Qonto's own counts. For credit notes neither
an order nor a filter is documented, so that list (a short one) is read whole and sorted here.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from connector.ports import Page, Query
from connector.providers.qonto.client import ListPart, QontoClient
from connector.providers.qonto.documents.purchases import SupplierInvoice
from connector.providers.qonto.documents.reading import DocumentPage, Record
from connector.providers.qonto.documents.sales import ClientInvoice, CreditNote
from connector.providers.qonto.mapping import (
    Calendar,
    propose_credit_note,
    propose_invoice,
    propose_supplier_invoice,
)
from connector.providers.qonto.mapping.calendar import read_instant
from connector.providers.qonto.session.merge import Dated, Entry, Source, merged
from connector.providers.qonto.session.paging import page_count, unreadable
from connector.unified.booking_proposal import BookingProposal
from connector.unified.enums import BookingType
from connector.unified.mapped import Mapped

D = TypeVar("D", bound=Dated)
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A record on its way into the merged list; mapped only if it gets onto the page."""

    list_name: str
    id: str | None
    raw: bytes = field(repr=False)
    propose: Callable[[Calendar], Mapped[BookingProposal]] | None


@dataclass(frozen=True, slots=True)
class _Part:
    """One of the lists to merge: its size and its entries."""

    total: Callable[[], Coroutine[Any, Any, int | None]]
    entries: Callable[[], AsyncIterator[Entry[_Candidate]]]


class BookingProposals:
    """Lists booking proposals of one account."""

    def __init__(self, client: QontoClient, account_id: str) -> None:
        self._client = client
        self._account_id = account_id

    async def page(self, query: Query, calendar: Calendar) -> Page[BookingProposal]:
        """Answer one page. A booking type that Qonto has no documents for has no pages.

        Raw data is an object with the page's documents under the names of Qonto's lists.
        """
        parts = self._parts(query.booking_type, query.modified_since)
        total = _sum(await _together([part.total() for part in parts]))
        skip = (query.page - 1) * query.limit
        entries: list[Entry[_Candidate]] = []
        if total is None or skip < total:
            streams = [part.entries() for part in parts]
            entries = await merged(streams, skip=skip, take=query.limit)
        items: list[BookingProposal] = []
        warnings: list[str] = []
        for candidate in (entry.record for entry in entries):
            if candidate.propose is None:
                warnings.append(unreadable("booking proposal", candidate.id))
                continue
            mapped = candidate.propose(calendar)
            items.append(mapped.value)
            warnings.extend(mapped.warnings)
        return Page(
            items=tuple(items),
            warnings=tuple(warnings),
            raw=_raw(entries) if query.raw else None,
            total=total,
            page=query.page,
            per_page=query.limit,
            total_pages=page_count(total, query.limit),
        )

    def _parts(self, wanted: BookingType | None, since: datetime | None) -> list[_Part]:
        match wanted:
            case None:
                return [
                    self._client_invoices(since),
                    self._credit_notes(since),
                    self._supplier_invoices(since),
                ]
            case "INVOICE":
                return [self._client_invoices(since)]
            case "INVOICE_CREDIT_NOTE":
                return [self._credit_notes(since)]
            case "BILL":
                return [self._supplier_invoices(since, without_credit_notes=True)]
            case "BILL_CREDIT_NOTE":
                return [self._supplier_credit_notes(since)]
            case _:
                return []

    def _client_invoices(self, since: datetime | None) -> _Part:
        async def fetch(number: int) -> DocumentPage[ClientInvoice]:
            part = ListPart(number, modified_since=since)
            return await self._client.list_client_invoices(self._account_id, part)

        return _part(Source(fetch), "client_invoices", propose_invoice)

    def _credit_notes(self, since: datetime | None) -> _Part:
        async def fetch(number: int) -> DocumentPage[CreditNote]:
            return await self._client.list_credit_notes(self._account_id, page=number)

        def keep(record: Record[CreditNote]) -> bool:
            return since is None or _changed_since(record.document, since)

        def propose(document: CreditNote, _: Calendar) -> Mapped[BookingProposal]:
            return propose_credit_note(document)

        return _part(Source(fetch, is_sorted=False, keep=keep), "credit_notes", propose)

    def _supplier_invoices(
        self, since: datetime | None, *, without_credit_notes: bool = False
    ) -> _Part:
        async def fetch(number: int) -> DocumentPage[SupplierInvoice]:
            return await self._client.list_supplier_invoices(
                self._account_id,
                ListPart(number, modified_since=since),
                without_credit_notes=without_credit_notes,
            )

        return _part(Source(fetch), "supplier_invoices", propose_supplier_invoice)

    def _supplier_credit_notes(self, since: datetime | None) -> _Part:
        """Qonto can leave them out but not single them out: all, less those that are none."""
        everything = self._supplier_invoices(since)
        bills = self._supplier_invoices(since, without_credit_notes=True)

        async def fetch(number: int) -> DocumentPage[SupplierInvoice]:
            part = ListPart(number, modified_since=since)
            return await self._client.list_supplier_invoices(self._account_id, part)

        def keep(record: Record[SupplierInvoice]) -> bool:
            return record.document is not None and record.document.is_credit_note is True

        async def total() -> int | None:
            whole, rest = await _together([everything.total(), bills.total()])
            return None if whole is None or rest is None else max(0, whole - rest)

        found = _part(Source(fetch, keep=keep), "supplier_invoices", propose_supplier_invoice)
        return _Part(total, found.entries)


def _part(
    source: Source[D], list_name: str, propose: Callable[[D, Calendar], Mapped[BookingProposal]]
) -> _Part:
    async def entries() -> AsyncIterator[Entry[_Candidate]]:
        async for entry in source.entries():
            yield Entry(entry.created, entry.id, _candidate(entry.record, list_name, propose))

    return _Part(source.total, entries)


def _candidate(
    record: Record[D], list_name: str, propose: Callable[[D, Calendar], Mapped[BookingProposal]]
) -> _Candidate:
    document = record.document
    if document is None:
        return _Candidate(list_name, record.id, record.raw, None)
    return _Candidate(
        list_name, record.id, record.raw, lambda calendar: propose(document, calendar)
    )


def _changed_since(document: CreditNote | None, since: datetime) -> bool:
    """Compare the latest moment a credit note tells of; one that tells of none may have changed."""
    if document is None:
        return True
    told = (document.updated_at, document.finalized_at, document.created_at)
    moments = [moment for moment in map(read_instant, told) if moment is not None]
    return not moments or max(moments) >= since


async def _together(waits: list[Coroutine[Any, Any, R]]) -> list[R]:
    """Await all, then raise the first failure in order, so that none is left running."""
    found = await asyncio.gather(*waits, return_exceptions=True)
    results: list[R] = []
    for one in found:
        if isinstance(one, BaseException):
            raise one
        results.append(one)
    return results


def _sum(totals: list[int | None]) -> int | None:
    known = [total for total in totals if total is not None]
    return sum(known) if len(known) == len(totals) else None


def _raw(entries: list[Entry[_Candidate]]) -> bytes:
    lists: dict[str, list[msgspec.Raw]] = {
        "client_invoices": [],
        "credit_notes": [],
        "supplier_invoices": [],
    }
    for entry in entries:
        lists[entry.record.list_name].append(msgspec.Raw(entry.record.raw))
    return msgspec.json.encode(lists)
