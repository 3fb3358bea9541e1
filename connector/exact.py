"""Reckoning that never rounds: Python's decimals do so beyond 28 digits, without a word. Pure."""

from decimal import Context, Decimal, Inexact, InvalidOperation

_WIDE = Context(prec=2000, traps=[Inexact, InvalidOperation])
"""Wider than whatever amounts that are read come to."""


def plus(one: Decimal, other: Decimal) -> Decimal:
    """Add two numbers."""
    return _WIDE.add(one, other)


def times(one: Decimal, other: Decimal) -> Decimal:
    """Multiply two numbers."""
    return _WIDE.multiply(one, other)


def minus(value: Decimal) -> Decimal:
    """Return a number with the other sign; nothing has none."""
    return _WIDE.minus(value)
