"""Products as the API writes them."""

from __future__ import annotations

from qonto_simulator.money import money
from qonto_simulator.records.catalogue import Product
from qonto_simulator.times import with_millis

from .common import Document


def product_document(product: Product, organisation_id: str) -> Document:
    return {
        "id": product.id,
        "organization_id": organisation_id,
        "title": product.title,
        "description": product.description,
        "internal_note": product.internal_note,
        "type": product.type,
        "unit_price": money(product.unit_price, product.currency),
        "vat_rate": format(product.vat_rate, "f"),
        "unit": product.unit,
        "vat_exemption_code": product.vat_exemption_code,
        "links": [{"title": title, "url": url} for title, url in product.links],
        "created_at": with_millis(product.created_at),
        "updated_at": with_millis(product.updated_at),
    }
