"""The lines of a document and its discounts, with everything computed from them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Discount:
    """``percentage`` holds a fraction of one; ``absolute`` an amount, which quotes call ``amount``.

    The field ``amount`` is computed.
    """

    type: str
    value: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """One line; ``vat_rate`` is a fraction, ``0.2`` for 20 %."""

    title: str
    quantity: Decimal
    unit_price: Decimal
    currency: str
    vat_rate: Decimal
    subtotal: Decimal
    total_vat: Decimal
    description: str | None = None
    unit: str | None = None
    vat_exemption_reason: str | None = None
    discount: Discount | None = None

    @property
    def total(self) -> Decimal:
        return self.subtotal + self.total_vat


@dataclass(frozen=True, slots=True)
class Totals:
    """What the lines and the discount of a document come to."""

    total: Decimal
    vat: Decimal
    discount: Discount | None
