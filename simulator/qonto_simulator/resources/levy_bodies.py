"""What Italian and Spanish documents carry beside VAT."""

from __future__ import annotations

from typing import TypedDict

from qonto_simulator.fields import Fields

from .lines import read_rate

FUNDS = tuple(f"TC{number:02d}" for number in range(1, 23))
REASONS = tuple(f"{kind}{number:02d}" for kind in ("RF", "RT") for number in range(1, 7))
"""Invoices are documented with the first kind, quotes with the second; both are taken."""
CONDITIONS = tuple(f"TP{number:02d}" for number in range(1, 4))
METHODS = tuple(f"MP{number:02d}" for number in range(1, 23))


class Levies(TypedDict):
    """The fields as documents keep them; ``rate`` is a fraction, written out."""

    welfare_fund: dict[str, object] | None
    withholding_tax: dict[str, object] | None
    stamp_duty_amount: str


def read_levies(fields: Fields) -> Levies:
    """The welfare fund, the withholding tax and the stamp duty of a body."""
    fund, tax = fields.nested("welfare_fund"), fields.nested("withholding_tax")
    return {
        "welfare_fund": _rated(fund, "type", FUNDS) if fund else None,
        "withholding_tax": (
            {
                **_rated(tax, "reason", REASONS),
                "payment_reason": tax.text("payment_reason", most=40),
            }
            if tax
            else None
        ),
        "stamp_duty_amount": _stamp_duty(fields),
    }


def _rated(inner: Fields, kind: str, allowed: tuple[str, ...]) -> dict[str, object]:
    chosen = inner.choice(kind, allowed, required=True)
    rate = read_rate(inner, "rate", percent=False)
    return {kind: chosen, "rate": format(rate, "f") if rate is not None else None}


def _stamp_duty(fields: Fields) -> str:
    amount = fields.decimal("stamp_duty_amount")
    if amount is not None and amount < 0:
        fields.problem("stamp_duty_amount", "invalid", "stamp_duty_amount can't be negative")
    return format(amount, "f") if amount is not None else ""


def read_payment_reporting(fields: Fields) -> dict[str, object] | None:
    """How an Italian invoice says that it is to be paid."""
    inner = fields.nested("payment_reporting")
    if inner is None:
        return None
    return {
        "conditions": inner.choice("conditions", CONDITIONS, required=True),
        "method": inner.choice("method", METHODS, required=True),
    }
