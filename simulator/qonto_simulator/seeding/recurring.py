"""Invoices that Qonto issues every month, and how clients are reminded."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from qonto_simulator.records.client import Client
from qonto_simulator.records.client_invoice import ClientInvoice
from qonto_simulator.records.recurring import RecurringInvoice, Reminder, ReminderRule
from qonto_simulator.rules import recurring as schedules
from qonto_simulator.rules import reminders
from qonto_simulator.rules.totals import totals

from .bank import Teller


def recurring(teller: Teller) -> None:
    """Recurring invoices need automatic numbers; reminders don't."""
    issued = list(teller.books.client_invoices)
    if teller.books.organisation.automatic_numbering:
        support = next(one for one in issued if one.einvoicing_status == "submitted")
        research = issued[5]
        monthly = _repeat(teller, support, "active")
        schedules.plan(teller.world, teller.books, monthly, at=teller.calendar.now)
        _repeat(teller, research, "suspended")
    home, _, abroad = (one for one in list(teller.books.clients)[:3])
    before, after = teller.place.texts.reminder
    both = (ReminderRule("before", 7, before), ReminderRule("after", 10, after))
    _remind(teller, home, both)
    _remind(teller, abroad, (ReminderRule("on", 0, "Your invoice is due today"),))


def _repeat(teller: Teller, first: ClientInvoice, status: str) -> RecurringInvoice:
    """A schedule that has issued ``first``."""
    at = first.created_at
    return teller.books.recurring_invoices.add(
        RecurringInvoice(
            id=teller.world.ids.uuid7(at),
            status=status,
            client=replace(first.client),
            start_date=first.issue_date or at.date(),
            recurrence="monthly",
            every=1,
            payment_terms_days=30,
            iban=first.iban,
            invoice_status="unpaid",
            currency=first.currency,
            lines=first.lines,
            amounts=totals(first.lines),
            created_at=at,
            updated_at=at,
            position=1,
            invoice_ids=(first.id,),
            terms_and_conditions=first.terms_and_conditions,
        )
    )


def _remind(teller: Teller, client: Client, rules: tuple[ReminderRule, ...]) -> None:
    at: datetime = teller.calendar.at(58, 16)
    reminder = teller.books.reminders.add(
        Reminder(
            id=teller.world.ids.uuid7(at),
            client_id=client.id,
            send_to=(client.email or "",),
            copy_to_self=False,
            rules=rules,
            created_at=at,
            updated_at=at,
        )
    )
    reminders.plan_all(teller.world, teller.books, reminder, at=teller.calendar.now)
