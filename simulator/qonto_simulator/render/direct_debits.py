"""Mandates, subscriptions and collections of direct debits as the API writes them."""

from __future__ import annotations

from datetime import datetime

from qonto_simulator.money import money
from qonto_simulator.records.direct_debit import (
    DirectDebitCollection,
    DirectDebitSubscription,
    Mandate,
)
from qonto_simulator.times import with_seconds

from .common import Document


def mandate(one: Mandate, base_url: str) -> Document:
    """A mandate that waits for its signature has a link to sign it."""
    waits = one.status == "pending_signature"
    return {
        "id": one.id,
        "status": one.status,
        "client_id": one.client_id,
        "unique_mandate_reference": one.unique_mandate_reference,
        "payment_info": {"name": one.client_name, "iban": one.debtor_iban},
        "sign_url": f"{base_url}/sign/{one.id}" if waits else None,
        "signed_at": _instant(one.signed_at),
        "created_at": with_seconds(one.created_at),
        "updated_at": with_seconds(one.updated_at),
    }


def subscription(one: DirectDebitSubscription) -> Document:
    return {
        "id": one.id,
        "status": one.status,
        "client_id": one.client_id,
        "direct_debit_mandate_id": one.mandate_id,
        "amount": money(one.amount, one.currency),
        "reference": one.reference,
        "schedule_type": one.schedule_type,
        "initial_collection_date": one.initial_collection_date.isoformat(),
        "next_collection_date": (
            one.next_collection_date.isoformat() if one.next_collection_date else None
        ),
        "notify_client": one.notify_client,
        "created_at": with_seconds(one.created_at),
        "updated_at": with_seconds(one.updated_at),
    }


def collection(one: DirectDebitCollection) -> Document:
    return {
        "id": one.id,
        "status": one.status,
        "client_id": one.client_id,
        "direct_debit_subscription_id": one.subscription_id,
        "direct_debit_mandate_id": one.mandate_id,
        "amount": money(one.amount, one.currency),
        "reference": one.reference,
        "collection_date": one.collection_date.isoformat(),
        "transaction_id": one.transaction_id,
        "created_at": with_seconds(one.created_at),
        "updated_at": with_seconds(one.updated_at),
    }


def _instant(at: datetime | None) -> str | None:
    return with_seconds(at) if at else None
