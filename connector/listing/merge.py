"""Several lists as one, newest first, reading no more of each than a page needs.

Records are ordered by the moment that is theirs, newest first, then by id. Target systems
order by the moment only, so records of the same instant are gathered before any is handed out.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from connector.listing.records import DocumentPage, Record
from connector.listing.source import NEWEST, Source
from connector.listing.walk import Walk

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """One record, where it came from, and its place in the merged list."""

    moment: datetime
    id: str
    record: Record[Any]
    source: Source[Any, T]

    def comes_before(self, other: "Entry[T]") -> bool:
        """Newer first; the same instant by id."""
        if self.moment != other.moment:
            return self.moment > other.moment
        return self.id < other.id


class Stream(Generic[T]):
    """One list as a stream of entries in merged order.

    A list that can't be asked for newest first is read whole, chosen from and ordered here, so it
    should be short. A record that doesn't tell its moment takes the place of its neighbour before
    it; one seen twice, because the list shifted while it was read, is left out the second time.
    """

    def __init__(self, source: Source[Any, T]) -> None:
        self.warnings: tuple[str, ...] = ()
        """What was found out about the list once it was read to its end."""
        self._source = source
        self._first: DocumentPage[Any] | None = None
        self._whole: list[Entry[T]] | None = None
        self._has_shrunk = False

    async def total(self) -> int | None:
        """Return how many records the list has, after choosing; None when nobody tells."""
        if self._source.newest_first:
            return (await self._first_page()).meta.total_count
        return len(await self._read_whole())

    async def entries(self) -> AsyncIterator[Entry[T]]:
        """Stream the entries, newest first."""
        if not self._source.newest_first:
            for entry in await self._read_whole():
                yield entry
            return
        together: list[Entry[T]] = []
        async for sent in self._as_sent():
            entry = sent
            if together and sent.moment > together[-1].moment:
                # sent out of order: it stays where it was sent, so that no page loses it
                entry = Entry(together[-1].moment, sent.id, sent.record, sent.source)
            if together and entry.moment < together[-1].moment:
                for earlier in _by_id(together):
                    yield earlier
                together = []
            together.append(entry)
        for earlier in _by_id(together):
            yield earlier

    async def _read_whole(self) -> list[Entry[T]]:
        if self._whole is None:
            sent = [entry async for entry in self._as_sent()]
            if self._has_shrunk:
                self._first = None
                sent = [entry async for entry in self._as_sent()]
            found = [entry for entry in sent if self._source.belongs(entry.record)]
            found.sort(key=lambda entry: entry.id)
            found.sort(key=lambda entry: entry.moment, reverse=True)
            self._whole = found
        return self._whole

    async def _as_sent(self) -> AsyncIterator[Entry[T]]:
        source = self._source
        latest: datetime | None = None
        first = await self._first_page()
        walk: Walk[Any] = Walk(source.remote, source.asked(source.newest_first), first=first)
        async for _, records in walk.pages():
            for record in records:
                moment = source.moment_of(record) or latest or NEWEST
                latest = moment
                yield Entry(moment, record.id or "", record, source)
        self._has_shrunk = walk.has_shrunk
        lack = source.incomplete(walk.total, walk.count)
        self.warnings = (lack,) if walk.missing else ()

    async def _first_page(self) -> DocumentPage[Any]:
        if self._first is None:
            self._first = await self._source.first_page(self._source.newest_first)
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
