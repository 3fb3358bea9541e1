"""Quotes and products of the organisations."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from qonto_simulator.records.catalogue import Product
from qonto_simulator.records.quote import Quote
from qonto_simulator.rules import numbering
from qonto_simulator.rules.quotes import PREFIX, attach_pdf
from qonto_simulator.rules.totals import line, totals
from qonto_simulator.times import today
from qonto_simulator.world import Books, World

from .calendar import Calendar
from .scenery import Scenery


def offers(world: World, books: Books, place: Scenery, calendar: Calendar) -> None:
    """One quote in each state, and a small catalogue."""
    texts, rate = place.texts, Decimal(place.rates.standard)
    _quote(world, books, place, calendar.at(36), "approved")
    _quote(world, books, place, calendar.at(25), "canceled")
    _quote(world, books, place, calendar.at(4), "pending_approval")
    products = (
        (texts.consulting, "service", "600.00", "day"),
        (texts.support, "service", "95.00", "hour"),
        (texts.poster, "good", "24.50", "unit"),
    )
    for position, (title, kind, price, unit) in enumerate(products):
        at = calendar.at(63 - position, 16)
        books.products.add(
            Product(
                id=world.ids.uuid7(at),
                title=title,
                type=kind,
                unit_price=Decimal(price),
                currency="EUR",
                vat_rate=rate,
                created_at=at,
                updated_at=at,
                unit=unit,
            )
        )


def _quote(world: World, books: Books, place: Scenery, at: datetime, status: str) -> None:
    lines = (
        line(
            title=place.texts.study,
            quantity=Decimal("4"),
            unit_price=Decimal("620.00"),
            currency="EUR",
            vat_rate=Decimal(place.rates.standard),
            unit="day",
        ),
    )
    amounts = totals(lines)
    quote = Quote(
        id=world.ids.uuid7(at),
        number=numbering.next_number(books, PREFIX, today(at)),
        status=status,
        client=replace(next(iter(books.clients))),
        currency="EUR",
        issue_date=today(at),
        expiry_date=today(at) + timedelta(days=30),
        total=amounts.total,
        vat=amounts.vat,
        lines=lines,
        created_at=at,
        updated_at=at + timedelta(days=3 if status != "pending_approval" else 0, seconds=11),
        terms_and_conditions=place.texts.quote_terms,
        contact_email=books.organisation.owner.email,
    )
    decided = at + timedelta(days=3)
    quote.approved_at = decided if status == "approved" else None
    quote.canceled_at = decided if status == "canceled" else None
    attach_pdf(world, books, quote, at + timedelta(seconds=11))
    books.quotes.add(quote)
