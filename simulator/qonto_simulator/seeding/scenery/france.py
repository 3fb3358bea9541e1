"""A studio in Lyon."""

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

_SIREN = identifiers.luhn("84930211")
_BREWERY, _PUBLISHER = identifiers.luhn("73282932"), identifiers.luhn("41816609")


def _iban(position: int) -> str:
    account = identifiers.french_account("16958", "00001", f"{4_021_000 + position:011d}")
    return identifiers.iban("FR", account)


def _supplier(name: str, serial: int, email: str = "", tag: str = "other_service") -> Supplier:
    return identities.supplier("FR", name, serial, email=email, tag=tag)


_COMPANY = Company(
    slug="atelier-mercure-4821",
    name="Atelier Mercure",
    legal_name="Atelier Mercure SAS",
    legal_number=_SIREN,
    legal_form="SAS",
    sector="7022Z",
    registered=date(2021, 3, 9),
    capital=10_000,
    address=Address("18 rue des Tanneurs", "Lyon", "69005", "FR"),
    locale="fr",
    vat_number=identifiers.french_vat(_SIREN),
    bic="QNTOFRP1XXX",
    ibans=(_iban(0), _iban(1), _iban(2)),
    accounts=(
        ("Compte principal", Decimal("48213.57")),
        ("Provisions TVA", Decimal("9120.00")),
        ("Projets", Decimal("1250.40")),
    ),
    people=(
        Person(
            "Claire",
            "Moreau",
            "claire.moreau@ateliermercure.example",
            "+33612345678",
            "Présidente",
            "owner",
        ),
        Person(
            "Samir",
            "Haddad",
            "samir.haddad@cabinethaddad.example",
            "+33698765432",
            "Expert-comptable",
            "accountant",
        ),
        Person(
            "Léo",
            "Marchand",
            "leo.marchand@ateliermercure.example",
            "+33677001122",
            "Designer",
            "employee",
            1,
        ),
    ),
    teams=("Direction", "Studio"),
    numbers=NumberStyles(
        "F-{year}-{position:03d}", "D-{year}-{position:03d}", "A-{year}-{position:03d}"
    ),
    late_payment_penalties="Trois fois le taux d'intérêt légal",
    legal_fixed_compensation="40 EUR",
    discount_conditions="Pas d'escompte pour paiement anticipé",
)

FRANCE = Scenery(
    company=_COMPANY,
    customers=(
        Customer(
            "Brasserie du Parc SARL",
            "compta@brasserieduparc.example",
            Address("12 rue des Lilas", "Lyon", "69001", "FR"),
            "fr",
            identifiers.french_vat(_BREWERY),
            identifiers.luhn(f"{_BREWERY}0004"),
            ("+33", "478001122"),
            *identities.account("FR", 31),
        ),
        Customer(
            "Éditions Vauquelin",
            "factures@vauquelin.example",
            Address("3 place Vauquelin", "Nantes", "44000", "FR"),
            "fr",
            identifiers.french_vat(_PUBLISHER),
            identifiers.luhn(f"{_PUBLISHER}0001"),
            ("+33", "240115588"),
            *identities.account("FR", 32),
        ),
    ),
    person=Customer(
        "",
        "ines@keller.example",
        Address("9 quai de la Loire", "Paris", "75019", "FR"),
        "fr",
        first_name="Inès",
        last_name="Keller",
    ),
    prospect="Nouveau Contact",
    suppliers=Suppliers(
        stationer=_supplier(
            "Papeterie du Centre", 1, "contact@papeterieducentre.example", "office_supply"
        ),
        hosting=_supplier("Hébergement Ourse", 2, "facturation@ourse.example", "online_service"),
        craftsman=_supplier("Menuiserie Aubert", 3, "contact@aubert.example", "manufacturing"),
        adviser=_supplier("Cabinet Lemaire", 4, "contact@lemaire.example", "legal_and_accounting"),
        taxi=_supplier("Taxi Bleu", 5, tag="transport"),
        agency=_supplier("Agence Sirocco", 6, "compta@sirocco.example", "marketing"),
        printer=_supplier("Imprimerie Rochet", 7, "contact@rochet.example", "marketing"),
        town_hall=_supplier("Mairie de Lyon", 8, tag="tax"),
        energy=_supplier("Énergie Claire", 9, "pro@energieclaire.example", "utility"),
        landlord=_supplier("SCI des Tanneurs", 10, "gestion@tanneurs.example", "office_rental"),
        newcomer=_supplier("Nouveau Fournisseur", 11, "bonjour@nouveau.example"),
    ),
    shops=Shops("Boulangerie Ancel", "SNCF", "Galerie Bellecour", "Logiciels Plume"),
    rates=Rates("0.2", "0.1", "0.1", "S259"),
    texts=Texts(
        audit="Audit",
        workshop="Atelier de cadrage",
        training="Formation",
        training_off="Formation annulée",
        concept="Conception",
        travel="Déplacement",
        travel_off="Déplacement inutile",
        licences="Licences",
        research="Recherche",
        prototype="Prototype",
        portrait="Portrait",
        prints="Tirages",
        support="Assistance",
        consulting="Conseil",
        study="Étude de design",
        poster="Affiche",
        payable="Payable sous {days} jours.",
        quote_terms="Devis valable 30 jours.",
        labels=("Projets", "Déplacements", "Projet Aurore"),
        opening="Transfert de l'ancien compte",
        put_aside="Mise de côté",
        rent="Loyer",
        thanks="Merci",
        duplicate="Reçue deux fois",
        declined="Trop cher, demandez un devis",
        client_trip="Trajet client",
        reminder=("Votre facture arrive à échéance", "Relance : facture échue"),
        payment_plan="Échéance du financement",
    ),
)
