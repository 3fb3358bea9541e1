"""What a line has by default: what its item says, and what the line says that it changes."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from connector.errors import DocumentNotFound
from connector.providers.qonto.documents.sales import Product
from connector.providers.qonto.mapping.amounts import read_amount, read_percentage
from connector.providers.qonto.writing.existing_lines import filled, place_of, said_by
from connector.providers.qonto.writing.surroundings import Surroundings
from connector.writing.problems import Problems
from connector.writing.requests.base import name_of
from connector.writing.requests.document import DocumentFields, LineFields

L = TypeVar("L", bound=LineFields)

_LONGEST_TITLE = 40
"""Characters of a line's title; a product's may be longer."""


async def with_defaults(
    around: Surroundings,
    account_id: str,
    lines: Sequence[L],
    problems: Problems,
    record_id: str = "",
    there: Sequence[Mapping[str, Any]] = (),
    *,
    document: DocumentFields,
    at: str = "lineItems.",
) -> list[L]:
    """Return lines that say all they can; `there` are those of the document that is changed.

    Prices by default are without tax, so that there are none where those of the request are with.
    """
    whole: list[L] = []
    for position, line in enumerate(lines):
        one = await with_item(around, account_id, line, f"{at}{position}.", problems)
        line_id: str | None = getattr(line, "line_item_id", None)
        if line_id is not None:
            try:
                one = filled(one, said_by(there[place_of(line_id, record_id, len(there))]))
            except DocumentNotFound:
                field = f"{at}{position}.{name_of(line, 'line_item_id')}"
                problems.add(field, "NOT_FOUND", "The document has no line of that id.")
        if line.unit_amount is None and document.line_amount_types == "INCLUSIVE":
            one = one.model_copy(update={"unit_amount": None})
        whole.append(one)
    return whole


async def with_item(
    around: Surroundings, account_id: str, line: L, at: str, problems: Problems
) -> L:
    """Return a line with what its item says, where it says nothing itself."""
    if line.item_id is None:
        return line
    item = await around.item(account_id, line.item_id, f"{at}itemId", problems)
    return line if item is None else filled(line, _said_by_item(item))


def _said_by_item(item: Product) -> dict[str, Any]:
    price = item.unit_price
    in_euros = price is not None and (price.currency or "EUR").upper() == "EUR"
    rate: Decimal | None = read_percentage(item.vat_rate)
    return {
        "name": (item.title or "")[:_LONGEST_TITLE].strip() or None,
        "description": item.description or None,
        "unit_name": item.unit or None,
        "unit_amount": read_amount(price) if in_euros else None,
        "tax_rate_percentage": rate,
        "tax_exemption_reason": item.vat_exemption_code or None,
    }
