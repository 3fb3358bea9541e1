"""An engineering workshop in Rome."""

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

_PARTITA_IVA = identifiers.luhn("0912345058")
_PASTRY, _WINE = identifiers.luhn("0274810001"), identifiers.luhn("0318842048")


def _iban(position: int) -> str:
    account = identifiers.italian_account("36092", "01600", f"{4_021_100 + position:012d}")
    return identifiers.iban("IT", account)


def _supplier(name: str, serial: int, email: str = "", tag: str = "other_service") -> Supplier:
    return identities.supplier("IT", name, serial, email=email, tag=tag)


_COMPANY = Company(
    slug="officina-trastevere-1093",
    name="Officina Trastevere",
    legal_name="Officina Trastevere S.r.l.",
    legal_number=_PARTITA_IVA,
    legal_form="SRL",
    sector="71.11",
    registered=date(2019, 6, 18),
    capital=20_000,
    address=Address("Via della Lungaretta 41", "Roma", "00153", "IT", "RM"),
    locale="it",
    vat_number=f"IT{_PARTITA_IVA}",
    bic="QNTOITM2XXX",
    ibans=(_iban(0), _iban(1)),
    accounts=(("Conto principale", Decimal("15890.12")), ("Tasse", Decimal("3300.00"))),
    people=(
        Person(
            "Claire",
            "Moreau",
            "claire.moreau@ateliermercure.example",
            "+33612345678",
            "Consigliera",
            "owner",
        ),
        Person(
            "Giulia",
            "Ferri",
            "giulia.ferri@studioferri.example",
            "+393471234567",
            "Commercialista",
            "accountant",
        ),
        Person(
            "Matteo",
            "Serra",
            "matteo.serra@officinatrastevere.example",
            "+393289876543",
            "Progettista",
            "employee",
            1,
        ),
    ),
    teams=("Amministrazione", "Progetti"),
    numbers=NumberStyles("{position}/{year}", "P{position}/{year}", "NC{position}/{year}"),
    tax_number=_PARTITA_IVA,
)

ITALY = Scenery(
    company=_COMPANY,
    customers=(
        Customer(
            "Pasticceria Gallo S.r.l.",
            "amministrazione@gallo.example",
            Address("Corso Vittorio Emanuele II 8", "Torino", "10123", "IT", "TO"),
            "it",
            f"IT{_PASTRY}",
            _PASTRY,
            ("+39", "0115540011"),
            *identities.account("IT", 31),
        ),
        Customer(
            "Cantine Valdora S.p.A.",
            "fatture@valdora.example",
            Address("Via dei Vigneti 22", "Firenze", "50125", "IT", "FI"),
            "it",
            f"IT{_WINE}",
            _WINE,
            ("+39", "0552300044"),
            *identities.account("IT", 32),
        ),
    ),
    person=Customer(
        "",
        "elena@bassi.example",
        Address("Via Ostiense 112", "Roma", "00154", "IT", "RM"),
        "it",
        first_name="Elena",
        last_name="Bassi",
    ),
    prospect="Nuovo Contatto",
    suppliers=Suppliers(
        stationer=_supplier(
            "Cartoleria Centrale", 1, "ordini@cartoleriacentrale.example", "office_supply"
        ),
        hosting=_supplier(
            "Nuvola Hosting S.r.l.", 2, "fatture@nuvolahosting.example", "online_service"
        ),
        craftsman=_supplier(
            "Falegnameria Ricci", 3, "info@falegnameriaricci.example", "manufacturing"
        ),
        adviser=_supplier("Studio Conti", 4, "studio@conti.example", "legal_and_accounting"),
        taxi=_supplier("Taxi Testaccio", 5, tag="transport"),
        agency=_supplier("Agenzia Maestrale", 6, "contabilita@maestrale.example", "marketing"),
        printer=_supplier("Tipografia Morelli", 7, "info@morelli.example", "marketing"),
        town_hall=_supplier("Comune di Roma", 8, tag="tax"),
        energy=_supplier("Luce Chiara S.p.A.", 9, "business@lucechiara.example", "utility"),
        landlord=_supplier(
            "Immobiliare Gianicolo", 10, "affitti@gianicolo.example", "office_rental"
        ),
        newcomer=_supplier("Nuovo Fornitore", 11, "ciao@nuovofornitore.example"),
    ),
    shops=Shops("Forno Marchetti", "Trenitalia", "Galleria Monti", "Software Penna"),
    rates=Rates("0.22", "0.1", "0.22", "N2.1"),
    texts=Texts(
        audit="Audit",
        workshop="Workshop",
        training="Formazione",
        training_off="Formazione annullata",
        concept="Progettazione",
        travel="Trasferta",
        travel_off="Trasferta non effettuata",
        licences="Licenze",
        research="Ricerca",
        prototype="Prototipo",
        portrait="Ritratto",
        prints="Stampe",
        support="Assistenza",
        consulting="Consulenza",
        study="Studio di design",
        poster="Manifesto",
        payable="Pagamento a {days} giorni.",
        quote_terms="Preventivo valido 30 giorni.",
        labels=("Progetti", "Trasferte", "Progetto Aurora"),
        opening="Giroconto dal vecchio conto",
        put_aside="Accantonamento",
        rent="Affitto",
        thanks="Grazie",
        duplicate="Ricevuta due volte",
        declined="Troppo caro, chieda un preventivo",
        client_trip="Viaggio dal cliente",
        reminder=("La sua fattura è in scadenza", "Sollecito: fattura scaduta"),
        payment_plan="Rata del finanziamento",
    ),
)
