"""A software workshop in Hamburg."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from qonto_simulator import identifiers
from qonto_simulator.records.organisation import Address, NumberStyles

from . import identities
from .model import (
    Company,
    Customer,
    Person,
    Rates,
    Scenery,
    Shops,
    Supplier,
    Suppliers,
    Texts,
)


def _supplier(name: str, serial: int, email: str = "", tag: str = "other_service") -> Supplier:
    return identities.supplier("DE", name, serial, email=email, tag=tag)


_COMPANY = Company(
    slug="werkstatt-nord-7730",
    name="Werkstatt Nord",
    legal_name="Werkstatt Nord GmbH",
    legal_number="HRB 184311",
    legal_form="GmbH",
    sector="62.01",
    registered=date(2020, 1, 27),
    capital=25_000,
    address=Address("Schanzenstraße 77", "Hamburg", "20357", "DE"),
    locale="de",
    vat_number=identifiers.german_vat("31477502"),
    bic="QNTODEB2XXX",
    ibans=(identifiers.iban("DE", f"10010123{4_021_200:010d}"),),
    accounts=(("Hauptkonto", Decimal("27450.00")),),
    people=(
        Person(
            "Claire",
            "Moreau",
            "claire.moreau@ateliermercure.example",
            "+33612345678",
            "Gesellschafterin",
            "owner",
        ),
        Person(
            "Jonas",
            "Petersen",
            "jonas.petersen@kanzlei-petersen.example",
            "+4915112345678",
            "Steuerberater",
            "accountant",
        ),
        Person(
            "Mira",
            "Vogt",
            "mira.vogt@werkstattnord.example",
            "+4917098765432",
            "Entwicklerin",
            "employee",
            1,
        ),
    ),
    teams=("Geschäftsführung", "Entwicklung"),
    numbers=NumberStyles(
        "RE-{year}-{position:04d}", "AN-{year}-{position:04d}", "GS-{year}-{position:04d}"
    ),
    vat_payment_condition="compensated_for_sales",
    leadership="Claire Moreau, Jonas Petersen",
    court="Amtsgericht Hamburg",
    register="HRB 184311",
    tax_number="47/123/45678",
)

GERMANY = Scenery(
    company=_COMPANY,
    customers=(
        Customer(
            "Alster Logistik GmbH",
            "rechnung@alster-logistik.example",
            Address("Ballindamm 5", "Hamburg", "20095", "DE"),
            "de",
            identifiers.german_vat("81129346"),
            "27/456/01234",
            ("+49", "4030055500"),
            *identities.account("DE", 31),
        ),
        Customer(
            "Verlag am Deich GmbH",
            "buchhaltung@verlag-am-deich.example",
            Address("Osterdeich 64", "Bremen", "28203", "DE"),
            "de",
            identifiers.german_vat("28461190"),
            "60/118/20456",
            ("+49", "4217700880"),
            *identities.account("DE", 32),
        ),
    ),
    person=Customer(
        "",
        "hanna@krause.example",
        Address("Weidenallee 21", "Hamburg", "20357", "DE"),
        "de",
        first_name="Hanna",
        last_name="Krause",
    ),
    prospect="Neuer Kontakt",
    suppliers=Suppliers(
        stationer=_supplier("Schreibwaren Lorenz", 1, "kontor@lorenz.example", "office_supply"),
        hosting=_supplier(
            "Elbwolke Hosting GmbH", 2, "rechnung@elbwolke.example", "online_service"
        ),
        craftsman=_supplier("Tischlerei Brandt", 3, "werkstatt@brandt.example", "manufacturing"),
        adviser=_supplier("Kanzlei Thomsen", 4, "post@thomsen.example", "legal_and_accounting"),
        taxi=_supplier("Hansa Funktaxi", 5, tag="transport"),
        agency=_supplier("Agentur Windstärke", 6, "buchhaltung@windstaerke.example", "marketing"),
        printer=_supplier("Druckerei Rasch", 7, "auftrag@rasch.example", "marketing"),
        town_hall=_supplier("Bezirksamt Altona", 8, tag="tax"),
        energy=_supplier("Nordlicht Energie GmbH", 9, "gewerbe@nordlicht.example", "utility"),
        landlord=_supplier(
            "Speicherhof Vermietung KG", 10, "miete@speicherhof.example", "office_rental"
        ),
        newcomer=_supplier("Neuer Lieferant", 11, "moin@neuerlieferant.example"),
    ),
    shops=Shops("Bäckerei Sturm", "DB Fernverkehr AG", "Kunsthaus Elbe", "Feder Software"),
    rates=Rates("0.19", "0.07", "0.07", "S13B"),
    texts=Texts(
        audit="Prüfung",
        workshop="Workshop",
        training="Schulung",
        training_off="Schulung abgesagt",
        concept="Konzept",
        travel="Reisekosten",
        travel_off="Reise entfallen",
        licences="Lizenzen",
        research="Recherche",
        prototype="Prototyp",
        portrait="Porträt",
        prints="Abzüge",
        support="Support",
        consulting="Beratung",
        study="Designstudie",
        poster="Plakat",
        payable="Zahlbar innerhalb von {days} Tagen.",
        quote_terms="Angebot gültig 30 Tage.",
        labels=("Projekte", "Reisen", "Projekt Morgenrot"),
        opening="Umbuchung vom bisherigen Konto",
        put_aside="Rücklage",
        rent="Miete",
        thanks="Vielen Dank",
        duplicate="Doppelt erhalten",
        declined="Zu teuer, bitte ein Angebot einholen",
        client_trip="Fahrt zum Kunden",
        reminder=("Ihre Rechnung wird fällig", "Zahlungserinnerung: Rechnung überfällig"),
        payment_plan="Rate der Finanzierung",
    ),
)
