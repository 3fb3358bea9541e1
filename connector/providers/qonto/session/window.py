"""A part of one of Qonto's lists, counted in records, whatever size Qonto's pages have."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connector.errors import DownstreamRefused
from connector.providers.qonto.client import LARGEST_PAGE, Params
from connector.providers.qonto.documents.reading import Record
from connector.providers.qonto.session.pages import size_of
from connector.providers.qonto.session.source import Source, may_be_past_the_end
from connector.providers.qonto.session.together import together


@dataclass(frozen=True, slots=True)
class Window:
    """The records from `start` on, of `total` in all; None when Qonto doesn't tell.

    `raw` is Qonto's page when it is exactly these records. `largest` is the size of Qonto's largest
    pages as far as seen, and `is_short` says that Qonto counts more of them than it showed.
    """

    start: int
    records: Sequence[Record[Any]]
    total: int | None
    raw: bytes | None
    largest: int = LARGEST_PAGE
    is_short: bool = False

    @property
    def stop(self) -> int:
        return self.start + len(self.records)


async def page_window(
    source: Source[Any, Any], number: int, size: int, order: Params, *, largest: int = LARGEST_PAGE
) -> Window:
    """Read the page of a list that has pages of one size; no page of Qonto's is over `largest`."""
    start = (number - 1) * size
    if size > largest:
        return await window(source, start, size, order, largest)
    try:
        page = await source.page(number, size, order)
    except DownstreamRefused as error:
        if number == 1 or not may_be_past_the_end(error):
            raise
        return await _past_the_end(source, start, order, error)
    total, real = page.meta.total_count, size_of(page, number, size)
    if real < size:
        return await window(source, start, size, order, real)
    if len(page.records) > size:  # not paged: all there is
        records = page.records[start : start + size]
        return Window(start, records, max(total or 0, len(page.records)), page.raw)
    is_short = total is not None and len(page.records) < min(size, max(0, total - start))
    return Window(start, page.records, total, page.raw, largest, is_short)


async def window(
    source: Source[Any, Any], start: int, count: int, order: Params, largest: int
) -> Window:
    """Read `count` records from `start` on, from as many pages of Qonto's as they are on."""
    numbers = range(start // largest + 1, (start + count - 1) // largest + 2)
    pages = await together([source.further_page(number, order, largest) for number in numbers])
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
    source: Source[Any, Any], start: int, order: Params, refusal: DownstreamRefused
) -> Window:
    """Find out from the first page whether the refused page lies past the end."""
    first = await source.page(1, 1, order)
    total = first.meta.total_count
    if total is not None and start < total:
        raise refusal
    return Window(start, (), total, b"{}")
