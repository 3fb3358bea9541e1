"""The life of a client invoice.

::

    draft --finalize--> unpaid --mark as paid, bank payment--> paid --unmark--> unpaid
    draft --delete--> gone      unpaid --cancel, credit notes up to the total--> canceled

``canceled`` is final. Every function takes the moment at which it happens and emits what Qonto
would tell its webhook subscribers.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

from qonto_simulator import pdf
from qonto_simulator.einvoices.issued import is_structured
from qonto_simulator.errors import ApiError, attribute, refuse
from qonto_simulator.money import ZERO
from qonto_simulator.records.client_invoice import ClientInvoice
from qonto_simulator.render.client_invoices import webhook_data
from qonto_simulator.times import midnight, today
from qonto_simulator.world import Books, World

from . import numbering, reminders
from .invoice_fields import InvoiceFields
from .totals import totals

PUBLIC_LIFE = timedelta(days=180)
STATUSES = ("draft", "unpaid", "paid", "canceled")
PREFIX = "client_invoice"


def create(
    world: World,
    books: Books,
    fields: InvoiceFields,
    *,
    final: bool,
    at: datetime,
    invoice_type: str = "standard",
    imported: bool = False,
) -> ClientInvoice:
    """A new draft, or an invoice that is final at once (and has used up a legal number)."""
    organisation = books.organisation
    if organisation.country == "IT" and organisation.einvoicing_sending != "enabled":
        raise refuse(422, "invalid", "e-invoicing must be activated first")
    if fields.number:
        numbering.claim(books, PREFIX, fields.number)
    elif final and not organisation.automatic_numbering:
        raise number_required()
    amounts = totals(fields.lines, fields.discount)
    invoice = ClientInvoice(
        id=world.ids.uuid7(at),
        number=fields.number or "",
        status="draft",
        client=fields.client,
        currency=fields.currency,
        issue_date=fields.issue_date,
        due_date=fields.due_date,
        iban=fields.account.iban,
        bic=fields.account.bic,
        beneficiary_name=organisation.legal_name,
        settings=fields.settings,
        total=amounts.total,
        vat=amounts.vat,
        lines=fields.lines,
        created_at=at,
        updated_at=at,
        invoice_type=invoice_type,
        imported=imported,
    )
    books.has_imported = books.has_imported or imported
    _convert(books, invoice, fields.quote_id, at)
    _write(invoice, fields)
    if final:
        _become_final(world, books, invoice, at)
    elif not invoice.number and organisation.automatic_numbering:
        day = fields.issue_date or today(at)
        invoice.number = numbering.proforma_number(books, PREFIX, day)
        invoice.has_temporary_number = True
    books.client_invoices.add(invoice)
    tell(world, books, invoice, "created", at)
    return invoice


def edit(
    world: World, books: Books, invoice: ClientInvoice, fields: InvoiceFields, *, at: datetime
) -> ClientInvoice:
    """Rewrites a draft."""
    require_draft(invoice)
    if fields.number and fields.number != invoice.number:
        numbering.claim(books, PREFIX, fields.number)
        books.numbers[PREFIX].discard(invoice.number)
        invoice.number = fields.number
        invoice.has_temporary_number = False
    _convert(books, invoice, fields.quote_id, at)
    _write(invoice, fields)
    return _changed(world, books, invoice, at)


def _convert(books: Books, invoice: ClientInvoice, quote_id: str | None, at: datetime) -> None:
    """Moves the invoice from the quote that it came from to the one that it comes from now."""
    if quote_id == invoice.quote_id:
        return
    left, joined = books.quotes.get(invoice.quote_id or ""), books.quotes.get(quote_id or "")
    if left is not None:
        left.invoice_ids.remove(invoice.id)
        books.quotes.save(left, at)
    if joined is not None:
        joined.invoice_ids.append(invoice.id)
        books.quotes.save(joined, at)


def require_draft(invoice: ClientInvoice) -> None:
    """412 unless the invoice is a draft."""
    if invoice.status != "draft":
        raise refuse(412, "forbidden_invoice_update", "only drafts can be updated")


def require_final(invoice: ClientInvoice) -> None:
    """422 as long as the invoice is a draft."""
    if invoice.status == "draft":
        _require(invoice, "unpaid", "sent")


def require_payable(invoice: ClientInvoice) -> None:
    """422 unless the invoice waits for money."""
    _require(invoice, "unpaid", "paid")


def _write(invoice: ClientInvoice, fields: InvoiceFields) -> None:
    amounts = totals(fields.lines, fields.discount)
    invoice.client = fields.client
    invoice.currency = fields.currency
    invoice.issue_date = fields.issue_date
    invoice.due_date = fields.due_date
    invoice.iban = fields.account.iban
    invoice.bic = fields.account.bic
    invoice.settings = fields.settings
    invoice.lines = fields.lines
    invoice.total = amounts.total
    invoice.vat = amounts.vat
    invoice.discount = amounts.discount
    invoice.purchase_order = fields.purchase_order
    invoice.contact_email = fields.contact_email
    invoice.terms_and_conditions = fields.terms_and_conditions
    invoice.header = fields.header
    invoice.footer = fields.footer
    invoice.performance_date = fields.performance_date
    invoice.performance_start_date = fields.performance_start_date
    invoice.performance_end_date = fields.performance_end_date
    invoice.quote_id = fields.quote_id
    invoice.upload_id = fields.upload_id
    invoice.welfare_fund = fields.welfare_fund
    invoice.withholding_tax = fields.withholding_tax
    invoice.payment_reporting = fields.payment_reporting
    invoice.stamp_duty_amount = fields.stamp_duty_amount


def delete(books: Books, invoice: ClientInvoice, *, at: datetime) -> None:
    """Removes a draft; nobody is told. 412 for anything else."""
    if invoice.status != "draft":
        raise refuse(412, "invoice_not_in_draft_status", "only drafts can be deleted")
    _convert(books, invoice, None, at)
    books.numbers[PREFIX].discard(invoice.number)
    books.client_invoices.remove(invoice)


def finalize(world: World, books: Books, invoice: ClientInvoice, *, at: datetime) -> ClientInvoice:
    """Gives a draft its legal number and starts the making of its PDF."""
    _require(invoice, "draft", "finalized")
    if not invoice.lines:
        raise refuse(422, "required", "items can't be empty", pointer=attribute("items"))
    if invoice.issue_date is None or invoice.due_date is None:
        raise refuse(422, "required", "issue_date is missing", pointer=attribute("issue_date"))
    _become_final(world, books, invoice, at)
    return _changed(world, books, invoice, at)


def _become_final(world: World, books: Books, invoice: ClientInvoice, at: datetime) -> None:
    if not invoice.number or invoice.has_temporary_number:
        if not books.organisation.automatic_numbering:
            raise number_required()
        books.numbers[PREFIX].discard(invoice.number)
        day = invoice.issue_date or today(at)
        invoice.number = numbering.next_number(books, PREFIX, day)
        invoice.has_temporary_number = False
    invoice.status = "unpaid"
    invoice.finalized_at = at
    due = at + timedelta(seconds=world.quirks.pdf_delay)
    world.agenda.at(due, partial(_attach_pdf, world, books, invoice))
    reminders.plan(world, books, invoice, at=at)


def _attach_pdf(world: World, books: Books, invoice: ClientInvoice, at: datetime) -> None:
    attach_pdf(world, books, invoice, at)
    books.client_invoices.save(invoice, max(at, invoice.updated_at))
    if world.quirks.pdf_ready_event:
        tell(world, books, invoice, "updated", at)


def attach_pdf(world: World, books: Books, invoice: ClientInvoice, at: datetime) -> None:
    """Gives a finalized invoice its file."""
    name = pdf.file_name(invoice.number, invoice.issue_date, books.organisation.legal_name)
    # A copy, as the file is made when somebody asks for it and says what was so when it was issued.
    make = partial(
        pdf.client_invoice,
        replace(invoice),
        books.organisation,
        at,
        structured=is_structured(books.organisation),
    )
    attachment = world.store_file(
        books, name, "application/pdf", make, at, ready_after=world.quirks.file_delay
    )
    invoice.attachment_id = attachment.id


def mark_as_paid(
    world: World, books: Books, invoice: ClientInvoice, day: date | None, *, at: datetime
) -> ClientInvoice:
    """Paid by hand on a day up to today; on a paid invoice only the day changes."""
    day = day or today(at)
    if day > today(at):
        raise refuse(422, "invalid", "paid_at can't be in the future", pointer=attribute("paid_at"))
    if invoice.status == "paid":
        if invoice.paid_at == midnight(day):
            return invoice
    else:
        _require(invoice, "unpaid", "marked as paid")
        invoice.status = "paid"
    invoice.paid_at = midnight(day)
    return _changed(world, books, invoice, at)


def unmark_as_paid(
    world: World, books: Books, invoice: ClientInvoice, *, at: datetime
) -> ClientInvoice:
    _require(invoice, "paid", "unmarked as paid")
    invoice.status = "unpaid"
    invoice.paid_at = None
    invoice.amount_paid = ZERO
    reminders.plan(world, books, invoice, at=at)
    return _changed(world, books, invoice, at)


def cancel(world: World, books: Books, invoice: ClientInvoice, *, at: datetime) -> ClientInvoice:
    _require(invoice, "unpaid", "canceled")
    invoice.status = "canceled"
    invoice.canceled_at = at
    return _changed(world, books, invoice, at)


def credited(
    world: World, books: Books, invoice: ClientInvoice, *, complete: bool, at: datetime
) -> ClientInvoice:
    """A credit note was issued; an unpaid invoice that is credited completely is canceled."""
    if complete and invoice.status == "unpaid":
        invoice.status = "canceled"
        invoice.canceled_at = at
    return _changed(world, books, invoice, at)


def receive_payment(
    world: World, books: Books, invoice: ClientInvoice, amount: Decimal, *, at: datetime
) -> ClientInvoice:
    """The client's money arrived and was matched; the invoice is paid once all of it is there."""
    _require(invoice, "unpaid", "paid")
    invoice.amount_paid += amount
    if invoice.amount_paid >= invoice.total:
        invoice.status = "paid"
        invoice.paid_at = at
    return _changed(world, books, invoice, at)


