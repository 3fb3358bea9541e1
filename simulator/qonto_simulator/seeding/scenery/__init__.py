"""The places that organisations live in: one file per country."""

from __future__ import annotations

from dataclasses import fields

from .france import FRANCE
from .germany import GERMANY
from .identities import stranger
from .italy import ITALY
from .model import Scenery, Supplier
from .spain import SPAIN

SCENERIES: tuple[Scenery, ...] = (FRANCE, ITALY, GERMANY, SPAIN)
_BY_COUNTRY = {one.company.address.country_code: one for one in SCENERIES}


def scenery(country: str) -> Scenery:
    """The names and numbers of a country."""
    return _BY_COUNTRY[country]


def supplier_named(country: str, name: str) -> Supplier:
    """The supplier of this name, invented for the country if it is not known there."""
    known = _BY_COUNTRY[country].suppliers
    for field in fields(known):
        one: Supplier = getattr(known, field.name)
        if one.name == name:
            return one
    return stranger(country, name)


__all__ = ["SCENERIES", "Scenery", "Supplier", "scenery", "supplier_named"]
