"""Movements on the accounts: a quarter of a year of a small company's life."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import partial

from qonto_simulator import exchange
from qonto_simulator.records.card import Card
from qonto_simulator.records.organisation import BankAccount
from qonto_simulator.records.supplier_invoice import SupplierInvoice
from qonto_simulator.records.transaction import Transaction
from qonto_simulator.rules.bank import Movement, book, conclude, pay_bill
from qonto_simulator.times import today
from qonto_simulator.world import Books, World

from .calendar import Calendar
from .diary import Diary
from .purchases import CLOUD, PRINTER_ABROAD
from .scenery import Scenery
from .scenery.model import Supplier

FEE = Decimal("9.00")
FEE_VAT = Decimal("0.2")
_Then = Callable[[Transaction, datetime], object]


@dataclass(frozen=True, slots=True)
class Teller:
    """Notes movements of one organisation; days are working days before today."""

    world: World
    books: Books
    place: Scenery
    calendar: Calendar
    diary: Diary

    @property
    def main(self) -> BankAccount:
        return self.books.organisation.main_account

    def move(
        self,
        ago: int,
        movement: Movement,
        *,
        account: BankAccount | None = None,
        hour: int = 6,
        then: _Then | None = None,
    ) -> None:
        """Money moves at once."""

        def step(at: datetime) -> None:
            made = book(self.world, self.books, account or self.main, movement, at=at)
            if then is not None:
                then(made, at)

        self.diary.note(self.calendar.at(ago, hour), step)

    def pay_by_card(
        self,
        ago: int,
        hour: int,
        card: Card,
        movement: Movement,
        *,
        settles: bool = True,
        bill: SupplierInvoice | None = None,
    ) -> None:
        """Authorised at once; the money goes early on the next working day."""

        def authorise(at: datetime) -> None:
            asked = replace(movement, side="debit", operation_type="card")
            made = book(self.world, self.books, self.main, asked, at=at)
            made.card_last_digits = card.last_digits
            made.initiator_id = card.holder_id
            made.attachment_required = True
            made.label_ids.append(self.books.labels[1].id)
            card.last_activity_at = at
            if settles:
                self.diary.note(self.calendar.at(ago - 1, 5), lambda later: settle(made, later))

        def settle(made: Transaction, at: datetime) -> None:
            conclude(self.world, self.books, made, "completed", at=at)
            if bill is not None:
                pay_bill(self.books, bill, made, at=at)

        self.diary.note(self.calendar.at(ago, hour), authorise)

    def bill_of(self, supplier: Supplier) -> SupplierInvoice:
        """The oldest bill of a supplier."""
        return next(
            bill
            for bill in self.books.supplier_invoices
            if bill.reading is not None and bill.reading.supplier_name == supplier.name
        )


def bank(teller: Teller) -> None:
    """Three months on the main account, little on the others."""
    _opening(teller)
    _direct_debits(teller)
    _cards(teller)
    _special(teller)
    for ago in (54, 33, 11):
        fee = Movement(
            FEE, "debit", "qonto_fee", "Qonto", vat_rate=FEE_VAT, category="online_service"
        )
        teller.move(ago, fee, hour=4)


def _opening(teller: Teller) -> None:
    """All the money comes from the former bank, and what is put aside goes on."""
    company, texts = teller.place.company, teller.place.texts
    total = sum((amount for _, amount in company.accounts), Decimal(0))
    opened = Movement(
        total,
        "credit",
        "income",
        company.legal_name,
        texts.opening,
        category="treasury_and_interco",
    )
    teller.move(65, opened, hour=9)
    accounts = teller.books.organisation.bank_accounts
    for (_, amount), account in list(zip(company.accounts, accounts, strict=True))[1:]:
        put_aside = Movement(
            amount,
            "debit",
            "transfer",
            company.legal_name,
            f"{texts.put_aside} {account.name}",
            counterparty_iban=account.iban,
            counterparty_bic=account.bic,
            category="treasury_and_interco",
        )
        teller.move(64, put_aside, hour=15, then=_by_owner(teller))
        arrived = replace(
            put_aside,
            side="credit",
            operation_type="income",
            counterparty_iban=teller.main.iban,
            counterparty_bic=teller.main.bic,
        )
        teller.move(64, arrived, account=account, hour=15)


def _by_owner(teller: Teller) -> _Then:
    owner = teller.books.organisation.owner.id

    def then(made: Transaction, _: datetime) -> None:
        made.initiator_id = owner

    return then


def _direct_debits(teller: Teller) -> None:
    by, texts = teller.place.suppliers, teller.place.texts
    hosting = teller.bill_of(by.hosting)
    for ago, supplier, amount, reference, category in (
        (46, by.hosting, _total(hosting), "HO-88213", "online_service"),
        (21, by.energy, Decimal("212.05"), "EC-540011", "utility"),
    ):
        debit = Movement(
            amount,
            "debit",
            "direct_debit",
            supplier.name,
            reference,
            counterparty_iban=supplier.iban,
            counterparty_bic=supplier.bic,
            category=category,
        )
        teller.move(ago, debit)
    if teller.books.organisation.country == "ES":
        loan = Movement(
            Decimal("185.40"),
            "debit",
            "financing_installment",
            "Qonto",
            f"{texts.payment_plan} 1/3",
            category="finance",
        )
        teller.move(17, loan)


def _total(bill: SupplierInvoice) -> Decimal:
    total = bill.reading.total if bill.reading else None
    if total is None:
        raise ValueError(f"{bill.file_name} has no total")
    return total


def _cards(teller: Teller) -> None:
    shops, texts = teller.place.shops, teller.place.texts
    plastic, virtual = list(teller.books.cards)[:2]
    lunch = Movement(Decimal("18.40"), label=shops.bakery, category="food_and_grocery")
    teller.pay_by_card(51, 12, plastic, replace(lunch, status="pending"))
    for ago, supplier in ((49, PRINTER_ABROAD), (41, CLOUD)):
        bill = teller.bill_of(supplier)
        teller.pay_by_card(ago, 14, virtual, _abroad(teller, bill, ago), bill=bill)
    teller.diary.note(teller.calendar.at(38, 9), partial(_archive, teller, CLOUD))
    taxi = teller.bill_of(teller.place.suppliers.taxi)
    ride = Movement(
        _total(taxi), label=teller.place.suppliers.taxi.name, status="pending", category="transport"
    )
    teller.pay_by_card(24, 18, plastic, ride)
    trip = Movement(
        Decimal("74.90"),
        label=shops.railway,
        note=texts.client_trip,
        status="pending",
        category="transport",
    )
    teller.pay_by_card(4, 7, plastic, trip)
    tool = Movement(
        Decimal("129.00"), label=shops.software, status="pending", category="it_and_electronics"
    )
    teller.pay_by_card(1, 11, virtual, tool, settles=False)
    picture = Movement(
        Decimal("950.00"), label=shops.gallery, status="declined", category="other_expense"
    )
    teller.pay_by_card(1, 16, plastic, picture, settles=False)


def _archive(teller: Teller, supplier: Supplier, at: datetime) -> None:
    bill = teller.bill_of(supplier)
    bill.status = "archived"
    teller.books.supplier_invoices.save(bill, at)


def _abroad(teller: Teller, bill: SupplierInvoice, ago: int) -> Movement:
    """A bill in another currency, at the rate of the day."""
    currency = bill.reading.currency if bill.reading else "EUR"
    return Movement(
        exchange.convert(_total(bill), currency, "EUR", today(teller.calendar.at(ago))),
        label=bill.reading.supplier_name if bill.reading else "",
        status="pending",
        local_amount=_total(bill),
        local_currency=currency,
        category="online_service",
    )


def _special(teller: Teller) -> None:
    """What banks do in one country and not in the other."""
    match teller.books.organisation.country:
        case "FR":
            cheque = Movement(
                Decimal("180.00"), "credit", "cheque", "Remise de chèque 0001042", category="sales"
            )
            teller.move(35, cheque, hour=13)
        case "IT":
            duty = Movement(
                Decimal("146.00"),
                "debit",
                "pagopa_payment",
                teller.place.suppliers.town_hall.name,
                "TARI 302026014417",
                category="tax",
            )
            teller.move(26, duty, hour=11, then=_by_owner(teller))
        case _:
            pass
