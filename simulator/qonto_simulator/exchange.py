"""What a euro buys: reference rates near those of 2026, moving a little from day to day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from .money import rounded

_PER_EURO = {
    "EUR": Decimal(1),
    "USD": Decimal("1.1628"),
    "GBP": Decimal("0.8741"),
    "CHF": Decimal("0.9306"),
}
CURRENCIES = tuple(_PER_EURO)
_STEP = Decimal("0.0003")


def rate(currency: str, day: date) -> Decimal:
    """How much of a currency a euro bought on a day; ``KeyError`` for one without a rate."""
    if currency == "EUR":
        return Decimal(1)
    move = day.toordinal() * 7_919 % 31 - 15
    return (_PER_EURO[currency] * (1 + _STEP * move)).quantize(Decimal("0.0001"))


def convert(amount: Decimal, source: str, target: str, day: date) -> Decimal:
    """An amount in another currency, to the cent; a currency without a rate counts as euro."""
    if source == target:
        return amount
    return rounded(amount / _known(source, day) * _known(target, day))


def _known(currency: str, day: date) -> Decimal:
    return rate(currency, day) if currency in _PER_EURO else Decimal(1)
