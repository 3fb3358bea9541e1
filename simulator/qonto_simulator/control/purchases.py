"""What happens on the side of suppliers and of the bank."""

from __future__ import annotations

from functools import partial

from qonto_simulator import identifiers, pdf
from qonto_simulator.money import parse_decimal
from qonto_simulator.records.catalogue import Beneficiary
from qonto_simulator.records.transaction import Transaction
from qonto_simulator.render.beneficiaries import beneficiary
from qonto_simulator.render.common import Document
from qonto_simulator.render.events import beneficiary_event
from qonto_simulator.render.supplier_invoices import supplier_invoice
from qonto_simulator.render.transactions import transaction_document
from qonto_simulator.rules import bank
from qonto_simulator.rules.supplier_invoices import Arrival, arrive
from qonto_simulator.seeding.purchases import OWN_IBAN, reading
from qonto_simulator.seeding.scenery import scenery, supplier_named
from qonto_simulator.times import today
from qonto_simulator.world import Books

from .desk import Desk

ACTIONS = ("pay", "archive", "unarchive", "delete", "mark_as_paid", "unmark_as_paid", "reject")
STATUSES = (
    *("to_review", "to_approve", "to_pay", "awaiting_payment", "pending", "scheduled"),
    *("archived", "discarded"),
)


class Purchases(Desk):
    """Supplier invoices, transactions and beneficiaries."""

    def receive_supplier_invoice(
        self,
        *,
        organization_id: str | None = None,
        supplier_name: str | None = None,
        invoice_number: str | None = None,
        net: str | int = "50.00",
        tax_rate: str | None = None,
        currency: str = "EUR",
        iban: str | None = OWN_IBAN,
        due_in_days: int | None = 30,
        is_credit_note: bool = False,
        category: str = "INVOICE",
        file_name: str | None = None,
    ) -> Document:
        """A supplier's document arrives by e-mail; it is read some seconds later.

        Unless told, it is the stationer of the organisation's country, with the tax rate there and
        the account that the supplier has.
        """
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

    def move_supplier_invoice(self, id: str, status: str) -> Document:
        """The app moves a supplier invoice on, say from ``to_review`` to ``to_pay``."""
        if status not in STATUSES:
            raise ValueError(f"status must be one of: {', '.join(STATUSES)}")
        books, bill = self._world.find_supplier_invoice(id)
        bill.status = status
        books.supplier_invoices.save(bill, self._world.now())
        return supplier_invoice(bill, books.organisation.id)

    def hide_supplier_actions(self, id: str, actions: list[str]) -> Document:
        """Takes actions away from one supplier invoice; an empty list gives them all back."""
        books, bill = self._world.find_supplier_invoice(id)
        hidden = frozenset(actions)
        if not hidden <= frozenset(ACTIONS):
            raise ValueError(f"actions are: {', '.join(ACTIONS)}")
        bill.hidden_actions = hidden
        return supplier_invoice(bill, books.organisation.id)

    def bank_transaction(
        self,
        *,
        organization_id: str | None = None,
        bank_account_id: str | None = None,
        amount: str | int = "100.00",
        side: str = "credit",
        operation_type: str | None = None,
        label: str | None = None,
        reference: str | None = None,
        status: str = "completed",
        note: str | None = None,
    ) -> Document:
        """Money moves. A completed credit pays the invoice that ``reference`` names, a completed
        debit the supplier invoice of that number and amount."""
        books, now = self._world.books_of(organization_id), self._world.now()
        operation = operation_type or ("income" if side == "credit" else "transfer")
        if side not in bank.SIDES or status not in bank.STATUSES:
            raise ValueError(f"side: {', '.join(bank.SIDES)}; status: {', '.join(bank.STATUSES)}")
        if operation not in bank.OPERATIONS:
            raise ValueError(f"operation_type must be one of: {', '.join(bank.OPERATIONS)}")
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

    def conclude_transaction(self, id: str, status: str = "completed") -> Document:
        """A pending transaction is ``completed`` or ``declined``."""
        books, one = self._transaction(id)
        return transaction_document(
            bank.conclude(self._world, books, one, status, at=self._world.now())
        )

    def annotate_transaction(self, id: str, note: str) -> Document:
        """Somebody edits the note; a reliable way to cause an event."""
        books, one = self._transaction(id)
        one.note = note
        return transaction_document(bank.change(self._world, books, one, at=self._world.now()))

    def _transaction(self, id: str) -> tuple[Books, Transaction]:
        for books in self._world.books.values():
            for collection in books.transactions.values():
                one = collection.get(id)
                if one is not None:
                    return books, one
        raise KeyError(id)

    def add_beneficiary(
        self,
        *,
        organization_id: str | None = None,
        name: str | None = None,
        iban: str | None = None,
        status: str = "validated",
        trusted: bool = False,
    ) -> Document:
        """Somebody adds a beneficiary in the app; emits ``created``.

        Unless told, it is the craftsman of the organisation's country, or the account of whoever
        is named.
        """
        books, now = self._world.books_of(organization_id), self._world.now()
        country = books.organisation.country
        known = supplier_named(country, name or scenery(country).suppliers.craftsman.name)
        account = iban or known.iban or ""
        if not identifiers.iban_is_valid(account):
            raise ValueError("iban is not valid")
        one = books.beneficiaries.add(
            Beneficiary(
                id=self._world.ids.uuid7(now),
                name=known.name,
                iban=account,
                bic=known.bic or "",
                email=known.email,
                status=status,
                trusted=trusted,
                created_at=now,
                updated_at=now,
            )
        )
        data = beneficiary_event(one, "created")
        self._world.hub.emit(books.organisation.id, "v1/beneficiaries", data, now)
        return beneficiary(one)
