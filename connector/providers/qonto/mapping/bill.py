"""A supplier invoice as a unified bill."""

from connector.providers.qonto.documents.purchases import SupplierInvoice
from connector.providers.qonto.mapping import status
from connector.providers.qonto.mapping.amounts import read_amount
from connector.providers.qonto.mapping.calendar import Calendar, read_day
from connector.providers.qonto.mapping.notes import Notes
from connector.unified.bill import Bill, BillTax
from connector.unified.enums import DocumentKind
from connector.unified.mapped import Mapped

KINDS: dict[str, DocumentKind] = {
    "INVOICE": "INVOICE",
    "EXPENSE_RECEIPT": "EXPENSE_RECEIPT",
    "CARD_RECEIPT": "CARD_RECEIPT",
    "CREDIT_CARD_RECEIPT": "CARD_RECEIPT",
    "CREDIT_NOTE": "CREDIT_NOTE",
    "OTHER_FINANCIAL_DOCUMENT": "OTHER_FINANCIAL_DOCUMENT",
    "OTHER_NON_FINANCIAL_DOCUMENT": "OTHER_NON_FINANCIAL_DOCUMENT",
    "UNKNOWN": "UNKNOWN",
}
"""Qonto's categories of attached documents."""


def map_bill(document: SupplierInvoice, calendar: Calendar) -> Mapped[Bill]:
    """Say a supplier invoice in the unified model.

    Qonto reads it from a file and has no lines, so `line_items` is empty; until the file has been
    read, amounts, dates and names may be missing, which is noted.
    """
    notes = Notes("bill", document)
    standing = supplier_standing(document, calendar, notes)
    note_unread(document, notes)
    bill = Bill(
        id=notes.id,
        account_id=None,
        addresses=(),
        bill_date=notes.date("issue_date", document.issue_date),
        bill_number=notes.text(document.invoice_number),
        contact_id=notes.reference(document.supplier_id),
        created_date=notes.date("created_at", document.created_at),
        currency=notes.currency(None, document.total_amount),
        delivery_date=None,
        document_kind=kind_of(document, notes),
        due_date=notes.date("due_date", document.due_date),
        file_id=notes.reference(document.attachment_id),
        file_name=notes.text(document.file_name),
        journal_code=None,
        line_items=(),
        name=supplier_name(document),
        one_line_address=None,
        paid_date=notes.date("payment_date", document.payment_date),
        payment_reference=None,
        payment_term_code=None,
        payment_status=standing.payment,
        payment_days=notes.days_between(document.issue_date, document.due_date),
        reference=None,
        scheduled_date=notes.date("scheduled_date", document.scheduled_date),
        shipping_date=None,
        shipping_type=None,
        status=standing.status,
        tax_rule=None,
        tax_number=notes.text(document.tin) or notes.text(document.tin_number),
        tax_text=None,
        taxes=tuple(
            BillTax(
                amount=notes.amount("tax_amount", tax.tax_amount),
                rate_percentage=notes.percentage("tax_rate", tax.tax_rate),
            )
            for tax in document.taxes or ()
        ),
        total_discount_amount=None,
        total_discount_percentage=None,
        total_gross_amount=notes.amount("total_amount", document.total_amount),
        total_net_amount=notes.amount(
            "total_amount_excluding_taxes", document.total_amount_excluding_taxes
        ),
        total_tax_amount=notes.amount("total_tax_amount", document.total_tax_amount),
        updated_date=notes.date("updated_at", document.updated_at),
    )
    return Mapped(bill, tuple(notes.warnings))


def supplier_standing(
    document: SupplierInvoice, calendar: Calendar, notes: Notes
) -> status.StatusPair:
    """Tell where a supplier invoice stands today; it doesn't say its organisation's country.

    One that credit notes cover isn't overdue, since nothing is due.
    """
    return status.of_supplier_invoice(
        document.status,
        due=None if _is_covered(document) else read_day(document.due_date),
        today=calendar.today(None),
        notes=notes,
    )


def _is_covered(document: SupplierInvoice) -> bool:
    credited = read_amount(document.total_amount_credit_notes)
    if not credited:
        return False
    total = read_amount(document.total_amount)
    return bool(total and credited.copy_abs() >= total)


def kind_of(document: SupplierInvoice, notes: Notes) -> DocumentKind | None:
    """Tell what the document is; an unknown word is noted."""
    category = document.attachment_category
    if not category:
        return None
    kind = KINDS.get(category.upper())
    if kind is None:
        notes.unknown("attachment_category", category)
    return kind


def supplier_name(document: SupplierInvoice) -> str | None:
    """Return the supplier's name, else the issuer's as read from the file."""
    return document.supplier_name or document.issuer_name or None


def note_unread(document: SupplierInvoice, notes: Notes) -> None:
    """Note that the file has not been read yet."""
    if not document.analyzed_at:
        notes.warn("Qonto has not read the document yet; amounts, dates and names may be missing")
