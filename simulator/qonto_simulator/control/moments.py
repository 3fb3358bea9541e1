"""Many records with one and the same time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

from qonto_simulator.collection import Collection, Selection
from qonto_simulator.world import Books

Kind = Literal[
    "client_invoices",
    "supplier_invoices",
    "credit_notes",
    "quotes",
    "clients",
    "products",
    "beneficiaries",
    "transactions",
]
Stamp = Literal["created_at", "updated_at", "settled_at"]


def set_moment(
    books: Books, kind: Kind, stamps: frozenset[str], at: datetime, count: int | None
) -> int:
    """Sets the times of the newest records of a kind and files them anew; returns how many."""
    changed = 0
    for records in _collections(books, kind):
        left = len(records) if count is None else count - changed
        newest, _ = records.select(Selection(), 0, left)
        for record in reversed(newest):
            records.remove(record)
            for stamp in stamps:
                if hasattr(record, stamp):
                    setattr(record, stamp, at)
            records.add(record)
        changed += len(newest)
    return changed


def _collections(books: Books, kind: Kind) -> Iterator[Collection[Any]]:
    if kind == "transactions":
        yield from books.transactions.values()
    else:
        yield getattr(books, kind)
