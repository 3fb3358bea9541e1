"""Beneficiaries as the API writes them."""

from __future__ import annotations

from qonto_simulator.records.catalogue import Beneficiary
from qonto_simulator.times import with_millis

from .common import Document


def beneficiary(one: Beneficiary) -> Document:
    return {
        "id": one.id,
        "name": one.name,
        "status": one.status,
        "iban": one.iban,
        "bic": one.bic,
        "email": one.email,
        "activity_tag": one.activity_tag,
        "trusted": one.trusted,
        "created_at": with_millis(one.created_at),
        "updated_at": with_millis(one.updated_at),
    }
