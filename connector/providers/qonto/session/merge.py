"""Several lists as one, newest first, reading no more of each than a page needs.

Records are ordered by creation, newest first, then by id. Qonto orders by creation only, so records
made at the same instant are gathered before any of them is handed out.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, Protocol, TypeVar

from connector.errors import DownstreamRefused
from connector.providers.qonto.client import has_next
from connector.providers.qonto.documents.reading import DocumentPage, Identified, Record
from connector.providers.qonto.mapping.calendar import read_instant

_EPOCH = datetime.fromtimestamp(0, UTC)


class Dated(Identified, Protocol):
    """A document with a moment of creation."""

    @property
    def created_at(self) -> str | None: ...


D = TypeVar("D", bound=Dated)
T = TypeVar("T")

FetchPage = Callable[[int], Awaitable[DocumentPage[D]]]
"""Fetches one page of a list by its number, from 1."""


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """One record and its place in the merged list."""

    created: datetime
    id: str
    record: T

    def comes_before(self, other: "Entry[T]") -> bool:
        """Newer first; the same instant by id."""
        if self.created != other.created:
            return self.created > other.created
        return self.id < other.id


class Source(Generic[D]):
    """One list as a stream of entries in merged order.

    `total` needs no more than the first page when the list comes sorted and unfiltered; otherwise
    the whole list is read once. A record that can't be read takes the place of its neighbour before
    it; one seen twice, because the list shifted while it was read, is left out the second time.
    """

    def __init__(
        self,
        fetch: FetchPage[D],
        *,
        is_sorted: bool = True,
        keep: Callable[[Record[D]], bool] | None = None,
    ) -> None:
        self._fetch = fetch
        self._is_sorted = is_sorted
        self._keep = keep
        self._first: DocumentPage[D] | None = None
        self._whole: list[Entry[Record[D]]] | None = None

    async def total(self) -> int | None:
        """Answer how many records the list has, after filtering; None when Qonto doesn't tell."""
        if self._is_sorted and self._keep is None:
            return (await self._first_page()).meta.total_count
        return len(await self._read_whole())

    async def entries(self) -> AsyncIterator[Entry[Record[D]]]:
        """Stream the entries, newest first."""
        if not self._is_sorted or self._whole is not None:
            for entry in await self._read_whole():
                yield entry
            return
        together: list[Entry[Record[D]]] = []
        async for sent in self._as_sent():
            entry = sent
            if together and sent.created > together[-1].created:
                # sent out of order: it stays where it was sent, so that no page loses it
                entry = Entry(together[-1].created, sent.id, sent.record)
            if together and entry.created < together[-1].created:
                for earlier in _by_id(together):
                    yield earlier
                together = []
            together.append(entry)
        for earlier in _by_id(together):
            yield earlier

    async def _read_whole(self) -> list[Entry[Record[D]]]:
        if self._whole is None:
            found = [entry async for entry in self._as_sent()]
            found.sort(key=lambda entry: entry.id)
            found.sort(key=lambda entry: entry.created, reverse=True)
            self._whole = found
        return self._whole

    async def _as_sent(self) -> AsyncIterator[Entry[Record[D]]]:
        seen: set[str] = set()
        latest: datetime | None = None
        number = 1
        page = await self._first_page()
        while True:
            for record in page.records:
                if record.id is not None:
                    if record.id in seen:
                        continue
                    seen.add(record.id)
                created = _created(record) or latest or _EPOCH
                latest = created
                if self._keep is None or self._keep(record):
                    yield Entry(created, record.id or "", record)
            if not page.records or not has_next(page, number):
                return
            number += 1
            try:
                page = await self._fetch(number)
            except DownstreamRefused as error:
                if error.status == 422:  # the list got shorter meanwhile
                    return
                raise

    async def _first_page(self) -> DocumentPage[D]:
        if self._first is None:
            self._first = await self._fetch(1)
        return self._first


async def merged(
    streams: Sequence[AsyncIterator[Entry[T]]], *, skip: int, take: int
) -> list[Entry[T]]:
    """Merge streams that are each in order, and answer `take` entries after the first `skip`."""
    heads: list[tuple[Entry[T], AsyncIterator[Entry[T]]]] = []
    for stream in streams:
        head = await anext(stream, None)
        if head is not None:
            heads.append((head, stream))
    found: list[Entry[T]] = []
    position = 0
    while heads and position < skip + take:
        best = 0
        for index in range(1, len(heads)):
            if heads[index][0].comes_before(heads[best][0]):
                best = index
        entry, stream = heads[best]
        if position >= skip:
            found.append(entry)
        position += 1
        following = await anext(stream, None)
        if following is None:
            del heads[best]
        else:
            heads[best] = (following, stream)
    return found


def _by_id(entries: list[Entry[T]]) -> list[Entry[T]]:
    return sorted(entries, key=lambda entry: entry.id)


def _created(record: Record[D]) -> datetime | None:
    return None if record.document is None else read_instant(record.document.created_at)
