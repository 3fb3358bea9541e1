"""What Qonto does for a company on its own: invoices that recur, and reminders."""

from __future__ import annotations

from dataclasses import dataclass
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
