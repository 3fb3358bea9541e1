"""Whose the accounts of the scenery are."""

from __future__ import annotations

from dataclasses import fields

from qonto_simulator.payees import PayeeBanks

from .scenery import SCENERIES, Supplier


def payees(banks: PayeeBanks) -> None:
    """Open the accounts of the companies, their suppliers and their customers."""
    for place in SCENERIES:
        for iban in place.company.ibans:
            banks.open(iban, place.company.legal_name, place.company.bic)
        by = place.suppliers
        suppliers: list[Supplier] = [getattr(by, one.name) for one in fields(by)]
        for known in (*suppliers, *place.customers):
            if known.iban:
                banks.open(known.iban, known.name, known.bic or "")
