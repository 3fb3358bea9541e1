"""A French, an Italian, a German and a Spanish company, with the person who works for all four."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from qonto_simulator import identifiers
from qonto_simulator.ids import IdSource
from qonto_simulator.records.organisation import (
    Address,
    BankAccount,
    Membership,
    Organisation,
)

USERNAME = "claire.moreau@ateliermercure.example"
BIC = {"FR": "QNTOFRP1XXX", "IT": "QNTOITM2XXX", "DE": "QNTODEB2XXX", "ES": "QNTOESB2XXX"}


@dataclass(frozen=True, slots=True)
class _Company:
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
    accounts: tuple[tuple[str, Decimal], ...]
    position: str
    automatic_numbering: bool = True
    vat_payment_condition: str = "on_receipts"
    leadership: str = ""
    court: str = ""
    register: str = ""
    tax_number: str = ""


_SIREN = identifiers.luhn("84930211")
_PARTITA_IVA = identifiers.luhn("0912345096")
_CIF = identifiers.spanish_cif("B", "6621487")

_COMPANIES = (
    _Company(
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
        accounts=(
            ("Compte principal", Decimal("48213.57")),
            ("Provisions TVA", Decimal("9120.00")),
            ("Projets", Decimal("1250.40")),
        ),
        position="Présidente",
    ),
    _Company(
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
        accounts=(("Conto principale", Decimal("15890.12")), ("Tasse", Decimal("3300.00"))),
        position="Consigliera",
        tax_number=_PARTITA_IVA,
    ),
    _Company(
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
        accounts=(("Hauptkonto", Decimal("27450.00")),),
        position="Gesellschafterin",
        vat_payment_condition="compensated_for_sales",
        leadership="Claire Moreau, Jonas Petersen",
        court="Amtsgericht Hamburg",
        register="HRB 184311",
        tax_number="47/123/45678",
    ),
    _Company(
        slug="taller-poblenou-5512",
        name="Taller Poblenou",
        legal_name="Taller Poblenou S.L.",
        legal_number=_CIF,
        legal_form="SL",
        sector="7410",
        registered=date(2022, 9, 5),
        capital=3_000,
        address=Address("Carrer de Pujades 102", "Barcelona", "08005", "ES", "B"),
        locale="es",
        vat_number=f"ES{_CIF}",
        accounts=(("Cuenta principal", Decimal("6204.85")),),
        position="Socia",
        automatic_numbering=False,
    ),
)


def companies(ids: IdSource, begin: datetime) -> list[Organisation]:
    """The organisations; ids and keys depend on the seed alone."""
    return [_organisation(ids, company, number, begin) for number, company in enumerate(_COMPANIES)]


def _organisation(ids: IdSource, company: _Company, number: int, begin: datetime) -> Organisation:
    slug, country = company.slug, company.address.country_code
    french = country == "FR"
    return Organisation(
        id=ids.stable(f"organization/{slug}"),
        slug=slug,
        name=company.name,
        legal_name=company.legal_name,
        legal_number=company.legal_number,
        legal_sector=company.sector,
        legal_form=company.legal_form,
        legal_registration_date=company.registered,
        legal_share_capital=company.capital,
        address=company.address,
        locale=company.locale,
        vat_number=company.vat_number,
        tax_number=company.tax_number,
        contract_signed_at=begin - timedelta(days=400, microseconds=876_953),
        secret_key=ids.stable_text(f"secret/{slug}", 32),
        automatic_numbering=company.automatic_numbering,
        vat_payment_condition=company.vat_payment_condition,
        late_payment_penalties="Trois fois le taux d'intérêt légal" if french else None,
        legal_fixed_compensation="40 EUR" if french else None,
        discount_conditions="Pas d'escompte pour paiement anticipé" if french else None,
        company_leadership=company.leadership,
        district_court=company.court,
        commercial_register_number=company.register,
        bank_accounts=[
            _account(ids, company, number, position, begin)
            for position in range(len(company.accounts))
        ],
        members=_members(ids, company, begin),
    )


def _account(
    ids: IdSource, company: _Company, number: int, position: int, begin: datetime
) -> BankAccount:
    name, balance = company.accounts[position]
    country = company.address.country_code
    return BankAccount(
        id=ids.stable(f"account/{company.slug}/{position}"),
        slug=f"{company.slug}-bank-account-{position + 1}",
        name=name,
        iban=_iban(country, 4_021_000 + number * 100 + position),
        bic=BIC[country],
        currency="EUR",
        balance=balance,
        authorized_balance=balance,
        main=position == 0,
        created_at=begin,
        updated_at=begin,
    )


def _iban(country: str, serial: int) -> str:
    match country:
        case "FR":
            account = identifiers.french_account("16958", "00001", f"{serial:011d}")
        case "IT":
            account = identifiers.italian_account("36092", "01600", f"{serial:012d}")
        case "DE":
            account = f"10010123{serial:010d}"
        case _:
            account = identifiers.spanish_account("6888", "0001", f"{serial:010d}")
    return identifiers.iban(country, account)


def _members(ids: IdSource, company: _Company, begin: datetime) -> list[Membership]:
    team_id = ids.stable(f"team/{company.slug}")
    people = (
        ("Claire", "Moreau", USERNAME, "+33612345678", company.position, "owner"),
        ("Samir", "Haddad", f"samir@{company.slug}.example", "+33698765432", "", "accountant"),
    )
    return [
        Membership(
            id=ids.stable(f"membership/{company.slug}/{email}"),
            first_name=first,
            last_name=last,
            email=email,
            phone_number=phone,
            position=position,
            role=role,
            locale=company.locale,
            team_id=team_id,
            created_at=begin,
            updated_at=begin,
        )
        for first, last, email, phone, position, role in people
    ]
