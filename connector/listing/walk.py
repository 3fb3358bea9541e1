"""A list page by page, whatever size its pages have and however often its order changes.

A page may have fewer records than were asked for, said in `meta` or not; then pages are counted by
the size they have. Records that share what a list is ordered by may come in another order with
every request: one of them is then on two pages, and another on none. The pages between are read
again until as many different records were seen as pages had places.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Generic, TypeVar

from connector.listing.records import DocumentPage, Record
from connector.listing.source import Params, RemoteList
from connector.listing.together import together

D = TypeVar("D")

READINGS = 6
"""Times that pages are read again for records that must be on one of them."""


def size_of(page: DocumentPage[Any], number: int, asked: int) -> int:
    """Return how many records the pages of a list have, from one that was asked for."""
    meta, count = page.meta, len(page.records)
    if meta.per_page is not None and 0 < meta.per_page < asked:
        return meta.per_page
    if not 0 < count < asked:
        return asked
    if meta.total_count is None:
        return count if meta.next_page is not None else asked
    return asked if (number - 1) * asked + count == meta.total_count else count


def has_next(page: DocumentPage[Any], number: int, size: int) -> bool:
    """Say whether a page has another after it, whichever parts of `meta` are there.

    A page with an earlier number than the one asked for is the last: else a list without pages
    would never end. The count of records decides before the count of pages, which the target system
    may compute from another size than its pages have.
    """
    meta = page.meta
    if not page.records or _is_other(page, number):
        return False
    if meta.next_page is not None:
        return True
    if meta.total_count is not None:
        return number * size < meta.total_count
    if meta.total_pages is not None:
        return number < meta.total_pages
    return len(page.records) >= size


def _is_other(page: DocumentPage[Any], number: int) -> bool:
    """Say that an earlier page than the one asked for came."""
    return page.meta.current_page is not None and page.meta.current_page < number


class Walk(Generic[D]):
    """One list from its first page to its last, every record once.

    `first` is its first page where that is there already; `at_once` pages are fetched at a time
    where the list's length is known.
    """

    def __init__(
        self,
        remote: RemoteList[D],
        params: Params = (),
        *,
        first: DocumentPage[D] | None = None,
        at_once: int = 1,
    ) -> None:
        self.size = remote.largest_page
        self.total: int | None = None
        """What the target system counted last."""
        self.first_total: int | None = None
        self._remote = remote
        self._params = params
        self._first = first
        self._at_once = at_once
        self._page_of: dict[str, int] = {}
        self._slots = 0
        self._nameless = 0

    @property
    def count(self) -> int:
        """Return how many different records were seen."""
        return len(self._page_of) + self._nameless

    @property
    def missing(self) -> int:
        """Return how many records are counted and weren't shown; of use once the list has ended."""
        return max(0, (self.total or 0) - self.count)

    @property
    def has_shrunk(self) -> bool:
        """Say that records went while the list was read, so that others moved to pages read."""
        return (self.total or 0) < (self.first_total or 0)

    @property
    def may_lack(self) -> bool:
        """Say that records may have escaped: too few were shown, or the list has shrunk."""
        return self.missing > 0 or self.has_shrunk

    async def pages(self) -> AsyncIterator[tuple[int, Sequence[Record[D]]]]:
        """Yield the number of each page with those of its records that were not seen before."""
        number = 1
        page = self._first or await self._fetch(number)
        self.size = size_of(page, number, self.size)
        self.total = self.first_total = page.meta.total_count
        yield number, self._new(number, page)
        while has_next(page, number, self.size):
            numbers = range(number + 1, number + 1 + self._ahead(number))
            pages = await together([self._fetch(each) for each in numbers])
            for number, page in zip(numbers, pages, strict=True):
                if page.meta.total_count is not None:
                    self.total = page.meta.total_count
                found = self._new(number, page)
                async for again in self._again(number, page):
                    yield again
                yield number, found

    async def _fetch(self, number: int) -> DocumentPage[D]:
        return await self._remote.further_page(number, self.size, self._params)

    def _ahead(self, number: int) -> int:
        """Return how many pages to fetch at a time, none of which lies past the end."""
        if self.total is None:
            return 1
        return max(1, min(self._at_once, -(-self.total // self.size) - number))

    async def _again(
        self, last: int, page: DocumentPage[D]
    ) -> AsyncIterator[tuple[int, Sequence[Record[D]]]]:
        """Read pages again as long as they must have had records that were not seen."""
        ids = [self._page_of[record.id] for record in page.records if record.id is not None]
        begin = min(ids, default=last)
        if begin == last or _is_other(page, last):
            return
        for _ in range(READINGS):
            if self._slots - self.count <= self._grown():
                return
            for number in range(begin, last + 1):
                again = await self._fetch(number)
                found = self._new(number, again, is_again=True)
                if found:
                    yield number, found

    def _grown(self) -> int:
        """Return how many records came meanwhile, each of which pushes one to the next page."""
        return max(0, (self.total or 0) - (self.first_total or 0))

    def _new(
        self, number: int, page: DocumentPage[D], *, is_again: bool = False
    ) -> Sequence[Record[D]]:
        found: list[Record[D]] = []
        for record in page.records:
            if record.id is None:
                if is_again:
                    continue
                self._nameless += 1
            elif record.id in self._page_of:
                continue
            else:
                self._page_of[record.id] = number
            found.append(record)
        if not is_again:
            self._slots += len(page.records)
        return found
