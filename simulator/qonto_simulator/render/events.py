"""What webhooks carry where it is not what the API shows: the keys of each documented example."""

from __future__ import annotations

from qonto_simulator.money import rounded
from qonto_simulator.records.catalogue import Beneficiary, Product
from qonto_simulator.records.client import Client
from qonto_simulator.records.transaction import Transaction

from .beneficiaries import beneficiary
from .clients import client_document
from .common import Document
from .products import product_document
from .transactions import SUBJECTS, transaction_document

_CLIENT = (
    *("id", "kind", "type", "name", "email", "extra_emails", "phone", "phone_number"),
    *("tax_identification_number", "vat_number", "locale", "currency"),
    *("address", "city", "zip_code", "country_code", "billing_address"),
    *("created_at", "updated_at"),
)
_PLACE = ("street_address", "zip_code", "city", "country_code")
_TRANSACTION = (
    *("id", "transaction_id", "amount", "currency", "local_amount", "local_currency", "side"),
    *("settled_balance", "operation_type", "status", "label", "clean_counterparty_name"),
    *("note", "reference", "settled_at", "emitted_at", "updated_at", "attachment_ids"),
    *("subject_type", "bank_account_id"),
)
_BENEFICIARY = (*("id", "name", "status", "iban", "bic", "trusted", "created_at", "updated_at"),)


def _only(document: Document, names: tuple[str, ...]) -> Document:
    return {name: document[name] for name in names if name in document}


def client_event(client: Client, event: str) -> Document:
    """Without the delivery address and what e-invoicing needs."""
    document = client_document(client)
    shown: Document = {"event": event, **_only(document, _CLIENT)}
    place = document["billing_address"]
    if isinstance(place, dict):
        shown["billing_address"] = {name: place[name] for name in _PLACE}
    return shown


def transaction_event(one: Transaction, event: str) -> Document:
    """Amounts without cents twins, and the object named after the subject."""
    document = transaction_document(one)
    subject = SUBJECTS[one.operation_type].key
    return {"event": event, **_only(document, (*_TRANSACTION, subject))}


def beneficiary_event(one: Beneficiary, event: str) -> Document:
    return {"event": event, **_only(beneficiary(one), _BENEFICIARY)}


def product_event(product: Product, event: str) -> Document:
    """Prices are strings here, with and without VAT, and the currency stands beside them."""
    document = product_document(product, "")
    gross = rounded(product.unit_price * (1 + product.vat_rate))
    return {
        "event": event,
        "id": product.id,
        "title": product.title,
        "description": product.description or "",
        "internal_note": product.internal_note or "",
        "type": product.type,
        "unit_price": str(rounded(product.unit_price)),
        "unit_price_incl_vat": str(gross),
        "currency": product.currency,
        "unit": product.unit or "",
        "vat_rate": f"{product.vat_rate:.2f}",
        "vat_exemption_code": product.vat_exemption_code or "",
        "links": document["links"],
        "created_at": document["created_at"],
        "updated_at": document["updated_at"],
    }
