"""A credit note on an invoice that an organisation issued."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from .client import Client
from .client_invoice import LifecycleEvent
from .lines import Discount, Line


@dataclass(slots=True)
class CreditNote:
    """Amounts and quantities are negative, as Qonto negates what it is given."""

    id: str
    number: str
    invoice_id: str
    invoice_issue_date: date | None
    issue_date: date
    reason: str
    currency: str
    client: Client
    total: Decimal
    vat: Decimal
    lines: tuple[Line, ...]
    created_at: datetime
    updated_at: datetime
    finalized_at: datetime
    contact_email: str = ""
    terms_and_conditions: str = ""
    header: str = ""
    footer: str = ""
    discount: Discount | None = None
    attachment_id: str | None = None
    stamp_duty_amount: str = ""
    welfare_fund: dict[str, object] | None = None
    withholding_tax: dict[str, object] | None = None
    einvoicing_status: str | None = None
    status: str = "finalized"
    invoice_number: str = ""
    lifecycle: list[LifecycleEvent] = field(default_factory=list[LifecycleEvent])
