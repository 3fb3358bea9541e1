"""Reminders of unpaid invoices, mailed at nine in the morning of the days that the rules name.

Nothing is made up for: a rule whose moment has passed when the invoice becomes unpaid, or when the
reminder is set, does not apply to that invoice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from qonto_simulator.records.catalogue import Mail
from qonto_simulator.records.client_invoice import ClientInvoice
from qonto_simulator.records.recurring import Reminder, ReminderRule
from qonto_simulator.times import at_hour
from qonto_simulator.world import Books, World

OPERATORS = ("before", "on", "after")
MOST_RULES = 5
HOUR = 9

_TEXTS = {
    "fr": "La facture {number} est à régler au plus tard le {day}.",
    "en": "Invoice {number} is to be paid by {day}.",
    "it": "La fattura {number} è da pagare entro il {day}.",
    "de": "Die Rechnung {number} ist bis zum {day} zu zahlen.",
    "es": "La factura {number} debe pagarse antes del {day}.",
}


@dataclass(frozen=True, slots=True)
class ReminderFields:
    """What a caller decides about a reminder, checked."""

    send_to: tuple[str, ...]
    copy_to_self: bool
    rules: tuple[ReminderRule, ...]


def put(
    world: World, books: Books, client_id: str, fields: ReminderFields, *, at: datetime
) -> Reminder:
    """The reminder of a client, in place of the one that it may have had; that one's id stays."""
    reminder = of_client(books, client_id)
    if reminder is not None:
        return replace(world, books, reminder, fields, at=at)
    reminder = books.reminders.add(
        Reminder(
            id=world.ids.uuid7(at),
            client_id=client_id,
            send_to=fields.send_to,
            copy_to_self=fields.copy_to_self,
            rules=fields.rules,
            created_at=at,
            updated_at=at,
        )
    )
    plan_all(world, books, reminder, at=at)
    return reminder


def replace(
    world: World, books: Books, reminder: Reminder, fields: ReminderFields, *, at: datetime
) -> Reminder:
    """Rewrites a reminder; what was planned under its old rules is not mailed."""
    reminder.send_to = fields.send_to
    reminder.copy_to_self = fields.copy_to_self
    reminder.rules = fields.rules
    reminder.revision += 1
    reminder.sent.clear()
    books.reminders.save(reminder, at)
    plan_all(world, books, reminder, at=at)
    return reminder


def remove_all(books: Books) -> None:
    """Nobody is reminded any more, as without the add-on."""
    for reminder in books.reminders:
        books.reminders.remove(reminder)


def of_client(books: Books, client_id: str) -> Reminder | None:
    return next((one for one in books.reminders if one.client_id == client_id), None)


def plan_all(world: World, books: Books, reminder: Reminder, *, at: datetime) -> None:
    """Plans what is to come of a new reminder for the invoices that are unpaid already."""
    for invoice in books.client_invoices.with_status("unpaid"):
        if invoice.client.id == reminder.client_id:
            _plan(world, books, reminder, invoice, at)


def plan(world: World, books: Books, invoice: ClientInvoice, *, at: datetime) -> None:
    """Plans what is to come for an invoice that became unpaid."""
    reminder = of_client(books, invoice.client.id)
    if reminder is not None:
        _plan(world, books, reminder, invoice, at)


def _plan(
    world: World, books: Books, reminder: Reminder, invoice: ClientInvoice, at: datetime
) -> None:
    for position, rule in enumerate(reminder.rules):
        due = moment(rule, invoice.due_date)
        if due is not None and due > at:
            mail = partial(_mail, books, reminder, reminder.revision, position, invoice)
            world.agenda.at(due, mail)


def moment(rule: ReminderRule, due_date: date | None) -> datetime | None:
    """When a rule mails; ``None`` without a due date, or where no calendar reaches."""
    days = {"before": -rule.offset_days, "on": 0, "after": rule.offset_days}[rule.operator]
    try:
        return at_hour(due_date + timedelta(days=days), HOUR) if due_date else None
    except OverflowError:
        return None


def _mail(
    books: Books,
    reminder: Reminder,
    revision: int,
    position: int,
    invoice: ClientInvoice,
    at: datetime,
) -> None:
    """Mails once, if the rule still stands and the invoice is still unpaid."""
    stands = books.reminders.get(reminder.id) is not None and reminder.revision == revision
    key = (invoice.id, position)
    if not stands or invoice.status != "unpaid" or key in reminder.sent:
        return
    reminder.sent.add(key)
    rule = reminder.rules[position]
    books.mails.append(
        Mail(
            at=at,
            document="client_invoice",
            document_id=invoice.id,
            to=reminder.send_to,
            title=rule.email_title,
            body=rule.email_body or _text(invoice),
            copy_to_self=reminder.copy_to_self,
            reminder_id=reminder.id,
        )
    )


def _text(invoice: ClientInvoice) -> str:
    """Qonto's own words, in the language of the client."""
    text = _TEXTS.get(invoice.client.locale or "", _TEXTS["en"])
    return text.format(number=invoice.number, day=invoice.due_date)