def _changed(world: World, books: Books, invoice: ClientInvoice, at: datetime) -> ClientInvoice:
    books.client_invoices.save(invoice, at)
    tell(world, books, invoice, "updated", at)
    return invoice


def tell(world: World, books: Books, invoice: ClientInvoice, event: str, at: datetime) -> None:
    """Emits the invoice as it is now to whoever subscribed to client invoices."""
    if world.hub.wants(books.organisation.id, "v1/client-invoices"):
        data = webhook_data(invoice, books.organisation)
        if not world.quirks.omit_data_event:
            data = {"event": event, **data}
        world.hub.emit(books.organisation.id, "v1/client-invoices", data, at)


def is_public(invoice: ClientInvoice, *, at: datetime) -> bool:
    """Whether everybody with the link can see it: final, not canceled, for 180 days."""
    begun = invoice.finalized_at
    return begun is not None and invoice.status != "canceled" and at <= begun + PUBLIC_LIFE


def _require(invoice: ClientInvoice, status: str, action: str) -> None:
    if invoice.status != status:
        raise refuse(
            422,
            "invalid",
            f"a client invoice with status {invoice.status} can't be {action}",
            pointer=attribute("status"),
        )


def number_required() -> ApiError:
    detail = "number is required when automatic numbering is off"
    return refuse(422, "required", detail, pointer=attribute("number"))
