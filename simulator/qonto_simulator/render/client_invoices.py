"""Client invoices as the API and its webhooks write them."""

from __future__ import annotations

from qonto_simulator.money import cents, money
from qonto_simulator.records.client_invoice import (
    ClientInvoice,
    LifecycleEvent,
    PrintedSettings,
)
from qonto_simulator.records.organisation import Organisation
from qonto_simulator.rules.invoice_fields import printed_settings
from qonto_simulator.times import with_millis, with_offset

from .common import Document, discount, embedded_client, line, withholding, without_cents

PUBLIC_PAGE = "/pay/invoices/"
"""Where everybody who has the link sees an invoice or a credit note."""


def client_invoice(invoice: ClientInvoice, organisation: Organisation, base: str) -> Document:
    """The whole invoice, as both the list and the single document return it; links begin with
    ``base``."""
    currency = invoice.currency
    settings = invoice.settings
    is_draft = invoice.status == "draft"
    paid = money(invoice.amount_paid, currency)
    return {
        "id": invoice.id,
        "organization_id": organisation.id,
        "attachment_id": invoice.attachment_id,
        "number": invoice.number,
        "purchase_order": invoice.purchase_order,
        "status": invoice.status,
        "invoice_type": invoice.invoice_type,
        "quote_id": invoice.quote_id,
        "invoice_url": "" if is_draft else base + PUBLIC_PAGE + invoice.id,
        "contact_email": invoice.contact_email,
        "terms_and_conditions": invoice.terms_and_conditions,
        "discount_conditions": settings.discount_conditions,
        "late_payment_penalties": settings.late_payment_penalties,
        "legal_fixed_compensation": settings.legal_fixed_compensation,
        "header": invoice.header,
        "footer": invoice.footer,
        "currency": currency,
        "total_amount": money(invoice.total, currency),
        "total_amount_cents": cents(invoice.total),
        "vat_amount": money(invoice.vat, currency),
        "vat_amount_cents": cents(invoice.vat),
        "amount_paid": paid,
        "deposit_amount": None,
        "discount": discount(invoice.discount, currency),
        "issue_date": invoice.issue_date.isoformat() if invoice.issue_date else None,
        "due_date": invoice.due_date.isoformat() if invoice.due_date else None,
        "performance_date": _day(invoice.performance_date),
        "performance_start_date": _day(invoice.performance_start_date),
        "performance_end_date": _day(invoice.performance_end_date),
        "created_at": with_offset(invoice.created_at),
        "updated_at": with_offset(invoice.updated_at),
        "finalized_at": with_offset(invoice.finalized_at) if invoice.finalized_at else None,
        "paid_at": with_offset(invoice.paid_at) if invoice.paid_at else "" if is_draft else None,
        "stamp_duty_amount": invoice.stamp_duty_amount,
        "items": [line(one) for one in invoice.lines] or None,
        "client": embedded_client(invoice.client),
        "payment_methods": [
            {
                "type": "transfer",
                "beneficiary_name": invoice.beneficiary_name,
                "bic": invoice.bic,
                "iban": invoice.iban,
            }
        ],
        "credit_notes_ids": list(invoice.credit_note_ids),
        "organization": issuer(organisation, invoice.settings),
        "einvoicing_status": invoice.einvoicing_status or "",
        "einvoicing_lifecycle_events": [lifecycle_event(event) for event in invoice.lifecycle]
        or None,
        "welfare_fund": invoice.welfare_fund,
        "withholding_tax": withholding(
            invoice.withholding_tax, invoice.total - invoice.vat, currency
        ),
        "payment_reporting": invoice.payment_reporting,
    }


def _day(day: object) -> str:
    return str(day) if day else ""


def lifecycle_event(event: LifecycleEvent) -> Document:
    return {
        "status_code": event.status_code,
        "reason": event.reason,
        "reason_message": event.reason_message,
        "timestamp": with_millis(event.timestamp),
    }


def issuer(organisation: Organisation, settings: PrintedSettings | None = None) -> Document:
    """The organisation as its documents show it, with the texts of one document if it has own."""
    own = settings or printed_settings(organisation)
    capital, currency = own.legal_capital_share
    return {
        "id": organisation.id,
        "legal_name": organisation.legal_name,
        "legal_number": organisation.legal_number,
        "legal_country": organisation.country,
        "address_line_1": organisation.address.street_address,
        "address_line_2": "",
        "address_zipcode": organisation.address.zip_code,
        "address_city": organisation.address.city,
        "address_country": organisation.country,
        "company_leadership": own.company_leadership,
        "district_court": own.district_court,
        "commercial_register_number": own.commercial_register_number,
        "vat_number": own.vat_number,
        "tax_number": own.tax_number,
        "legal_capital_share": money(capital, currency),
        "transaction_type": own.transaction_type,
        "vat_payment_condition": own.vat_payment_condition,
    }


_NOT_IN_EVENTS = frozenset(
    [
        "organization_id",
        "attachment_id",
        "invoice_url",
        "organization",
        "einvoicing_lifecycle_events",
        "quote_id",
        "deposit_amount",
        "updated_at",
    ]
)


def webhook_data(invoice: ClientInvoice, organisation: Organisation) -> Document:
    """The invoice as ``data`` of a ``v1/client-invoices`` event, without ``event``."""
    document = client_invoice(invoice, organisation, "")
    return without_cents({k: v for k, v in document.items() if k not in _NOT_IN_EVENTS})
