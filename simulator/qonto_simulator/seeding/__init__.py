"""The four organisations that a fresh simulator knows, with documents to look at."""

from __future__ import annotations

from qonto_simulator.world import Books, World

from . import catalogue
from .bank import Teller, bank
from .calendar import Calendar
from .cards import cards
from .companies import companies
from .customers import customers
from .diary import Diary
from .getting_paid import getting_paid
from .offers import offers
from .payees import payees
from .purchases import purchases
from .recurring import recurring
from .requests import requests
from .sales import sales
from .scenery import scenery
from .transfers import transfers


def seed(world: World) -> None:
    """Fills an empty world; everything lies in the three months before now."""
    payees(world.payees)
    calendar = Calendar(world.clock.now().replace(microsecond=0))
    begin = calendar.at(65, 8, 0)
    for organisation in companies(world.ids, begin):
        books = Books(organisation)
        world.books[organisation.id] = books
        place, diary = scenery(organisation.country), Diary()
        customers(world, books, place, begin)
        sales(world, books, place, calendar, diary)
        purchases(world, books, place, calendar)
        offers(world, books, place, calendar)
        catalogue.labels(world, books, place)
        catalogue.statements(world, books, calendar.now)
        catalogue.beneficiaries(world, books, place, begin)
        cards(world, books, calendar)
        teller = Teller(world, books, place, calendar, diary)
        bank(teller)
        transfers(teller)
        requests(teller)
        recurring(teller)
        getting_paid(teller)
        diary.live()
