"""What bodies say of a payee: a beneficiary on its own, inside a transfer, or to be verified."""

from __future__ import annotations

from qonto_simulator import identifiers
from qonto_simulator.fields import Fields
from qonto_simulator.rules.beneficiaries import ACTIVITY_TAGS, BeneficiaryFields

from .mail_bodies import ADDRESS

LONGEST_NAME = 140


def read_beneficiary(fields: Fields) -> BeneficiaryFields | None:
    """``{name, iban, bic?, email?, activity_tag?}``; ``None`` when something is wrong with it."""
    name = read_name(fields)
    iban = read_iban(fields)
    bic = fields.text("bic")
    if bic is not None and not identifiers.is_bic(bic):
        fields.problem("bic", "invalid", "bic must have eight or eleven letters and digits")
    email, tag = read_email(fields), fields.choice("activity_tag", ACTIVITY_TAGS)
    if name is None or iban is None:
        return None
    return BeneficiaryFields(name, iban, bic, email, tag)


def read_name(fields: Fields, key: str = "name") -> str | None:
    """A name of 1 to 140 characters that are not all blank."""
    name = fields.text(key, most=LONGEST_NAME, required=True)
    if name is not None and not name.strip():
        fields.problem(key, "required", f"{key} is required")
        return None
    return name


def read_iban(fields: Fields, key: str = "iban") -> str | None:
    """An account that SEPA reaches."""
    iban = fields.text(key, required=True)
    if iban is not None and not identifiers.is_sepa_iban(iban):
        fields.problem(key, "invalid_iban", f"{key} is not valid")
        return None
    return iban


def read_email(fields: Fields) -> str | None:
    email = fields.text("email", most=250)
    if email is not None and not ADDRESS.fullmatch(email):
        fields.problem("email", "invalid", "email must be an e-mail address")
    return email
