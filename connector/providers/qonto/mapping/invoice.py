"""A client invoice as a unified invoice."""

from connector.providers.qonto.documents.sales import (
    ClientInvoice,
    Issuer,
    LifecycleEvent,
    QontoItem,
)
from connector.providers.qonto.mapping import status
from connector.providers.qonto.mapping.amounts import read_amount
from connector.providers.qonto.mapping.calendar import Calendar, read_day
from connector.providers.qonto.mapping.client import addresses_of, client_of, name_of, one_line
from connector.providers.qonto.mapping.notes import Notes
from connector.providers.qonto.mapping.tax_rule import tax_rule_of
from connector.unified.enums import EInvoicingStatus, InvoiceType
from connector.unified.invoice import EInvoicingEvent, Invoice, InvoiceLine
from connector.unified.mapped import Mapped
from connector.unified.parts import part_id

E_INVOICING: dict[str, EInvoicingStatus] = {
    "pending": "PENDING",
    "submitted": "SUBMITTED",
    "approved": "APPROVED",
    "declined": "DECLINED",
    "not_delivered": "NOT_DELIVERED",
    "submission_failed": "SUBMISSION_FAILED",
}
"""How Qonto says how far an electronic invoice got."""


def map_invoice(document: ClientInvoice, calendar: Calendar) -> Mapped[Invoice]:
    """Say a client invoice in the unified model.

    `sum_net_amount` is the total less the tax. Prices at Qonto are always without tax, so
    `line_amount_types` is EXCLUSIVE. `shipping_date` is where the period of performance starts.
    `paid_date` is an instant at Qonto: midnight of a day in Paris is the evening before in UTC.
    """
    notes = Notes("invoice", document)
    currency = notes.currency(document.currency, document.total_amount)
    total = notes.amount("total_amount", document.total_amount)
    tax = notes.amount("vat_amount", document.vat_amount)
    discount, _ = notes.discount(document.discount)
    standing = standing_of(document, calendar, notes)
    client = client_of(document.client)
    addresses = addresses_of(client, notes)
    notes.parts_of_total(
        welfare_fund=document.welfare_fund,
        withholding_tax=document.withholding_tax,
        stamp_duty_amount=document.stamp_duty_amount,
    )
    invoice = Invoice(
        id=notes.id,
        invoice_id=notes.id,
        addresses=addresses,
        contact_id=notes.reference(client.id),
        created_date=notes.date("created_at", document.created_at),
        credit_note_ids=tuple(one for one in document.credit_notes_ids or () if one),
        currency=currency,
        discount_amount=discount,
        due_date=notes.date("due_date", document.due_date),
        e_invoicing_events=tuple(
            _event(one, notes) for one in document.einvoicing_lifecycle_events or ()
        ),
        e_invoicing_status=_e_invoicing_of(document, notes),
        file_id=notes.reference(document.attachment_id),
        finalized_date=notes.date("finalized_at", document.finalized_at),
        invoice_date=notes.date("issue_date", document.issue_date),
        invoice_number=number_of(document),
        invoice_type=_type_of(document, notes),
        invoice_url=notes.text(document.invoice_url),
        journal_code=None,
        line_amount_types="EXCLUSIVE",
        line_items=tuple(
            _line(item, part_id(notes.id, position), notes)
            for position, item in enumerate(document.items or (), start=1)
        ),
        name=name_of(client),
        one_line_address=one_line(addresses),
        paid_date=notes.date("paid_at", document.paid_at),
        payment_status=standing.payment,
        payment_term_duration=notes.days_between(document.issue_date, document.due_date),
        payment_term_id=None,
        performance_end_date=notes.date("performance_end_date", document.performance_end_date),
        reference=notes.text(document.purchase_order),
        shipping_date=notes.date("performance_start_date", performance_start(document)),
        status=standing.status,
        sum_net_amount=notes.net(total, tax),
        tax_rule=tax_rule_of(document.items or ()),
        total_amount=total,
        total_tax_amount=tax,
        updated_date=notes.date("updated_at", document.updated_at),
    )
    return Mapped(invoice, tuple(notes.warnings))


def standing_of(document: ClientInvoice, calendar: Calendar, notes: Notes) -> status.StatusPair:
    """Tell where a client invoice stands today, in its issuer's zone."""
    issuer = document.organization or Issuer()
    return status.of_client_invoice(
        document.status,
        total=read_amount(document.total_amount),
        paid=read_amount(document.amount_paid),
        due=read_day(document.due_date),
        today=calendar.today(issuer.legal_country or issuer.address_country),
        notes=notes,
    )


def number_of(document: ClientInvoice) -> str | None:
    """Return the invoice's number, under its present or its former name."""
    return document.number or document.invoice_number or None


def performance_start(document: ClientInvoice) -> str | None:
    """Return when the performance began, under its present or its former name."""
    return document.performance_start_date or document.performance_date


def _line(item: QontoItem, id: str, notes: Notes) -> InvoiceLine:
    discount, percentage = notes.discount(item.discount)
    return InvoiceLine(  # by position, since a name for each costs four times as much
        id,
        None,  # account_id
        None,  # created_date
        notes.text(item.description),
        (),  # dimensions
        discount,
        percentage,
        notes.amount("line total_amount", item.total_amount),  # gross_amount
        notes.amount("line subtotal", item.subtotal),  # items_amount
        None,  # item_id
        notes.text(item.title),
        notes.number("line quantity", item.quantity),
        None,  # tax_code
        notes.percentage("line vat_rate", item.vat_rate),
        notes.amount("line unit_price", item.unit_price),
        None,  # updated_date
    )


def _event(event: LifecycleEvent, notes: Notes) -> EInvoicingEvent:
    code = event.status_code
    return EInvoicingEvent(
        code=str(code) if isinstance(code, str | int) and code != "" else None,
        date=notes.date("einvoicing event timestamp", event.timestamp),
        message=notes.text(event.reason_message),
        reason=notes.text(event.reason),
    )


def _e_invoicing_of(document: ClientInvoice, notes: Notes) -> EInvoicingStatus | None:
    word = document.einvoicing_status
    status = E_INVOICING.get(word or "")
    if word and status is None:
        notes.unknown("einvoicing_status", word)
    return status


def _type_of(document: ClientInvoice, notes: Notes) -> InvoiceType | None:
    kind = document.invoice_type
    if not kind or kind == "standard":
        return "STANDARD"
    notes.warn(f"invoice type {kind[:40]!r} has no counterpart")
    return None
