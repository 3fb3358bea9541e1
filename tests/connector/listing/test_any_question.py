"""Whatever is asked of whatever list: the answer is what sorting and choosing all of it gives."""

import asyncio
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from connector.ports import Order, Query
from connector.unified.item import Item
from tests.connector.listing.stockroom import Stockroom, good, reader_of

labels = st.sampled_from(["bolt", "nut", "washer"]) | st.text(max_size=3)
goods = st.lists(st.tuples(labels, st.booleans()), max_size=40)
orders = st.none() | st.builds(Order, st.sampled_from(["name", "number"]), st.booleans())
filters = st.sampled_from([(), (("type", "PRODUCT"),), (("type", "SERVICE"),)])


@given(
    made=goods,
    order=orders,
    where=filters,
    limit=st.integers(1, 20),
    counts=st.booleans(),
    shows_one=st.booleans(),
    seed=st.none() | st.integers(0, 99),
)
def test_walking_the_pages_gives_the_whole_list_chosen_and_in_order(
    made: list[tuple[str, bool]],
    order: Order | None,
    where: tuple[tuple[str, str], ...],
    limit: int,
    counts: bool,
    shows_one: bool,
    seed: int | None,
) -> None:
    room = Stockroom()
    room.goods = [
        good(number, label=label, is_service=is_service)
        for number, (label, is_service) in enumerate(made)
    ]
    room.counts, room.shows_one = counts, shows_one
    if order is not None and order.field == "name" and seed is not None:
        room.shuffle = Random(seed)
    walked = asyncio.run(_walked(room, Query(limit=limit, where=where, order=order)))
    kinds = {"PRODUCT": False, "SERVICE": True}
    expected = [one for one in room.goods if not where or one["is_service"] == kinds[where[0][1]]]
    assert sorted(str(item.id) for item in walked) == sorted(one["sku"] for one in expected)
    if order is None:
        assert [item.id for item in walked] == [one["sku"] for one in expected]
        return
    shown = [item.name if order.field == "name" else item.id for item in walked]
    key = "label" if order.field == "name" else "sku"
    assert shown == sorted((one[key] for one in expected), reverse=order.descending)


async def _walked(room: Stockroom, query: Query) -> list[Item]:
    """Read page after page; each is full but the last."""
    reader = reader_of(room)
    found: list[Item] = []
    for number in range(1, 50):
        page = await reader.list("acct", replace(query, page=number))
        assert page.total is None or page.total_pages == -(-page.total // query.limit)
        found.extend(page.items)
        if len(page.items) < query.limit:
            return found
    raise AssertionError("the list has no end")
