"""The lines of a document as Qonto takes them, and what they come to. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connector.providers.qonto.writing.matching import without_nothing
from connector.writing.problems import Problems
from connector.writing.requests.document import DocumentFields, LineRequest

CENT = Decimal("0.01")
_HUNDRED = Decimal(100)
_LONGEST = {"name": 40, "description": 1800, "unit_name": 20}
_FINEST_PRICE = 6
"""Decimal places of a price."""

RATE_DOUBT = "TAX_RATE_BELOW_ONE_PERCENT"

EXEMPTIONS = frozenset(
    {
        *("S293B", "S262.1", "S259", "S283", "S261", "S262", "S263"),
        *("S19.1", "S4.1A", "S4.1B", "S4", "S13B", "S122", "S25", "S21", "S69", "S20", "S84.1.2"),
        *("N1", "N2", "N3", "N4", "N5", "N6", "N7", "N2.1", "N2.2"),
        *(f"N3.{number}" for number in range(1, 7)),
        *(f"N6.{number}" for number in range(1, 10)),
    }
)
"""The codes by which Qonto takes a line without tax."""

_EXEMPTION_OF = {
    ("FR", "SMALL_BUSINESS_EXEMPTION"): "S293B",
    ("DE", "SMALL_BUSINESS_EXEMPTION"): "S19.1",
    ("DE", "REVERSE_CHARGE"): "S13B",
    ("DE", "INTRACOMMUNITY_GOODS"): "S4.1B",
    ("ES", "REVERSE_CHARGE"): "S84.1.2",
    ("IT", "INTRACOMMUNITY_GOODS"): "N3.2",
    ("IT", "EXPORT_GOODS"): "N3.1",
}
"""The code of a country for a rule of the contract's, where there is exactly one."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What a document comes to, by Qonto's rounding: each line to the cent, halves up."""

    net: Decimal
    tax: Decimal

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax

    @property
    def shown(self) -> dict[str, Decimal]:
        """Return it in the contract's words."""
        return {
            "sumNetAmount": self.net,
            "totalTaxAmount": self.tax,
            "totalAmount": self.gross,
        }


def lines_of(
    lines: Sequence[LineRequest], document: DocumentFields, country: str, problems: Problems
) -> list[dict[str, Any]]:
    """Return the lines for Qonto; what is wrong with them is added to the problems."""
    return [
        _line(line, f"lineItems.{position}", document, country, problems)
        for position, line in enumerate(lines)
    ]


def _line(
    line: LineRequest, at: str, document: DocumentFields, country: str, problems: Problems
) -> dict[str, Any]:
    _check_texts(line, at, problems)
    if line.quantity <= 0:
        problems.add(
            f"{at}.quantity",
            "NOT_ALLOWED",
            "A quantity is above 0.",
            "To give money back, make a credit note.",
        )
    rate = _rate(line, at, document, problems)
    price = _price(line, rate, at, document, problems)
    return without_nothing(
        {
            "title": line.name,
            "description": line.description,
            "quantity": plain(line.quantity),
            "unit": line.unit_name,
            "unit_price": price and {"value": price, "currency": "EUR"},
            "vat_rate": None if rate is None else plain(rate / _HUNDRED),
            "vat_exemption_reason": _exemption(line, rate, at, document, country, problems),
            "discount": discount_of(
                line.discount_item_percentage, f"{at}.discountItemPercentage", problems
            ),
        }
    )


def _check_texts(line: LineRequest, at: str, problems: Problems) -> None:
    if line.name is None:
        problems.add(f"{at}.name", "REQUIRED", "A line says what it is about.")
    for field, most in _LONGEST.items():
        size = len(getattr(line, field) or "")
        if size > most:
            name = LineRequest.model_fields[field].alias
            problems.add(
                f"{at}.{name}", "TOO_LONG", f"Qonto takes {most} characters; these are {size}."
            )


