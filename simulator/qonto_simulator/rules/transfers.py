"""How a SEPA transfer leaves the account."""

from __future__ import annotations

from datetime import datetime

from qonto_simulator.records.transaction import Transaction
from qonto_simulator.records.transfer import Transfer
from qonto_simulator.world import Books, World

from . import bank


def execute(world: World, books: Books, transfer: Transfer, *, at: datetime) -> Transaction:
    """The money of a pending transfer goes, and pays the supplier invoice that it names."""
    account = books.account(transfer.bank_account_id)
    beneficiary = books.beneficiaries.get(transfer.beneficiary_id)
    if account is None or beneficiary is None or transfer.status != "pending":
        raise ValueError(f"transfer {transfer.id} can't be executed")
    movement = bank.Movement(
        amount=transfer.amount,
        side="debit",
        operation_type="transfer",
        label=beneficiary.name,
        reference=transfer.reference,
        counterparty_iban=beneficiary.iban,
        counterparty_bic=beneficiary.bic,
        note=transfer.note,
        category=beneficiary.activity_tag,
    )
    transaction = bank.book(world, books, account, movement, at=at)
    transaction.initiator_id = transfer.initiator_id
    transfer.status = "settled"
    transfer.processed_at = transfer.completed_at = at
    transfer.transaction_id = transaction.id
    books.sepa_transfers.save(transfer, at)
    return transaction
