"""What lines, discounts and taxes come to.

A line's subtotal is quantity times price less its discount, its VAT is the subtotal times the rate,
both rounded to the cent. A discount on the whole document lowers the VAT in proportion.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from qonto_simulator.money import ZERO, rounded
from qonto_simulator.records.lines import Discount, Line, Totals


def discounted(base: Decimal, kind: str, value: Decimal) -> Discount:
    """The discount on ``base``: a fraction of it, or an amount that never exceeds it."""
    amount = base * value if kind == "percentage" else min(value, abs(base))
    return Discount(kind, value, rounded(amount))


def line(
    *,
    title: str,
    quantity: Decimal,
    unit_price: Decimal,
    currency: str,
    vat_rate: Decimal,
    description: str | None = None,
    unit: str | None = None,
    vat_exemption_reason: str | None = None,
    discount: tuple[str, Decimal] | None = None,
) -> Line:
    """A line with its computed amounts."""
    gross = rounded(quantity * unit_price)
    reduction = discounted(gross, *discount) if discount else None
    subtotal = gross - reduction.amount if reduction else gross
    return Line(
        title=title,
        quantity=quantity,
        unit_price=unit_price,
        currency=currency,
        vat_rate=vat_rate,
        subtotal=subtotal,
        total_vat=rounded(subtotal * vat_rate),
        description=description,
        unit=unit,
        vat_exemption_reason=vat_exemption_reason,
        discount=reduction,
    )


def totals(lines: Sequence[Line], discount: tuple[str, Decimal] | None = None) -> Totals:
    """Gross and VAT of a document."""
    net = sum((one.subtotal for one in lines), ZERO)
    vat = sum((one.total_vat for one in lines), ZERO)
    if not discount:
        return Totals(net + vat, vat, None)
    reduction = discounted(net, *discount)
    if net:
        vat = rounded(vat * (net - reduction.amount) / net)
    return Totals(net - reduction.amount + vat, vat, reduction)
