"""Filters and orders that a target system lacks: over the whole list, by an index of it.

The list is read once, from its oldest record on, since new records then come after those already
read. Of every record that the question leaves, the index keeps a sort key, the id and the page it
was on; what a page of the answer shows is fetched anew: a whole page of the target system's for
several records that are on it, the single document for one.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from connector.errors import FilterTooBroad
from connector.listing.query import LocalFilter
from connector.listing.records import DocumentPage, Record
from connector.listing.source import NEWEST, Source
from connector.listing.together import together
from connector.listing.walk import Walk

T = TypeVar("T")

MOST_DOCUMENTS = 10_000
"""Documents that are read for one index; a broader question is refused."""

AT_ONCE = 4
"""Requests that are made at a time for one question."""

_MOST_WARNINGS = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Where one record stands: which of the sources it comes from, its id, its page of which size.

    A record without an id is known by its `content`, and found only on a page.
    One that can't be read has a place all the same, where all records have one: whoever walks on
    from pages that were merged counts it too.
    """

    source: int
    id: str
    page: int
    size: int
    is_readable: bool = True
    content: str | None = None

    @property
    def key(self) -> str | None:
        """By what its record is found, None for one that can't be."""
        return self.id or self.content


@dataclass(frozen=True, slots=True)
class Index:
    """Every record that a question leaves, in its order.

    `warnings` names the records that can't be read: whether they belong here is unknown.
    """

    places: tuple[Place, ...]
    warnings: tuple[str, ...]
    begun: datetime = NEWEST
    """When it was begun to be read; what changed later may be missing."""

    def without(self, gone: Collection[Place]) -> "Index":
        """Return the index without records that don't belong to it any more."""
        left = tuple(place for place in self.places if place not in gone)
        return replace(self, places=left)


@dataclass(frozen=True, slots=True)
class _Keyed:
    key: Any
    place: Place


async def build(sources: Sequence[Source[Any, T]], local: LocalFilter[T]) -> Index:
    """Read all the lists. Raises FilterTooBroad when they have more documents than are read."""
    firsts = await together([source.first_page(source.oldest_first) for source in sources])
    check_size([first.meta.total_count for first in firsts])
    found: list[_Keyed] = []
    warnings: list[str] = []
    whole = is_whole(sources, local)
    for number, (source, first) in enumerate(zip(sources, firsts, strict=True)):
        scan = _Scan(number, source, local, whole=whole)
        if not await scan.read(first):
            scan = _Scan(number, source, local, whole=whole)
            await scan.read(await source.first_page(source.oldest_first))
        found.extend(scan.found)
        warnings.extend(scan.warnings)
    if local.order is not None or len(sources) > 1 or any(one.oldest_first for one in sources):
        found = _ordered(found, local)
    return Index(tuple(each.place for each in found), tuple(warnings))


def is_whole(sources: Sequence[Source[Any, T]], local: LocalFilter[T]) -> bool:
    """Say that nothing is chosen here, but from lists that are read whole anyway."""
    return local.keep is None and not any(one.keep and one.newest_first for one in sources)


def check_size(totals: Sequence[int | None]) -> None:
    """Raise FilterTooBroad when lists of these sizes are too long to be read for an index."""
    if sum(total or 0 for total in totals) > MOST_DOCUMENTS:
        raise FilterTooBroad(
            f"This filter or order would need more than {MOST_DOCUMENTS:,} documents to be read. "
            "Narrow it down with lastModifiedAt, or leave the order out."
        )


class _Scan(Generic[T]):
    """Reads one list to its end, a few pages at a time where its length is known."""

    def __init__(
        self, number: int, source: Source[Any, T], local: LocalFilter[T], *, whole: bool
    ) -> None:
        self._number = number
        self._source = source
        self._local = local
        self._places_all = whole and local.order is None
        self._missing: str | None = None
        self._unjudged: list[str | None] = []
        self._found: list[_Keyed] = []

    @property
    def found(self) -> list[_Keyed]:
        """What the question leaves, in the list's order or newest first."""
        return self._found if self._local.order is not None else self._in_place()

    @property
    def warnings(self) -> list[str]:
        """Name the records of which nobody knows whether they belong here; many are counted."""
        told = [self._source.unjudged(each) for each in self._unjudged[:_MOST_WARNINGS]]
        more = len(self._unjudged) - len(told)
        if more:
            told.append(f"{self._source.kind}: {more} more records were left out like these")
        return [*told, self._missing] if self._missing is not None else told

    async def read(self, first: DocumentPage[Any]) -> bool:
        """Read on from the first page; say whether nothing is known to be missing at the end.

        Records may be deleted meanwhile, so that others move to pages that were read already.
        """
        asked = self._source.asked(self._source.oldest_first)
        walk: Walk[Any] = Walk(self._source.remote, asked, first=first, at_once=AT_ONCE)
        async for number, records in walk.pages():
            self._take(number, walk.size, records)
            check_size([walk.count])
        if walk.missing:
            self._missing = self._source.incomplete(walk.total, walk.count)
        return not walk.may_lack

    def _take(self, number: int, size: int, records: Sequence[Record[Any]]) -> None:
        for record in records:
            if record.document is not None:
                content = None if record.id else record.key
                place = Place(self._number, record.id or "", number, size, content=content)
                self._place(record, place)
            elif self._places_all:
                place = Place(self._number, record.id or "", number, size, is_readable=False)
                self._found.append(_Keyed(self._source.moment_of(record), place))
            else:
                self._unjudged.append(record.id)

    def _place(self, record: Record[Any], place: Place) -> None:
        if not self._source.belongs(record):
            return
        mapped = self._source.convert(record.document)
        local = self._local
        if mapped is None or (local.keep is not None and not local.keep(mapped.value)):
            return
        text = local.order
        key = self._source.moment_of(record) if text is None else text(mapped.value)
        self._found.append(_Keyed(key, place))

    def _in_place(self) -> list[_Keyed]:
        """Place a record without a moment by the moment of its newer neighbour, as merged lists
        do."""
        newest_first = self._found[::-1] if self._source.oldest_first else self._found
        latest = NEWEST
        placed: list[_Keyed] = []
        for each in newest_first:
            latest = each.key or latest
            placed.append(_Keyed(latest, each.place))
        return placed


def _ordered(found: list[_Keyed], local: LocalFilter[Any]) -> list[_Keyed]:
    """Order by id, then by the key in its direction; what has no key comes last."""
    with_key = sorted(
        (each for each in found if each.key is not None), key=lambda each: each.place.id
    )
    with_key.sort(key=lambda each: each.key, reverse=local.descending)
    without = sorted((each for each in found if each.key is None), key=lambda each: each.place.id)
    return [*with_key, *without]
