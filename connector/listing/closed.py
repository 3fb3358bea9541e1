"""A list that only becomes shorter while it's read, since what it holds ends at a fixed moment.

Such is a list of what changed until then: a record that changes now leaves it. Whatever stood after
that record moves up, across the edge of a page perhaps, from a page that is still to be read to one
that was. How many have left is told by the list's length. So the walk always knows which places it
has seen for certain, and steps back to the page where the first one is that it hasn't.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from connector.errors import ListIncomplete
from connector.listing.records import DocumentPage, ListMeta, Record
from connector.listing.source import Params, RemoteList
from connector.listing.walk import has_next, size_of

D = TypeVar("D")

READINGS = 6
"""Times that a list is read which shows fewer records than it counts."""

_FETCHES_PER_PAGE = 6
_SPARE_FETCHES = 100
"""A reading ends that has to step back all the time."""


@dataclass(slots=True)
class _Seen:
    """The first `covered` places were seen, and those of an island after a gap."""

    covered: int = 0
    begin: int = 0
    end: int = 0

    def shrink(self, gone: int) -> None:
        """Let records leave anywhere: what was seen may stand as many places further up."""
        self.covered = max(0, self.covered - gone)
        self.end = max(self.begin, self.end - gone)

    def add(self, begin: int, end: int) -> None:
        """Note a page as it stands now."""
        if begin > self.covered:
            self.begin, self.end = begin, end
            return
        self.covered = max(self.covered, end)
        if self.begin <= self.covered:
            self.covered = max(self.covered, self.end)


class ClosedWalk(Generic[D]):
    """Reads such a list to its end, and knows whether nothing has escaped.

    A list whose order isn't settled shows a record twice and another never: it's read again until
    as many different records were seen as there were at the beginning.
    """

    def __init__(self, remote: RemoteList[D], params: Params = ()) -> None:
        self._remote = remote
        self._params = params
        self._size = remote.largest_page
        self._seen: set[str] = set()
        self._total: int | None = None
        self._most = 0
        self._is_settled = True

    async def pages(self) -> AsyncIterator[Sequence[Record[D]]]:
        """Yield each page's records; one may come again. Raises ListIncomplete at the end."""
        for _ in range(READINGS):
            async for records in self._once():
                yield records
            if self._is_complete:
                return
        raise ListIncomplete(
            f"{self._remote.system} counts {self._total} records in {self._remote.name} and showed "
            f"{len(self._seen)}. Its list changed from request to request; try again."
        )

    @property
    def _is_complete(self) -> bool:
        """Say that every record was seen that is in the list now."""
        if self._total is None or len(self._seen) >= self._most:
            return True
        return self._is_settled and len(self._seen) >= self._total

    async def _once(self) -> AsyncIterator[Sequence[Record[D]]]:
        seen, own, number, fetches = _Seen(), set[str](), 1, 0
        total: int | None = None
        self._is_settled = True
        while True:
            page = await self._fetch(number)
            fetches += 1
            if fetches > _FETCHES_PER_PAGE * (self._most // self._size + 1) + _SPARE_FETCHES:
                self._is_settled = False
                return
            if not page.records and number > 1 and page.meta == ListMeta():
                number -= 1  # refused as past the end: the one before tells the length
                continue
            counted = page.meta.total_count
            if total is not None and counted is not None:
                seen.shrink(max(0, total - counted))
                self._is_settled = self._is_settled and counted <= total
            total = counted if counted is not None else total
            begin = (number - 1) * self._size
            keys = {record.key for record in page.records}
            # none of these places was seen, and yet a record of theirs was: the order isn't settled
            is_new = begin == seen.covered and seen.end <= seen.covered
            self._is_settled = self._is_settled and not (is_new and keys & own)
            own |= keys
            self._note(keys, counted)
            yield page.records
            is_last = not has_next(page, number, self._size)
            has_gap = begin > seen.covered
            seen.add(begin, number * self._size)
            if (is_last and not has_gap) or (total is not None and seen.covered >= total):
                return
            number = seen.covered // self._size + 1

    async def _fetch(self, number: int) -> DocumentPage[D]:
        page = await self._remote.further_page(number, self._size, self._params)
        if number == 1:
            self._size = size_of(page, number, self._size)
        return page

    def _note(self, keys: set[str], counted: int | None) -> None:
        self._seen |= keys
        if counted is not None:
            self._total = counted
            self._most = max(self._most, counted)
