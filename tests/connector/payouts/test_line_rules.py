"""Every rule about a line refuses what breaks it and accepts what just doesn't, in any kind."""

import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from stdnum import iban as stdnum_iban

from connector.payouts.files import read_lines
from connector.payouts.iban import LENGTHS
from connector.payouts.orders import MOST_LINES, MOST_PROBLEMS
from storage.errors import Invalid
from tests.connector.payouts.written import (
    DEBIT_IBAN,
    IBAN,
    LINE,
    OTHER_IBAN,
    TODAY,
    csv_of,
    line,
    read,
    wrong,
)

FILE = str(uuid.UUID(int=7, version=4))
RULES = [
    ("name", "REQUIRED", " ", "M"),
    ("name", "TOO_LONG", "n" * 141, "n" * 140),
    ("name", "CONTROL_CHARACTER", "Marie\nDurand", "Marie Durand"),
    ("name", "CONTROL_CHARACTER", "Marie\x1bDurand", "Márïe Dürand & Söhne"),
    ("name", "FORMULA", '=HYPERLINK("http://x")', "A=B"),
    ("name", "FORMULA", "@SUM(A1)", "Marie @ Durand"),
    ("iban", "REQUIRED", "", IBAN),
    ("iban", "NOT_AN_IBAN", "12345", IBAN.lower()),
    ("iban", "NOT_AN_IBAN", IBAN.replace("0", "\u0660"), "FR76 3000 6000 0112 3456 7890 189"),
    ("iban", "IBAN_CHECK_DIGITS", IBAN[:-1] + "8", OTHER_IBAN),
    ("iban", "IBAN_LENGTH", IBAN + "0", "BE68539007547034"),
    ("iban", "NOT_SEPA", "BR1800360305000010009795493C1", "GB29NWBK60161331926819"),
    ("iban", "OWN_ACCOUNT", DEBIT_IBAN, IBAN),
    ("amount", "REQUIRED", "", "1"),
    ("amount", "NOT_AN_AMOUNT", "-5", "5"),
    ("amount", "NOT_AN_AMOUNT", "1e3", "1000"),
    ("amount", "NOT_AN_AMOUNT", "1,234.56", "1234.56"),
    ("amount", "NOT_AN_AMOUNT", "1 234,56", "1234,56"),
    ("amount", "NOT_AN_AMOUNT", "NaN", "5.5"),
    ("amount", "NOT_AN_AMOUNT", "\u0661", "5,5"),
    ("amount", "AMOUNT_DECIMALS", "1.000", "1.00"),
    ("amount", "AMOUNT_DECIMALS", "1,234", "1,23"),
    ("amount", "AMOUNT_OUT_OF_RANGE", "0.00", "0.01"),
    ("attachmentIds", "ATTACHMENT_REQUIRED", "amount=30000.01", "amount=30000.00"),
    ("amount", "AMOUNT_OUT_OF_RANGE", "1000000000", "29999.99"),
    ("reference", "REQUIRED", "", "17"),
    ("reference", "TOO_LONG", "r" * 141, "r" * 140),
    ("currency", "CURRENCY_NOT_ALLOWED", "USD", "EUR"),
    ("endToEndId", "TOO_LONG", "e" * 36, "e" * 35),
    ("executionDay", "NOT_A_DATE", "01/12/2026", "2026-12-01"),
    ("executionDay", "NOT_A_DATE", "2026-02-30", "2026-12-31"),
    ("executionDay", "DATE_PASSED", "2026-11-29", "2026-11-30"),
    ("attachmentIds", "NOT_AN_ID", "invoice.pdf", FILE),
    ("attachmentIds", "TOO_MANY", " ".join([FILE] * 51), " ".join([FILE] * 50)),
]


