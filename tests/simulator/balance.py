"""Whether the books of an organisation agree with themselves, at any moment."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from qonto_simulator.records.transaction import Transaction
from qonto_simulator.records.transfer import STATUSES
from qonto_simulator.world import Books

MADE_BY_A_TRANSFER = {
    "pending": None,
    "canceled": None,
    "processing": "pending",
    "settled": "completed",
}
"""The status of the transaction that a transfer has, by its own; a declined one may have either."""


def check_books(books: Books) -> None:
    """Balances are the sums of their transactions, and no transfer moved anything twice."""
    _accounts(books)
    _transfers(books)
    _internal(books)
    _bulks(books)


def _sum(amounts: list[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _accounts(books: Books) -> None:
    for account in books.organisation.bank_accounts:
        records = list(books.transactions[account.id])
        completed = [one.signed for one in records if one.status == "completed"]
        held = [one.amount for one in records if (one.status, one.side) == ("pending", "debit")]
        assert account.balance == _sum(completed), account.name
        assert account.authorized_balance == account.balance - _sum(held), account.name


def _transfers(books: Books) -> None:
    used = Counter(one.transaction_id for one in books.sepa_transfers if one.transaction_id)
    assert set(used.values()) <= {1}
    for one in books.sepa_transfers:
        assert one.status in STATUSES
        assert (one.declined_reason is not None) == (one.status == "declined")
        assert (one.completed_at is not None) == (one.status == "settled")
        made = books.transaction(one.transaction_id) if one.transaction_id else None
        status = made.status if made else None
        if one.status == "declined":
            assert status in (None, "declined")
        else:
            assert status == MADE_BY_A_TRANSFER[one.status]
        if made is not None:
            assert (made.side, made.amount) == ("debit", one.amount)
            assert made.bank_account_id == one.bank_account_id


def _internal(books: Books) -> None:
    used: Counter[str] = Counter()
    for one in books.internal_transfers:
        legs = [_leg(books, one.debit_id), _leg(books, one.credit_id)]
        used.update(leg.id for leg in legs)
        assert [leg.side for leg in legs] == ["debit", "credit"]
        assert _sum([leg.signed for leg in legs]) == 0
        assert legs[0].bank_account_id != legs[1].bank_account_id
        assert {leg.status for leg in legs} == {
            "completed" if one.status == "settled" else "pending"
        }
    assert set(used.values()) <= {1}


def _leg(books: Books, id: str) -> Transaction:
    found = books.transaction(id)
    assert found is not None
    return found


def _bulks(books: Books) -> None:
    """A line has either a transfer or problems, and no transfer is made for two lines."""
    made: list[str] = []
    for one in books.bulk_transfers:
        for line in one.lines:
            assert (line.transfer_id is not None) == (line.status == "completed")
            assert bool(line.problems) == (line.status == "failed")
        made += [line.transfer_id for line in one.lines if line.transfer_id]
        assert (one.status == "pending") == bool(one.count("pending"))
    assert len(made) == len(set(made))
