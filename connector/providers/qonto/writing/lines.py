"""The lines of a document as Qonto takes them. Pure."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from connector.providers.qonto.writing.matching import without_nothing
from connector.providers.qonto.writing.sums import check_line, plain
from connector.providers.qonto.writing.texts import check_lengths
from connector.writing.problems import Problems
from connector.writing.requests.base import name_of
from connector.writing.requests.document import DocumentFields, LineFields, PricedFields

_HUNDRED = Decimal(100)
_LONGEST = {"name": 40, "description": 1800, "unit_name": 20}
_FINEST_PRICE = 6
"""Decimal places of a price."""
_UNUSED = ("account_code", "account_id", "tax_code", "tax_type", "type")

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


def lines_of(
    lines: Sequence[LineFields],
    document: DocumentFields,
    country: str,
    problems: Problems,
    *,
    at: str = "lineItems.",
    currency: str = "EUR",
) -> list[dict[str, Any]]:
    """Return the lines for Qonto; what is wrong with them is added to the problems."""
    return [
        line_of(line, document, country, problems, at=f"{at}{position}.", currency=currency)
        for position, line in enumerate(lines)
    ]


def line_of(
    line: LineFields,
    document: DocumentFields,
    country: str,
    problems: Problems,
    *,
    at: str = "",
    currency: str = "EUR",
) -> dict[str, Any]:
    """Return one line for Qonto; what is wrong with it is added to the problems."""
    _check_texts(line, at, problems)
    _check_quantity(line, at, problems)
    rate = rate_of(line, at, document, problems)
    price = price_of(line, rate, at, document, problems)
    sent = without_nothing(
        {
            "title": line.name,
            "description": line.description,
            "quantity": None if line.quantity is None else plain(line.quantity),
            "unit": line.unit_name,
            "unit_price": price and {"value": price, "currency": currency},
            "vat_rate": None if rate is None else plain(rate / _HUNDRED),
            "vat_exemption_reason": exemption_of(line, rate, at, document, country, problems),
            "discount": discount_of(line, at, problems),
        }
    )
    check_line(line, sent, at, problems)
    return sent


def unused_of(
    lines: Sequence[LineFields], problems: Problems, at: str = "lineItems."
) -> tuple[str, ...]:
    """Return warnings for what was said of lines and can't be used."""
    return problems.unused(
        {
            f"{at}{position}.{name_of(line, field)}": getattr(line, field)
            for position, line in enumerate(lines)
            for field in _UNUSED
        },
        "Qonto's lines have nothing of the kind.",
    )


def _check_texts(line: LineFields, at: str, problems: Problems) -> None:
    if line.name is None:
        problems.add(f"{at}{name_of(line, 'name')}", "REQUIRED", "A line says what it is about.")
    check_lengths(line, _LONGEST, problems, at)
    for field in ("unit_discount_amount", "unit_discount_percentage"):
        if getattr(line, field, None):
            problems.add(
                f"{at}{name_of(line, field)}",
                "NOT_ALLOWED",
                "Qonto takes discounts off the whole line.",
                f"Send {name_of(line, 'discount_percentage')}, or an amount for the line.",
            )


def _check_quantity(line: LineFields, at: str, problems: Problems) -> None:
    if line.quantity is None:
        problems.add(f"{at}quantity", "REQUIRED", "A line says how many.")
    elif line.quantity <= 0:
        problems.add(
            f"{at}quantity",
            "NOT_ALLOWED",
            "A quantity is above 0.",
            "What gives money back is a credit note, whose quantities are above 0, too.",
        )


def rate_of(
    line: PricedFields, at: str, document: DocumentFields, problems: Problems
) -> Decimal | None:
    """Return the rate of tax in percent."""
    rate = line.tax_rate_percentage
    if rate is None:
        if document.line_amount_types == "NOTAX":
            return Decimal(0)
        problems.add(f"{at}taxRatePercentage", "REQUIRED", "There is no rate of tax; 0 is one.")
        return None
    if not 0 <= rate <= _HUNDRED:
        problems.add(f"{at}taxRatePercentage", "OUT_OF_RANGE", "A rate is between 0 and 100.")
        return None
    if 0 < rate < 1:
        problems.doubt(
            f"{at}taxRatePercentage",
            RATE_DOUBT,
            f"The rate is in percent: {plain(rate)} is {plain(rate)} %. For "
            f"{plain(rate * _HUNDRED)} % write {plain(rate * _HUNDRED)}.",
        )
    return rate


def price_of(
    line: PricedFields,
    rate: Decimal | None,
    at: str,
    document: DocumentFields,
    problems: Problems,
) -> str | None:
    """Return the price without tax."""
    price, field = line.unit_amount, f"{at}{name_of(line, 'unit_amount')}"
    if price is None:
        problems.add(field, "REQUIRED", "There is no price.")
        return None
    if document.line_amount_types == "INCLUSIVE" and rate:
        price = (price / (1 + rate / _HUNDRED)).quantize(Decimal(1).scaleb(-_FINEST_PRICE))
    if -int(price.normalize().as_tuple().exponent) > _FINEST_PRICE:
        problems.add(field, "TOO_FINE", f"A price has at most {_FINEST_PRICE} decimal places.")
    return plain(price)


def exemption_of(
    line: PricedFields,
    rate: Decimal | None,
    at: str,
    document: DocumentFields,
    country: str,
    problems: Problems,
) -> str | None:
    """Return the code of the law by which there is no tax; None where there is some."""
    if rate is None or rate != 0:
        return None
    code = line.tax_exemption_reason or _EXEMPTION_OF.get((country, document.tax_rule or ""))
    if code is None:
        problems.add(
            f"{at}taxExemptionReason",
            "REQUIRED",
            "What has no tax names the law by which it has none.",
            "Send one of Qonto's codes, such as S293B in France for small businesses.",
        )
    elif code not in EXEMPTIONS:
        problems.add(
            f"{at}taxExemptionReason", "NOT_ALLOWED", f"{code[:20]!r} is none of Qonto's codes."
        )
    return code


def discount_of(
    said: LineFields | DocumentFields, at: str, problems: Problems
) -> dict[str, str] | None:
    """Return a discount for Qonto, whose percentages are fractions; percent goes before amount."""
    percentage = said.discount_percentage
    amount: Decimal | None = getattr(said, "discount_amount", None)
    if percentage:
        if not 0 < percentage <= _HUNDRED:
            field = f"{at}{name_of(said, 'discount_percentage')}"
            problems.add(field, "OUT_OF_RANGE", "A discount is between 0 and 100 percent.")
        return {"type": "percentage", "value": plain(percentage / _HUNDRED)}
    if percentage is None and amount:
        if amount < 0:
            field = f"{at}{name_of(said, 'discount_amount')}"
            problems.add(field, "OUT_OF_RANGE", "A discount is not below 0.")
        return {"type": "absolute", "value": plain(amount)}
    return None
