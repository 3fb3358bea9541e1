"""Movements, statements, labels and beneficiaries of the organisations."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from qonto_simulator import identifiers, pdf
from qonto_simulator.records.catalogue import Beneficiary, Label, Statement
from qonto_simulator.rules.bank import Movement, book
from qonto_simulator.times import today
from qonto_simulator.world import Books, World

_MOVEMENTS = (
    (85, Movement(Decimal("60.00"), "debit", "transfer", "Papeterie du Centre", "2026-1042")),
    (72, Movement(Decimal("18.40"), "debit", "card", "Boulangerie Ancel")),
    (60, Movement(Decimal("2448.00"), "credit", "income", "Brasserie du Parc", "Merci")),
    (45, Movement(Decimal("9.00"), "debit", "qonto_fee", "Qonto")),
    (30, Movement(Decimal("212.05"), "debit", "direct_debit", "Énergie Claire", "EC-540011")),
    (21, Movement(Decimal("598.80"), "credit", "swift_income", "Cascadia Software Inc.")),
    (12, Movement(Decimal("2000.00"), "credit", "income", "Brasserie du Parc", "acompte")),
    (4, Movement(Decimal("74.90"), "debit", "card", "SNCF", note="Trajet client")),
    (1, Movement(Decimal("129.00"), "debit", "card", "Hébergement Ourse", status="pending")),
    (1, Movement(Decimal("950.00"), "debit", "card", "Galerie Nord", status="declined")),
)


def bank(world: World, books: Books, now: datetime) -> None:
    """Three months on the main account, little on the others."""
    organisation = books.organisation
    _labels(world, books)
    account = organisation.main_account
    for days_ago, movement in _MOVEMENTS:
        transaction = book(
            world, books, account, movement, at=now - timedelta(days=days_ago, hours=3)
        )
        transaction.initiator_id = organisation.owner.id if movement.side == "debit" else None
        if movement.operation_type == "card":
            transaction.card_last_digits = "4417"
            transaction.attachment_required = True
            transaction.label_ids.append(books.labels[1].id)
            transaction.category = "other_expense"
    for other in organisation.bank_accounts[1:]:
        put_aside = Movement(Decimal("500.00"), "credit", "income", organisation.legal_name)
        book(world, books, other, put_aside, at=now - timedelta(days=40))
    _statements(world, books, now)
    _beneficiaries(world, books, now - timedelta(days=90))


def _labels(world: World, books: Books) -> None:
    slug = books.organisation.slug
    parent = world.ids.stable(f"label/{slug}/0")
    books.labels += [
        Label(parent, "Projets", None),
        Label(world.ids.stable(f"label/{slug}/1"), "Déplacements", None),
        Label(world.ids.stable(f"label/{slug}/2"), "Projet Aurore", parent),
    ]


def _statements(world: World, books: Books, now: datetime) -> None:
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


def _beneficiaries(world: World, books: Books, at: datetime) -> None:
    people = (
        ("Menuiserie Aubert", "00000771102", "validated", True),
        ("Cabinet Lemaire", "00000771103", "validated", False),
        ("Nouveau Fournisseur", "00000771104", "pending", False),
    )
    for name, serial, status, trusted in people:
        account = identifiers.french_account("20041", "01005", serial)
        books.beneficiaries.add(
            Beneficiary(
                id=world.ids.uuid7(at),
                name=name,
                iban=identifiers.iban("FR", account),
                bic="PSSTFRPPLIL",
                email=f"contact@{name.split()[-1].lower()}.example",
                status=status,
                trusted=trusted,
                created_at=at,
                updated_at=at,
            )
        )
