"""A part of a list, counted in records, whatever size the target system's pages have."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connector.errors import DownstreamRefused
from connector.listing.records import Record
from connector.listing.source import Params, Source
from connector.listing.together import together
from connector.listing.walk import size_of


@dataclass(frozen=True, slots=True)
class Window:
    """The records from `start` on, of `total` in all; None when nobody tells.

    `raw` is the target system's page when it is exactly these records. `largest` is the size of its
    largest pages as far as seen, and `is_short` says that it counts more of them than it showed.
    """

    start: int
    records: Sequence[Record[Any]]
    total: int | None
    raw: bytes | None
    largest: int
    is_short: bool = False

    @property
    def stop(self) -> int:
        return self.start + len(self.records)

    @property
    def has_more(self) -> bool:
        """Say that records may follow."""
        return self.total is None or self.stop < self.total

    @property
    def twice(self) -> Sequence[Record[Any]]:
        """Return the records that came once more with another page of the target system's."""
        if self.raw is not None:
            return ()
        first: dict[str, Record[Any]] = {}
        return [one for one in self.records if one.id and first.setdefault(one.id, one) is not one]


async def page_window(
    source: Source[Any, Any], number: int, size: int, order: Params, largest: int
) -> Window:
    """Read a page of a list all of whose pages have one size; those fetched have `largest`."""
    start = (number - 1) * size
    if size > largest:
        return await window(source, start, size, order, largest)
    try:
        page = await source.remote.page(number, size, source.asked(order))
    except DownstreamRefused as error:
        if number == 1 or not source.remote.is_past_the_end(error):
            raise
        return await _past_the_end(source, start, order, largest, error)
    total, real = page.meta.total_count, size_of(page, number, size)
    if real < size:
        return await window(source, start, size, order, real)
    if len(page.records) > size:  # not paged: all there is
        records = page.records[start : start + size]
        return Window(start, records, max(total or 0, len(page.records)), page.raw, largest)
    is_short = total is not None and len(page.records) < min(size, max(0, total - start))
    return Window(start, page.records, total, page.raw, largest, is_short)


async def window(
    source: Source[Any, Any], start: int, count: int, order: Params, largest: int
) -> Window:
    """Read `count` records from `start` on, from as many pages as they are on."""
    numbers = range(start // largest + 1, (start + count - 1) // largest + 2)
    asked = source.asked(order)
    pages = await together(
        [source.remote.further_page(number, largest, asked) for number in numbers]
    )
    real = size_of(pages[0], numbers[0], largest)
    if real < largest:
        return await window(source, start, count, order, real)
    total = next(
        (page.meta.total_count for page in pages if page.meta.total_count is not None), None
    )
    skip = start - (numbers[0] - 1) * largest
    listed = [record for page in pages for record in page.records]
    records = listed[skip : skip + count]
    if total is not None:
        records = records[: max(0, total - start)]
    is_short = total is not None and len(records) < min(count, max(0, total - start))
    return Window(start, records, total, None, largest, is_short)


async def _past_the_end(
    source: Source[Any, Any], start: int, order: Params, largest: int, refusal: DownstreamRefused
) -> Window:
    """Find out from the first page whether the refused page lies past the end."""
    first = await source.remote.page(1, 1, source.asked(order))
    total = first.meta.total_count
    if total is not None and start < total:
        raise refusal
    return Window(start, (), total, b"{}", largest)
