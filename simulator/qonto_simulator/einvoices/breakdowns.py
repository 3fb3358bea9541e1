"""VAT by category and rate, so that the parts come to exactly what the document says."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal

from qonto_simulator.money import CENT, ZERO

from .document import Breakdown, Row, Tax


def breakdowns(rows: Sequence[Row], discount: Decimal, vat: Decimal) -> tuple[Breakdown, ...]:
    """The lines by VAT category and rate; ``discount`` and ``vat`` are those of the document."""
    groups: dict[tuple[str, Decimal], list[Row]] = {}
    for row in rows:
        groups.setdefault(row.tax.key, []).append(row)
    nets = [sum((row.net for row in group), ZERO) for group in groups.values()]
    vats = [sum((row.vat for row in group), ZERO) for group in groups.values()]
    discounts = shares(discount, nets)
    taxes = shares(vat, vats)
    return tuple(
        Breakdown(_merged([row.tax for row in group]), net, reduction, tax)
        for group, net, reduction, tax in zip(groups.values(), nets, discounts, taxes, strict=True)
    )


def _merged(taxes: Sequence[Tax]) -> Tax:
    """One tax for lines of the same category: all reasons, and the code if they share it."""
    reasons = list(dict.fromkeys(one.reason for one in taxes if one.reason))
    codes = {one.code for one in taxes}
    code = codes.pop() if len(codes) == 1 else ""
    return Tax(taxes[0].category, taxes[0].rate, "; ".join(reasons), code)


def shares(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """An amount divided in proportion, in whole cents that come to it; nothing goes to no weight.

    The cents that rounding down leaves over go to the largest remainders.
    """
    whole = sum(weights, ZERO)
    if not whole:
        return [ZERO for _ in weights]
    exact = [amount * weight / whole for weight in weights]
    parts = [one.quantize(CENT, rounding=ROUND_FLOOR) for one in exact]
    left = int((amount - sum(parts, ZERO)) / CENT)
    by_remainder = sorted(range(len(parts)), key=lambda at: parts[at] - exact[at])
    for at in by_remainder[:left]:
        parts[at] += CENT
    return parts