def _rate(
    line: LineRequest, at: str, document: DocumentFields, problems: Problems
) -> Decimal | None:
    rate = line.tax_rate_percentage
    if rate is None:
        if document.line_amount_types == "NOTAX":
            return Decimal(0)
        problems.add(f"{at}.taxRatePercentage", "REQUIRED", "A line has a rate of tax; 0 is one.")
        return None
    if not 0 <= rate <= _HUNDRED:
        problems.add(f"{at}.taxRatePercentage", "OUT_OF_RANGE", "A rate is between 0 and 100.")
        return None
    if 0 < rate < 1:
        problems.doubt(
            f"{at}.taxRatePercentage",
            RATE_DOUBT,
            f"The rate is in percent: {plain(rate)} is {plain(rate)} %. For "
            f"{plain(rate * _HUNDRED)} % write {plain(rate * _HUNDRED)}.",
        )
    return rate


def _price(
    line: LineRequest,
    rate: Decimal | None,
    at: str,
    document: DocumentFields,
    problems: Problems,
) -> str | None:
    """Return the price without tax."""
    price = line.unit_amount
    if price is None:
        problems.add(f"{at}.unitAmount", "REQUIRED", "A line has a price.")
        return None
    if document.line_amount_types == "INCLUSIVE" and rate:
        price = (price / (1 + rate / _HUNDRED)).quantize(Decimal(1).scaleb(-_FINEST_PRICE))
    if -int(price.normalize().as_tuple().exponent) > _FINEST_PRICE:
        problems.add(
            f"{at}.unitAmount", "TOO_FINE", f"A price has at most {_FINEST_PRICE} decimal places."
        )
    return plain(price)


def _exemption(
    line: LineRequest,
    rate: Decimal | None,
    at: str,
    document: DocumentFields,
    country: str,
    problems: Problems,
) -> str | None:
    if rate is None or rate != 0:
        return None
    code = line.tax_exemption_reason or _EXEMPTION_OF.get((country, document.tax_rule or ""))
    if code is None:
        problems.add(
            f"{at}.taxExemptionReason",
            "REQUIRED",
            "A line without tax names the law by which it has none.",
            "Send one of Qonto's codes, such as S293B in France for small businesses.",
        )
    elif code not in EXEMPTIONS:
        problems.add(
            f"{at}.taxExemptionReason", "NOT_ALLOWED", f"{code[:20]!r} is none of Qonto's codes."
        )
    return code


def discount_of(
    percentage: Decimal | None, field: str, problems: Problems
) -> dict[str, str] | None:
    """Return a discount for Qonto, whose percentages are fractions."""
    if not percentage:
        return None
    if not 0 < percentage <= _HUNDRED:
        problems.add(field, "OUT_OF_RANGE", "A discount is between 0 and 100 percent.")
    return {"type": "percentage", "value": plain(percentage / _HUNDRED)}


def sums_of(lines: Sequence[dict[str, Any]], discount: dict[str, str] | None) -> Sums | None:
    """Return what a document comes to; None while its lines have gaps."""
    net = tax = Decimal(0)
    for line in lines:
        if not {"quantity", "unit_price", "vat_rate"} <= line.keys():
            return None
        subtotal = _to_cent(Decimal(line["quantity"]) * Decimal(line["unit_price"]["value"]))
        if "discount" in line:
            subtotal -= _to_cent(subtotal * Decimal(line["discount"]["value"]))
        net += subtotal
        tax += _to_cent(subtotal * Decimal(line["vat_rate"]))
    if discount is not None:
        less = _to_cent(net * Decimal(discount["value"]))
        tax = _to_cent(tax * (net - less) / net) if net else tax
        net -= less
    return Sums(net.quantize(CENT), tax.quantize(CENT))


def check_total(expected: Decimal | None, sums: Sums | None, problems: Problems) -> None:
    """Note that the caller reckons otherwise than Qonto will."""
    if not problems and expected is not None and sums is not None and expected != sums.gross:
        problems.add(
            "grossTotalAmount",
            "TOTAL_DIFFERS",
            f"The lines come to {sums.gross} with tax, each rounded to the cent.",
        )


def plain(number: Decimal) -> str:
    """Write a number without exponent and without zeros at its end."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _to_cent(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
