"""The life of a quote: ``pending_approval``, then ``approved`` or ``canceled`` for good.

No call of the API decides a quote; the client does, on a page of Qonto's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

from qonto_simulator import pdf
from qonto_simulator.errors import attribute, refuse
from qonto_simulator.records.client import Client
from qonto_simulator.records.client_invoice import PrintedSettings
from qonto_simulator.records.lines import Line
from qonto_simulator.records.quote import Quote
from qonto_simulator.times import today
from qonto_simulator.world import Books, World

from . import numbering
from .totals import totals

STATUSES = ("pending_approval", "approved", "canceled")
PREFIX = "quote"


@dataclass(frozen=True, slots=True)
class QuoteFields:
    """What a caller decides about a quote, checked; rates are fractions here."""

    client: Client
    currency: str
    issue_date: date
    expiry_date: date
    terms_and_conditions: str
    lines: tuple[Line, ...]
    number: str | None = None
    contact_email: str = ""
    header: str = ""
    footer: str = ""
    discount: tuple[str, Decimal] | None = None
    upload_id: str | None = None
    settings: PrintedSettings | None = None
    welfare_fund: dict[str, object] | None = None
    withholding_tax: dict[str, object] | None = None
    stamp_duty_amount: str = ""


def create(world: World, books: Books, fields: QuoteFields, *, at: datetime) -> Quote:
    """A quote that waits for approval; its PDF follows some seconds later."""
    if fields.number:
        numbering.claim(books, PREFIX, fields.number)
    number = fields.number or numbering.next_number(books, PREFIX, fields.issue_date)
    amounts = totals(fields.lines, fields.discount)
    quote = Quote(
        id=world.ids.uuid7(at),
        number=number,
        status="pending_approval",
        client=fields.client,
        currency=fields.currency,
        issue_date=fields.issue_date,
        expiry_date=fields.expiry_date,
        total=amounts.total,
        vat=amounts.vat,
        lines=fields.lines,
        created_at=at,
        updated_at=at,
        terms_and_conditions=fields.terms_and_conditions,
    )
    _write(quote, fields)
    books.quotes.add(quote)
    due = at + timedelta(seconds=world.quirks.pdf_delay)
    world.agenda.at(due, partial(_attach_pdf, world, books, quote))
    return quote


def _write(quote: Quote, fields: QuoteFields) -> None:
    amounts = totals(fields.lines, fields.discount)
    quote.client = fields.client
    quote.currency = fields.currency
    quote.issue_date = fields.issue_date
    quote.expiry_date = fields.expiry_date
    quote.total = amounts.total
    quote.vat = amounts.vat
    quote.discount = amounts.discount
    quote.lines = fields.lines
    quote.terms_and_conditions = fields.terms_and_conditions
    quote.contact_email = fields.contact_email
    quote.header = fields.header
    quote.footer = fields.footer
    quote.upload_id = fields.upload_id
    quote.settings = fields.settings
    quote.welfare_fund = fields.welfare_fund
    quote.withholding_tax = fields.withholding_tax
    quote.stamp_duty_amount = fields.stamp_duty_amount


def _attach_pdf(world: World, books: Books, quote: Quote, at: datetime) -> None:
    if books.quotes.get(quote.id) is None:
        return
    attach_pdf(world, books, quote, at)
    books.quotes.save(quote, max(at, quote.updated_at))


def attach_pdf(world: World, books: Books, quote: Quote, at: datetime) -> None:
    name = pdf.file_name(quote.number, quote.issue_date, books.organisation.legal_name)
    make = partial(pdf.quote, quote, books.organisation, at)
    quote.attachment_id = world.store_file(
        books, name, "application/pdf", make, at, ready_after=world.quirks.file_delay
    ).id


def require_editable(quote: Quote) -> None:
    """412 until the PDF exists, 422 once the quote is decided."""
    if quote.attachment_id is None:
        raise refuse(412, "quote_has_no_attachment", "the quote has no attachment yet")
    _require_pending(quote, "updated")


def edit(books: Books, quote: Quote, fields: QuoteFields, *, at: datetime) -> Quote:
    require_editable(quote)
    if fields.number and fields.number != quote.number:
        numbering.claim(books, PREFIX, fields.number)
        books.numbers[PREFIX].discard(quote.number)
        quote.number = fields.number
    _write(quote, fields)
    return books.quotes.save(quote, at)


def delete(books: Books, quote: Quote) -> None:
    """For good, and only as long as the quote was not sent."""
    _require_pending(quote, "deleted")
    if quote.sent_at is not None:
        raise refuse(422, "invalid", "a quote that was sent can't be deleted")
    if quote.invoice_ids:
        raise refuse(422, "invalid", "a quote that was invoiced can't be deleted")
    books.quotes.remove(quote)


def decide(books: Books, quote: Quote, status: str, *, at: datetime) -> Quote:
    """The client approves, or the quote is canceled."""
    _require_pending(quote, status)
    if status == "approved":
        quote.approved_at = at
    else:
        quote.canceled_at = at
    quote.status = status
    return books.quotes.save(quote, at)


def is_expired(quote: Quote, *, at: datetime) -> bool:
    """Whether the client is too late to decide; the status does not say so."""
    return today(at) > quote.expiry_date


def _require_pending(quote: Quote, action: str) -> None:
    if quote.status != "pending_approval":
        detail = f"a quote with status {quote.status} can't be {action}"
        raise refuse(422, "invalid", detail, pointer=attribute("status"))
