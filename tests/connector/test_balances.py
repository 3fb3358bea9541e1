"""Sums over bank accounts are exact, and never go across currencies."""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.api.envelope import encode
from connector.balances import Balances, summed
from connector.errors import ListIncomplete
from connector.faces.backoffice.money import shown
from connector.ports import Page, Query
from connector.reading import ReadableAccount, Reading
from connector.unified.bank_account import BankAccount

ANYBODY = cast(ReadableAccount, None)


def bank_account(number: int, balance: str | None, currency: str | None = "EUR") -> BankAccount:
    empty: dict[str, Any] = dict.fromkeys(BankAccount.__struct_fields__)
    amount = None if balance is None else Decimal(balance)
    return BankAccount(**{**empty, "id": f"b{number}", "balance": amount, "currency": currency})


def accounts(*balances: tuple[str | None, str | None]) -> list[BankAccount]:
    return [bank_account(number, *one) for number, one in enumerate(balances)]


def on_the_wire(*balances: tuple[str | None, str | None]) -> dict[str, Any]:
    """Return what is answered about these, with each number as it is written."""
    told = json.loads(encode(shown(summed(accounts(*balances)))), parse_float=str, parse_int=str)
    del told["accounts"]
    return told


@pytest.mark.covers("VER-16")
@pytest.mark.parametrize(
    ("balances", "total"),
    [
        (("0.10", "0.20"), "0.30"),
        (("123.45",), "123.45"),
        (("0.1", "0.2", "-0.3"), "0.0"),
        (("-12.50", "2.25"), "-10.25"),
        (("9007199254740993.01", "0.01"), "9007199254740993.02"),
        (("99999999999999999999999999999999999999.99", "0.01"), "1" + "0" * 38 + ".00"),
        (
            ("1234567890123456789012345678901234567890.12", "0.0000001"),
            "1234567890123456789012345678901234567890.1200001",
        ),
    ],
)
def test_a_sum_is_exact_to_its_last_digit(balances: tuple[str, ...], total: str) -> None:
    told = on_the_wire(*((one, "EUR") for one in balances))
    assert told == {"totalBalance": total, "currency": "EUR"}


@pytest.mark.covers("VER-16")
def test_there_is_no_sum_across_currencies() -> None:
    told = on_the_wire(("0.10", "EUR"), ("5", "USD"), ("0.20", "EUR"), ("7", "JPY"))
    assert told == {
        "totalBalance": None,
        "currency": None,
        "totals": [
            {"currency": "EUR", "totalBalance": "0.30"},
            {"currency": "JPY", "totalBalance": "7"},
            {"currency": "USD", "totalBalance": "5"},
        ],
    }


@pytest.mark.parametrize("odd", [(None, "EUR"), ("4", None), (None, None)])
def test_an_account_that_cant_be_summed_up_is_told_and_not_left_out(
    odd: tuple[str | None, str | None],
) -> None:
    told = on_the_wire(("10", "EUR"), odd)
    assert told == {
        "totalBalance": None,
        "currency": None,
        "totals": [{"currency": "EUR", "totalBalance": "10"}],
        "unsummed": ["b1"],
    }


def test_no_accounts_have_no_currency() -> None:
    assert on_the_wire() == {"totalBalance": None, "currency": None, "totals": []}


AMOUNTS = st.decimals(-(10**20), 10**20, allow_nan=False, allow_infinity=False, places=2)


@given(st.lists(st.tuples(AMOUNTS, st.sampled_from(["EUR", "USD", "GBP"])), max_size=30))
def test_every_total_is_that_of_fractions(balances: list[tuple[Decimal, str]]) -> None:
    expected: dict[str, Fraction] = {}
    for amount, currency in balances:
        expected[currency] = expected.get(currency, Fraction(0)) + Fraction(amount)
    found = summed(accounts(*((str(amount), currency) for amount, currency in balances)))
    assert {one.currency: Fraction(one.balance) for one in found.totals} == expected


@dataclass
class Listed:
    """A list of bank accounts that is read page by page, with or without telling how long it is."""

    all: list[BankAccount]
    tells: bool = True
    asked: list[int] = field(default_factory=list[int])

    async def list(self, account: ReadableAccount, of: Any, query: Query) -> Page[BankAccount]:
        del account, of
        self.asked.append(query.page)
        first = (query.page - 1) * query.limit
        items = tuple(self.all[first : first + query.limit])
        pages = -(-len(self.all) // query.limit)
        total = (len(self.all), pages) if self.tells else (None, None)
        return Page(items, ("odd",), None, total[0], query.page, query.limit, total[1])


@pytest.mark.parametrize("tells", [True, False])
@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
async def test_all_pages_count(count: int, tells: bool) -> None:
    listed = Listed(accounts(*((str(number), "EUR") for number in range(count))), tells)
    found = await Balances(cast(Reading, listed)).of(ANYBODY, lambda readers: readers.bank_accounts)
    assert len(found.accounts) == count
    assert found.warnings == ("odd",)
    if count:
        assert found.single is not None and found.single.balance == sum(range(count))


async def test_a_list_without_an_end_is_no_balance() -> None:
    class Endless(Listed):
        async def list(self, account: ReadableAccount, of: Any, query: Query) -> Page[BankAccount]:
            page = (bank_account(query.page, "1"),)
            return Page(page, (), None, None, query.page, query.limit, None)

    with pytest.raises(ListIncomplete):
        await Balances(cast(Reading, Endless([]))).of(ANYBODY, lambda readers: None)
