"""Lines as Qonto takes them, and totals by its rounding."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qonto_simulator.rules import totals

from connector.providers.qonto.writing.lines import (
    EXEMPTIONS,
    RATE_DOUBT,
    discount_of,
    lines_of,
)
from connector.providers.qonto.writing.sums import check_totals, sums_of
from connector.writing.problems import Problems
from connector.writing.requests.document import DocumentFields, LineRequest
from storage.errors import Invalid

NET = DocumentFields.model_validate({})
AMOUNTS = st.decimals(Decimal("0.01"), Decimal("9999.99"), places=2)
QUANTITIES = st.decimals(Decimal("0.001"), Decimal(999), places=3)
RATES = st.sampled_from([Decimal(rate) for rate in ("20", "5.5", "2.1", "10", "1")])
DISCOUNTS = st.none() | st.decimals(Decimal("0.1"), Decimal(100), places=1)


def line(**changes: object) -> LineRequest:
    """A line that is all right but for the changes."""
    whole: dict[str, object] = {
        "name": "Consulting",
        "quantity": 2,
        "unitAmount": 600,
        "taxRatePercentage": 20,
        **changes,
    }
    return LineRequest.model_validate({name: one for name, one in whole.items() if one is not None})


def codes(one: LineRequest, document: DocumentFields = NET, country: str = "FR") -> dict[str, str]:
    """What is wrong with a line, by field."""
    problems = Problems()
    lines_of([one], document, country, problems)
    try:
        problems.check()
    except Invalid as refusal:
        return {wrong.field.removeprefix("lineItems.0."): wrong.code for wrong in refusal.fields}
    return {}


@given(
    st.lists(st.tuples(QUANTITIES, AMOUNTS, RATES, DISCOUNTS), min_size=1, max_size=6), DISCOUNTS
)
def test_totals_are_those_that_qonto_will_reckon(
    given_lines: list[tuple[Decimal, Decimal, Decimal, Decimal | None]], off: Decimal | None
) -> None:
    """The simulator has the rounding of its own; both must come to the same cent."""
    problems = Problems()
    sent = lines_of(
        [
            line(
                quantity=one, unitAmount=price, taxRatePercentage=rate, discountItemPercentage=less
            )
            for one, price, rate, less in given_lines
        ],
        NET,
        "FR",
        problems,
    )
    document = DocumentFields.model_validate({"discountPercentage": off})
    discount = discount_of(document, "", problems)
    problems.check()
    sums = sums_of(sent, discount)
    theirs = totals.totals(
        [
            totals.line(
                title="x",
                quantity=one,
                unit_price=price,
                currency="EUR",
                vat_rate=rate / 100,
                discount=None if less is None else ("percentage", less / 100),
            )
            for one, price, rate, less in given_lines
        ],
        None if off is None else ("percentage", off / 100),
    )
    assert sums is not None
    assert (sums.gross, sums.tax) == (theirs.total, theirs.vat)


def test_a_rate_is_sent_as_a_fraction_without_loss() -> None:
    sent = lines_of([line(taxRatePercentage=Decimal("5.5"))], NET, "FR", Problems())
    assert sent[0]["vat_rate"] == "0.055"
    assert sent[0]["unit_price"] == {"value": "600", "currency": "EUR"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": None}, {"name": "REQUIRED"}),
        ({"name": "é" * 41}, {"name": "TOO_LONG"}),
        ({"name": "é" * 40}, {}),
        ({"description": "é" * 1801}, {"description": "TOO_LONG"}),
        ({"unitName": "x" * 21}, {"unitName": "TOO_LONG"}),
        ({"quantity": 0}, {"quantity": "NOT_ALLOWED"}),
        ({"quantity": -1}, {"quantity": "NOT_ALLOWED"}),
        ({"unitAmount": None}, {"unitAmount": "REQUIRED"}),
        ({"unitAmount": Decimal("0.0000001")}, {"unitAmount": "TOO_FINE"}),
        ({"unitAmount": Decimal("0.000001")}, {}),
        ({"taxRatePercentage": None}, {"taxRatePercentage": "REQUIRED"}),
        ({"taxRatePercentage": Decimal("0.2")}, {"taxRatePercentage": RATE_DOUBT}),
        ({"taxRatePercentage": 1}, {}),
        ({"taxRatePercentage": 101}, {"taxRatePercentage": "OUT_OF_RANGE"}),
        ({"taxRatePercentage": 0}, {"taxExemptionReason": "REQUIRED"}),
        ({"taxRatePercentage": 0, "taxExemptionReason": "S293B"}, {}),
        (
            {"taxRatePercentage": 0, "taxExemptionReason": "S1"},
            {"taxExemptionReason": "NOT_ALLOWED"},
        ),
        ({"discountItemPercentage": 101}, {"discountItemPercentage": "OUT_OF_RANGE"}),
    ],
)
def test_each_rule_refuses_and_accepts(
    changes: dict[str, object], expected: dict[str, str]
) -> None:
    assert codes(line(**changes)) == expected


def test_a_doubt_can_be_confirmed() -> None:
    problems = Problems(frozenset({RATE_DOUBT}))
    sent = lines_of([line(taxRatePercentage=Decimal("0.2"))], NET, "FR", problems)
    problems.check()
    assert sent[0]["vat_rate"] == "0.002"


@pytest.mark.parametrize(
    ("country", "rule", "code"),
    [
        ("FR", "SMALL_BUSINESS_EXEMPTION", "S293B"),
        ("DE", "SMALL_BUSINESS_EXEMPTION", "S19.1"),
        ("DE", "REVERSE_CHARGE", "S13B"),
    ],
)
def test_a_rule_that_leaves_no_doubt_names_the_law(country: str, rule: str, code: str) -> None:
    document = DocumentFields.model_validate({"taxRule": rule})
    problems = Problems()
    sent = lines_of([line(taxRatePercentage=0)], document, country, problems)
    problems.check()
    assert sent[0]["vat_exemption_reason"] == code and code in EXEMPTIONS
    assert codes(line(taxRatePercentage=0), document, "PT") == {"taxExemptionReason": "REQUIRED"}


def test_prices_with_tax_are_sent_without() -> None:
    document = DocumentFields.model_validate({"lineAmountTypes": "INCLUSIVE"})
    sent = lines_of([line(unitAmount=720)], document, "FR", Problems())
    assert sent[0]["unit_price"]["value"] == "600"
    untaxed = DocumentFields.model_validate({"lineAmountTypes": "NOTAX"})
    assert codes(line(taxRatePercentage=None), untaxed) == {"taxExemptionReason": "REQUIRED"}


def test_a_total_that_differs_is_refused_before_anything_is_sent() -> None:
    sums = sums_of(lines_of([line()], NET, "FR", Problems()), None)
    for expected, wrong in ((Decimal("1440.00"), False), (Decimal("1440.01"), True)):
        problems = Problems()
        check_totals(DocumentFields.model_validate({"grossTotalAmount": expected}), sums, problems)
        assert bool(problems) is wrong
