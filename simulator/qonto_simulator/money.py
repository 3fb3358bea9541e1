"""Amounts: decimals inside, ``{"value": "12.52", "currency": "EUR"}`` with a cents twin outside."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
_DIGITS = 12
_NUMBER = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,12})?")
_CURRENCY = re.compile(r"[A-Z]{3}")


def rounded(amount: Decimal) -> Decimal:
    """To the cent, halves away from zero, as invoices are rounded; nothing has no sign."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP) + 0


def cents(amount: Decimal) -> int:
    return int(rounded(amount).scaleb(2))


def readable(amount: Decimal, currency: str) -> str:
    """``1 440.00 EUR``, for people."""
    return f"{rounded(amount):,.2f} {currency}".replace(",", "\u202f")


def money(amount: Decimal, currency: str) -> dict[str, str]:
    """An amount as the invoicing endpoints write it; ``value`` keeps the digits it was given."""
    return {"value": format(amount, "f"), "currency": currency}


def parse_decimal(value: object) -> Decimal:
    """Reads a decimal string or a JSON number; ``ValueError`` for anything else."""
    text = value
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) <= _DIGITS:
        # Only now: 1E+999999999 would be written out with all its zeros.
        text = format(value, "f")
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**_DIGITS:
        text = str(value)
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise ValueError(f"not a decimal: {value!r}")
    return Decimal(text)


def is_currency(value: str) -> bool:
    return bool(_CURRENCY.fullmatch(value))
