"""Numbers without loss: decimals as written, rates in percent, exact differences."""

import re
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, Underflow
from functools import lru_cache

from connector.providers.qonto.documents.amounts import MoneyField

_WIDEST = 400
"""Digits, or places the point is moved; wider numbers are no amounts."""

_USUAL_LENGTH = 48
_USUAL_INTEGER = 10**_USUAL_LENGTH
"""Nearly every amount is digits with at most a sign and a point, and no longer."""

_WRITTEN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,9})?", re.ASCII)

_EXACT = Context(prec=4 * _WIDEST, traps=[Inexact, InvalidOperation, Overflow, Underflow])


def read_decimal(value: object) -> Decimal | None:
    """Read a decimal from a string or a number, digit for digit; None when it isn't one."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, Decimal):
        text = str(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        return _of_integer(value)
    else:
        return None
    if (
        len(text) <= _USUAL_LENGTH
        and text.isascii()
        and text.removeprefix("-").replace(".", "", 1).isdigit()
    ):
        return Decimal(text)
    return _checked(Decimal(text)) if _WRITTEN.fullmatch(text) else None


def read_amount(money: MoneyField) -> Decimal | None:
    """Read an amount in whatever currency it is."""
    return None if money is None else read_decimal(money.value)


def read_percentage(fraction: object) -> Decimal | None:
    """Read a fraction into percent without rounding: 0.2 becomes 20, 0.055 becomes 5.5."""
    if isinstance(fraction, str) and len(fraction) <= 24:  # few rates are in use, so they are kept
        return _percent_of_text(fraction)
    number = read_decimal(fraction)
    return None if number is None else _percent_of(number)


def read_cents(cents: object) -> Decimal | None:
    """Read an amount in cents into units, exactly: 142143 becomes 1421.43."""
    number = read_decimal(cents)
    return None if number is None else number.scaleb(-2, _EXACT)


def negated(amount: Decimal) -> Decimal:
    """Turn the sign, exactly; zero has none."""
    return amount if amount == 0 else amount.copy_negate()


def difference(whole: Decimal, part: Decimal) -> Decimal:
    """Subtract exactly."""
    return _EXACT.subtract(whole, part)


@lru_cache(maxsize=256)
def _percent_of_text(fraction: str) -> Decimal | None:
    number = read_decimal(fraction)
    return None if number is None else _percent_of(number)


def _percent_of(fraction: Decimal) -> Decimal:
    return _plain(fraction.scaleb(2, _EXACT))


def _of_integer(value: int) -> Decimal | None:
    return Decimal(value) if abs(value) < _USUAL_INTEGER else _checked(Decimal(value))


def _checked(number: Decimal) -> Decimal | None:
    return _plain(number) if _is_amount(number) else None


def _is_amount(number: Decimal) -> bool:
    if not number.is_finite():
        return False
    _, digits, exponent = number.as_tuple()
    return len(digits) <= _WIDEST and abs(int(exponent)) <= _WIDEST


def _plain(number: Decimal) -> Decimal:
    """Write 1E+3 as 1000, the same number in the notation people expect of an amount."""
    return Decimal(format(number, "f")) if int(number.as_tuple().exponent) > 0 else number
