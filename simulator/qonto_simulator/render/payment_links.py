"""Payment links and the payments made with them, as the API writes them."""

from __future__ import annotations

from qonto_simulator.money import money
from qonto_simulator.records.payment_link import BasketItem, LinkPayment, PaymentLink
from qonto_simulator.times import with_seconds

from .common import Document


def payment_link(one: PaymentLink, base_url: str) -> Document:
    """A basket shows its items, a link for an invoice shows whose and which."""
    return {
        "id": one.id,
        "status": one.status,
        "amount": money(one.amount, one.currency),
        "potential_payment_methods": list(one.methods),
        "reusable": one.reusable,
        "resource_type": "Invoice" if one.invoice_id else "Basket",
        "items": [_item(each) for each in one.items] or None,
        "invoice_id": one.invoice_id,
        "invoice_number": one.invoice_number,
        "debitor_name": one.debitor_name,
        "url": f"{base_url}/pay/{one.id}",
        "expiration_date": with_seconds(one.expiration_date),
        "created_at": with_seconds(one.created_at),
    }


def _item(one: BasketItem) -> Document:
    return {
        "title": one.title,
        "quantity": one.quantity,
        "unit_price": money(one.unit_price, one.currency),
        "vat_rate": format(one.vat_rate, "f"),
        "type": one.type,
        "description": one.description,
        "measure_unit": one.measure_unit,
    }


def payment(one: LinkPayment) -> Document:
    return {
        "id": one.id,
        "amount": money(one.amount, one.currency),
        "status": one.status,
        "payment_method": one.payment_method,
        "debitor_email": one.debitor_email,
        "created_at": with_seconds(one.created_at),
        "paid_at": with_seconds(one.paid_at) if one.paid_at else None,
    }
