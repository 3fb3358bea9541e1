"""A target system that pages, orders and counts otherwise than Qonto is read by the same engine."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from connector.errors import DocumentNotFound, UnreadableAnswer
from connector.listing.listing import Listing
from connector.ports import Order, Page, Query
from connector.unified.item import Item
from tests.connector.listing.stockroom import (
    FIRST_DAY,
    Account,
    Stockroom,
    TwoRooms,
    good,
    reader_of,
)

PRODUCTS = (("type", "PRODUCT"),)
BY_NAME = Order("name")
BY_NUMBER = Order("number")


async def _walk(reader: Listing[Account, Item], query: Query) -> list[Page[Item]]:
    """Read page after page until one is not full."""
    pages: list[Page[Item]] = []
    while not pages or len(pages[-1].items) + len(pages[-1].warnings) >= query.limit:
        pages.append(await reader.list("acct", replace(query, page=len(pages) + 1)))
    return pages


def _ids(*pages: Page[Item]) -> list[str | None]:
    return [item.id for page in pages for item in page.items]


def _lists(room: Stockroom) -> list[tuple[int, int, object]]:
    return [asked for asked in room.asked if not isinstance(asked, str)]


def _skus(numbers: range) -> list[str | None]:
    return [f"sku-{number}" for number in numbers]


async def test_a_list_without_totals_is_paged_as_the_target_system_sends_it() -> None:
    """One request a page, where the page is no larger than its own."""
    room = Stockroom(12)
    pages = await _walk(reader_of(room), Query(limit=5))
    assert _ids(*pages) == _skus(range(12))
    assert {(page.total, page.total_pages) for page in pages} == {(None, None)}
    assert room.asked == [(0, 5, ()), (5, 5, ()), (10, 5, ())]
    assert [len(page.warnings) for page in pages] == [1, 0, 0], "what the mapping says comes along"


async def test_a_larger_page_is_put_together_from_several() -> None:
    room = Stockroom(30)
    pages = await _walk(reader_of(room), Query(limit=20, raw=True))
    assert _ids(*pages) == _skus(range(30))
    assert all((page.raw or b"").startswith(b'{"goods":[') for page in pages)
    assert {count for _, count, _ in _lists(room)} == {7}


async def test_totals_are_told_where_the_target_system_tells_them() -> None:
    room = Stockroom(12)
    room.counts = True
    page = await reader_of(room).list("acct", Query(page=3, limit=5))
    assert (page.total, page.total_pages, _ids(page)) == (12, 3, _skus(range(10, 12)))
    past = await reader_of(room).list("acct", Query(page=9, limit=5))
    assert (past.items, past.total, past.total_pages) == ((), 12, 3)


@pytest.mark.parametrize("descending", [False, True])
async def test_an_order_that_the_target_system_has_is_asked_of_it(descending: bool) -> None:
    room = Stockroom(9)
    reader = reader_of(room)
    page = await reader.list("acct", Query(limit=5, order=Order("name", descending)))
    names = [item.name for item in page.items]
    assert names == sorted((one["label"] for one in room.goods), reverse=descending)[:5]
    assert room.asked == [(0, 5, (("sort", "-label" if descending else "label"),))]


async def test_records_of_one_name_on_both_sides_of_an_edge_come_once() -> None:
    """The target system sends them in another order with every request."""
    room = Stockroom()
    room.goods = [good(number, label="the same") for number in range(23)]
    room.shuffle = Random(7)
    pages = await _walk(reader_of(room), Query(limit=5, order=BY_NAME))
    assert sorted(map(str, _ids(*pages))) == sorted(map(str, _skus(range(23))))


@pytest.mark.parametrize("names", [1, 2, 20])
@pytest.mark.parametrize("spoiled", [{5}, {4, 5}, {5, 6, 8}, {0, 1, 3}, {12, 14, 15}])
async def test_records_that_can_not_be_read_cost_no_other_at_an_edge(
    names: int, spoiled: set[int]
) -> None:
    """They show nothing to order by, alone or among others that are alike."""
    room = Stockroom()
    room.goods = [good(number, label=f"L{number * names // 20:02d}") for number in range(20)]
    for number in spoiled:
        room.goods[number]["put_in"] = "yesterday"
    reader, query = reader_of(room), Query(limit=5, order=BY_NAME)
    pages = [await reader.list("acct", replace(query, page=number)) for number in range(1, 5)]
    assert sorted(map(str, _ids(*pages))) == sorted(
        f"sku-{number}" for number in range(20) if number not in spoiled
    )
    left_out = [said for page in pages for said in page.warnings if "left out" in said]
    assert len(left_out) == len(spoiled)


async def test_an_order_that_it_lacks_is_made_here() -> None:
    """The list is read once; its pages then go on from that."""
    room = Stockroom(23)
    pages = await _walk(reader_of(room), Query(limit=5, order=BY_NUMBER))
    assert _ids(*pages) == sorted(map(str, _skus(range(23))))
    assert {(page.total, page.total_pages) for page in pages} == {(23, 5)}


async def test_a_filter_that_it_lacks_gives_what_it_would_give_of_the_whole_list() -> None:
    room = Stockroom(23)
    pages = await _walk(reader_of(room), Query(limit=5, where=PRODUCTS))
    products = [f"sku-{number}" for number in range(23) if number % 3]
    assert _ids(*pages) == products
    assert {page.total for page in pages} == {len(products)}
    since = Query(limit=50, modified_since=FIRST_DAY.replace(day=21))
    assert _ids(await reader_of(room).list("acct", since)) == _skus(range(20, 23))


@pytest.mark.parametrize("tells_changes", [False, True])
async def test_a_list_is_read_anew_unless_nothing_is_known_to_have_changed(
    tells_changes: bool,
) -> None:
    """Without a way to ask for changes its first page is always of what is there now."""
    room = Stockroom(20)
    room.tells_changes = tells_changes
    reader, query = reader_of(room), Query(limit=5, order=BY_NUMBER)
    await reader.list("acct", query)
    room.now += timedelta(seconds=1)
    room.asked.clear()
    await reader.list("acct", query)
    assert ("changes" in room.asked) == tells_changes
    room.now += timedelta(seconds=1)
    room.goods.append(good(20))
    room.changed = 1
    assert (await reader.list("acct", query)).total == 21


async def test_a_record_is_read_by_its_id() -> None:
    room = Stockroom(9)
    found = await reader_of(room).get("acct", "sku-8")
    assert (found.item.id, found.item.name, found.warnings) == ("sku-8", "L492", ())
    assert found.raw.startswith(b'{"sku":"sku-8"')
    assert room.asked == ["sku-8"]


@pytest.mark.parametrize("shows_one", [True, False])
async def test_an_unknown_id_is_not_found(shows_one: bool) -> None:
    """One that can't be an id is not even asked for."""
    room = Stockroom(9)
    room.shows_one = shows_one
    with pytest.raises(DocumentNotFound, match="Stockroom"):
        await reader_of(room).get("acct", "sku-99")
    room.asked.clear()
    with pytest.raises(DocumentNotFound, match="such numbers"):
        await reader_of(room).get("acct", "../sku-1")
    assert room.asked == []


