"""A credit note as a unified credit note."""

from connector.providers.qonto.documents.sales import QontoCreditNote, QontoItem
from connector.providers.qonto.mapping.calendar import Calendar
from connector.providers.qonto.mapping.client import addresses_of, client_of
from connector.providers.qonto.mapping.notes import Notes
from connector.unified.credit_note import CreditNote, CreditNoteLine
from connector.unified.mapped import Mapped
from connector.unified.parts import part_id


def map_credit_note(document: QontoCreditNote, calendar: Calendar) -> Mapped[CreditNote]:
    """Say a credit note in the unified model, with amounts and quantities signed as Qonto's.

    `reference` is the id of the invoice that it corrects. Net amounts are the totals less the tax.
    Qonto has no status for credit notes, so both statuses are null.
    """
    del calendar  # a credit note is never overdue
    notes = Notes("credit note", document)
    currency = notes.currency(document.currency, document.total_amount)
    total = notes.amount("total_amount", document.total_amount)
    tax = notes.amount("vat_amount", document.vat_amount)
    discount, percentage = notes.discount(document.discount)
    client = client_of(document.client)
    notes.parts_of_total(
        welfare_fund=document.welfare_fund,
        withholding_tax=document.withholding_tax,
        stamp_duty_amount=document.stamp_duty_amount,
    )
    credit_note = CreditNote(
        id=notes.id,
        addresses=addresses_of(client, notes),
        contact_id=notes.reference(client.id),
        created_date=notes.date("created_at", document.created_at),
        credit_note_date=notes.date("issue_date", document.issue_date),
        credit_note_lines=tuple(
            _line(item, part_id(notes.id, position), notes)
            for position, item in enumerate(document.items or (), start=1)
        ),
        credit_note_number=notes.text(document.number),
        currency=currency,
        payment_status=None,
        payment_term_id=None,
        reference=notes.reference(document.invoice_id),
        status=None,
        total_discount_amount=discount,
        total_discount_percentage=percentage,
        total_gross_amount=total,
        total_net_amount=notes.net(total, tax),
        total_tax_amount=tax,
        updated_date=notes.date("updated_at", document.updated_at),
    )
    return Mapped(credit_note, tuple(notes.warnings))


def _line(item: QontoItem, id: str, notes: Notes) -> CreditNoteLine:
    discount, percentage = notes.discount(item.discount)
    return CreditNoteLine(
        id=id,
        created_date=None,
        description=notes.text(item.description),
        item_id=None,
        item_name=notes.text(item.title),
        quantity=notes.number("line quantity", item.quantity),
        tax_code=None,
        tax_rate_percentage=notes.percentage("line vat_rate", item.vat_rate),
        total_discount_amount=discount,
        total_discount_percentage=percentage,
        total_gross_amount=notes.amount("line total_amount", item.total_amount),
        total_net_amount=notes.amount("line subtotal", item.subtotal),
        total_tax_amount=notes.amount("line total_vat", item.total_vat),
        unit_amount=notes.amount("line unit_price", item.unit_price),
        unit_discount_amount=None,
        unit_discount_percentage=None,
        unit_name=notes.text(item.unit),
        updated_date=None,
    )
