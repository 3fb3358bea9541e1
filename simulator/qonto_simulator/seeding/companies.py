"""A French, an Italian, a German and a Spanish company, with the person who works for all four."""

from __future__ import annotations

from datetime import datetime, timedelta

from qonto_simulator.ids import IdSource
from qonto_simulator.money import ZERO
from qonto_simulator.records.organisation import BankAccount, Membership, Organisation, Team

from .scenery import SCENERIES
from .scenery.model import Company

USERNAME = SCENERIES[0].company.people[0].email


def companies(ids: IdSource, begin: datetime) -> list[Organisation]:
    """The organisations; ids and keys depend on the seed alone."""
    return [_organisation(ids, one.company, begin) for one in SCENERIES]


def _organisation(ids: IdSource, company: Company, begin: datetime) -> Organisation:
    slug = company.slug
    teams = [
        Team(ids.stable(f"team/{slug}" if position == 0 else f"team/{slug}/{position}"), name)
        for position, name in enumerate(company.teams)
    ]
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
        numbers=company.numbers,
        automatic_numbering=company.automatic_numbering,
        vat_payment_condition=company.vat_payment_condition,
        late_payment_penalties=company.late_payment_penalties,
        legal_fixed_compensation=company.legal_fixed_compensation,
        discount_conditions=company.discount_conditions,
        company_leadership=company.leadership,
        district_court=company.court,
        commercial_register_number=company.register,
        bank_accounts=[
            _account(ids, company, position, begin) for position in range(len(company.accounts))
        ],
        members=_members(ids, company, teams, begin),
        teams=teams,
    )


def _account(ids: IdSource, company: Company, position: int, begin: datetime) -> BankAccount:
    """An account with nothing on it yet."""
    return BankAccount(
        id=ids.stable(f"account/{company.slug}/{position}"),
        slug=f"{company.slug}-bank-account-{position + 1}",
        name=company.accounts[position][0],
        iban=company.ibans[position],
        bic=company.bic,
        currency="EUR",
        balance=ZERO,
        authorized_balance=ZERO,
        main=position == 0,
        created_at=begin,
        updated_at=begin,
    )


def _members(
    ids: IdSource, company: Company, teams: list[Team], begin: datetime
) -> list[Membership]:
    return [
        Membership(
            id=ids.stable(f"membership/{company.slug}/{person.email}"),
            first_name=person.first_name,
            last_name=person.last_name,
            email=person.email,
            phone_number=person.phone_number,
            position=person.position,
            role=person.role,
            locale=company.locale,
            team_id=teams[person.team].id,
            created_at=begin,
            updated_at=begin,
        )
        for person in company.people
    ]
