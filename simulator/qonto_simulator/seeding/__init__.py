"""The four organisations that a fresh simulator knows, with documents to look at."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from qonto_simulator.world import Books, World

from .bank import bank
from .companies import companies
from .customers import customers
from .offers import offers
from .purchases import purchases
from .sales import STANDARD_RATE, sales


def seed(world: World) -> None:
    """Fills an empty world; everything lies in the three months before now."""
    now = world.clock.now().replace(microsecond=0)
    begin = now - timedelta(days=95)
    for organisation in companies(world.ids, begin):
        books = Books(organisation)
        world.books[organisation.id] = books
        customers(world, books, begin)
        sales(world, books, now)
        purchases(world, books, now)
        offers(world, books, now, Decimal(STANDARD_RATE[organisation.country]))
        bank(world, books, now)