@pytest.mark.parametrize(("field", "code", "refused", "accepted"), RULES)
def test_a_rule_refuses_and_accepts(field: str, code: str, refused: str, accepted: str) -> None:
    def changed(said: str) -> dict[str, str]:
        name, equals, value = said.partition("=")
        return line(**({name: value} if equals and name == "amount" else {field: said}))

    debit = {"debit_iban": DEBIT_IBAN}
    assert wrong(csv_of([LINE, changed(refused)]), "DUPLICATE_LINE", **debit)[0][1] == code
    place = wrong(csv_of([changed(refused)]), **debit)
    assert place == [(f"line 2, {field}", code)]
    assert wrong(csv_of([changed(accepted)]), **debit) == []
    with pytest.raises(Invalid) as error:
        read_lines([changed(refused)], today=TODAY, **debit)
    assert [(one.field, one.code) for one in error.value.fields] == [(f"lines.0.{field}", code)]
    assert len(read_lines([changed(accepted)], today=TODAY, **debit).orders) == 1


def test_a_large_payment_with_its_document() -> None:
    (order,) = read(csv_of([line(amount="30000.01", attachmentIds=FILE)])).orders
    assert (order.amount, order.attachment_ids) == (Decimal("30000.01"), (FILE,))


def test_ids_are_unique_but_for_those_that_say_nothing() -> None:
    two = [line(endToEndId="A"), line(endToEndId="A", amount="2")]
    assert wrong(csv_of(two)) == [("line 3, endToEndId", "END_TO_END_ID_REPEATED")]
    none = [line(endToEndId="NOTPROVIDED"), line(endToEndId="NOTPROVIDED", amount="2")]
    assert [one.end_to_end_id for one in read(csv_of(none)).orders] == [None, None]


def test_equal_lines_are_doubted_until_they_are_confirmed() -> None:
    """Spaces, capitals and how an amount is written don't make them different."""
    same = line(name="MARIE DURAND", iban=" ".join(IBAN), amount="1250,5")
    assert wrong(csv_of([LINE, same])) == [("line 3", "DUPLICATE_LINE")]
    assert wrong(csv_of([LINE, same]), "DUPLICATE_LINE") == []
    assert wrong(csv_of([LINE, line(reference="Invoice 18")])) == []


def test_a_passed_day_is_doubted_until_it_is_confirmed() -> None:
    (order,) = read(csv_of([line(executionDay="2026-11-29")]), "DATE_PASSED").orders
    assert order.day is None
    assert wrong(csv_of([line(name="")]), "REQUIRED") == [("line 2, name", "REQUIRED")]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    lines = [line(name=""), LINE, line(iban="x", amount="0", reference="2")]
    assert wrong(csv_of(lines)) == [
        ("line 2, name", "REQUIRED"),
        ("line 4, iban", "NOT_AN_IBAN"),
        ("line 4, amount", "AMOUNT_OUT_OF_RANGE"),
    ]


def test_what_is_told_is_bounded() -> None:
    content = csv_of([line(name="", iban="")] * 700)
    with pytest.raises(Invalid, match="1400 things are wrong") as error:
        read(content)
    assert len(error.value.fields) == MOST_PROBLEMS
    lines = [{**LINE, "reference": str(number)} for number in range(MOST_LINES + 1)]
    assert len(read_lines(lines[:-1], today=TODAY).orders) == MOST_LINES
    with pytest.raises(Invalid) as error:
        read_lines(lines, today=TODAY)
    assert error.value.fields[0].code == "TOO_MANY_LINES"


def test_sum_and_count_are_exact() -> None:
    lines = [line(amount="0.10", reference=str(number)) for number in range(3)]
    checked = read(csv_of(lines))
    assert (checked.total, len(checked.orders)) == (Decimal("0.30"), 3)
    assert [one.number for one in checked.orders] == [1, 2, 3]


@pytest.mark.parametrize("country", sorted(LENGTHS))
def test_lengths_are_those_of_the_registry(country: str) -> None:
    """Another library knows the registry."""
    registry: Any = stdnum_iban._ibandb  # pyright: ignore[reportPrivateUsage]
    structure = registry.info(country + "0" * 40)[0][1]["bban"]
    assert 4 + sum(int(one) for one in re.findall(r"(\d+)!", structure)) == LENGTHS[country]
