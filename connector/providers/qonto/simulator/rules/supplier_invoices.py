"""The life of a supplier invoice, from its arrival to its payment or rejection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from connector.providers.qonto.simulator.records.supplier_invoice import Reading, SupplierInvoice
from connector.providers.qonto.simulator.world import Books, World


@dataclass(frozen=True, slots=True)
class Arrival:
    """A document on its way in: where it comes from, its file, and what reading it will find."""

    file_name: str
    content_type: str
    make: Callable[[], bytes]
    source: str
    source_type: str
    reading: Reading | None
    initiator_id: str | None = None
    attachment_id: str | None = None
    meta: dict[str, object] | None = None


def arrive(world: World, books: Books, arrival: Arrival, *, at: datetime) -> SupplierInvoice:
    """A new document to review; its business fields stay empty until it has been read."""
    attachment_id = arrival.attachment_id
    if attachment_id is None:
        attachment_id = world.store_file(
            books, arrival.file_name, arrival.content_type, arrival.make, at
        ).id
    bill = SupplierInvoice(
        id=world.ids.uuid7(at),
        status="to_review",
        file_name=arrival.file_name,
        source=arrival.source,
        source_type=arrival.source_type,
        attachment_id=attachment_id,
        created_at=at,
        updated_at=at,
        initiator_id=arrival.initiator_id,
        reading=arrival.reading,
        meta=arrival.meta,
    )
    books.supplier_invoices.add(bill)
    due = at + timedelta(seconds=world.quirks.ocr_delay)
    world.agenda.at(due, partial(_read, books, bill, world))
    return bill


def _read(books: Books, bill: SupplierInvoice, world: World, at: datetime) -> None:
    bill.analyzed_at = at
    if bill.reading is not None:
        bill.supplier_id = supplier_id(world, books, bill.reading.supplier_name)
        bill.has_duplicates = any(
            other is not bill and _same_document(other.reading, bill.reading)
            for other in books.supplier_invoices
        )
    books.supplier_invoices.save(bill, max(at, bill.updated_at))


def supplier_id(world: World, books: Books, name: str) -> str:
    """One id per supplier name and organisation."""
    return world.ids.stable(f"supplier/{books.organisation.slug}/{name}")


def _same_document(one: Reading | None, other: Reading) -> bool:
    return (
        one is not None
        and other.invoice_number is not None
        and one.invoice_number == other.invoice_number
        and one.supplier_name == other.supplier_name
    )
