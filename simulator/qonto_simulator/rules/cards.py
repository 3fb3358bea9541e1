"""How a card comes to be."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from qonto_simulator.records.card import Card, CardLimits
from qonto_simulator.records.organisation import BankAccount, Membership
from qonto_simulator.times import local
from qonto_simulator.world import Books, World


def issue(
    world: World,
    books: Books,
    level: str,
    limits: CardLimits,
    *,
    holder: Membership,
    account: BankAccount,
    at: datetime,
    digits: str | None = None,
    design: str | None = None,
    pre_expires_at: datetime | None = None,
) -> Card:
    """A new card that can be used at once, until ``pre_expires_at`` if that is given."""
    last_digits = digits or f"{world.ids.random.randrange(10_000):04d}"
    card = books.cards.add(
        Card(
            id=world.ids.uuid7(at),
            status="live",
            level=level,
            nickname=f"{holder.first_name} {last_digits}",
            embossed_name=f"{holder.first_name} {holder.last_name}".upper(),
            last_digits=last_digits,
            expires=(local(at).month, local(at).year + 4),
            limits=limits,
            holder_id=holder.id,
            initiator_id=books.organisation.owner.id,
            bank_account_id=account.id,
            created_at=at,
            updated_at=at,
            design=design or f"{level}.default.2023",
            pre_expires_at=pre_expires_at,
        )
    )
    if pre_expires_at is not None:
        world.agenda.at(pre_expires_at, partial(_expire, books, card))
    return card


def _expire(books: Books, card: Card, at: datetime) -> None:
    if card.status == "live":
        card.status = "expired"
        books.cards.save(card, at)
