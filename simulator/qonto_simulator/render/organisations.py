"""The organisation, its accounts and its people as the API writes them."""

from __future__ import annotations

from qonto_simulator.money import cents
from qonto_simulator.records.organisation import (
    BankAccount,
    Membership,
    Organisation,
)
from qonto_simulator.times import with_millis

from .common import Document


def organisation(one: Organisation, *, external: bool) -> Document:
    """The organisation with its accounts; banking amounts are JSON numbers here."""
    place = one.address
    accounts = [a for a in one.bank_accounts if external or not a.is_external_account]
    return {
        "id": one.id,
        "slug": one.slug,
        "name": one.name,
        "legal_name": one.legal_name,
        "legal_number": one.legal_number,
        "legal_sector": one.legal_sector,
        "legal_registration_date": one.legal_registration_date.isoformat(),
        "legal_address": f"{place.street_address} {place.zip_code} {place.city}",
        "legal_form": one.legal_form,
        "legal_country": one.country,
        "legal_share_capital": one.legal_share_capital,
        "locale": one.locale,
        "contract_signed_at": one.contract_signed_at.strftime("%Y-%m-%d %H:%M:%S.%f"),
        "bank_accounts": [bank_account(account) for account in accounts],
    }


def bank_account(account: BankAccount) -> Document:
    return {
        "id": account.id,
        "slug": account.slug,
        "iban": account.iban,
        "bic": account.bic,
        "currency": account.currency,
        "balance": account.balance,
        "balance_cents": cents(account.balance),
        "authorized_balance": account.authorized_balance,
        "authorized_balance_cents": cents(account.authorized_balance),
        "name": account.name,
        "updated_at": with_millis(account.updated_at),
        "status": account.status,
        "main": account.main,
    }


def listed_membership(person: Membership) -> Document:
    """As in the list, which also shows what the law wants to know of a person."""
    return {
        **membership(person),
        "residence_country": person.residence_country,
        "birthdate": person.birthdate,
        "nationality": person.nationality,
        "birth_country": person.birth_country,
        "ubo": person.ubo,
    }


def membership(person: Membership) -> Document:
    return {
        "id": person.id,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "phone_number": person.phone_number,
        "position": person.position,
        "status": person.status,
        "role": person.role,
        "locale": person.locale,
        "team_id": person.team_id,
        "kyc_status": person.kyc_status,
    }
