"""What was paid on a document as a unified payment.

Qonto lists no payments: a client invoice has the sum of what was matched to it, a supplier invoice
only that it is paid. So there is one payment for each document that something was paid on, with the
document's id, and one line. It grows when more is paid, and is gone when nothing is.
"""

from decimal import Decimal

from connector.providers.qonto.documents.amounts import MoneyField
from connector.providers.qonto.documents.purchases import SupplierInvoice
from connector.providers.qonto.documents.sales import ClientInvoice
from connector.providers.qonto.mapping.amounts import difference
from connector.providers.qonto.mapping.bill import supplier_name
from connector.providers.qonto.mapping.calendar import Calendar
from connector.providers.qonto.mapping.client import client_of, name_of
from connector.providers.qonto.mapping.notes import Notes
from connector.unified.enums import PaymentDocumentType
from connector.unified.mapped import Mapped
from connector.unified.payment import Payment, PaymentLine


def map_invoice_payment(document: ClientInvoice, calendar: Calendar) -> Mapped[Payment] | None:
    """Return what was paid on a client invoice, None when nothing was.

    An invoice marked paid by hand has no amount paid, and counts as paid in full. The date is known
    only of invoices paid in full.
    """
    del calendar
    notes = Notes("payment of invoice", document)
    currency = notes.currency(document.currency, document.total_amount)
    paid = notes.amount("amount_paid", document.amount_paid)
    is_paid = document.status == "paid"
    if is_paid and not paid and not _is_unreadable(document, paid):
        paid = notes.amount("total_amount", document.total_amount)
        if document.credit_notes_ids:
            notes.warn("its credit notes may have been set off; how much was paid isn't said")
    if not _is_payment(paid, is_paid=is_paid):
        return None
    client = client_of(document.client)
    line = PaymentLine(
        account_id=None,
        amount=paid,
        contact_name=name_of(client),
        contact_id=notes.reference(client.id),
        customer_id=notes.reference(client.id),
        description=None,
        invoice_id=notes.id,
        supplier_id=None,
        payment_date=notes.date("paid_at", document.paid_at),
    )
    updated = notes.date("updated_at", document.updated_at)
    return _payment("INVOICE", currency, updated, line, notes)


def map_bill_payment(document: SupplierInvoice, calendar: Calendar) -> Mapped[Payment] | None:
    """Return what was paid on a supplier invoice, None when nothing was.

    That is `payable_amount`, and the total less credit notes where Qonto doesn't tell it: of a bill
    that credit notes cover nothing was paid. A supplier's credit note has no payment.
    """
    del calendar
    if document.status != "paid" or document.is_credit_note:
        return None
    notes = Notes("payment of bill", document)
    currency = notes.currency(None, document.total_amount)
    paid = notes.amount("payable_amount", document.payable_amount) or _less_credit(document, notes)
    if not _is_payment(paid, is_paid=True):
        return None
    line = PaymentLine(
        account_id=None,
        amount=paid,
        contact_name=supplier_name(document),
        contact_id=notes.reference(document.supplier_id),
        customer_id=None,
        description=None,
        invoice_id=notes.id,
        supplier_id=notes.reference(document.supplier_id),
        payment_date=notes.date("payment_date", document.payment_date),
    )
    updated = notes.date("updated_at", document.updated_at)
    transfers = tuple(
        found for one in document.transfer_ids or () if (found := notes.reference(one))
    )
    return _payment("BILL", currency, updated, line, notes, transfers)


def _less_credit(document: SupplierInvoice, notes: Notes) -> Decimal | None:
    """Return the total less credit notes, None when either isn't known."""
    total = notes.amount("total_amount", document.total_amount)
    credited = notes.amount("total_amount_credit_notes", document.total_amount_credit_notes)
    if credited is None:
        is_said = _is_said(document.total_amount_credit_notes) or (
            "total_amount_credit_notes" in document.odd_fields
        )
        return None if is_said else total
    return None if total is None else difference(total, credited.copy_abs())


def _payment(
    kind: PaymentDocumentType,
    currency: str | None,
    updated: str | None,
    line: PaymentLine,
    notes: Notes,
    transfer_ids: tuple[str, ...] = (),
) -> Mapped[Payment]:
    if line.amount is None:
        notes.warn("it is paid, and how much isn't said")
    payment = Payment(
        id=notes.id,
        currency=currency,
        created_date=None,
        document_type=kind,
        exchange_rate=None,
        journal_code=None,
        updated_date=updated,
        payment_type=None,
        payment_lines=(line,),
        status=None,
        declined_reason=None,
        scheduled_date=None,
        transfer_ids=transfer_ids,
    )
    return Mapped(payment, tuple(notes.warnings))


def _is_payment(paid: Decimal | None, *, is_paid: bool) -> bool:
    """Paid without a known amount is a payment; nothing and less than nothing is none."""
    return is_paid if paid is None else paid > 0


def _is_unreadable(document: ClientInvoice, paid: Decimal | None) -> bool:
    """Something is said to be paid, in a way that can't be read."""
    is_said = _is_said(document.amount_paid) or "amount_paid" in document.odd_fields
    return paid is None and is_said


def _is_said(money: MoneyField) -> bool:
    return money is not None and money.value not in (None, "")
