"""Clients as the API writes them."""

from __future__ import annotations

from qonto_simulator.records.client import Client
from qonto_simulator.times import with_millis

from .common import Document, address


def client_document(client: Client) -> Document:
    """``kind`` has a legacy twin ``type``, the billing address a flat one."""
    place = client.billing_address
    document: Document = {"id": client.id, "name": client.display_name}
    if client.kind != "company":
        document["first_name"] = client.first_name
        document["last_name"] = client.last_name
    phone: Document | None = None
    if client.phone_number:
        phone = {"country_code": client.phone_country_code, "number": client.phone_number}
    document |= {
        "kind": client.kind,
        "type": client.kind,
        "email": client.email,
        "extra_emails": list(client.extra_emails),
        "phone": phone,
        "phone_number": (client.phone_country_code or "") + (client.phone_number or ""),
        "currency": client.currency,
        "locale": client.locale,
        "vat_number": client.vat_number,
        "tax_identification_number": client.tax_identification_number,
        "e_invoicing_address": client.e_invoicing_address,
        "e_invoicing_reachable": client.e_invoicing_reachable,
        "recipient_code": client.recipient_code,
        "billing_address": address(place),
        "delivery_address": address(client.delivery_address),
        "address": place.street_address if place else None,
        "city": place.city if place else None,
        "zip_code": place.zip_code if place else None,
        "province_code": place.province_code if place else None,
        "country_code": place.country_code if place else None,
        "created_at": with_millis(client.created_at),
        "updated_at": with_millis(client.updated_at),
    }
    return document
