"""Recurring invoices and reminders as the API writes them."""

from __future__ import annotations

from qonto_simulator.money import cents, money
from qonto_simulator.records.recurring import RecurringInvoice, Reminder
from qonto_simulator.times import with_offset

from .common import Document, embedded_client, line


def recurring_invoice(one: RecurringInvoice) -> Document:
    """The newest of the issued invoices is ``invoice_id``."""
    return {
        "id": one.id,
        "status": one.status,
        "client": embedded_client(one.client),
        "start_date": one.start_date.isoformat(),
        "end_date": one.end_date.isoformat() if one.end_date else None,
        "next_invoice_date": one.next_invoice_date.isoformat() if one.next_invoice_date else None,
        "frequency": {"value": one.every, "recurrence": one.recurrence},
        "payment_terms_days": one.payment_terms_days,
        "bank_account": {"iban": one.iban},
        "invoice_status": one.invoice_status,
        "invoice_id": one.invoice_ids[-1] if one.invoice_ids else None,
        "currency": one.currency,
        "total_amount": money(one.amounts.total, one.currency),
        "total_amount_cents": cents(one.amounts.total),
        "vat_amount": money(one.amounts.vat, one.currency),
        "vat_amount_cents": cents(one.amounts.vat),
        "items": [line(each) for each in one.lines],
        "terms_and_conditions": one.terms_and_conditions,
        "header": one.header,
        "footer": one.footer,
        "created_at": with_offset(one.created_at),
        "updated_at": with_offset(one.updated_at),
    }


def reminder(one: Reminder) -> Document:
    """The rules have no ids."""
    return {
        "id": one.id,
        "client_id": one.client_id,
        "send_to": list(one.send_to),
        "copy_to_self": one.copy_to_self,
        "rules": [
            {
                "operator": rule.operator,
                "offset_days": rule.offset_days,
                "email_title": rule.email_title,
                "email_body": rule.email_body,
            }
            for rule in one.rules
        ],
        "created_at": with_offset(one.created_at),
        "updated_at": with_offset(one.updated_at),
    }
