"""Whatever is asked of whatever list: the answer is what sorting and choosing all of it gives."""

import asyncio
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from connector.ports import Order, Page, Query
from connector.unified.item import Item
from tests.connector.listing.stockroom import Stockroom, good, reader_of

orders = st.sampled_from(
    [None, *(Order(by, way) for by in ("name", "number") for way in (False, True))]
)
filters = st.sampled_from([(), (("type", "PRODUCT"),), (("type", "SERVICE"),)])


@given(
    count=st.integers(0, 60),
    names=st.integers(1, 20),
    order=orders,
    where=filters,
    limit=st.integers(1, 20),
    counts=st.booleans(),
    shows_one=st.booleans(),
    seed=st.integers(0, 99),
)
def test_walking_the_pages_gives_the_whole_list_chosen_and_in_order(
    count: int,
    names: int,
    order: Order | None,
    where: tuple[tuple[str, str], ...],
    limit: int,
    counts: bool,
    shows_one: bool,
    seed: int,
) -> None:
    room = Stockroom()
    room.goods = [good(number, label=f"L{number * 7 % names}") for number in range(count)]
    room.counts, room.shows_one = counts, shows_one
    room.shuffle = Random(seed)
    pages = asyncio.run(_walked(room, Query(limit=limit, where=where, order=order)))
    if any("one of them may come twice" in said for page in pages for said in page.warnings):
        return  # drawing lots for all that has one name: it couldn't be settled, and is told
    walked = [item for page in pages for item in page.items]
    kinds = {"PRODUCT": False, "SERVICE": True}
    expected = [one for one in room.goods if not where or one["is_service"] == kinds[where[0][1]]]
    assert sorted(str(item.id) for item in walked) == sorted(one["sku"] for one in expected)
    if order is None:
        assert [item.id for item in walked] == [one["sku"] for one in expected]
        return
    shown = [item.name if order.field == "name" else item.id for item in walked]
    key = "label" if order.field == "name" else "sku"
    assert shown == sorted((one[key] for one in expected), reverse=order.descending)


async def _walked(room: Stockroom, query: Query) -> list[Page[Item]]:
    """Read page after page; each is full but the last."""
    reader = reader_of(room)
    pages: list[Page[Item]] = []
    while not pages or len(pages[-1].items) == query.limit:
        page = await reader.list("acct", replace(query, page=len(pages) + 1))
        assert page.total is None or page.total_pages == -(-page.total // query.limit)
        pages.append(page)
    return pages
