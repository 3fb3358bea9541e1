"""An invoice, a receipt or a credit note that an organisation received."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from .client_invoice import LifecycleEvent


@dataclass(frozen=True, slots=True)
class Reading:
    """What the analysis of a document finds; set on the record when it has finished."""

    supplier_name: str
    invoice_number: str | None
    currency: str
    total: Decimal | None
    net: Decimal | None
    taxes: tuple[tuple[Decimal, Decimal], ...]
    """Pairs of tax amount and rate, the rate as a fraction."""
    issue_date: date | None
    due_date: date | None
    iban: str | None
    vat_number: str | None = None
    tin: str | None = None
    is_credit_note: bool = False
    category: str = "INVOICE"
    description: str | None = None


@dataclass(slots=True)
class SupplierInvoice:
    """Business fields stay empty until ``analyzed_at``; see the rules for the statuses."""

    id: str
    status: str
    file_name: str
    source: str
    source_type: str
    attachment_id: str
    created_at: datetime
    updated_at: datetime
    initiator_id: str | None = None
    supplier_id: str | None = None
    reading: Reading | None = None
    analyzed_at: datetime | None = None
    payment_date: date | None = None
    scheduled_date: date | None = None
    is_einvoice: bool = False
    e_invoice_type: str | None = None
    display_attachment_id: str | None = None
    """A readable form of the document, where the document itself is none."""
    has_duplicates: bool = False
    has_discrepancies: bool = False
    declined_note: str = ""
    lifecycle: list[LifecycleEvent] = field(default_factory=list[LifecycleEvent])
    """The steps of an e-invoice between the networks."""
    matched_transactions: list[str] = field(default_factory=list[str])
    transfer_ids: list[str] = field(default_factory=list[str])
    meta: dict[str, object] | None = None
    hidden_actions: frozenset[str] = frozenset()
    """Actions that a test took away from ``available_actions``."""
