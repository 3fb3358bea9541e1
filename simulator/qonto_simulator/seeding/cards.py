"""The cards of the organisations: one of metal, a virtual one, and a flash card that is spent."""

from __future__ import annotations

from datetime import datetime, timedelta

from qonto_simulator.records.card import Card, CardLimits
from qonto_simulator.records.organisation import Membership
from qonto_simulator.times import local
from qonto_simulator.world import Books, World

from .calendar import Calendar


def cards(world: World, books: Books, calendar: Calendar) -> None:
    """The owner's and the employee's."""
    owner, employee = books.organisation.owner, books.organisation.members[-1]
    first, second, third = calendar.at(64, 9), calendar.at(55, 15), calendar.at(47, 11)
    add = _Issuer(world, books)
    plastic = add("metal", "4417", owner, first, CardLimits(20_000, 5_000, 5_000, 2_000, 500))
    plastic.shipped_at = first + timedelta(days=1)
    add("virtual", "8820", employee, second, CardLimits(1_500, 1_500, 1_500))
    spent = add("flash", "1093", employee, third, CardLimits(0, 0, 0, lifespan=150))
    spent.status, spent.pre_expires_at = "expired", calendar.at(37, 21)
    books.cards.save(spent, calendar.at(37, 21))


class _Issuer:
    """Makes cards of one organisation."""

    def __init__(self, world: World, books: Books) -> None:
        self._world, self._books = world, books

    def __call__(
        self, level: str, digits: str, holder: Membership, at: datetime, limits: CardLimits
    ) -> Card:
        organisation = self._books.organisation
        return self._books.cards.add(
            Card(
                id=self._world.ids.uuid7(at),
                status="live",
                level=level,
                nickname=f"{holder.first_name} {digits}",
                embossed_name=f"{holder.first_name} {holder.last_name}".upper(),
                last_digits=digits,
                expires=(local(at).month, local(at).year + 4),
                limits=limits,
                holder_id=holder.id,
                initiator_id=organisation.owner.id,
                bank_account_id=organisation.main_account.id,
                created_at=at,
                updated_at=at,
                design=f"{level}.default.2023",
            )
        )
