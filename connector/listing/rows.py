"""Records at some places of an index, fetched anew: a page for several of it, else one by one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from connector.errors import DocumentNotFound, UnreadableAnswer
from connector.listing.index import AT_ONCE, Place
from connector.listing.query import LocalFilter
from connector.listing.records import Record
from connector.listing.source import Source
from connector.listing.together import together
from connector.listing.walk import Walk
from connector.unified.mapped import Mapped

D = TypeVar("D")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FetchedRow(Generic[T]):
    """One record of a page, as found when it was fetched; `mapped` is None if it can't be read."""

    source: Source[Any, T]
    raw: bytes
    mapped: Mapped[T] | None


async def read_places(
    sources: Sequence[Source[Any, T]], places: Sequence[Place], local: LocalFilter[T]
) -> list[FetchedRow[T] | None]:
    """Fetch the records at these places, None for each that isn't there any more.

    A record that changed meanwhile, so that the question would leave it out now, counts as gone.
    """
    groups: dict[tuple[int, int, int], list[Place]] = {}
    for place in places:
        if place.key is not None:
            groups.setdefault((place.source, place.page, place.size), []).append(place)
    limit = asyncio.Semaphore(AT_ONCE)

    async def fetch(group: list[Place]) -> Sequence[Record[Any]]:
        async with limit:
            return await _fetch(sources[group[0].source], group)

    found: dict[tuple[int, str | None], Record[Any]] = {}
    for group, records in zip(
        groups.values(), await together([fetch(each) for each in groups.values()]), strict=True
    ):
        found.update(((group[0].source, record.key), record) for record in records)
    for number, source in enumerate(sources):
        named = {place.key for place in places if place.source == number and place.key}
        missing = {each for each in named if (number, each) not in found}
        if missing and source.remote.one is None:
            moved = await _anywhere(source, missing)
            found.update(((number, record.key), record) for record in moved)
    return [
        _row(sources[place.source], found.get((place.source, place.key)), local) for place in places
    ]


def _row(
    source: Source[Any, T], record: Record[Any] | None, local: LocalFilter[T]
) -> FetchedRow[T] | None:
    if record is None:
        return None
    if record.document is None:
        return FetchedRow(source, record.raw, None)
    mapped = source.convert(record.document)
    if mapped is None or not local.fits(mapped.value):
        return None
    return FetchedRow(source, record.raw, mapped)


async def _fetch(source: Source[Any, Any], group: list[Place]) -> Sequence[Record[Any]]:
    """Fetch the records of one page: the page for several of them, else one by one."""
    keys, place, remote = {place.key for place in group}, group[0], source.remote
    records: list[Record[Any]] = []
    if len(group) > 1 or remote.one is None or not (place.id and place.is_readable):
        asked = source.asked(source.oldest_first)
        page = await remote.further_page(place.page, place.size, asked)
        records = [record for record in page.records if record.key in keys]
    if remote.one is not None:
        missing = sorted({each.id for each in group if each.id} - {one.id for one in records})
        singles = await together([_single(remote.one, each) for each in missing])
        records.extend(record for record in singles if record is not None)
    return records


async def _anywhere(source: Source[Any, Any], keys: set[str]) -> Sequence[Record[Any]]:
    """Look for records that aren't where they were, on a list that shows them only on its pages."""
    walk: Walk[Any] = Walk(source.remote, source.asked(source.oldest_first), at_once=AT_ONCE)
    found: list[Record[Any]] = []
    async for _, records in walk.pages():
        found.extend(record for record in records if record.key in keys)
        if len(found) == len(keys):
            break
    return found


async def _single(
    one: Callable[[str], Awaitable[tuple[D, bytes]]], record_id: str
) -> Record[D] | None:
    try:
        document, raw = await one(record_id)
    except DocumentNotFound:
        return None
    except UnreadableAnswer:
        return Record(None, b"null", record_id)
    return Record(document, raw, record_id)
