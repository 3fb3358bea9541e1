"""Credit notes: as many as wanted, together never more than their invoice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

from qonto_simulator import pdf
from qonto_simulator.einvoices.issued import is_structured
from qonto_simulator.errors import attribute, refuse
from qonto_simulator.money import ZERO
from qonto_simulator.records.client_invoice import ClientInvoice
from qonto_simulator.records.credit_note import CreditNote
from qonto_simulator.records.lines import Discount, Line
from qonto_simulator.world import Books, World

from . import client_invoices, einvoicing, numbering
from .totals import totals

PREFIX = "credit_note"


@dataclass(frozen=True, slots=True)
class CreditNoteFields:
    """What a caller decides about a credit note; quantities are still positive."""

    invoice: ClientInvoice
    issue_date: date
    reason: str
    currency: str
    lines: tuple[Line, ...]
    number: str | None = None
    contact_email: str = ""
    terms_and_conditions: str = ""
    discount: tuple[str, Decimal] | None = None
    stamp_duty_amount: str = ""
    welfare_fund: dict[str, object] | None = None
    withholding_tax: dict[str, object] | None = None


def create(world: World, books: Books, fields: CreditNoteFields, *, at: datetime) -> CreditNote:
    """A final credit note; one that makes the invoice's credit complete cancels the invoice."""
    invoice = fields.invoice
    _check(books, fields)
    if fields.number:
        numbering.claim(books, PREFIX, fields.number)
    number = fields.number or numbering.next_number(books, PREFIX, fields.issue_date)
    amounts = totals(fields.lines, fields.discount)
    note = CreditNote(
        id=world.ids.uuid7(at),
        number=number,
        invoice_id=invoice.id,
        invoice_number=invoice.number,
        invoice_issue_date=invoice.issue_date,
        issue_date=fields.issue_date,
        reason=fields.reason,
        currency=fields.currency,
        client=invoice.client,
        total=-amounts.total,
        vat=-amounts.vat,
        lines=negated(fields.lines),
        created_at=at,
        updated_at=at,
        finalized_at=at,
        contact_email=fields.contact_email or invoice.contact_email,
        terms_and_conditions=fields.terms_and_conditions,
        discount=_negated(amounts.discount),
        stamp_duty_amount=fields.stamp_duty_amount,
        welfare_fund=fields.welfare_fund,
        withholding_tax=fields.withholding_tax,
    )
    books.credit_notes.add(note)
    invoice.credit_note_ids.append(note.id)
    client_invoices.credited(
        world, books, invoice, complete=credited(books, invoice) == invoice.total, at=at
    )
    einvoicing.follow(world, books, invoice, note)
    due = at + timedelta(seconds=world.quirks.pdf_delay)
    world.agenda.at(due, partial(_attach_pdf, world, books, note))
    return note


def negated(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The lines with negative quantities and amounts."""
    return tuple(
        replace(
            one,
            quantity=-one.quantity,
            subtotal=-one.subtotal,
            total_vat=-one.total_vat,
            discount=_negated(one.discount),
        )
        for one in lines
    )


def _negated(discount: Discount | None) -> Discount | None:
    return replace(discount, amount=-discount.amount) if discount else None


def credited(books: Books, invoice: ClientInvoice) -> Decimal:
    """What the credit notes of an invoice come to, as a positive amount."""
    notes = (books.credit_notes.get(id) for id in invoice.credit_note_ids)
    return -sum((note.total for note in notes if note is not None), ZERO)


def _check(books: Books, fields: CreditNoteFields) -> None:
    invoice = fields.invoice
    pointer = attribute("invoice_id")
    if invoice.status not in ("unpaid", "paid"):
        detail = f"a client invoice with status {invoice.status} can't be credited"
        raise refuse(422, "invalid", detail, pointer=pointer)
    if invoice.invoice_type != "standard":
        detail = "deposit and balance invoices can't be credited"
        raise refuse(422, "invalid", detail, pointer=pointer)
    if fields.currency != invoice.currency:
        detail = f"currency must be that of the invoice, {invoice.currency}"
        raise refuse(422, "invalid", detail, pointer=attribute("currency"))
    total = totals(fields.lines, fields.discount).total
    if total < 0:
        detail = "a credit note can't be for less than nothing"
        raise refuse(422, "invalid", detail, pointer=attribute("items"))
    if credited(books, invoice) + total > invoice.total:
        detail = "the credit notes of an invoice can't exceed its total"
        raise refuse(422, "invalid", detail, pointer=attribute("items"))


def _attach_pdf(world: World, books: Books, note: CreditNote, at: datetime) -> None:
    attach_pdf(world, books, note, at)
    books.credit_notes.save(note, max(at, note.updated_at))


def attach_pdf(world: World, books: Books, note: CreditNote, at: datetime) -> None:
    """Gives a credit note its file."""
    name = pdf.file_name(note.number, note.issue_date, books.organisation.legal_name)
    structured = is_structured(books.organisation)
    make = partial(pdf.credit_note, replace(note), books.organisation, at, structured=structured)
    note.attachment_id = world.store_file(
        books, name, "application/pdf", make, at, ready_after=world.quirks.file_delay
    ).id
