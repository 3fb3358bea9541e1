"""An offer that an organisation makes before it invoices."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from .client import Client
from .client_invoice import PrintedSettings
from .lines import Discount, Line


@dataclass(slots=True)
class Quote:
    """Status: ``pending_approval``, ``approved`` or ``canceled``; no call writes it."""

    id: str
    number: str
    status: str
    client: Client
    currency: str
    issue_date: date
    expiry_date: date
    total: Decimal
    vat: Decimal
    lines: tuple[Line, ...]
    created_at: datetime
    updated_at: datetime
    terms_and_conditions: str
    settings: PrintedSettings | None = None
    contact_email: str = ""
    header: str = ""
    footer: str = ""
    discount: Discount | None = None
    attachment_id: str | None = None
    upload_id: str | None = None
    approved_at: datetime | None = None
    canceled_at: datetime | None = None
    sent_at: datetime | None = None
    invoice_ids: list[str] = field(default_factory=list[str])
    stamp_duty_amount: str = ""
    welfare_fund: dict[str, object] | None = None
    withholding_tax: dict[str, object] | None = None
