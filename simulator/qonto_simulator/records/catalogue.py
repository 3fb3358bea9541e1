"""Small things that an organisation keeps: products, labels, statements, beneficiaries, mails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(slots=True)
class Product:
    """Something to be put on lines; ``vat_rate`` is a fraction."""

    id: str
    title: str
    type: str
    unit_price: Decimal
    currency: str
    vat_rate: Decimal
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    internal_note: str | None = None
    unit: str | None = None
    vat_exemption_code: str | None = None
    links: tuple[tuple[str, str], ...] = ()
    status: str = "active"


@dataclass(frozen=True, slots=True)
class Label:
    id: str
    name: str
    parent_id: str | None


@dataclass(frozen=True, slots=True)
class Statement:
    """A month of one account; ``period`` is ``MM-YYYY``."""

    id: str
    bank_account_id: str
    period: str
    attachment_id: str


@dataclass(slots=True)
class Beneficiary:
    """Somebody who can be paid; ``trusted`` ones need no further confirmation."""

    id: str
    name: str
    iban: str
    bic: str
    email: str
    status: str
    trusted: bool
    created_at: datetime
    updated_at: datetime
    activity_tag: str = "other_service"


@dataclass(frozen=True, slots=True)
class Mail:
    """An e-mail that Qonto would have sent for the user."""

    at: datetime
    document: str
    document_id: str
    to: tuple[str, ...]
    title: str
    body: str
    copy_to_self: bool
    reminder_id: str | None = None
