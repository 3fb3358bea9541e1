"""What happens on the side of suppliers and of the bank."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from msgspec import Meta

from qonto_simulator import pdf
from qonto_simulator.money import parse_decimal
from qonto_simulator.records.transaction import Transaction
from qonto_simulator.render.common import Document
from qonto_simulator.render.supplier_invoices import supplier_invoice
from qonto_simulator.render.transactions import transaction_document
from qonto_simulator.rules import bank, transfers
from qonto_simulator.rules.supplier_invoices import Arrival, arrive
from qonto_simulator.seeding.purchases import OWN_IBAN, reading
from qonto_simulator.seeding.scenery import scenery
from qonto_simulator.times import today
from qonto_simulator.world import Books

from .call import call
from .desk import Desk
from .fields import Decimals, Id, Organization, Rate, WholeAmount
from .schemas import one_of

Action = Literal[
    "pay", "archive", "unarchive", "delete", "mark_as_paid", "unmark_as_paid", "reject"
]
Status = Literal[
    "to_review",
    "to_approve",
    "to_pay",
    "awaiting_payment",
    "pending",
    "scheduled",
    "archived",
    "discarded",
]


class Purchases(Desk):
    """Supplier invoices and transactions."""

    @call(
        "POST",
        "/supplier_invoices",
        "A supplier's document arrives by e-mail; it is read after the quirk `ocr_delay`.",
        answers="supplier_invoice",
        status=201,
        example={"supplier_name": "Papeterie du Centre", "net": "50.00"},
    )
    def receive_supplier_invoice(
        self,
        *,
        organization_id: Organization = None,
        supplier_name: Annotated[
            str | None, Meta(description="Who sends it; the country's stationer by default")
        ] = None,
        invoice_number: Annotated[
            str | None, Meta(description="The supplier's number; a new one by default")
        ] = None,
        net: Annotated[Decimals | WholeAmount, Meta(description="Without VAT")] = "50.00",
        tax_rate: Annotated[
            Rate | None, Meta(description="VAT as a fraction; the country's by default")
        ] = None,
        currency: Annotated[
            str, Meta(pattern=r"^[A-Z]{3}\Z", examples=["EUR"], description="ISO 4217")
        ] = "EUR",
        iban: Annotated[
            str | None,
            Meta(
                description="Where to pay, the supplier's own by default; null if it can't be read"
            ),
        ] = OWN_IBAN,
        due_in_days: Annotated[
            Annotated[int, Meta(ge=-36_500, le=36_500)] | None,
            Meta(description="From today; null if it can't be read"),
        ] = 30,
        is_credit_note: Annotated[bool, Meta(description="A credit note instead")] = False,
        category: Annotated[str, Meta(description="What the reading takes it for")] = "INVOICE",
        file_name: Annotated[
            str | None, Meta(description="Made from the supplier's name by default")
        ] = None,
    ) -> Document:
        books, now = self._world.books_of(organization_id), self._world.now()
        country = books.organisation.country
        place = scenery(country)
        supplier = supplier_name or place.suppliers.stationer.name
        read = reading(
            supplier,
            invoice_number or f"{now.year}-{2000 + len(books.supplier_invoices)}",
            today(now),
            parse_decimal(net),
            parse_decimal(place.rates.standard if tax_rate is None else tax_rate),
            country=country,
            currency=currency,
            iban=iban,
            due_in=due_in_days,
            is_credit_note=is_credit_note,
            category=category,
        )
        if iban == OWN_IBAN and read.iban:
            self._world.payees.introduce(read.iban, supplier)
        arrival = Arrival(
            file_name=file_name or f"{supplier.lower().replace(' ', '-')}.pdf",
            content_type="application/pdf",
            make=partial(pdf.supplier_invoice, read, books.organisation, now),
            source="email_forward",
            source_type="email",
            reading=read,
        )
        bill = arrive(self._world, books, arrival, at=now)
        return supplier_invoice(bill, books.organisation.id)

    @call(
        "POST",
        "/supplier_invoices/{id}/move",
        "The app moves a supplier invoice on, say from `to_review` to `to_pay`.",
        answers="supplier_invoice",
        example={"status": "to_pay"},
    )
    def move_supplier_invoice(
        self, id: Id, status: Annotated[Status, Meta(description="Its new status")]
    ) -> Document:
        books, bill = self._world.find_supplier_invoice(id)
        bill.status = status
        books.supplier_invoices.save(bill, self._world.now())
        return supplier_invoice(bill, books.organisation.id)

    @call(
        "POST",
        "/supplier_invoices/{id}/hide",
        "Take actions away from one supplier invoice.",
        answers="supplier_invoice",
        example={"actions": ["reject"]},
    )
    def hide_supplier_actions(
        self,
        id: Id,
        actions: Annotated[
            list[Action], Meta(description="The hidden ones; an empty list gives all of them back")
        ],
    ) -> Document:
        books, bill = self._world.find_supplier_invoice(id)
        bill.hidden_actions = frozenset[str](actions)
        return supplier_invoice(bill, books.organisation.id)

    @call(
        "POST",
        "/transactions",
        "Money moves. A completed credit pays the invoice that `reference` names, a completed debit"
        " the supplier invoice of that number and amount.",
        answers="transaction",
        status=201,
        example={"amount": "1440.00", "reference": "F-2026-010"},
    )
    def bank_transaction(
        self,
        *,
        organization_id: Organization = None,
        bank_account_id: Annotated[
            str | None, Meta(description="The main account by default")
        ] = None,
        amount: Annotated[
            Decimals | WholeAmount, Meta(description="Without a sign, in EUR")
        ] = "100.00",
        side: Annotated[
            Literal["credit", "debit"], Meta(description="Whether money comes or goes")
        ] = "credit",
        operation_type: Annotated[
            Annotated[str, one_of(bank.OPERATIONS)] | None,
            Meta(description="By default `income` for a credit, `transfer` for a debit"),
        ] = None,
        label: Annotated[
            str | None, Meta(description="Who is on the other side; somebody known by default")
        ] = None,
        reference: Annotated[str | None, Meta(description="What the payer wrote")] = None,
        status: Annotated[
            Literal["pending", "declined", "completed"], Meta(description="How far it got")
        ] = "completed",
        note: Annotated[str | None, Meta(description="A note of the account's holder")] = None,
    ) -> Document:
        books, now = self._world.books_of(organization_id), self._world.now()
        operation = operation_type or ("income" if side == "credit" else "transfer")
        account = books.organisation.main_account
        if bank_account_id is not None:
            found = books.account(bank_account_id)
            if found is None:
                raise KeyError(bank_account_id)
            account = found
        movement = bank.Movement(
            amount=parse_decimal(amount),
            side=side,
            operation_type=operation,
            label=label or scenery(books.organisation.country).customers[0].name,
            reference=reference,
            status=status,
            note=note,
        )
        made = bank.book(self._world, books, account, movement, at=now)
        return transaction_document(made)

    @call(
        "POST",
        "/transactions/{id}/conclude",
        "A pending transaction comes to its end; that of a transfer ends with the transfer alone.",
        answers="transaction",
        example={"status": "completed"},
    )
    def conclude_transaction(
        self,
        id: Id,
        status: Annotated[
            Literal["completed", "declined"], Meta(description="How it ends")
        ] = "completed",
    ) -> Document:
        books, one = self._transaction(id)
        if transfers.holds(books, one):
            raise ValueError("it ends with its transfer")
        return transaction_document(
            bank.conclude(self._world, books, one, status, at=self._world.now())
        )

    @call(
        "POST",
        "/transactions/{id}/annotate",
        "Somebody edits the note; a reliable way to cause an event.",
        answers="transaction",
        example={"note": "seen"},
    )
    def annotate_transaction(
        self, id: Id, note: Annotated[str, Meta(description="The new note")]
    ) -> Document:
        books, one = self._transaction(id)
        one.note = note
        return transaction_document(bank.change(self._world, books, one, at=self._world.now()))

    def _transaction(self, id: str) -> tuple[Books, Transaction]:
        for books in self._world.books.values():
            one = books.transaction(id)
            if one is not None:
                return books, one
        raise KeyError(id)
