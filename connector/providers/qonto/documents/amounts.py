"""Amounts and discounts, as they appear on every document."""

from typing import Any

import msgspec


class Money(msgspec.Struct, frozen=True, gc=False):
    """An amount with its currency. `value` is a decimal string by the documentation."""

    value: Any = None
    currency: str | None = None

    @classmethod
    def of_bare(cls, value: Any) -> "Money":
        """Return an amount of which only the number is there."""
        return cls(value)


MoneyField = Money | None
"""An amount, or one of the ways of saying that there is none."""


class Discount(msgspec.Struct, frozen=True, gc=False):
    """`value` is a fraction when `type` is percentage (0.1 is 10 %); `amount` is what it makes."""

    type: str | None = None
    value: Any = None
    amount: MoneyField = None
