"""Invoices that recur: each is issued at six in the morning of its day.

::

    scheduled --first invoice--> active --last invoice--> finished
    scheduled, active <--resume, suspend--> suspended      any of the three --cancel--> canceled

What a suspended series would have issued is not made up for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

from qonto_simulator.errors import ApiError, refuse
from qonto_simulator.records.client import Client
from qonto_simulator.records.client_invoice import ClientInvoice
from qonto_simulator.records.organisation import BankAccount
from qonto_simulator.records.recurring import RecurringInvoice
from qonto_simulator.times import at_hour, months_after, today
from qonto_simulator.world import Books, World

from . import client_invoices
from .invoice_fields import InvoiceFields, printed_settings
from .totals import totals

HOUR = 6
MOST = 600
"""A series that has issued so many is finished, so that time can go on for centuries."""
_MONTHS = {"monthly": 1, "quarterly": 3, "yearly": 12}
_OPEN = ("scheduled", "active", "suspended")


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a series issues, and what: drafts, or invoices that are final at once."""

    start_date: date
    recurrence: str = "monthly"
    every: int = 1
    end_date: date | None = None
    payment_terms_days: int = 30
    invoice_status: str = "unpaid"


def occurrence(start: date, recurrence: str, every: int, position: int) -> date:
    """The day of a schedule at a position from 0; in shorter months the last day."""
    if recurrence == "weekly":
        return start + timedelta(weeks=every * position)
    return months_after(start, _MONTHS[recurrence] * every * position, start.day)


def repeat(
    world: World, books: Books, invoice: ClientInvoice, schedule: Schedule, *, at: datetime
) -> RecurringInvoice:
    """A new series of invoices like the given one; 422 for a schedule that can't be."""
    if not books.organisation.automatic_numbering:
        raise client_invoices.number_required()
    if books.clients.get(invoice.client.id) is None:
        raise refuse(422, "invalid_client_id", "the client does not exist any more")
    if not invoice.lines:
        raise refuse(422, "required", "an invoice without lines can't be repeated")
    if schedule.start_date < today(at):
        raise refuse(422, "invalid", "start_date can't be in the past")
    if schedule.end_date is not None and schedule.end_date < schedule.start_date:
        raise refuse(422, "invalid", "end_date can't be before start_date")
    series = books.recurring_invoices.add(
        RecurringInvoice(
            id=world.ids.uuid7(at),
            status="scheduled",
            client=replace(invoice.client),
            start_date=schedule.start_date,
            recurrence=schedule.recurrence,
            every=schedule.every,
            payment_terms_days=schedule.payment_terms_days,
            iban=invoice.iban,
            invoice_status=schedule.invoice_status,
            currency=invoice.currency,
            lines=invoice.lines,
            amounts=totals(invoice.lines),
            created_at=at,
            updated_at=at,
            end_date=schedule.end_date,
            terms_and_conditions=invoice.terms_and_conditions,
            header=invoice.header,
            footer=invoice.footer,
        )
    )
    plan(world, books, series, at=at)
    return series


def plan(world: World, books: Books, series: RecurringInvoice, *, at: datetime) -> None:
    """Sets the day of the next invoice, or finishes the series."""
    day = _day(series)
    if len(series.invoice_ids) >= MOST or (series.end_date is not None and day > series.end_date):
        series.status, series.next_invoice_date = "finished", None
        return
    series.next_invoice_date = day
    world.agenda.at(max(at, at_hour(day, HOUR)), partial(_issue, world, books, series, day))


def _day(series: RecurringInvoice) -> date:
    return occurrence(series.start_date, series.recurrence, series.every, series.position)


def _issue(world: World, books: Books, series: RecurringInvoice, day: date, at: datetime) -> None:
    """Issues the invoice of a day, unless it was issued or the series was stopped meanwhile."""
    if series.next_invoice_date != day:
        return
    client, account = books.clients.get(series.client.id), books.account_by_iban(series.iban)
    invoice = _made(world, books, series, client, account, at)
    if invoice is None:
        series.status, series.next_invoice_date = "suspended", None
    else:
        series.invoice_ids = (*series.invoice_ids, invoice.id)
        series.status = "active"
        series.position += 1
        plan(world, books, series, at=at)
    books.recurring_invoices.save(series, at)


def _made(
    world: World,
    books: Books,
    series: RecurringInvoice,
    client: Client | None,
    account: BankAccount | None,
    at: datetime,
) -> ClientInvoice | None:
    """The invoice, made out to the client as it is now; ``None`` when it can't be issued."""
    day = today(at)
    if client is None or account is None or account.status != "active":
        return None
    fields = InvoiceFields(
        client=replace(client),
        currency=series.currency,
        issue_date=day,
        due_date=day + timedelta(days=series.payment_terms_days),
        account=account,
        lines=series.lines,
        settings=printed_settings(books.organisation),
        terms_and_conditions=series.terms_and_conditions,
        header=series.header,
        footer=series.footer,
        contact_email=books.organisation.owner.email,
    )
    try:
        final = series.invoice_status == "unpaid"
        return client_invoices.create(world, books, fields, final=final, at=at)
    except ApiError:  # numbers are typed by hand now, or e-invoicing was switched off
        return None


def set_status(
    world: World, books: Books, series: RecurringInvoice, status: str, *, at: datetime
) -> RecurringInvoice:
    """Suspends, resumes (``active``) or cancels a series; 422 once it is over."""
    if series.status not in _OPEN:
        raise refuse(422, "invalid", f"a {series.status} series can't become {status}")
    if status == "active":
        if series.status == "suspended":
            _resume(world, books, series, at)
    else:
        series.status, series.next_invoice_date = status, None
    return books.recurring_invoices.save(series, at)


def _resume(world: World, books: Books, series: RecurringInvoice, at: datetime) -> None:
    while at_hour(_day(series), HOUR) <= at:
        series.position += 1
    series.status = "active" if series.invoice_ids else "scheduled"
    plan(world, books, series, at=at)


def cancel_of_client(world: World, books: Books, client_id: str, *, at: datetime) -> None:
    """Cancels whatever was still to be invoiced to a client."""
    for series in books.recurring_invoices:
        if series.client.id == client_id and series.status in _OPEN:
            set_status(world, books, series, "canceled", at=at)
