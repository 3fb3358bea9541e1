"""The life of a supplier invoice, from its arrival to its payment or rejection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from qonto_simulator.errors import ApiError, refuse
from qonto_simulator.records.client_invoice import LifecycleEvent
from qonto_simulator.records.supplier_invoice import Reading, SupplierInvoice
from qonto_simulator.times import today
from qonto_simulator.world import Books, World

from .lifecycle import RECEIVED, REFUSED


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
    display: tuple[str, Callable[[], bytes]] | None = None
    """Name and content of a PDF to show, where the document is XML."""
    e_invoice_type: str | None = None


def arrive(world: World, books: Books, arrival: Arrival, *, at: datetime) -> SupplierInvoice:
    """A new document to review; its business fields stay empty until it has been read.

    An e-invoice needs no analysis: it says itself what is on it.
    """
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
        is_einvoice=arrival.source_type == "e_invoicing",
    )
    if arrival.display is not None:
        name, make = arrival.display
        shown = world.store_file(books, name, "application/pdf", make, at)
        bill.display_attachment_id = shown.id
    books.supplier_invoices.add(bill)
    if bill.is_einvoice:
        bill.e_invoice_type = arrival.e_invoice_type
        bill.lifecycle.append(LifecycleEvent(RECEIVED, at))
        _read(books, bill, world, at)
        return bill
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


_MAY_BE_PAID = frozenset(
    {"to_review", "to_approve", "pending", "awaiting_payment", "to_pay", "archived"}
)
_MAY_BE_REJECTED = frozenset({"to_review", "to_approve", "awaiting_payment"})


def mark_as_paid(books: Books, bill: SupplierInvoice, day: date | None, *, at: datetime) -> None:
    """Paid on a day, today by default; on a paid one nothing happens."""
    if bill.status == "paid":
        return
    if bill.status not in _MAY_BE_PAID or "mark_as_paid" in bill.hidden_actions:
        raise _forbidden(bill, "marked as paid")
    bill.status = "paid"
    bill.payment_date = day or today(at)
    books.supplier_invoices.save(bill, at)


def unmark_as_paid(books: Books, bill: SupplierInvoice, *, at: datetime) -> None:
    """Back to the review, wherever it came from."""
    if bill.status != "paid" or "unmark_as_paid" in bill.hidden_actions:
        raise _forbidden(bill, "unmarked as paid")
    bill.status = "to_review"
    bill.payment_date = None
    books.supplier_invoices.save(bill, at)


REASONS = (
    *("DOUBLON", "TX_TVA_ERR", "MONTANTTOTAL_ERR", "CALCUL_ERR", "NON_CONFORME", "DEST_ERR"),
    *("DEST_INC", "TRANSAC_INC", "EMMET_INC", "CONTRAT_TERM", "DOUBLE_FACT", "CMD_ERR", "ADR_ERR"),
    *("REF_CT_ABSENT", "AUTRE"),
)
"""The codes for refusing a French e-invoice, as AFNOR XP Z12-012 lists them."""


def needs_reason(books: Books, bill: SupplierInvoice) -> bool:
    """Whether a rejection must carry a reason code, as that of a French e-invoice."""
    return _may_be_rejected(bill) and bill.is_einvoice and books.organisation.country == "FR"


def reject(books: Books, bill: SupplierInvoice, note: str, reason: str, *, at: datetime) -> None:
    """For good; the sender of an e-invoice is told."""
    if not _may_be_rejected(bill):
        raise _forbidden(bill, "rejected")
    bill.status = "rejected"
    bill.declined_note = note
    if bill.is_einvoice:
        bill.lifecycle.append(LifecycleEvent(REFUSED, at, reason, note))
    books.supplier_invoices.save(bill, at)


def _may_be_rejected(bill: SupplierInvoice) -> bool:
    return bill.status in _MAY_BE_REJECTED and "reject" not in bill.hidden_actions


def _forbidden(bill: SupplierInvoice, action: str) -> ApiError:
    detail = f"invalid transition: a supplier invoice with status {bill.status} can't be {action}"
    return refuse(400, "invalid_transition", detail)
