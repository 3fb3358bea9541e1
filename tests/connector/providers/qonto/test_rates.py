"""Rates: percent in the unified model, whatever Qonto's endpoints write."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from qonto_simulator.render.common import line as rendered
from qonto_simulator.rules.totals import line as computed

from connector.providers.qonto import mapping
from connector.providers.qonto.documents.reading import QontoResource
from connector.providers.qonto.documents.sales import (
    CLIENT_INVOICES,
    CREDIT_NOTES,
    PRODUCTS,
    QUOTES,
    Product,
)

CALENDAR = mapping.Calendar(datetime(2026, 11, 20, 12, 0, tzinfo=UTC))

hundredths_of_a_percent = st.integers(0, 10_000).map(lambda parts: Decimal(parts).scaleb(-4))
"""Every rate from 0 to 100 %, as a fraction."""


def _read(resource: QontoResource[Any], document: dict[str, Any]) -> Any:
    return resource.read_one(msgspec.json.encode({resource.singular: document}))[0]


@pytest.mark.covers("QX-40")
@given(
    rate=hundredths_of_a_percent,
    quantity=st.decimals("0.001", "1000", places=3),
    price=st.decimals("0.01", "100000", places=2),
)
def test_every_rate_comes_out_in_percent_whichever_the_endpoint(
    rate: Decimal, quantity: Decimal, price: Decimal
) -> None:
    """And turned back into Qonto's unit it is the rate that was sent."""
    line = rendered(
        computed(title="x", quantity=quantity, unit_price=price, currency="EUR", vat_rate=rate)
    )
    sold = {"id": "x", "currency": "EUR", "items": [line]}
    product = {"id": "x", "vat_rate": line["vat_rate"]}
    invoice = mapping.map_invoice(_read(CLIENT_INVOICES, sold), CALENDAR).value
    note = mapping.map_credit_note(_read(CREDIT_NOTES, sold), CALENDAR).value
    offer = mapping.map_offer(_read(QUOTES, sold), CALENDAR).value
    item = mapping.map_item(_read(PRODUCTS, product), CALENDAR).value
    for told in (
        invoice.line_items[0].tax_rate_percentage,
        note.credit_note_lines[0].tax_rate_percentage,
        offer.line_items[0].tax_rate_percentage,
        item.tax_rate_percentage,
    ):
        assert told is not None
        assert told / 100 == rate


@pytest.mark.covers("QX-40")
@given(
    rate=hundredths_of_a_percent,
    quantity=st.decimals("0.001", "1000", places=3),
    price=st.decimals("0.01", "100000", places=2),
)
def test_a_quote_in_percent_tells_the_same_rates_and_says_so(
    rate: Decimal, quantity: Decimal, price: Decimal
) -> None:
    """Never 2000 % for 20: the rate itself shows the unit, or the tax that it made."""
    line = rendered(
        computed(title="x", quantity=quantity, unit_price=price, currency="EUR", vat_rate=rate)
    )
    percent = rate * 100
    assume(percent > 1 or line["total_vat_cents"])  # else nothing shows the unit
    in_percent = {**line, "vat_rate": str(percent)}
    mapped = mapping.map_offer(_read(QUOTES, {"id": "x", "items": [in_percent]}), CALENDAR)
    assert mapped.value.line_items[0].tax_rate_percentage == percent
    assert any("read as percent" in warning for warning in mapped.warnings)


@pytest.mark.parametrize(
    ("kind", "value", "percent"),
    [
        ("percentage", "0.05", 5),
        ("percentage", "5", 5),
        ("percentage", "10", 10),
        ("amount", "5", None),
    ],
)
def test_a_discount_on_a_quote_is_read_in_its_own_unit(
    kind: str, value: str, percent: int | None
) -> None:
    """Fractions and percent are both in use, whatever the unit of the tax."""
    discount = {"type": kind, "value": value}
    line = {"vat_rate": "0.2", "discount": discount}
    quote = _read(QUOTES, {"id": "x", "discount": discount, "items": [line]})
    offer = mapping.map_offer(quote, CALENDAR).value
    assert offer.total_discount_percentage == percent
    assert offer.line_items[0].total_discount_percentage == percent
    assert offer.line_items[0].tax_rate_percentage == 20


@pytest.mark.parametrize("rate", ["20", 20, "1.01", "1E+3"])
def test_a_rate_above_100_percent_is_left_out_where_fractions_are_certain(rate: object) -> None:
    """A percentage in the place of a fraction is noted, and not passed on as 2000 %."""
    mapped = mapping.map_item(Product(id="x", vat_rate=rate), CALENDAR)
    assert mapped.value.tax_rate_percentage is None
    assert mapped.warnings == ("item x: vat_rate would be above 100 %",)
