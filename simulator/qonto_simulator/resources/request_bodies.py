"""What bodies say of requests: what is asked for, and from which account it is to come."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from qonto_simulator.api import Call
from qonto_simulator.fields import Fields
from qonto_simulator.records.organisation import BankAccount
from qonto_simulator.records.request import RequestedTransfer
from qonto_simulator.rules import recurring_transfers, requests, transfers
from qonto_simulator.times import today

from .payee_bodies import read_iban, read_name
from .transfer_bodies import (
    LONGEST_NOTE,
    LONGEST_REFERENCE,
    MOST_ATTACHMENTS,
    read_amount,
    read_own_iban,
)

RECURRENCES = ("once", *recurring_transfers.FREQUENCIES)
_LONGEST_LIFE = timedelta(days=365)


def check_plan(call: Call, request_type: str) -> None:
    """403 where the price plan of the organisation has no requests of this type."""
    if not requests.is_in_plan(call.books.organisation.plan, request_type):
        raise requests.not_in_plan()


def read_note(fields: Fields, *, required: bool = True) -> str:
    return fields.text("note", most=LONGEST_NOTE, required=required) or ""


def read_lines(call: Call, fields: Fields) -> list[RequestedTransfer]:
    """The transfers of a multi-transfer, at least one of them."""
    lines: list[RequestedTransfer] = []
    count = 0
    here = "/request_multi_transfer/transfers"
    for _, inner in fields.each("transfers", here, required=True):
        count += 1
        line = read_line(call, inner)
        if line is not None:
            lines.append(line)
    if count > requests.MOST_LINES:
        detail = f"transfers must have at most {requests.MOST_LINES} entries"
        fields.problem("transfers", "invalid", detail)
    return lines


def read_line(call: Call, fields: Fields) -> RequestedTransfer | None:
    """Who is to get how much; ``None`` when something is wrong with it."""
    amount = read_amount(fields)
    _read_euros(fields, "currency")
    _read_euros(fields, "credit_account_currency")
    iban, name = read_iban(fields, "credit_iban"), read_name(fields, "credit_account_name")
    reference = fields.text("reference", most=LONGEST_REFERENCE, required=True)
    attachments = tuple(fields.texts("attachment_ids", most=MOST_ATTACHMENTS))
    if amount is None or iban is None or name is None or reference is None:
        return None
    order = transfers.Order("", amount, reference, today(call.now), None, attachments)
    for one in transfers.objections(call.world, call.books, order, at=call.now):
        fields.problem(one.field, one.code, one.detail)
    id = call.world.ids.uuid7(call.now)
    return RequestedTransfer(id, amount, "EUR", iban, name, reference, attachments)


def _read_euros(fields: Fields, name: str) -> None:
    currency = fields.currency(name, required=True)
    if currency not in (None, "EUR"):
        fields.problem(name, "invalid", f"{name} must be EUR")


def read_scheduled_date(fields: Fields, *, now: datetime) -> date | None:
    """Today or later."""
    day = fields.day("scheduled_date")
    if day is not None and day < today(now):
        fields.problem("scheduled_date", "invalid", "scheduled_date lies in the past")
    return day


def read_recurrence(fields: Fields, *, first: date | None) -> tuple[str, date | None]:
    """How often, ``once`` by default, and until when."""
    recurrence = fields.choice("recurrence", RECURRENCES) or "once"
    last = fields.day("last_recurrence_date")
    if last is not None and recurrence == "once":
        detail = "last_recurrence_date is for transfers that recur"
        fields.problem("last_recurrence_date", "invalid", detail)
    elif last is not None and first is not None and last < first:
        detail = "last_recurrence_date lies before scheduled_date"
        fields.problem("last_recurrence_date", "invalid", detail)
    return recurrence, last


def read_debited(call: Call, fields: Fields, *, required: bool) -> BankAccount | None:
    """An account of the organisation that euros can leave, by its IBAN."""
    account = read_own_iban(call, fields, "debit_iban", required=required)
    if account is not None and account.currency != "EUR":
        fields.problem("debit_iban", "invalid", "no transfer can leave this bank account")
    return account


def read_card_limit(fields: Fields, name: str) -> int | None:
    """Whole euros, as limits of cards are."""
    amount = read_amount(fields, name)
    if amount is not None and amount % 1:
        fields.problem(name, "invalid", f"{name} must be whole euros")
    return None if amount is None else int(amount)


def read_end(fields: Fields, name: str, *, now: datetime) -> datetime | None:
    """A moment within the next year."""
    at = fields.instant(name, required=True)
    if at is not None and not now < at <= now + _LONGEST_LIFE:
        fields.problem(name, "invalid", f"{name} must lie within the next year")
    return at
