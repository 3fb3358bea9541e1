"""The cards of the organisations: one of metal, a virtual one, and a flash card that is spent."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from qonto_simulator.records.card import CardLimits
from qonto_simulator.rules.cards import issue
from qonto_simulator.world import Books, World

from .calendar import Calendar


def cards(world: World, books: Books, calendar: Calendar) -> None:
    """The owner's and the employee's."""
    owner, employee = books.organisation.owner, books.organisation.members[-1]
    first, second, third = calendar.at(64, 9), calendar.at(55, 15), calendar.at(47, 11)
    add = partial(issue, world, books, account=books.organisation.main_account)
    limits = CardLimits(20_000, 5_000, 5_000, 2_000, 500)
    plastic = add("metal", limits, holder=owner, at=first, digits="4417")
    plastic.shipped_at = first + timedelta(days=1)
    add("virtual", CardLimits(1_500, 1_500, 1_500), holder=employee, at=second, digits="8820")
    budget = CardLimits(0, 0, 0, lifespan=150)
    spent = add("flash", budget, holder=employee, at=third, digits="1093")
    spent.status, spent.pre_expires_at = "expired", calendar.at(37, 21)
    books.cards.save(spent, calendar.at(37, 21))