async def test_a_record_that_has_no_address_is_found_in_the_list() -> None:
    room = Stockroom(16)
    room.shows_one = False
    found = await reader_of(room).get("acct", "sku-9")
    assert found.item.id == "sku-9"
    assert room.asked == [(0, 7, ()), (7, 7, ())], "and no further"


@pytest.mark.parametrize("query", [Query(limit=5), Query(limit=5, order=BY_NAME)])
async def test_a_record_that_can_not_be_read_becomes_a_warning(query: Query) -> None:
    room = Stockroom(4)
    room.goods[2]["put_in"] = "yesterday"
    page = await reader_of(room).list("acct", query)
    assert sorted(map(str, _ids(page))) == ["sku-0", "sku-1", "sku-3"]
    assert (
        "good without id: left out, because the record doesn't fit Stockroom's documentation; it "
        "is in the raw data" in page.warnings
    )


@pytest.mark.parametrize("query", [Query(limit=5), Query(limit=5, order=BY_NAME)])
@pytest.mark.parametrize("where", [(), PRODUCTS])
async def test_a_record_without_an_id_is_in_every_list(
    query: Query, where: tuple[tuple[str, str], ...]
) -> None:
    room = Stockroom(5)
    room.goods[4]["sku"] = None
    page = await reader_of(room).list("acct", replace(query, where=where))
    assert "unnumbered" in _ids(page)
    assert not [warning for warning in page.warnings if "left out" in warning]


