"""An invoice that an organisation issues."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from qonto_simulator.money import ZERO

from .client import Client
from .lines import Discount, Line


@dataclass(frozen=True, slots=True)
class LifecycleEvent:
    """A step of an e-invoice on its way, by the French status codes."""

    status_code: int
    timestamp: datetime
    reason: str = ""
    reason_message: str = ""


@dataclass(frozen=True, slots=True)
class PrintedSettings:
    """The organisation's texts as this document prints them."""

    vat_number: str
    company_leadership: str
    district_court: str
    commercial_register_number: str
    tax_number: str
    legal_capital_share: tuple[Decimal, str]
    """Amount and currency."""
    transaction_type: str
    vat_payment_condition: str
    late_payment_penalties: str | None
    legal_fixed_compensation: str | None
    discount_conditions: str | None


@dataclass(slots=True)
class ClientInvoice:
    """Status: ``draft``, ``unpaid``, ``paid`` or ``canceled``; see the rules for the moves."""

    id: str
    number: str
    status: str
    client: Client
    currency: str
    issue_date: date | None
    due_date: date | None
    iban: str
    bic: str
    beneficiary_name: str
    settings: PrintedSettings
    total: Decimal
    vat: Decimal
    lines: tuple[Line, ...]
    created_at: datetime
    updated_at: datetime
    contact_email: str = ""
    invoice_type: str = "standard"
    quote_id: str | None = None
    upload_id: str | None = None
    attachment_id: str | None = None
    purchase_order: str = ""
    terms_and_conditions: str = ""
    header: str = ""
    footer: str = ""
    amount_paid: Decimal = ZERO
    discount: Discount | None = None
    performance_date: date | None = None
    performance_start_date: date | None = None
    performance_end_date: date | None = None
    finalized_at: datetime | None = None
    paid_at: datetime | None = None
    canceled_at: datetime | None = None
    stamp_duty_amount: str = ""
    credit_note_ids: list[str] = field(default_factory=list[str])
    einvoicing_status: str | None = None
    lifecycle: list[LifecycleEvent] = field(default_factory=list[LifecycleEvent])
    welfare_fund: dict[str, object] | None = None
    withholding_tax: dict[str, object] | None = None
    payment_reporting: dict[str, object] | None = None
    imported: bool = False
    has_temporary_number: bool = False
    """Whether the number is one that a draft has until it is final."""
    is_structured: bool = True
    """Whether machines can read it; of a scan only people know what it says."""
