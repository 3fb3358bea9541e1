"""The life of a SEPA transfer, by the clock.

::

    pending --on its day--> processing --arrived--> settled
       |                        |
       +--> canceled, declined  +--> declined

From ``processing`` on its money is held back by a pending debit; that one is completed when it
arrives, and given up when it is declined.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

from qonto_simulator.errors import refuse
from qonto_simulator.records.catalogue import Beneficiary
from qonto_simulator.records.transaction import Transaction
from qonto_simulator.records.transfer import Transfer
from qonto_simulator.times import at_hour, today
from qonto_simulator.world import Books, World

from . import bank, instant

_FOUND_OUT_THERE = (
    "beneficiary_bic_invalid",
    "beneficiary_iban_invalid",
    "beneficiary_network_rules_error",
)
"""What only the bank of the payee can tell, when the money is on its way."""
DECLINED_REASONS = (
    *_FOUND_OUT_THERE,
    "beneficiary_status",
    "organisation_compliance_reasons",
    "debit_account_insufficient_funds",
    "qonto_processing_failed",
)
MOST_WITHOUT_ATTACHMENT = Decimal(30_000)
MORNING = 7
"""The hour at which the scheduled transfers of a day begin."""


@dataclass(frozen=True, slots=True)
class Order:
    """A transfer as it is asked for, but for whom it goes to."""

    bank_account_id: str
    amount: Decimal
    reference: str
    day: date
    note: str | None = None
    attachment_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Objection:
    """Why an order is not taken, and the field that it is about."""

    field: str
    code: str
    detail: str


def objections(world: World, books: Books, order: Order, *, at: datetime) -> list[Objection]:
    """What stands against an order: at once for a single one, afterwards for a line of a bulk."""
    found: list[Objection] = []
    if order.day < today(at):
        found.append(Objection("scheduled_date", "invalid", "scheduled_date lies in the past"))
    stored = (world.attachments.get(id) for id in order.attachment_ids)
    if any(one is None or one.organisation_id != books.organisation.id for one in stored):
        found.append(Objection("attachment_ids", "not_found", "attachment not found"))
    if order.amount > MOST_WITHOUT_ATTACHMENT and not order.attachment_ids:
        detail = f"an attachment is required above {MOST_WITHOUT_ATTACHMENT} EUR"
        found.append(Objection("attachment_ids", "required", detail))
    return found


def make(
    world: World,
    books: Books,
    order: Order,
    beneficiary: Beneficiary,
    *,
    initiator_id: str,
    at: datetime,
    recurring_transfer_id: str | None = None,
) -> Transfer:
    """A new transfer, which goes by itself when its time has come."""
    transfer = Transfer(
        id=world.ids.uuid7(at),
        status="pending",
        initiator_id=initiator_id,
        bank_account_id=order.bank_account_id,
        beneficiary_id=beneficiary.id,
        amount=order.amount,
        currency="EUR",
        reference=order.reference,
        scheduled_date=order.day,
        created_at=at,
        updated_at=at,
        note=order.note,
        recurring_transfer_id=recurring_transfer_id,
        attachment_ids=list(order.attachment_ids),
    )
    schedule(world, books, books.sepa_transfers.add(transfer), at=at)
    return transfer


def schedule(world: World, books: Books, transfer: Transfer, *, at: datetime) -> None:
    """Let a pending transfer go: soon, or in the morning of a later day."""
    due = at + timedelta(seconds=world.quirks.transfer_delay)
    if transfer.scheduled_date > today(at):
        due = max(due, at_hour(transfer.scheduled_date, MORNING))
    world.agenda.at(due, partial(_go, world, books, transfer))


def _go(world: World, books: Books, transfer: Transfer, at: datetime) -> None:
    if transfer.status != "pending":
        return
    reason = _why_not(world, books, transfer)
    if reason is not None:
        decline(world, books, transfer, reason, at=at)
        return
    process(world, books, transfer, at=at)
    seconds = timedelta(seconds=world.quirks.instant_delay)
    due = at + seconds if transfer.is_instant else instant.next_opening(at)
    world.agenda.at(due, partial(_arrive, world, books, transfer))


def _why_not(world: World, books: Books, transfer: Transfer) -> str | None:
    """The reason to decline a transfer before any money moves."""
    account = books.account(transfer.bank_account_id)
    if account is None or account.status != "active":
        return "qonto_processing_failed"
    if beneficiary_of(books, transfer).status == "declined":
        return "beneficiary_status"
    scripted = _scripted(world, books, transfer)
    if scripted is not None and scripted not in _FOUND_OUT_THERE:
        return scripted
    if account.authorized_balance < transfer.amount:
        return "debit_account_insufficient_funds"
    return None


def _scripted(world: World, books: Books, transfer: Transfer) -> str | None:
    """What a control call said of transfers to this account, or of all."""
    to_it = world.declined_transfers.get(beneficiary_of(books, transfer).iban)
    return to_it or world.declined_transfers.get(None)


def beneficiary_of(books: Books, transfer: Transfer) -> Beneficiary:
    """Whom it goes to; nobody is ever forgotten."""
    found = books.beneficiaries.get(transfer.beneficiary_id)
    if found is None:
        raise ValueError(f"transfer {transfer.id} has no beneficiary")
    return found


def process(world: World, books: Books, transfer: Transfer, *, at: datetime) -> Transaction:
    """The pending debit that holds the money of a pending transfer back."""
    account, payee = books.account(transfer.bank_account_id), beneficiary_of(books, transfer)
    if account is None or transfer.status != "pending":
        raise ValueError(f"transfer {transfer.id} can't be processed")
    movement = bank.Movement(
        amount=transfer.amount,
        side="debit",
        operation_type="transfer",
        label=payee.name,
        reference=transfer.reference,
        status="pending",
        counterparty_iban=payee.iban,
        counterparty_bic=payee.bic,
        note=transfer.note,
        category=payee.activity_tag,
        initiator_id=transfer.initiator_id,
        attachment_ids=tuple(transfer.attachment_ids),
    )
    transaction = bank.book(world, books, account, movement, at=at)
    so_far = instant.sent_within_a_day(books, payee, at)
    transfer.is_instant = instant.is_instant(transfer.amount, so_far, trusted=payee.trusted)
    transfer.status, transfer.processed_at = "processing", at
    transfer.transaction_id = transaction.id
    books.sepa_transfers.save(transfer, at)
    return transaction


def _arrive(world: World, books: Books, transfer: Transfer, at: datetime) -> None:
    if transfer.status != "processing":
        return
    reason = _scripted(world, books, transfer)
    if reason is not None:
        decline(world, books, transfer, reason, at=at)
    else:
        settle(world, books, transfer, at=at)


def settle(world: World, books: Books, transfer: Transfer, *, at: datetime) -> Transaction:
    """The money has arrived, and pays the supplier invoice that the reference names."""
    if transfer.status != "processing":
        raise ValueError(f"a {transfer.status} transfer can't be settled")
    transaction = bank.conclude(world, books, _debit(books, transfer), "completed", at=at)
    transfer.status, transfer.completed_at = "settled", at
    books.sepa_transfers.save(transfer, at)
    return transaction


def execute(world: World, books: Books, transfer: Transfer, *, at: datetime) -> Transaction:
    """Process and settle a pending transfer at one moment."""
    process(world, books, transfer, at=at)
    return settle(world, books, transfer, at=at)


def decline(
    world: World, books: Books, transfer: Transfer, reason: str, *, at: datetime
) -> Transfer:
    """The transfer comes to nothing, and its money is free again."""
    if transfer.status not in ("pending", "processing"):
        raise ValueError(f"a {transfer.status} transfer can't be declined")
    if transfer.status == "processing":
        bank.conclude(world, books, _debit(books, transfer), "declined", at=at)
    transfer.status, transfer.declined_reason = "declined", reason
    transfer.processed_at = transfer.processed_at or at
    return books.sepa_transfers.save(transfer, at)


def cancel(books: Books, transfer: Transfer, *, at: datetime) -> Transfer:
    """The transfer is called off; 422 once it is processed."""
    if transfer.status != "pending":
        raise refuse(422, "invalid", f"a {transfer.status} transfer can't be canceled")
    transfer.status = "canceled"
    return books.sepa_transfers.save(transfer, at)


def holds(books: Books, transaction: Transaction) -> bool:
    """Whether a transfer that is on its way, internal or not, waits for this transaction."""
    moving = books.internal_transfers.with_status("processing")
    return any(
        one.transaction_id == transaction.id
        for one in books.sepa_transfers.with_status("processing")
    ) or any(transaction.id in (one.debit_id, one.credit_id) for one in moving)


def _debit(books: Books, transfer: Transfer) -> Transaction:
    found = books.transactions[transfer.bank_account_id].get(transfer.transaction_id or "")
    if found is None:
        raise ValueError(f"transfer {transfer.id} has no transaction")
    return found
