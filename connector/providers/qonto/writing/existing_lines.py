"""The lines that a document of Qonto's has, as a request would send them. Pure.

Changing one line is sending all of them, so what isn't changed is sent as it was read. Rates are
fractions here, whatever the unit that a quote has them in; a line has all of its names, so that two
can be compared.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from connector.errors import DocumentNotFound
from connector.providers.qonto.documents.amounts import Discount
from connector.providers.qonto.documents.sales import ClientInvoice, QontoItem, Quote
from connector.providers.qonto.mapping.amounts import read_amount, read_decimal
from connector.providers.qonto.mapping.rates import (
    RateUnit,
    discount_unit_on_quote,
    tax_unit_on_quote,
)
from connector.providers.qonto.writing.sums import TOTALS_DOUBT, Sums, differs, plain, sums_of
from connector.unified.parts import part_id
from connector.writing.problems import Problems
from connector.writing.requests.document import LineFields

L = TypeVar("L", bound=LineFields)

_HUNDRED = Decimal(100)
_PERCENT = "percentage"


def lines_there(document: ClientInvoice | Quote, unit: RateUnit) -> list[dict[str, Any]]:
    """Return a document's lines; `unit` is that of its rates."""
    return [_line(item, unit, unit) for item in document.items or ()]


def discount_there(document: ClientInvoice | Quote) -> dict[str, Any] | None:
    """Return the discount on a document, its percentage as a fraction."""
    return _discount(document.discount, _unit_of_discount(document.discount))


def whole(line: Mapping[str, Any]) -> dict[str, Any]:
    """Return a line with all of its names, so that it can be compared."""
    return {**_line(QontoItem(), RateUnit.FRACTION, RateUnit.FRACTION), **line}


def unit_on(document: ClientInvoice | Quote) -> RateUnit:
    """Tell in which unit a document shows its rates and percentages."""
    if isinstance(document, ClientInvoice):
        return RateUnit.FRACTION
    items = document.items or ()
    discounts = (document.discount, *(item.discount for item in items))
    shown = {tax_unit_on_quote(items), *map(_unit_of_discount, discounts)}
    return RateUnit.PERCENT if RateUnit.PERCENT in shown else RateUnit.FRACTION


def stated_sums(document: ClientInvoice | Quote) -> Sums | None:
    """Return what a document comes to by its lines alone; None where they have gaps.

    A rate below 1 is taken for a fraction even where the tax was reckoned otherwise.
    """
    lines = [
        _line(item, _stated_unit(item), _unit_of_discount(item.discount))
        for item in document.items or ()
    ]
    return sums_of(lines, discount_there(document))


def check_stated_sums(document: ClientInvoice | Quote, field: str, problems: Problems) -> None:
    """Doubt totals of Qonto's that aren't what the lines come to, before it's too late."""
    told = differs(document, stated_sums(document))
    if told is not None:
        problems.doubt(field, TOTALS_DOUBT, told)


def place_of(line_id: str | None, record_id: str, count: int) -> int:
    """Return the place of a line, from 0. Raises DocumentNotFound for an id of no line."""
    for place in range(count):
        if line_id == part_id(record_id, place + 1):
            return place
    raise DocumentNotFound("The document has no line of that id.")


def filled(line: L, defaults: Mapping[str, object]) -> L:
    """Return a line with what it doesn't say itself; of discounts one says it all."""
    missing = {
        name: value
        for name, value in defaults.items()
        if value is not None and getattr(line, name) is None
    }
    if line.discount_percentage is not None or line.discount_amount is not None:
        missing = {name: one for name, one in missing.items() if not name.startswith("discount_")}
    return line.model_copy(update=missing)


def said_by(line: Mapping[str, Any]) -> dict[str, object]:
    """Return a line in the words of a request to us."""
    discount: Mapping[str, str] = line["discount"] or {}
    price: Mapping[str, str] = line["unit_price"] or {}
    value = read_decimal(discount.get("value"))
    rate = read_decimal(line["vat_rate"])
    is_percentage = discount.get("type") == _PERCENT
    return {
        "name": line["title"],
        "description": line["description"],
        "quantity": read_decimal(line["quantity"]),
        "unit_name": line["unit"],
        "unit_amount": read_decimal(price.get("value")),
        "tax_rate_percentage": None if rate is None else rate * _HUNDRED,
        "tax_exemption_reason": line["vat_exemption_reason"],
        "discount_percentage": value * _HUNDRED if value is not None and is_percentage else None,
        "discount_amount": None if is_percentage else value,
    }


def as_quote_takes(lines: Iterable[Mapping[str, Any]], unit: RateUnit) -> list[dict[str, Any]]:
    """Say lines in the words of quotes, and in the unit that a quote has."""
    return [
        {
            **line,
            "currency": (line.get("unit_price") or {}).get("currency"),
            "vat_rate": _scaled(line.get("vat_rate"), unit),
            "discount": quote_discount(line.get("discount"), unit),
        }
        for line in lines
    ]


def quote_discount(discount: Mapping[str, str] | None, unit: RateUnit) -> dict[str, Any] | None:
    """Say a discount in the words of quotes, which call an amount so."""
    if not discount:
        return None
    if discount["type"] != _PERCENT:
        return {"type": "amount", "value": discount["value"]}
    return {"type": _PERCENT, "value": _scaled(discount["value"], unit)}


def _scaled(fraction: str | None, unit: RateUnit) -> str | None:
    if fraction is None or unit is RateUnit.FRACTION:
        return fraction
    return plain(Decimal(fraction) * _HUNDRED)


def _line(item: QontoItem, unit: RateUnit, discount_unit: RateUnit) -> dict[str, Any]:
    price = read_amount(item.unit_price)
    currency = item.unit_price.currency if item.unit_price else None
    return {
        "title": item.title or None,
        "description": item.description or None,
        "quantity": _text(read_decimal(item.quantity)),
        "unit": item.unit or None,
        "unit_price": None if price is None else {"value": plain(price), "currency": currency},
        "vat_rate": _text(_fraction(item.vat_rate, unit)),
        "vat_exemption_reason": item.vat_exemption_reason or None,
        "discount": _discount(item.discount, discount_unit),
    }


def _discount(discount: Discount | None, unit: RateUnit) -> dict[str, Any] | None:
    value = None if discount is None else read_decimal(discount.value)
    if discount is None or value is None:
        return None
    if discount.type != _PERCENT:
        return {"type": "absolute", "value": plain(value)}
    return {"type": _PERCENT, "value": _text(_fraction(value, unit))}


def _fraction(rate: object, unit: RateUnit) -> Decimal | None:
    number = read_decimal(rate)
    return number if number is None or unit is RateUnit.FRACTION else number / _HUNDRED


def _unit_of_discount(discount: Discount | None) -> RateUnit:
    """An amount has no unit, however large it is."""
    is_percentage = discount is not None and discount.type == _PERCENT
    return discount_unit_on_quote(discount) if is_percentage else RateUnit.FRACTION


def _stated_unit(item: QontoItem) -> RateUnit:
    rate = read_decimal(item.vat_rate)
    return RateUnit.FRACTION if rate is None or rate < 1 else RateUnit.PERCENT


def _text(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)
