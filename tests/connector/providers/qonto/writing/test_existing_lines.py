"""Lines that are there are sent as they were read, in whichever unit a quote has its rates."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import DocumentNotFound, DownstreamRefused, RecordNotReady
from connector.errors import DownstreamEntry as Entry
from connector.providers.qonto.documents.sales import ClientInvoice, Quote
from connector.providers.qonto.mapping.rates import RateUnit
from connector.providers.qonto.writing.existing_lines import (
    as_quote_takes,
    filled,
    lines_there,
    place_of,
    said_by,
    stated_sums,
    unit_on,
    whole,
)
from connector.providers.qonto.writing.lines import lines_of
from connector.providers.qonto.writing.patience import UNTIL_THE_PDF_IS_MADE
from connector.providers.qonto.writing.sums import Sums, differs
from connector.writing.problems import Problems
from connector.writing.requests.document import DocumentFields, LineRequest

NET = DocumentFields.model_validate({})
LINES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "name": st.just("Consulting"),
        "quantity": st.decimals(Decimal("0.001"), Decimal(999), places=3),
        "unitAmount": st.decimals(Decimal("0.01"), Decimal(9999), places=2),
        "taxRatePercentage": st.sampled_from(
            [Decimal(rate) for rate in ("0", "20", "5.5", "2.1", "1")]
        ),
        "taxExemptionReason": st.just("S293B"),
        "discountItemPercentage": st.none() | st.decimals(Decimal("0.1"), Decimal(100), places=1),
        "discountItemAmount": st.none() | st.decimals(Decimal("0.01"), Decimal(10), places=2),
    }
)


def quote(*items: dict[str, Any], **fields: object) -> Quote:
    return msgspec.convert({"items": list(items), **fields}, Quote)


def item(rate: str = "0.2", tax: str = "240.00", **changes: object) -> dict[str, Any]:
    return {
        "title": "Consulting",
        "quantity": "2",
        "unit_price": {"value": "600.00", "currency": "EUR"},
        "vat_rate": rate,
        "subtotal": {"value": "1200.00"},
        "total_vat": {"value": tax},
        **changes,
    }


@given(st.lists(LINES, min_size=1, max_size=4), st.sampled_from(RateUnit))
def test_what_a_quote_takes_reads_as_what_was_meant(
    asked: list[dict[str, Any]], unit: RateUnit
) -> None:
    """There and back in either unit, and into the words of a request too."""
    requests = [LineRequest.model_validate(one) for one in asked]
    problems = Problems()
    lines = [whole(one) for one in lines_of(requests, NET, "FR", problems)]
    problems.check()
    assert lines_there(quote(*as_quote_takes(lines, unit)), unit) == lines
    empty = LineRequest.model_validate({})
    again = lines_of([filled(empty, said_by(one)) for one in lines], NET, "FR", problems)
    assert [whole(one) for one in again] == lines


@pytest.mark.parametrize(
    ("document", "unit"),
    [
        (quote(item()), RateUnit.FRACTION),
        (quote(item("20")), RateUnit.PERCENT),
        (quote(item("0.2", "2.40")), RateUnit.PERCENT),
        (quote(item("0"), discount={"type": "percentage", "value": "5"}), RateUnit.PERCENT),
        (quote(item("0"), discount={"type": "amount", "value": "5"}), RateUnit.FRACTION),
        (quote(item("0", discount={"type": "percentage", "value": "5"})), RateUnit.PERCENT),
        (msgspec.convert({"items": [item("20")]}, ClientInvoice), RateUnit.FRACTION),
        (quote(), RateUnit.FRACTION),
    ],
)
def test_the_unit_of_a_document(document: Quote | ClientInvoice, unit: RateUnit) -> None:
    assert unit_on(document) is unit


@pytest.mark.parametrize(
    ("document", "is_told"),
    [
        (quote(item(), total_amount={"value": "1440"}, vat_amount={"value": "240"}), False),
        (quote(item("20"), total_amount={"value": "1440"}, vat_amount={"value": "240"}), False),
        (quote(item(), total_amount={"value": "1202.40"}, vat_amount={"value": "2.40"}), True),
        (quote(item(), total_amount={"value": "1440"}, vat_amount={"value": "239"}), True),
        (quote(item(), total_amount={"value": "1440"}), False),
        (
            quote(
                item(),
                total_amount={"value": "1442"},
                vat_amount={"value": "240"},
                stamp_duty_amount="2.00",
            ),
            False,
        ),
    ],
)
def test_totals_that_are_not_what_the_lines_say(document: Quote, is_told: bool) -> None:
    told = differs(document, stated_sums(document))
    assert (told is not None) is is_told
    if told is not None:
        assert "1440 with 240" in told


def test_amounts_beyond_reason_have_no_sums() -> None:
    huge = {"value": "1" + "0" * 400, "currency": "EUR"}
    assert stated_sums(quote(item(unit_price=huge))) is None
    assert stated_sums(quote()) == Sums(Decimal(0), Decimal(0))
    assert stated_sums(quote(item(quantity=None))) is None


@pytest.mark.parametrize("wrong", ["a-0", "a-4", "a-01", "a-", "a", "b-1", "", None])
def test_places(wrong: str | None) -> None:
    assert [place_of(f"a-{number}", "a", 3) for number in (1, 2, 3)] == [0, 1, 2]
    with pytest.raises(DocumentNotFound):
        place_of(wrong, "a", 3)


def test_of_discounts_one_says_it_all() -> None:
    line = LineRequest.model_validate({"discountItemPercentage": 0})
    there = {"discount_amount": Decimal(4), "discount_percentage": None, "name": "There"}
    assert filled(line, there).discount_amount is None
    assert filled(line, there).name == "There"
    assert filled(LineRequest.model_validate({}), there).discount_amount == 4


def refusal(code: str) -> DownstreamRefused:
    return DownstreamRefused("No.", status=412, downstream=(Entry(412, code, None),))


async def test_patience_is_for_one_reason_and_ends() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    patient = replace(UNTIL_THE_PDF_IS_MADE, sleep=sleep)
    answers: list[object] = [refusal("quote_has_no_attachment"), "done"]

    async def call() -> object:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert await patient.ask(call) == "done" and slept == [0.5]
    answers[:] = [refusal("invalid")]
    with pytest.raises(DownstreamRefused):
        await patient.ask(call)
    answers[:] = [refusal("quote_has_no_attachment")] * 5
    with pytest.raises(RecordNotReady):
        await patient.ask(call)
    assert slept[1:] == list(patient.waits) and not answers
