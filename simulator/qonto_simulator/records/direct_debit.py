"""SEPA direct debits that an organisation collects from its clients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

MANDATE_STATUSES = ("pending_signature", "active", "canceled", "expired")
SUBSCRIPTION_STATUSES = ("pending_mandate", "active", "canceled", "completed")
COLLECTION_STATUSES = ("scheduled", "in_progress", "completed", "failed", "canceled")
SCHEDULES = ("one_off", "weekly", "monthly", "quarterly", "yearly", "custom")


@dataclass(slots=True)
class Mandate:
    """A client's permission to debit its account, once it is signed."""

    id: str
    status: str
    client_id: str
    client_name: str
    unique_mandate_reference: str
    created_at: datetime
    updated_at: datetime
    debtor_iban: str | None = None
    signed_at: datetime | None = None


@dataclass(slots=True)
class DirectDebitSubscription:
    """Debits by a schedule, under one mandate."""

    id: str
    status: str
    client_id: str
    mandate_id: str
    amount: Decimal
    currency: str
    reference: str
    schedule_type: str
    initial_collection_date: date
    created_at: datetime
    updated_at: datetime
    next_collection_date: date | None = None
    notify_client: bool = True


@dataclass(slots=True)
class DirectDebitCollection:
    """One debit; ``transaction_id`` is there once the money has come."""

    id: str
    status: str
    subscription_id: str
    mandate_id: str
    client_id: str
    amount: Decimal
    currency: str
    reference: str
    collection_date: date
    created_at: datetime
    updated_at: datetime
    transaction_id: str | None = None
