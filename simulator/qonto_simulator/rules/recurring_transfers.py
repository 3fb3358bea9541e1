"""Standing orders: each makes its transfers by the clock, until it ends or is canceled."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial

from qonto_simulator.errors import refuse
from qonto_simulator.records.catalogue import Beneficiary
from qonto_simulator.records.transfer import RecurringTransfer
from qonto_simulator.times import at_hour, months_after
from qonto_simulator.world import Books, World

from . import transfers

_MONTHS = {"monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12}
FREQUENCIES = ("weekly", *_MONTHS)
MOST_EXECUTIONS = 1_000
"""So that a clock that leaps over centuries comes to an end."""


def make(
    world: World,
    books: Books,
    order: transfers.Order,
    beneficiary: Beneficiary,
    *,
    frequency: str,
    last: date | None,
    initiator_id: str,
    at: datetime,
) -> RecurringTransfer:
    """A new standing order; the day of ``order`` is that of its first transfer."""
    made = RecurringTransfer(
        id=world.ids.uuid7(at),
        status="active",
        initiator_id=initiator_id,
        bank_account_id=order.bank_account_id,
        beneficiary_id=beneficiary.id,
        amount=order.amount,
        currency="EUR",
        reference=order.reference,
        frequency=frequency,
        first_execution_date=order.day,
        next_execution_date=order.day,
        last_execution_date=last,
        created_at=at,
        updated_at=at,
        note=order.note,
        attachment_ids=order.attachment_ids,
    )
    schedule(world, books, books.recurring_transfers.add(made), at=at)
    return made


def schedule(world: World, books: Books, standing: RecurringTransfer, *, at: datetime) -> None:
    """Let the next transfer be made in the morning of its day."""
    day = standing.next_execution_date
    if day is not None:
        due = max(at, at_hour(day, transfers.MORNING))
        world.agenda.at(due, partial(_execute, world, books, standing, day))


def _execute(
    world: World, books: Books, standing: RecurringTransfer, day: date, at: datetime
) -> None:
    beneficiary = books.beneficiaries.get(standing.beneficiary_id)
    if standing.status != "active" or beneficiary is None:
        return
    transfers.make(
        world,
        books,
        transfers.Order(
            bank_account_id=standing.bank_account_id,
            amount=standing.amount,
            reference=standing.reference,
            day=day,
            note=standing.note,
            attachment_ids=standing.attachment_ids,
        ),
        beneficiary,
        initiator_id=standing.initiator_id,
        at=at,
        recurring_transfer_id=standing.id,
    )
    standing.executions += 1
    following = next_day(day, standing.frequency, standing.first_execution_date.day)
    last = standing.last_execution_date
    if standing.executions >= MOST_EXECUTIONS or (last is not None and following > last):
        standing.status, standing.next_execution_date = "finished", None
    else:
        standing.next_execution_date = following
    books.recurring_transfers.save(standing, at)
    schedule(world, books, standing, at=at)


def next_day(day: date, frequency: str, wanted: int) -> date:
    """The day of the next transfer; ``wanted`` is the day of the month that short months lack."""
    if frequency == "weekly":
        return day + timedelta(days=7)
    return months_after(day, _MONTHS[frequency], wanted)


def cancel(books: Books, standing: RecurringTransfer, *, at: datetime) -> RecurringTransfer:
    """No more transfers are made; those that there are stay. 422 when it has ended already."""
    if standing.status != "active":
        raise refuse(422, "invalid", f"a {standing.status} recurring transfer can't be canceled")
    standing.status, standing.next_execution_date = "canceled", None
    return books.recurring_transfers.save(standing, at)
