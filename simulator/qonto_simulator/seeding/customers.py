"""The clients of the four organisations."""

from __future__ import annotations

from datetime import datetime, timedelta

from qonto_simulator.records.client import Client
from qonto_simulator.records.organisation import Address
from qonto_simulator.rules.reachability import is_reachable
from qonto_simulator.world import Books, World

from .scenery import Scenery
from .scenery.model import Customer

ABROAD = Customer(
    "Northwind Traders Ltd",
    "ap@northwind.example",
    Address("71 Cherry Court", "Southampton", "SO53 5PD", "GB"),
    "en",
    "GB382716437",
)
DOLLARS = Customer(
    "Cascadia Software Inc.",
    "billing@cascadia.example",
    Address("500 Pine Street", "Seattle", "98101", "US", "WA"),
    "en",
    currency="USD",
)


def customers(world: World, books: Books, place: Scenery, begin: datetime) -> None:
    """Companies at home, one abroad, one in dollars, a person, and one that can't be invoiced."""
    for one in place.customers:
        client = _client(world, books, begin, one, "company")
        match books.organisation.country:
            case "FR":
                client.e_invoicing_address = one.tax_number[:9]
            case "IT":
                client.recipient_code = "M5UXCR1"
            case _:
                pass
        client.e_invoicing_reachable = is_reachable(world.directory, client)
    _client(world, books, begin, ABROAD, "company")
    _client(world, books, begin, DOLLARS, "company")
    _client(world, books, begin, place.person, "individual")
    at = begin + timedelta(minutes=20 * len(books.clients))
    books.clients.add(
        Client(
            id=world.ids.uuid7(at),
            kind="company",
            name=place.prospect,
            created_at=at,
            updated_at=at,
        )
    )


def _client(world: World, books: Books, begin: datetime, one: Customer, kind: str) -> Client:
    at = begin + timedelta(minutes=20 * len(books.clients))
    country_code, phone = one.phone or (None, None)
    return books.clients.add(
        Client(
            id=world.ids.uuid7(at),
            kind=kind,
            name=one.name,
            created_at=at,
            updated_at=at,
            first_name=one.first_name or None,
            last_name=one.last_name or None,
            email=one.email,
            phone_country_code=country_code,
            phone_number=phone,
            currency=one.currency,
            locale=one.locale,
            vat_number=one.vat_number or None,
            tax_identification_number=one.tax_number or None,
            billing_address=one.address,
        )
    )
