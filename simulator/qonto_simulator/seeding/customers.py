"""The clients of the four organisations."""

from __future__ import annotations

from datetime import datetime, timedelta

from qonto_simulator import identifiers
from qonto_simulator.records.client import Client
from qonto_simulator.records.organisation import Address
from qonto_simulator.world import Books, World

_FR1, _FR2 = identifiers.luhn("73282932"), identifiers.luhn("41816609")
_IT1 = identifiers.luhn("0274810501")
_DE1 = identifiers.german_vat("81129346")
_ES1 = identifiers.spanish_cif("A", "5881850")

_HERE: dict[str, tuple[tuple[str, str, str, str, Address], ...]] = {
    "FR": (
        (
            "Brasserie du Parc SARL",
            "compta@brasserieduparc.example",
            identifiers.french_vat(_FR1),
            identifiers.luhn(f"{_FR1}0004"),
            Address("12 rue des Lilas", "Lyon", "69001", "FR"),
        ),
        (
            "Éditions Vauquelin",
            "factures@vauquelin.example",
            identifiers.french_vat(_FR2),
            identifiers.luhn(f"{_FR2}0001"),
            Address("3 place Vauquelin", "Nantes", "44000", "FR"),
        ),
    ),
    "IT": (
        (
            "Pasticceria Gallo S.r.l.",
            "amministrazione@gallo.example",
            f"IT{_IT1}",
            _IT1,
            Address("Corso Vittorio 8", "Torino", "10128", "IT", "TO"),
        ),
    ),
    "DE": (
        (
            "Alster Logistik GmbH",
            "rechnung@alster-logistik.example",
            _DE1,
            "27/456/01234",
            Address("Ballindamm 5", "Hamburg", "20095", "DE"),
        ),
    ),
    "ES": (
        (
            "Gràfiques Montseny S.A.",
            "facturas@montseny.example",
            f"ES{_ES1}",
            _ES1,
            Address("Carrer Major 14", "Girona", "17001", "ES", "GI"),
        ),
    ),
}


def customers(world: World, books: Books, begin: datetime) -> None:
    """Companies at home, one abroad, one in dollars, a person, and one that can't be invoiced."""
    country, locale = books.organisation.country, books.organisation.locale
    for name, email, vat, tin, address in _HERE[country]:
        client = _client(world, books, begin, name, "company", address, locale)
        client.email, client.vat_number, client.tax_identification_number = email, vat, tin
        client.e_invoicing_reachable = True
        client.phone_country_code, client.phone_number = "+33", "478001122"
        if country == "FR":
            client.e_invoicing_address = tin[:9]
        if country == "IT":
            client.recipient_code = "M5UXCR1"
    abroad = _client(
        world,
        books,
        begin,
        "Northwind Traders Ltd",
        "company",
        Address("71 Cherry Court", "Southampton", "SO53 5PD", "GB"),
        "en",
    )
    abroad.email, abroad.vat_number = "ap@northwind.example", "GB123456789"
    dollars = _client(
        world,
        books,
        begin,
        "Cascadia Software Inc.",
        "company",
        Address("500 Pine Street", "Seattle", "98101", "US", "WA"),
        "en",
    )
    dollars.email, dollars.currency = "billing@cascadia.example", "USD"
    person = _client(
        world,
        books,
        begin,
        "",
        "individual",
        Address("9 quai de la Loire", "Paris", "75019", "FR"),
        "fr",
    )
    person.first_name, person.last_name, person.email = "Inès", "Keller", "ines@keller.example"
    bare = _client(world, books, begin, "Nouveau Contact", "company", None, None)
    bare.currency = None


def _client(
    world: World,
    books: Books,
    begin: datetime,
    name: str,
    kind: str,
    address: Address | None,
    locale: str | None,
) -> Client:
    at = begin + timedelta(hours=len(books.clients))
    return books.clients.add(
        Client(
            id=world.ids.uuid7(at),
            kind=kind,
            name=name,
            created_at=at,
            updated_at=at,
            currency="EUR",
            locale=locale,
            billing_address=address,
        )
    )
