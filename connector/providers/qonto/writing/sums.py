"""What lines come to at Qonto: each rounded to the cent, halves up. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from connector.providers.qonto.documents.sales import ClientInvoice, QontoCreditNote, Quote
from connector.providers.qonto.mapping.amounts import read_amount
from connector.writing.problems import Problems
from connector.writing.requests.base import name_of
from connector.writing.requests.document import DocumentFields, LineFields

CENT = Decimal("0.01")
TOTALS_DOUBT = "TOTALS_DIFFER"
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Sums:
    """What a document comes to."""

    net: Decimal
    tax: Decimal

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax

    @property
    def shown(self) -> dict[str, Decimal]:
        """Return it in the words that the contract has for invoices."""
        return {
            "sumNetAmount": self.net,
            "totalTaxAmount": self.tax,
            "totalAmount": self.gross,
        }

    @property
    def shown_elsewhere(self) -> dict[str, Decimal]:
        """Return it in the words that the contract has for offers and credit notes."""
        return {
            "totalNetAmount": self.net,
            "totalTaxAmount": self.tax,
            "totalGrossAmount": self.gross,
        }


def sums_of(
    lines: Sequence[Mapping[str, Any]], discount: Mapping[str, Any] | None = None
) -> Sums | None:
    """Return what a document comes to; None while its lines have gaps, or are beyond reason.

    Rates are fractions.
    """
    try:
        return _sums_of(lines, discount)
    except InvalidOperation:
        return None


def _sums_of(lines: Sequence[Mapping[str, Any]], discount: Mapping[str, Any] | None) -> Sums | None:
    net = tax = _ZERO
    for line in lines:
        if any(line.get(name) is None for name in ("quantity", "unit_price", "vat_rate")):
            return None
        subtotal = _to_cent(Decimal(line["quantity"]) * Decimal(line["unit_price"]["value"]))
        if line.get("discount"):
            subtotal -= _taken_off(subtotal, line["discount"])
        net += subtotal
        tax += _to_cent(subtotal * Decimal(line["vat_rate"]))
    if discount:
        less = _taken_off(net, discount)
        tax = _to_cent(tax * (net - less) / net) if net else tax
        net -= less
    return Sums(net.quantize(CENT), tax.quantize(CENT))


def check_totals(document: DocumentFields, sums: Sums | None, problems: Problems) -> None:
    """Note where the caller reckons otherwise than Qonto will."""
    if not problems:
        _compare(document, sums, "", "The lines come to", problems)


def check_line(line: LineFields, sent: Mapping[str, Any], at: str, problems: Problems) -> None:
    """Note where the caller reckons otherwise for one line."""
    _compare(line, sums_of([sent]), at, "The line comes to", problems)


def differs(document: ClientInvoice | QontoCreditNote | Quote, expected: Sums | None) -> str | None:
    """Say how the totals that Qonto reckoned differ from those expected; None when they don't.

    Where amounts beside the lines make the total another, nobody can say. Credit notes are compared
    without their sign.
    """
    beside = (document.welfare_fund, document.withholding_tax, document.stamp_duty_amount)
    total, tax = read_amount(document.total_amount), read_amount(document.vat_amount)
    if expected is None or total is None or tax is None or any(beside):
        return None
    if (abs(total), abs(tax)) == (expected.gross, expected.tax):
        return None
    return (
        f"Qonto says {plain(total)} with {plain(tax)} of tax, where its lines come to "
        f"{plain(expected.gross)} with {plain(expected.tax)}."
    )


def plain(number: Decimal) -> str:
    """Write a number without exponent and without zeros at its end."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _taken_off(whole: Decimal, discount: Mapping[str, Any]) -> Decimal:
    value = Decimal(discount["value"])
    return _to_cent(whole * value if discount["type"] == "percentage" else min(value, whole))


def _to_cent(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def _compare(
    said: DocumentFields | LineFields, sums: Sums | None, at: str, words: str, problems: Problems
) -> None:
    if sums is None:
        return
    for field, reckoned, what in (
        ("gross_amount", sums.gross, "with tax"),
        ("net_amount", sums.net, "without tax"),
        ("tax_amount", sums.tax, "of tax"),
    ):
        expected: Decimal | None = getattr(said, field, None)
        if expected is not None and expected != reckoned:
            problems.add(
                f"{at}{name_of(said, field)}",
                "TOTAL_DIFFERS",
                f"{words} {reckoned} {what}, rounded to the cent line by line.",
            )
