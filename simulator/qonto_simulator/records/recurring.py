"""What Qonto does for a company on its own: invoices that recur, and reminders."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from .client import Client
from .lines import Line, Totals


@dataclass(slots=True)
class RecurringInvoice:
    """Status: ``scheduled`` until the first invoice, ``active``, ``suspended``, ``canceled`` or
    ``finished``; ``invoice_ids`` are those issued so far, oldest first."""

    id: str
    status: str
    client: Client
    start_date: date
    recurrence: str
    every: int
    payment_terms_days: int
    iban: str
    invoice_status: str
    currency: str
    lines: tuple[Line, ...]
    amounts: Totals
    created_at: datetime
    updated_at: datetime
    position: int = 0
    """Which occurrence of the schedule is the next one, counted from the start date."""
    next_invoice_date: date | None = None
    end_date: date | None = None
    invoice_ids: tuple[str, ...] = ()
    terms_and_conditions: str = ""
    header: str = ""
    footer: str = ""


@dataclass(frozen=True, slots=True)
class ReminderRule:
    """One e-mail: so many days ``before`` or ``after`` the due date, or ``on`` it."""

    operator: str
    offset_days: int
    email_title: str
    email_body: str | None = None


@dataclass(slots=True)
class Reminder:
    """How one client is reminded of invoices that are due; a client has at most one."""

    id: str
    client_id: str
    send_to: tuple[str, ...]
    copy_to_self: bool
    rules: tuple[ReminderRule, ...]
    created_at: datetime
    updated_at: datetime
    status: str = "active"
    revision: int = 1
    """Counts the replacements; e-mails planned under an older one are not sent."""
    sent: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    """Which invoices were reminded of by which of the present rules."""
