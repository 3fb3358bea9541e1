"""A list that becomes shorter while it's read: nothing that stays in it escapes."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import DownstreamRefused, ListIncomplete
from connector.listing.closed import ClosedWalk
from connector.listing.records import DocumentPage, ListMeta, Record
from connector.listing.source import Params, RemoteList


class Shrinking:
    """A list by numbers; some records leave it right before a page is answered."""

    def __init__(self, count: int, size: int, leaving: list[list[int]]) -> None:
        self.ids = list(range(count))
        self.size = size
        self.leaving = leaving
        self.pages = 0
        self.refuses = False
        self.shuffle: Random | None = None
        self.counts_more = 0

    async def page(self, number: int, size: int, params: Params) -> DocumentPage[Any]:
        del params
        self.pages += 1
        for place in self.leaving.pop(0) if self.leaving else ():
            if self.ids:
                self.ids.pop(place % len(self.ids))
        start = (number - 1) * size
        if self.refuses and number > 1 and start >= len(self.ids):
            raise DownstreamRefused("past the end", status=422)
        if self.shuffle is not None:
            self.shuffle.shuffle(self.ids)
        shown = self.ids[start : start + size]
        more = number + 1 if start + size < len(self.ids) else None
        total = len(self.ids) + self.counts_more
        meta = ListMeta(number, more, None, total, size)
        return DocumentPage(tuple(Record(one, b"%d" % one, str(one)) for one in shown), meta, b"")

    def remote(self) -> RemoteList[Any]:
        return RemoteList(
            "It", "numbers", self.size, self.page, is_past_the_end=lambda _: self.refuses
        )


async def read(given: Shrinking) -> set[int]:
    found: set[int] = set()
    async for records in ClosedWalk(given.remote()).pages():
        found |= {int(record.id or "") for record in records}
    return found


@given(
    count=st.integers(0, 60),
    size=st.integers(1, 12),
    leaving=st.lists(st.lists(st.integers(0, 1000), max_size=3), max_size=25),
    refuses=st.booleans(),
)
async def test_nothing_that_stays_escapes(
    count: int, size: int, leaving: list[list[int]], refuses: bool
) -> None:
    shrinking = Shrinking(count, size, leaving)
    shrinking.refuses = refuses
    found = await read(shrinking)
    assert set(shrinking.ids) <= found <= set(range(count))


async def test_a_quiet_list_is_read_page_by_page_once() -> None:
    quiet = Shrinking(25, 10, [])
    assert await read(quiet) == set(range(25)) and quiet.pages == 3
    empty = Shrinking(0, 10, [])
    assert await read(empty) == set() and empty.pages == 1


async def test_one_that_goes_costs_one_page_more() -> None:
    """The first page is read again, of which one record had come from the second."""
    shrinking = Shrinking(95, 10, [[], [3]])
    assert set(range(95)) - {3} <= await read(shrinking)
    assert shrinking.pages <= 12


async def test_an_order_of_chance_is_read_until_all_were_seen() -> None:
    shuffled = Shrinking(30, 10, [])
    shuffled.shuffle = Random(1)
    assert await read(shuffled) == set(range(30))
    assert shuffled.pages > 3


async def test_a_list_that_counts_what_it_never_shows_is_incomplete() -> None:
    short = Shrinking(25, 10, [])
    short.counts_more = 2
    with pytest.raises(ListIncomplete, match="counts 27 records in numbers and showed 25"):
        await read(short)
