"""Transfers that the organisations made, plan and wanted to make."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

from qonto_simulator.records.catalogue import Beneficiary
from qonto_simulator.records.transfer import BulkLine, BulkTransfer, RecurringTransfer, Transfer
from qonto_simulator.rules import recurring_transfers
from qonto_simulator.rules import transfers as rules
from qonto_simulator.times import today

from .bank import Teller
from .purchases import next_week
from .scenery.model import Supplier

_RENT = Decimal("950.00")


@dataclass(frozen=True, slots=True)
class _Desk:
    teller: Teller

    def payee(self, supplier: Supplier) -> Beneficiary:
        return next(one for one in self.teller.books.beneficiaries if one.name == supplier.name)

    def plan(
        self, at: datetime, supplier: Supplier, amount: Decimal, reference: str, day: date
    ) -> Transfer:
        """A transfer that waits for its day."""
        books = self.teller.books
        transfer = books.sepa_transfers.add(
            Transfer(
                id=self.teller.world.ids.uuid7(at),
                status="pending",
                initiator_id=books.organisation.owner.id,
                bank_account_id=self.teller.main.id,
                beneficiary_id=self.payee(supplier).id,
                amount=amount,
                currency="EUR",
                reference=reference,
                scheduled_date=day,
                created_at=at,
                updated_at=at,
            )
        )
        if day > today(self.teller.calendar.now):
            rules.schedule(self.teller.world, books, transfer, at=at)
        return transfer

    def send(self, at: datetime, supplier: Supplier, amount: Decimal, reference: str) -> Transfer:
        """A transfer that goes a minute later."""
        transfer = self.plan(at, supplier, amount, reference, today(at))
        go = partial(_go, self.teller, transfer)
        self.teller.diary.note(at + timedelta(minutes=1), go)
        return transfer


def _go(teller: Teller, transfer: Transfer, at: datetime) -> None:
    rules.execute(teller.world, teller.books, transfer, at=at)


def transfers(teller: Teller) -> None:
    """Paid bills and the rent; one that waits, one declined, one canceled; and a bulk."""
    desk, calendar, books = _Desk(teller), teller.calendar, teller.books
    by, now = teller.place.suppliers, calendar.now
    _rent(desk)
    bill = teller.bill_of(by.stationer).reading
    if bill is not None and bill.total is not None:
        desk.send(calendar.at(60, 11), by.stationer, bill.total, bill.invoice_number or "")
    _bulk(desk)

    at = calendar.at(19, 17)
    refused = desk.plan(at, by.newcomer, Decimal("42000.00"), f"{today(at).year}-001", today(at))
    refused.status = "declined"
    refused.declined_reason = "debit_account_insufficient_funds"
    refused.processed_at = at + timedelta(minutes=1)
    books.sepa_transfers.save(refused, at + timedelta(minutes=1))

    at = calendar.at(13, 16)
    withdrawn = desk.plan(at, by.adviser, Decimal("120.00"), "12/3", next_week(today(at)))
    withdrawn.status = "canceled"
    books.sepa_transfers.save(withdrawn, at + timedelta(hours=1))

    at = calendar.at(5, 10)
    planned = teller.bill_of(by.craftsman).reading
    if planned is not None and planned.total is not None:
        number = planned.invoice_number or ""
        desk.plan(at, by.craftsman, planned.total, number, next_week(today(now)))


def _rent(desk: _Desk) -> None:
    """A standing order with three executions so far."""
    teller, calendar, books = desk.teller, desk.teller.calendar, desk.teller.books
    landlord, text = teller.place.suppliers.landlord, teller.place.texts.rent
    at, days = calendar.at(63, 11), (62, 41, 20)
    first = calendar.day(days[0])
    order = books.recurring_transfers.add(
        RecurringTransfer(
            id=teller.world.ids.uuid7(at),
            status="active",
            initiator_id=books.organisation.owner.id,
            bank_account_id=teller.main.id,
            beneficiary_id=desk.payee(landlord).id,
            amount=_RENT,
            currency="EUR",
            reference=text,
            frequency="monthly",
            first_execution_date=first,
            next_execution_date=calendar.day(days[-1]) + timedelta(days=30),
            created_at=at,
            updated_at=calendar.at(days[-1], 7),
        )
    )
    recurring_transfers.schedule(teller.world, books, order, at=calendar.now)
    for ago in days:
        desk.send(calendar.at(ago, 7), landlord, _RENT, text).recurring_transfer_id = order.id


def _bulk(desk: _Desk) -> None:
    """Two lines that were both carried out."""
    teller = desk.teller
    by, at = teller.place.suppliers, teller.calendar.at(30, 14)
    lines = [
        (by.adviser, Decimal("360.00"), f"{today(at).year}/097"),
        (by.landlord, Decimal("115.20"), f"{teller.place.texts.rent} (+)"),
    ]
    made = [desk.send(at, *line) for line in lines]
    teller.books.bulk_transfers.add(
        BulkTransfer(
            id=teller.world.ids.uuid7(at),
            initiator_id=teller.books.organisation.owner.id,
            lines=tuple(
                BulkLine(teller.world.ids.stable(f"bulk/{transfer.id}"), "completed", transfer.id)
                for transfer in made
            ),
            created_at=at,
            updated_at=at + timedelta(seconds=20),
        )
    )
