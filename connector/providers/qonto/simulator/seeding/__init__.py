"""The four organisations that a fresh simulator knows, with documents to look at."""

from __future__ import annotations

from datetime import timedelta

from connector.providers.qonto.simulator.world import Books, World

from .companies import companies
from .customers import customers
from .purchases import purchases
from .sales import sales


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
