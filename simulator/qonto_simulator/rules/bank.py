"""Movements on accounts, and the invoices that they pay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qonto_simulator import exchange
from qonto_simulator.records.client_invoice import ClientInvoice
from qonto_simulator.records.organisation import BankAccount
from qonto_simulator.records.supplier_invoice import SupplierInvoice
from qonto_simulator.records.transaction import Transaction
from qonto_simulator.render.events import transaction_event
from qonto_simulator.render.transactions import SUBJECTS
from qonto_simulator.times import today
from qonto_simulator.world import Books, World

from . import client_invoices

TYPE = "v1/transactions"
STATUSES = ("pending", "declined", "completed")
SIDES = ("credit", "debit")
OPERATIONS = tuple(SUBJECTS)


@dataclass(frozen=True, slots=True)
class Movement:
    """What is known of a movement before it is booked; ``amount`` is positive.

    It is in the currency of the account; ``local_amount`` is what the other side paid or got, the
    same unless told.
    """

    amount: Decimal
    side: str = "credit"
    operation_type: str = "income"
    label: str = ""
    reference: str | None = None
    status: str = "completed"
    counterparty_iban: str | None = None
    counterparty_bic: str | None = None
    note: str | None = None
    vat_rate: Decimal | None = None
    local_amount: Decimal | None = None
    local_currency: str | None = None
    category: str = "other_income"
    initiator_id: str | None = None
    attachment_ids: tuple[str, ...] = ()


def receipt(invoice: ClientInvoice, amount: Decimal, currency: str, at: datetime) -> Movement:
    """The client's payment of an invoice on an account in ``currency``; ``amount`` is in that of
    the invoice."""
    abroad = invoice.currency != currency
    return Movement(
        amount=exchange.convert(amount, invoice.currency, currency, today(at)),
        operation_type="swift_income" if abroad else "income",
        label=invoice.client.display_name,
        reference=invoice.number,
        local_amount=amount,
        local_currency=invoice.currency,
        category="sales",
    )


def book(
    world: World, books: Books, account: BankAccount, movement: Movement, *, at: datetime
) -> Transaction:
    """A new transaction; a completed one moves the balance and pays what its reference names."""
    position = sum(len(each) for each in books.transactions.values()) + 1
    rate = movement.vat_rate
    transaction = Transaction(
        id=world.ids.uuid7(at),
        slug=f"{books.organisation.slug}-1-transaction-{position}",
        bank_account_id=account.id,
        amount=movement.amount,
        currency=account.currency,
        side=movement.side,
        operation_type=movement.operation_type,
        label=movement.label,
        status=movement.status,
        emitted_at=at,
        created_at=at,
        updated_at=at,
        local_amount=movement.amount if movement.local_amount is None else movement.local_amount,
        local_currency=movement.local_currency or account.currency,
        counterparty=movement.label,
        counterparty_iban=movement.counterparty_iban,
        counterparty_bic=movement.counterparty_bic,
        reference=movement.reference,
        note=movement.note,
        vat_rate=rate,
        vat_amount=None if rate is None else _included(movement.amount, rate),
        category=movement.category,
        initiator_id=movement.initiator_id,
        attachment_ids=list(movement.attachment_ids),
    )
    match movement.status:
        case "completed":
            account.authorized_balance += transaction.signed
            _settle(account, transaction, at)
        case "pending" if transaction.side == "debit":
            account.authorized_balance += transaction.signed
        case _:
            pass
    books.transactions[account.id].add(transaction)
    tell(world, books, transaction, "created", at)
    if transaction.status == "completed":
        _match(world, books, transaction, at)
    return transaction


def _included(amount: Decimal, rate: Decimal) -> Decimal:
    return (amount - amount / (1 + rate)).quantize(Decimal("0.01"))


def _settle(account: BankAccount, transaction: Transaction, at: datetime) -> None:
    account.balance += transaction.signed
    account.updated_at = at
    transaction.settled_at = at
    transaction.settled_balance = account.balance


def conclude(
    world: World, books: Books, transaction: Transaction, status: str, *, at: datetime
) -> Transaction:
    """A pending transaction becomes ``completed`` or ``declined``."""
    if transaction.status != "pending" or status not in ("completed", "declined"):
        raise ValueError(f"a {transaction.status} transaction can't become {status}")
    account = books.account(transaction.bank_account_id)
    transaction.status = status
    if account is not None:
        # A pending debit was held back already, a pending credit counts from now on.
        if (transaction.side == "credit") == (status == "completed"):
            account.authorized_balance += transaction.amount
        if status == "completed":
            _settle(account, transaction, at)
    change(world, books, transaction, at=at)
    if status == "completed":
        _match(world, books, transaction, at)
    return transaction


def change(world: World, books: Books, transaction: Transaction, *, at: datetime) -> Transaction:
    """Files a transaction that was changed and tells whoever subscribed."""
    books.transactions[transaction.bank_account_id].save(transaction, at)
    tell(world, books, transaction, "updated", at)
    return transaction


def attach(
    world: World, books: Books, transaction: Transaction, attachment_id: str, at: datetime
) -> None:
    """One more file on a transaction, once it was looked at in the background."""
    transaction.attachment_ids.append(attachment_id)
    books.transactions[transaction.bank_account_id].save(
        transaction, max(at, transaction.updated_at)
    )
    tell(world, books, transaction, "updated", at)


def tell(world: World, books: Books, transaction: Transaction, event: str, at: datetime) -> None:
    if world.hub.wants(books.organisation.id, TYPE):
        data = transaction_event(transaction, event)
        world.hub.emit(books.organisation.id, TYPE, data, at)


def _match(world: World, books: Books, transaction: Transaction, at: datetime) -> None:
    """Looks for the document that the reference names, as Qonto does by itself.

    Money that only changes between the organisation's own accounts pays nothing.
    """
    if books.account_by_iban(transaction.counterparty_iban or "") is not None:
        return
    if transaction.side == "credit":
        invoice = _named(books, transaction)
        if invoice is not None:
            amount = _in_currency(transaction, invoice.currency)
            client_invoices.receive_payment(world, books, invoice, amount, at=at)
        return
    bill = _named_bill(books, transaction)
    if bill is not None:
        pay_bill(books, bill, transaction, at=at)


def pay_bill(
    books: Books, bill: SupplierInvoice, transaction: Transaction, *, at: datetime
) -> SupplierInvoice:
    """A supplier invoice is paid by a transaction."""
    bill.matched_transactions.append(transaction.id)
    bill.transfer_ids += [
        one.id for one in books.sepa_transfers if one.transaction_id == transaction.id
    ]
    bill.status = "paid"
    bill.payment_date = today(at)
    return books.supplier_invoices.save(bill, at)


def _in_currency(transaction: Transaction, currency: str) -> Decimal:
    """What was paid, in the currency of the document."""
    if transaction.local_amount is not None and transaction.local_currency == currency:
        return transaction.local_amount
    day = today(transaction.emitted_at)
    return exchange.convert(transaction.amount, transaction.currency, currency, day)


def _named(books: Books, transaction: Transaction) -> ClientInvoice | None:
    words = set((transaction.reference or "").split())
    if not words:
        return None
    for invoice in books.client_invoices.with_status("unpaid"):
        if invoice.number in words:
            return invoice
    return None


def _named_bill(books: Books, transaction: Transaction) -> SupplierInvoice | None:
    words = set((transaction.reference or "").split())
    for status in ("to_pay", "awaiting_payment", "to_review", "to_approve", "pending", "scheduled"):
        for bill in books.supplier_invoices.with_status(status):
            reading = bill.reading
            if (
                reading
                and reading.invoice_number in words
                and reading.total == _in_currency(transaction, reading.currency)
            ):
                return bill
    return None