@pytest.mark.parametrize("shows_one", [True, False])
async def test_a_record_without_an_id_that_has_moved_is_never_lost_without_a_word(
    shows_one: bool,
) -> None:
    """It can't be asked for, and is looked for only where others are looked for, too."""
    room = Stockroom(8)
    room.shows_one = shows_one
    room.goods[7]["sku"] = None
    reader, query = reader_of(room), Query(limit=4, order=BY_NUMBER)
    await reader.list("acct", query)
    room.take_out("sku-0")
    page = await reader.list("acct", replace(query, page=2))
    lost = "good without id: left out, because the record doesn't fit Stockroom's documentation"
    assert ("unnumbered" in _ids(page)) is not shows_one
    assert any(warning.startswith(lost) for warning in page.warnings) is shows_one


async def test_a_record_that_can_not_be_judged_is_named_once_and_not_counted() -> None:
    """Nobody knows whether the filter would have left it."""
    room = Stockroom(12)
    room.goods[4]["is_service"] = "perhaps"
    page = await reader_of(room).list("acct", Query(limit=5, where=PRODUCTS))
    assert page.total == 7
    assert page.warnings[0] == (
        "good without id: left out, because the record doesn't fit Stockroom's documentation"
    )
    with pytest.raises(UnreadableAnswer):
        await reader_of(room).get("acct", "sku-4")


async def test_a_list_that_shrinks_while_it_is_read_loses_no_other_record() -> None:
    """What moved to a page that had been read already is found by reading again."""
    room = Stockroom(30)
    room.counts = True
    room.leaves = {14: "sku-0"}
    page = await reader_of(room).list("acct", Query(limit=50, order=BY_NUMBER))
    assert set(_ids(page)) == set(_skus(range(1, 30)))
    assert (page.total, page.warnings) == (29, ("the colour has no counterpart",))


@pytest.mark.parametrize("shows_one", [True, False])
async def test_a_list_that_shrinks_while_it_is_walked_loses_no_other_record(
    shows_one: bool,
) -> None:
    """Whoever reads page after page sees what moved to a page of the target system's before."""
    room = Stockroom(30)
    room.shows_one = shows_one
    reader, query = reader_of(room), Query(limit=5, where=PRODUCTS)
    first = await reader.list("acct", query)
    room.take_out("sku-0")
    room.take_out("sku-1")
    rest = [await reader.list("acct", replace(query, page=number)) for number in range(2, 5)]
    assert _ids(first, *rest) == [f"sku-{number}" for number in range(30) if number % 3]


async def test_several_lists_are_one_newest_first() -> None:
    """Neither can be ordered by age, so both are read whole and merged here."""
    room = Stockroom(10)
    other = Stockroom()
    other.goods = [good(100 + number, put_in=number) for number in range(10)]
    pages = await _walk(reader_of(room, TwoRooms(other)), Query(limit=6))
    days = [item.last_modified_date for page in pages for item in page.items]
    assert days == sorted(map(str, days), reverse=True)
    assert len(set(_ids(*pages))) == 20
    assert {page.total for page in pages} == {20}
    reader = reader_of(room, TwoRooms(other))
    assert [(await reader.get("acct", sku)).item.id for sku in ("sku-3", "sku-103")] == [
        "sku-3",
        "sku-103",
    ]
    with pytest.raises(DocumentNotFound):
        await reader.get("acct", "sku-50")


async def test_lists_that_shrink_while_they_are_merged_lose_no_other_record() -> None:
    room, other = Stockroom(20), Stockroom()
    room.counts = other.counts = True
    room.leaves = {7: "sku-0"}
    page = await reader_of(room, TwoRooms(other)).list("acct", Query(limit=50))
    assert set(_ids(page)) == set(_skus(range(1, 20)))
    assert page.total == 19
