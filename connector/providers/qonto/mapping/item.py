"""A product as a unified item."""

from decimal import Decimal

from connector.providers.qonto.documents.sales import Product
from connector.providers.qonto.mapping.calendar import Calendar
from connector.providers.qonto.mapping.notes import Notes
from connector.unified.enums import ItemType, UnitName
from connector.unified.item import Item
from connector.unified.mapped import Mapped

_TYPES: dict[str, ItemType] = {"good": "PRODUCT", "service": "SERVICE"}

UNITS: dict[str, UnitName] = {
    "unit": "UNIT",
    "piece": "PIECE",
    "pack": "PACK",
    "hour": "HOUR",
    "day": "DAY",
    "night": "NIGHT",
    "month": "MONTH",
    "milligram": "MILLIGRAM",
    "gram": "GRAM",
    "kilogram": "KILOGRAM",
    "milliliter": "MILLILITRE",
    "liter": "LITRE",
    "meter": "METRE",
    "kilometer": "KILOMETRE",
    "square_meter": "SQUARE_METRE",
    "cubic_meter": "CUBIC_METRE",
}
"""Qonto's words for what is counted."""

_ONLY_CURRENCY = "EUR"


def map_item(document: Product, calendar: Calendar) -> Mapped[Item]:
    """Say a product in the unified model. Its price is what it is sold for, without tax.

    The model has no currency for it, so a price in another one than euros is left out.
    """
    del calendar  # a product has no state that depends on the day
    notes = Notes("item", document)
    item = Item(
        id=notes.id,
        asset_account_id=None,
        expense_account_id=None,
        income_account_id=None,
        inventory_start_date=None,
        item_number=None,
        last_modified_date=notes.date("updated_at", document.updated_at),
        name=notes.text(document.title),
        price_includes_tax=False,
        stock_count=None,
        tax_code=None,
        tax_rate_percentage=notes.percentage("vat_rate", document.vat_rate),
        type=_type_of(document, notes),
        unit_name=_unit_of(document, notes),
        unit_purchase_price=None,
        unit_sales_price=_price_of(document, notes),
    )
    return Mapped(item, tuple(notes.warnings))


def _type_of(document: Product, notes: Notes) -> ItemType | None:
    kind = document.type
    found = _TYPES.get(kind or "")
    if kind and found is None:
        notes.warn(f"type {kind[:40]!r} has no counterpart")
    return found


def _unit_of(document: Product, notes: Notes) -> UnitName | None:
    unit = document.unit
    found = UNITS.get((unit or "").lower())
    if unit and found is None:
        notes.warn(f"unit {unit[:40]!r} has no counterpart")
    return found


def _price_of(document: Product, notes: Notes) -> Decimal | None:
    price = document.unit_price
    named = None if price is None else price.currency
    if named and named.upper() != _ONLY_CURRENCY:
        notes.warn(f"unit_price is in {named[:40]!r}, and an item has no currency")
        return None
    return notes.amount("unit_price", price)
