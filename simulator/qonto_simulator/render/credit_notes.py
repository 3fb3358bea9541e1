"""Credit notes as the API writes them."""

from __future__ import annotations

from qonto_simulator.money import cents, money
from qonto_simulator.records.credit_note import CreditNote
from qonto_simulator.times import with_offset

from .client_invoices import PUBLIC_PAGE, lifecycle_event
from .common import Document, discount, embedded_client, line, withholding


def credit_note(note: CreditNote, organisation_id: str, base: str) -> Document:
    """Like an invoice, but without status, due date, payment and the issuer's snapshot."""
    currency = note.currency
    return {
        "id": note.id,
        "organization_id": organisation_id,
        "attachment_id": note.attachment_id,
        "invoice_id": note.invoice_id,
        "invoice_issue_date": str(note.invoice_issue_date) if note.invoice_issue_date else "",
        "number": note.number,
        "invoice_url": base + PUBLIC_PAGE + note.id,
        "reason": note.reason,
        "contact_email": note.contact_email,
        "terms_and_conditions": note.terms_and_conditions,
        "header": note.header,
        "footer": note.footer,
        "currency": currency,
        "total_amount": money(note.total, currency),
        "total_amount_cents": cents(note.total),
        "vat_amount": money(note.vat, currency),
        "vat_amount_cents": cents(note.vat),
        "discount": discount(note.discount, currency),
        "issue_date": note.issue_date.isoformat(),
        "created_at": with_offset(note.created_at),
        "updated_at": with_offset(note.updated_at),
        "finalized_at": with_offset(note.finalized_at),
        "stamp_duty_amount": note.stamp_duty_amount,
        "items": [line(one) for one in note.lines],
        "client": embedded_client(note.client),
        "einvoicing_status": note.einvoicing_status or "",
        "einvoicing_lifecycle_events": [lifecycle_event(one) for one in note.lifecycle],
        "welfare_fund": note.welfare_fund,
        "withholding_tax": withholding(note.withholding_tax, note.total - note.vat, currency),
    }
