"""What differs from country to country: names, numbers, rates, texts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from qonto_simulator.records.organisation import Address, NumberStyles


@dataclass(frozen=True, slots=True)
class Company:
    """The legal person, its accounts with what lies on them at first, and its people."""

    slug: str
    name: str
    legal_name: str
    legal_number: str
    legal_form: str
    sector: str
    registered: date
    capital: int
    address: Address
    locale: str
    vat_number: str
    bic: str
    ibans: tuple[str, ...]
    accounts: tuple[tuple[str, Decimal], ...]
    people: tuple[Person, ...]
    teams: tuple[str, str]
    numbers: NumberStyles
    automatic_numbering: bool = True
    vat_payment_condition: str = "on_receipts"
    late_payment_penalties: str | None = None
    legal_fixed_compensation: str | None = None
    discount_conditions: str | None = None
    leadership: str = ""
    court: str = ""
    register: str = ""
    tax_number: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works with the accounts; ``team`` is a position in the company's teams."""

    first_name: str
    last_name: str
    email: str
    phone_number: str
    position: str
    role: str
    team: int = 0


@dataclass(frozen=True, slots=True)
class Customer:
    """A client to be, and the account that it pays from."""

    name: str
    email: str
    address: Address
    locale: str
    vat_number: str = ""
    tax_number: str = ""
    phone: tuple[str, str] | None = None
    iban: str | None = None
    bic: str | None = None
    currency: str = "EUR"
    first_name: str = ""
    last_name: str = ""


@dataclass(frozen=True, slots=True)
class Supplier:
    """Somebody who sends bills; paid to the account, from which direct debits come as well."""

    name: str
    vat_number: str | None = None
    tin: str | None = None
    iban: str | None = None
    bic: str | None = None
    email: str = ""
    tag: str = "other_service"


@dataclass(frozen=True, slots=True)
class Suppliers:
    """Who sends which kind of bill."""

    stationer: Supplier
    hosting: Supplier
    craftsman: Supplier
    adviser: Supplier
    taxi: Supplier
    agency: Supplier
    printer: Supplier
    town_hall: Supplier
    energy: Supplier
    landlord: Supplier
    newcomer: Supplier


@dataclass(frozen=True, slots=True)
class Shops:
    """What cards pay for; ``railway`` and the others are the labels of the movements."""

    bakery: str
    railway: str
    gallery: str
    software: str


@dataclass(frozen=True, slots=True)
class Rates:
    """VAT as fractions; ``exemption`` is the reason for none on services to abroad."""

    standard: str
    reduced: str
    prints: str
    exemption: str


@dataclass(frozen=True, slots=True)
class Texts:
    """What the company writes on its documents and transfers, in its language."""

    audit: str
    workshop: str
    training: str
    training_off: str
    concept: str
    travel: str
    travel_off: str
    licences: str
    research: str
    prototype: str
    portrait: str
    prints: str
    support: str
    consulting: str
    study: str
    poster: str
    payable: str
    """With ``{days}`` for the number of days."""
    quote_terms: str
    labels: tuple[str, str, str]
    opening: str
    put_aside: str
    rent: str
    thanks: str
    duplicate: str
    declined: str
    client_trip: str
    reminder: tuple[str, str]
    payment_plan: str


@dataclass(frozen=True, slots=True)
class Scenery:
    """Everything that makes an organisation of one country believable."""

    company: Company
    customers: tuple[Customer, Customer]
    person: Customer
    prospect: str
    suppliers: Suppliers
    shops: Shops
    rates: Rates
    texts: Texts
