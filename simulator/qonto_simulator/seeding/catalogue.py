"""Labels, statements and beneficiaries of the organisations."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from qonto_simulator import pdf
from qonto_simulator.records.catalogue import Beneficiary, Label, Statement
from qonto_simulator.times import today
from qonto_simulator.world import Books, World

from .scenery import Scenery, Supplier


def labels(world: World, books: Books, place: Scenery) -> None:
    slug = books.organisation.slug
    first, second, third = place.texts.labels
    parent = world.ids.stable(f"label/{slug}/0")
    books.labels += [
        Label(parent, first, None),
        Label(world.ids.stable(f"label/{slug}/1"), second, None),
        Label(world.ids.stable(f"label/{slug}/2"), third, parent),
    ]


def statements(world: World, books: Books, now: datetime) -> None:
    """The last three months of every account."""
    first = today(now).replace(day=1)
    for account in books.organisation.bank_accounts:
        month = first
        for _ in range(3):
            month = (month - timedelta(days=1)).replace(day=1)
            period = f"{month:%m-%Y}"
            texts = [f"IBAN {account.iban}", f"Month {period}"]
            make = partial(pdf.sheet, f"Statement {period}", texts, now)
            name = f"{account.slug}-{period}.pdf"
            file = world.store_file(books, name, "application/pdf", make, now)
            id = world.ids.stable(f"statement/{account.id}/{period}")
            books.statements.append(Statement(id, account.id, period, file.id))


def beneficiaries(world: World, books: Books, place: Scenery, at: datetime) -> None:
    """Those who were paid, those who are to be, and one that is still looked at."""
    by = place.suppliers
    known: tuple[tuple[Supplier, str, bool], ...] = (
        (by.craftsman, "validated", True),
        (by.adviser, "validated", False),
        (by.newcomer, "pending", False),
        (by.stationer, "validated", False),
        (by.landlord, "validated", True),
    )
    for supplier, status, trusted in known:
        books.beneficiaries.add(
            Beneficiary(
                id=world.ids.uuid7(at),
                name=supplier.name,
                iban=supplier.iban or "",
                bic=supplier.bic or "",
                email=supplier.email,
                status=status,
                trusted=trusted,
                created_at=at,
                updated_at=at,
                activity_tag=supplier.tag,
            )
        )
