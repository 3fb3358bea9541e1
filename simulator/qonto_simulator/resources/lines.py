"""The lines and discounts of a request body, for invoices, quotes and credit notes."""

from __future__ import annotations

from decimal import Decimal

from qonto_simulator.fields import Fields
from qonto_simulator.records.lines import Line
from qonto_simulator.rules import totals
from qonto_simulator.world import Books

_FRENCH = ("S293B", "S262.1", "S259", "S283", "S261", "S262", "S263")
_ITALIAN = (
    *("N1", "N2", "N2.1", "N2.2", "N3", "N3.1", "N3.2", "N3.3", "N3.4", "N3.5", "N3.6"),
    *("N4", "N5", "N6", "N6.1", "N6.2", "N6.3", "N6.4", "N6.5", "N6.6", "N6.7", "N6.8", "N6.9"),
    "N7",
)
_OTHER = (
    *("S19.1", "S4.1A", "S4.1B", "S4", "S13B", "S122", "S25", "S21", "S69", "S20", "S84.1.2"),
)
EXEMPTIONS = (*_FRENCH, *_ITALIAN, *_OTHER)
"""All codes for lines without VAT; which country uses which is not checked."""

INVOICE_DISCOUNTS = ("percentage", "absolute")
QUOTE_DISCOUNTS = ("percentage", "amount")
QUOTE_LINE_DISCOUNTS = (*QUOTE_DISCOUNTS, "absolute")
"""Lines of quotes are documented with either word."""
_ONE = Decimal(1)
_TOO_MUCH = Decimal(10**12)


def read_lines(
    books: Books,
    fields: Fields,
    pointer: str,
    *,
    currency: str | None,
    percent: bool = False,
    any_currency: bool = False,
    discounts: tuple[str, ...] = INVOICE_DISCOUNTS,
) -> tuple[Line, ...]:
    """The checked lines; ``percent`` when VAT rates come as ``"20"`` instead of ``"0.2"``.

    A line with a ``product_id`` takes what it does not say itself from the product. Prices are in
    EUR, unless the document may be in ``any_currency``.
    """
    lines: list[Line] = []
    for _, inner in fields.each("items", pointer, required=True):
        _inherit(books, inner, percent)
        line = _read_line(inner, currency, percent, any_currency, discounts)
        if line is not None:
            lines.append(line)
    return tuple(lines)


def _inherit(books: Books, fields: Fields, percent: bool) -> None:
    id = fields.text("product_id")
    if id is None:
        return
    product = books.products.get(id)
    if product is None:
        fields.problem("product_id", "not_found", "product not found")
        return
    fields.data = {
        "title": product.title[:40],
        "description": product.description,
        "unit": product.unit,
        "unit_price": {"value": product.unit_price, "currency": product.currency},
        "vat_rate": product.vat_rate * 100 if percent else product.vat_rate,
        "vat_exemption_reason": product.vat_exemption_code,
        **fields.data,
    }


def _read_line(
    fields: Fields,
    currency: str | None,
    percent: bool,
    any_currency: bool,
    discounts: tuple[str, ...],
) -> Line | None:
    title = fields.text("title", most=40, required=True)
    description = fields.text("description", most=1800)
    unit = fields.text("unit", most=20)
    quantity = fields.decimal("quantity", required=True)
    price = fields.money("unit_price", required=True)
    rate = read_rate(fields, "vat_rate", percent=percent)
    exemption = _exemption(fields, rate)
    discount = read_discount(fields, percent=percent, kinds=discounts)
    if quantity is not None and quantity <= 0:
        fields.problem("quantity", "invalid", "quantity must be greater than 0")
    if price is not None and price[1] != "EUR" and not any_currency:
        fields.problem("unit_price/currency", "invalid", "item prices must be in EUR")
    elif price is not None and currency is not None and price[1] != currency:
        fields.problem("unit_price/currency", "invalid", f"must be the currency {currency}")
    if title is None or quantity is None or price is None or rate is None:
        return None
    if abs(quantity * price[0]) >= _TOO_MUCH:
        fields.problem("unit_price/value", "invalid", "the amount of the line is too large")
        return None
    return totals.line(
        title=title,
        quantity=quantity,
        unit_price=price[0],
        currency=price[1],
        vat_rate=rate,
        description=description,
        unit=unit,
        vat_exemption_reason=exemption,
        discount=discount,
    )


def read_rate(fields: Fields, name: str, *, percent: bool) -> Decimal | None:
    """A VAT rate as a fraction, whatever the wire unit of the endpoint."""
    rate = fields.decimal(name, required=True)
    if rate is None:
        return None
    rate = rate / 100 if percent else rate
    if not 0 <= rate <= 1:
        unit = "a percentage up to 100" if percent else 'a fraction up to 1, "0.2" for 20 %'
        fields.problem(name, "invalid", f"{name} must be {unit}")
        return None
    return rate


def _exemption(fields: Fields, rate: Decimal | None) -> str | None:
    # Products and quotes call it a code, invoices and credit notes a reason.
    name = "vat_exemption_code" if "vat_exemption_code" in fields else "vat_exemption_reason"
    reason = fields.choice(name, EXEMPTIONS)
    if rate == 0 and reason is None and not fields.data.get(name):
        fields.problem(name, "required", f"{name} is required when vat_rate is 0")
    return reason if rate == 0 else None


def read_discount(
    fields: Fields, *, percent: bool = False, kinds: tuple[str, ...] = INVOICE_DISCOUNTS
) -> tuple[str, Decimal] | None:
    """Kind and value; percentages as a fraction of one."""
    inner = fields.nested("discount")
    if inner is None:
        return None
    kind = inner.choice("type", kinds, required=True)
    value = inner.decimal("value", required=True)
    if kind is None or value is None:
        return None
    if kind == "percentage" and percent:
        value /= 100
    if value < 0 or (kind == "percentage" and value > _ONE):
        inner.problem("value", "invalid", "value is out of range")
        return None
    return kind, value


def lines_as_body(lines: tuple[Line, ...]) -> list[dict[str, object]]:
    """The lines as a request would send them."""
    return [
        {
            "title": one.title,
            "description": one.description,
            "quantity": one.quantity,
            "unit": one.unit,
            "unit_price": {"value": one.unit_price, "currency": one.currency},
            "vat_rate": one.vat_rate,
            "vat_exemption_reason": one.vat_exemption_reason,
            "discount": (
                {"type": one.discount.type, "value": one.discount.value} if one.discount else None
            ),
        }
        for one in lines
    ]
