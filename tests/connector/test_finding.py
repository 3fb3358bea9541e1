"""A list that is read whole: each record once, over all pages, with what couldn't be read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from connector.errors import Ambiguous, FilterTooBroad
from connector.finding import SUPPLIER_INVOICE, RecordFinder, read_whole
from connector.ports import Page, Query
from storage.errors import NotFound


@dataclass(frozen=True)
class Paper:
    id: str
    bill_number: str | None = None
    name: str | None = None
    bill_date: str | None = None
    created_date: str | None = None
    status: str | None = None
    total_gross_amount: None = None
    currency: None = None


@dataclass
class Shelf:
    """Reads made-up pages."""

    pages: Sequence[Sequence[Paper]]
    total: int | None = None
    asked: list[int] = field(default_factory=list[int])

    async def list(self, account: Any, of: Any, query: Query) -> Page[Any]:
        self.asked.append(query.page)
        items = tuple(self.pages[query.page - 1])
        said = (f"page {query.page} lacks a record",)
        count = None if self.total is None else len(self.pages)
        return Page(items, said, None, self.total, query.page, query.limit, count)


def papers(*ids: int) -> list[Paper]:
    return [Paper(f"p{id}") for id in ids]


async def whole(shelf: Any) -> Any:
    return await read_whole(shelf, None, None, Query())  # type: ignore[arg-type]


async def test_every_page_is_read_and_what_moved_comes_once() -> None:
    shelf = Shelf([papers(*range(100)), papers(99, *range(100, 150))], total=150)
    found = await whole(shelf)
    assert [one.id for one in found.records] == [f"p{n}" for n in range(150)]
    assert found.warnings == ("page 1 lacks a record", "page 2 lacks a record")


async def test_without_a_total_the_list_ends_with_a_page_that_is_not_full() -> None:
    shelf = Shelf([papers(*range(100)), papers(*range(100, 200)), papers(200)])
    assert len((await whole(shelf)).records) == 201 and shelf.asked == [1, 2, 3]


async def test_what_is_too_much_is_said_after_one_page() -> None:
    shelf = Shelf([papers(1)], total=10_001)
    with pytest.raises(FilterTooBroad, match="id"):
        await whole(shelf)
    assert shelf.asked == [1]


def finder(*found: Paper) -> RecordFinder:
    return RecordFinder(Shelf([found], total=len(found)))  # type: ignore[arg-type]


async def latest(name: str, *found: Paper) -> str:
    account: Any = None
    return await finder(*found).latest(
        account, SUPPLIER_INVOICE, name, Query(unpaid=True), "unpaid"
    )


async def test_the_latest_is_that_of_the_greatest_date() -> None:
    """Of one day the one that came last; of two that came at once nobody knows."""
    old, new = Paper("a", name="Rochet", bill_date="2026-01-01"), "2026-02-01"
    first = Paper("b", name="Rochet", bill_date=new, created_date="2026-02-02T10:00:00Z")
    second = Paper("c", name="Rochet", bill_date=new, created_date="2026-02-02T11:00:00Z")
    assert await latest("ROCHET", old, second, first) == "c"
    twin = Paper("d", name="Rochet", bill_date=new, created_date="2026-02-02T11:00:00Z")
    with pytest.raises(Ambiguous) as asked:
        await latest("rochet", old, second, twin)
    assert {one.id for one in asked.value.candidates} == {"c", "d"}


async def test_a_part_of_a_suppliers_name_is_enough_where_one_has_it() -> None:
    one, other = Paper("a", name="Imprimerie Rochet"), Paper("b", name="Rochet et Fils")
    assert await latest("imprimerie", one, other) == "a"
    with pytest.raises(Ambiguous):
        await latest("rochet", one, other)
    with pytest.raises(NotFound):
        await latest("nobody", one, other)


@pytest.mark.parametrize("blank", [" ", "\u0301", "\u00a0\t"])
async def test_a_blank_finds_nothing_though_one_record_has_no_name_or_number(blank: str) -> None:
    nameless: Any = finder(Paper("a"))
    with pytest.raises(NotFound):
        await nameless.by_number(None, SUPPLIER_INVOICE, blank)
    with pytest.raises(NotFound):
        await latest(blank, Paper("a"))
    with pytest.raises(NotFound):
        await nameless.customer(None, blank)
