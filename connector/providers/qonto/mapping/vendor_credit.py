"""A supplier's credit note as a unified vendor credit."""

from connector.providers.qonto.documents.purchases import SupplierInvoice
from connector.providers.qonto.mapping.bill import note_unread, supplier_name, supplier_standing
from connector.providers.qonto.mapping.calendar import Calendar
from connector.providers.qonto.mapping.notes import Notes
from connector.unified.mapped import Mapped
from connector.unified.vendor_credit import VendorCredit


def map_vendor_credit(document: SupplierInvoice, calendar: Calendar) -> Mapped[VendorCredit]:
    """Say a supplier invoice that is a credit note in the unified model.

    Amounts are signed as Qonto read them from the file, which may be positive. As with bills there
    are no lines, and much is missing until the file has been read, which is noted.
    """
    notes = Notes("vendor credit", document)
    standing = supplier_standing(document, calendar, notes)
    note_unread(document, notes)
    vendor_credit = VendorCredit(
        id=notes.id,
        account_id=None,
        addresses=(),
        contact_id=notes.reference(document.supplier_id),
        created_date=notes.date("created_at", document.created_at),
        currency=notes.currency(None, document.total_amount),
        delivery_date=None,
        due_date=notes.date("due_date", document.due_date),
        file_id=notes.reference(document.attachment_id),
        journal_code=None,
        line_items=(),
        name=supplier_name(document),
        one_line_address=None,
        paid_date=notes.date("payment_date", document.payment_date),
        payment_reference=None,
        payment_term_id=None,
        payment_status=standing.payment,
        payment_days=notes.days_between(document.issue_date, document.due_date),
        reference=None,
        shipping_date=None,
        shipping_type=None,
        status=standing.status,
        tax_rule=None,
        tax_text=None,
        total_discount_amount=None,
        total_discount_percentage=None,
        total_gross_amount=notes.amount("total_amount", document.total_amount),
        total_net_amount=notes.amount(
            "total_amount_excluding_taxes", document.total_amount_excluding_taxes
        ),
        total_tax_amount=notes.amount("total_tax_amount", document.total_tax_amount),
        updated_date=notes.date("updated_at", document.updated_at),
        vendor_credit_date=notes.date("issue_date", document.issue_date),
        vendor_credit_number=notes.text(document.invoice_number),
    )
    return Mapped(vendor_credit, tuple(notes.warnings))
