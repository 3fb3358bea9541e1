"""Numbers without loss: decimals as written, rates in percent, exact differences."""

import re
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, Underflow

_WIDEST = 400
"""Digits, or places the point is moved; wider numbers are no amounts."""

_WRITTEN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,9})?", re.ASCII)

_EXACT = Context(prec=4 * _WIDEST, traps=[Inexact, InvalidOperation, Overflow, Underflow])


def read_decimal(value: object) -> Decimal | None:
    """Read a decimal from a string or a number, digit for digit; None when it isn't one."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int) or (isinstance(value, str) and _WRITTEN.fullmatch(value)):
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite():
        return None
    _, digits, exponent = value.as_tuple()
    if len(digits) > _WIDEST or abs(int(exponent)) > _WIDEST:
        return None
    return _plain(value)


def percent_of(fraction: Decimal) -> Decimal:
    """Turn a fraction into percent without rounding: 0.2 becomes 20, 0.055 becomes 5.5."""
    sign, digits, exponent = fraction.as_tuple()
    return _plain(Decimal((sign, digits, int(exponent) + 2)))


def difference(whole: Decimal, part: Decimal) -> Decimal:
    """Subtract exactly."""
    return _plain(_EXACT.subtract(whole, part))


def _plain(value: Decimal) -> Decimal:
    """Write 1E+3 as 1000, the same number in the notation people expect of an amount."""
    return Decimal(format(value, "f")) if int(value.as_tuple().exponent) > 0 else value
