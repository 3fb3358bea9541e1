"""Pieces that several documents share, and the mix of empty values."""

from __future__ import annotations

from decimal import Decimal
from typing import cast
from zlib import crc32

from qonto_simulator.money import cents, money, rounded
from qonto_simulator.records.client import Client
from qonto_simulator.records.lines import Discount, Line
from qonto_simulator.records.organisation import Address

Document = dict[str, object]


def line(one: Line) -> Document:
    """A line of an invoice, a quote or a credit note, with cents twins."""
    return {
        "title": one.title,
        "description": one.description,
        "quantity": format(one.quantity, "f"),
        "unit": one.unit,
        "unit_price": money(one.unit_price, one.currency),
        "unit_price_cents": cents(one.unit_price),
        "vat_rate": format(one.vat_rate, "f"),
        "vat_exemption_reason": one.vat_exemption_reason,
        "discount": discount(one.discount, one.currency),
        "total_vat": money(one.total_vat, one.currency),
        "total_vat_cents": cents(one.total_vat),
        "total_amount": money(one.total, one.currency),
        "total_amount_cents": cents(one.total),
        "subtotal": money(one.subtotal, one.currency),
        "subtotal_cents": cents(one.subtotal),
    }


def discount(reduction: Discount | None, currency: str) -> Document | None:
    if reduction is None:
        return None
    return {
        "type": reduction.type,
        "value": format(reduction.value, "f"),
        "amount": money(reduction.amount, currency),
        "amount_cents": cents(reduction.amount),
    }


def withholding(tax: Document | None, net: Decimal, currency: str) -> Document | None:
    """The withholding tax with what it comes to; totals are before it."""
    if tax is None:
        return None
    amount = rounded(net * Decimal(str(tax["rate"])))
    return {**tax, "amount": money(amount, currency)}


def address(place: Address | None) -> Document | None:
    """Country codes are upper case here, lower case in the flat twins."""
    if place is None:
        return None
    return {
        "street_address": place.street_address,
        "city": place.city,
        "zip_code": place.zip_code,
        "province_code": place.province_code,
        "country_code": place.country_code,
    }


def embedded_client(client: Client) -> Document:
    """The client as a document carries it; companies have no first and last name."""
    place = client.billing_address
    document: Document = {"id": client.id, "name": client.display_name}
    if client.kind != "company":
        document["first_name"] = client.first_name
        document["last_name"] = client.last_name
    document |= {
        "type": client.kind,
        "email": client.email or "",
        "vat_number": client.vat_number or "",
        "tax_identification_number": client.tax_identification_number or "",
        "address": place.street_address if place else "",
        "city": place.city if place else "",
        "zip_code": place.zip_code if place else "",
        "province_code": (place.province_code or "") if place else "",
        "country_code": place.country_code.lower() if place else "",
        "recipient_code": client.recipient_code or "",
        "locale": client.locale or "",
        "billing_address": address(place),
        "delivery_address": address(client.delivery_address),
    }
    return document


def without_cents(document: Document) -> Document:
    """The document as webhooks carry it: no cents twins, at any depth."""
    return cast("Document", _strip(document))


def _strip(value: object) -> object:
    if isinstance(value, dict):
        items = cast("Document", value).items()
        return {key: _strip(inner) for key, inner in items if not key.endswith("_cents")}
    if isinstance(value, list):
        return [_strip(inner) for inner in cast("list[object]", value)]
    return value


_PRESENT = frozenset(
    [
        "id",
        "name",
        "number",
        "items",
        "contact_email",
        "terms_and_conditions",
        "header",
        "footer",
        "issue_date",
        "due_date",
        "updated_at",
        "attachment_category",
        "declined_note",
        "supplier_name",
        "secret",
    ]
)
"""Keys that strict clients insist on; they stay, be it as ``null`` or ``""``."""

_STRUCTURES = frozenset(
    [
        "items",
        "discount",
        "quote_id",
        "deposit_amount",
        "delivery_address",
        "billing_address",
        "taxes",
        "total_amount",
        "einvoicing_lifecycle_events",
        "welfare_fund",
        "withholding_tax",
        "payment_reporting",
        "organization",
        "supplier_snapshot",
        "matched_transactions",
        "transfer_ids",
        "suggested_transactions",
        "related_invoices",
        "request_transfer",
        "approval_workflow",
        "meta",
        "payable_amount",
        "total_tax_amount",
        "issue_date",
        "due_date",
        "total_amount_excluding_taxes",
        "total_amount_credit_notes",
        "attachment_id",
        "analyzed_at",
    ]
)
"""Keys whose empty value is never ``""``."""


def mix_empty(document: Document, salt: str) -> Document:
    """The document with its empty values changed into ``null``, ``""`` or nothing, in turns."""
    mixed: Document = {}
    for key, value in document.items():
        if isinstance(value, dict):
            mixed[key] = mix_empty(cast("Document", value), f"{salt}.{key}")
        elif value is None or value == "":
            choice = crc32(f"{salt}.{key}".encode()) % 3
            if choice == 0 and key not in _PRESENT:
                continue
            mixed[key] = "" if choice == 1 and key not in _STRUCTURES else None
        else:
            mixed[key] = value
    return mixed
