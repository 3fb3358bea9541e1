"""Supplier invoices as the API writes them; amounts have no cents twins here."""

from __future__ import annotations

from decimal import Decimal

from qonto_simulator.ids import NO_ID
from qonto_simulator.money import ZERO, money
from qonto_simulator.records.supplier_invoice import SupplierInvoice
from qonto_simulator.rules.supplier_actions import available_actions
from qonto_simulator.times import with_seconds

from .client_invoices import lifecycle_event
from .common import Document


def supplier_invoice(bill: SupplierInvoice, organisation_id: str) -> Document:
    """The whole supplier invoice; what the analysis finds is ``null`` until it has finished."""
    reading = bill.reading if bill.analyzed_at else None
    return {
        "id": bill.id,
        "organization_id": organisation_id,
        "status": bill.status,
        "source_type": bill.source_type,
        "source": bill.source,
        "file_name": bill.file_name,
        "attachment_id": bill.attachment_id,
        "display_attachment_id": bill.display_attachment_id or bill.attachment_id,
        "attachment_category": reading.category if reading else "INVOICE",
        "is_attachment_invoice": reading.category == "INVOICE" if reading else True,
        "is_attachment_non_financial": (
            reading.category == "OTHER_NON_FINANCIAL_DOCUMENT" if reading else False
        ),
        "supplier_id": bill.supplier_id or NO_ID,
        "supplier_name": reading.supplier_name if reading else None,
        "issuer_name": reading.supplier_name.upper() if reading else None,
        "supplier_snapshot": _snapshot(bill),
        "invoice_number": reading.invoice_number if reading else None,
        "description": reading.description if reading else None,
        "vat_number": reading.vat_number if reading else None,
        "tin": reading.tin if reading else None,
        "total_amount": _money(bill, reading.total if reading else None),
        "total_amount_excluding_taxes": _money(bill, reading.net if reading else None),
        "total_tax_amount": _money(bill, _tax(bill)),
        "taxes": _taxes(bill),
        "payable_amount": _money(bill, reading.total if reading else None),
        "total_amount_credit_notes": None,
        "issue_date": _day(reading.issue_date if reading else None),
        "due_date": _day(reading.due_date if reading else None),
        "payment_date": _day(bill.payment_date),
        "scheduled_date": _day(bill.scheduled_date),
        "iban": reading.iban if reading else None,
        "initiator_id": bill.initiator_id,
        "analyzed_at": with_seconds(bill.analyzed_at) if bill.analyzed_at else None,
        "is_credit_note": reading.is_credit_note if reading else False,
        "is_einvoice": bill.is_einvoice,
        "e_invoice_type": bill.e_invoice_type,
        "has_duplicates": bill.has_duplicates,
        "has_discrepancies": bill.has_discrepancies,
        "has_suggested_credit_notes": False,
        "declined_note": bill.declined_note,
        "matched_transactions": [
            {"subject_id": id, "subject_type": "transfer", "transaction_id": id}
            for id in bill.matched_transactions
        ]
        or None,
        "transfer_ids": list(bill.transfer_ids) or None,
        "suggested_transactions": None,
        "related_invoices": None,
        "request_transfer": None,
        "self_invoice_id": None,
        "approval_workflow": None,
        "available_actions": available_actions(bill),
        "einvoicing_lifecycle_events": [lifecycle_event(one) for one in bill.lifecycle] or None,
        "meta": bill.meta,
        "created_at": with_seconds(bill.created_at),
        "updated_at": with_seconds(bill.updated_at),
    }


def _day(day: object) -> str | None:
    return str(day) if day else None


def _money(bill: SupplierInvoice, amount: Decimal | None) -> Document | None:
    if amount is None or bill.reading is None:
        return None
    return {**money(amount, bill.reading.currency)}


def _tax(bill: SupplierInvoice) -> Decimal | None:
    reading = bill.reading if bill.analyzed_at else None
    if reading is None or reading.total is None:
        return None
    return sum((tax for tax, _ in reading.taxes), ZERO)


def _taxes(bill: SupplierInvoice) -> list[Document] | None:
    reading = bill.reading if bill.analyzed_at else None
    if reading is None or not reading.taxes:
        return None
    return [
        {"tax_amount": money(tax, reading.currency), "tax_rate": f"{rate:.2f}"}
        for tax, rate in reading.taxes
    ]


def _snapshot(bill: SupplierInvoice) -> Document | None:
    reading = bill.reading if bill.analyzed_at else None
    if reading is None or bill.supplier_id is None:
        return None
    return {
        "id": bill.supplier_id,
        "name": reading.supplier_name,
        "iban": reading.iban,
        "tin": reading.tin,
        "vat_number": reading.vat_number,
        "email": None,
        "currency": reading.currency,
        "status": "active",
    }
