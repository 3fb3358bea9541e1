"""Money between two accounts of one organisation: the debit and the credit end together."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from qonto_simulator.records.organisation import BankAccount
from qonto_simulator.records.transfer import InternalTransfer
from qonto_simulator.world import Books, World

from . import bank


def make(
    world: World,
    books: Books,
    debited: BankAccount,
    credited: BankAccount,
    *,
    amount: Decimal,
    reference: str,
    initiator_id: str,
    at: datetime,
) -> InternalTransfer:
    """A new one, whose money is held back at once and arrives a little later."""
    organisation = books.organisation
    leaving = bank.Movement(
        amount=amount,
        side="debit",
        operation_type="transfer",
        label=organisation.legal_name,
        reference=reference,
        status="pending",
        counterparty_iban=credited.iban,
        counterparty_bic=credited.bic,
        category="treasury_and_interco",
        initiator_id=initiator_id,
    )
    arriving = replace(
        leaving,
        side="credit",
        operation_type="income",
        counterparty_iban=debited.iban,
        counterparty_bic=debited.bic,
    )
    transfer = books.internal_transfers.add(
        InternalTransfer(
            id=world.ids.uuid7(at),
            slug=f"{organisation.slug}-1-internal-{len(books.internal_transfers) + 1}",
            status="processing",
            amount=amount,
            currency=debited.currency,
            reference=reference,
            debit_id=bank.book(world, books, debited, leaving, at=at).id,
            credit_id=bank.book(world, books, credited, arriving, at=at).id,
            created_at=at,
            updated_at=at,
        )
    )
    due = at + timedelta(seconds=world.quirks.instant_delay)
    world.agenda.at(due, partial(_arrive, world, books, transfer))
    return transfer


def _arrive(world: World, books: Books, transfer: InternalTransfer, at: datetime) -> None:
    for id in (transfer.debit_id, transfer.credit_id):
        transaction = books.transaction(id)
        if transaction is not None:
            bank.conclude(world, books, transaction, "completed", at=at)
    transfer.status = "settled"
    books.internal_transfers.save(transfer, at)
