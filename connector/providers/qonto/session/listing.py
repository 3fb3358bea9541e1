"""One kind of record as the ports want it: listed, and read one by one."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from connector.ports import Found, Page, Query
from connector.providers.qonto.client import NEWEST_FIRST, Params, QontoClient
from connector.providers.qonto.mapping import Calendar
from connector.providers.qonto.session.freshness import is_unchanged
from connector.providers.qonto.session.ids import known_id
from connector.providers.qonto.session.index import (
    MOST_DOCUMENTS,
    Index,
    Place,
    Row,
    Unread,
    Wanted,
    build,
    is_whole,
    read_places,
)
from connector.providers.qonto.session.merge import Stream, merged
from connector.providers.qonto.session.native import native_page, page_count
from connector.providers.qonto.session.snapshots import Snapshots
from connector.providers.qonto.session.source import Source, unreadable
from connector.providers.qonto.session.ties import Edges
from connector.providers.qonto.session.together import together
from connector.unified.mapped import Mapped
from storage.clock import Clock

T = TypeVar("T")

_MERGED = 300
"""Records from the top of several lists that are merged anew for every page."""


@dataclass(frozen=True, slots=True)
class Asked:
    """For which account, and what day it is there; how a kind of record makes its sources."""

    client: QontoClient
    account_id: str
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Plan(Generic[T]):
    """How a question is answered: from which lists, and what Qonto can't do for it.

    No sources mean that nothing can fit, unless `rows` hold all there is already. `order` is how
    Qonto is asked to order a single list, newest first as a rule; it counts only where `wanted` is
    empty.
    """

    sources: Sequence[Source[Any, T]]
    wanted: Wanted[T] = field(default_factory=lambda: Wanted())
    order: Params = NEWEST_FIRST
    rows: Sequence[Row[T]] = ()

    @property
    def needs_index(self) -> bool:
        """Something is left to do over the whole of a list that isn't read whole anyway."""
        return (
            self.wanted.order is not None
            or not self.wanted.descending
            or not is_whole(self.sources, self.wanted)
        )


class Kind(Protocol[T]):
    """What tells one kind of record from another."""

    @property
    def name(self) -> str:
        """What a record of the kind is called in a sentence."""
        ...

    async def plan(self, asked: Asked, query: Query) -> Plan[T]:
        """Decide how to answer a question."""
        ...

    async def find(self, asked: Asked, record_id: str) -> tuple[Mapped[T], bytes]:
        """Read one record. Raises DocumentNotFound."""
        ...


class Listing(Generic[T]):
    """The ResourceReader of one kind. Ids are Qonto's own; anything but a UUID is unknown."""

    def __init__(
        self, client: QontoClient, kind: Kind[T], snapshots: Snapshots, clock: Clock
    ) -> None:
        self._client = client
        self._kind = kind
        self._snapshots = snapshots
        self._clock = clock
        self._edges = Edges()

    async def list(self, account_id: str, query: Query) -> Page[T]:
        plan = await self._kind.plan(self._asked(account_id, query.zone), query)
        if not plan.sources:
            return _of_rows(query, plan)
        if plan.needs_index:
            return await self._indexed(account_id, query, plan)
        if len(plan.sources) == 1 and plan.sources[0].keep is None:
            walk = account_id, self._kind.name, replace(query, page=1, raw=False)
            return await native_page(query, plan.sources[0], plan.order, walk, self._edges)
        return await self._merged(account_id, query, plan)

    async def get(self, account_id: str, record_id: str, *, zone: tzinfo | None = None) -> Found[T]:
        asked = self._asked(account_id, zone)
        mapped, raw = await self._kind.find(asked, known_id(record_id))
        return Found(mapped.value, mapped.warnings, raw)

    async def _indexed(self, account_id: str, query: Query, plan: Plan[T]) -> Page[T]:
        """Answer a page by the index of the whole list.

        Records that changed or went since it was read make room for those that follow, so that a
        page is full or the last one.
        """
        key = self._key(account_id, query)
        index = await self._index(key, plan, is_first=query.page == 1)
        skip = (query.page - 1) * query.limit
        rows: dict[Place, Row[T] | Unread | None] = {}
        while True:
            places = index.places[skip : skip + query.limit]
            new = [place for place in places if place not in rows]
            rows.update(zip(new, await read_places(plan.sources, new, plan.wanted), strict=True))
            gone = {place for place in new if place.id and rows[place] is None}
            if not gone:
                break
            index = index.without(gone)
            self._snapshots.put(key, index)
        warnings = list(index.warnings)
        mapped: list[Mapped[T]] = []
        for place in places:
            row = rows[place]
            if isinstance(row, Row):
                mapped.append(row.mapped)
            else:
                warnings.append(unreadable(plan.sources[place.source].kind, place.id))
        shown = (rows[place] for place in places)
        raws = [(row.source.name, row.raw) for row in shown if row is not None]
        return _page(query, plan, mapped, raws, total=len(index.places), warnings=warnings)

    async def _index(self, key: Hashable, plan: Plan[T], *, is_first: bool) -> Index:
        """Answer the index of a list: for its first page one that knows of every change.

        Further pages go on from the first one's, so that none of the list is lost in between.
        """
        asked_at = self._clock()

        async def read() -> Index:
            begun = self._clock()
            return replace(await build(plan.sources, plan.wanted), begun=begun)

        index = await self._snapshots.get(key, read)
        if not is_first or index.begun >= asked_at:
            return index
        if await is_unchanged(plan.sources, index.begun):
            return index
        self._snapshots.drop(key, index)
        return await self._snapshots.get(key, read)

    async def _merged(self, account_id: str, query: Query, plan: Plan[T]) -> Page[T]:
        """Answer a page of several lists: the first pages by merging, deep ones by an index.

        A walk that begins anew must not go on by an older index, which would lose what has moved.
        """
        if query.page == 1:
            self._snapshots.drop(self._key(account_id, query))
        streams = [Stream(source) for source in plan.sources]
        totals: list[int | None] = await together([stream.total() for stream in streams])
        known = [total for total in totals if total is not None]
        total = sum(known) if len(known) == len(totals) else None
        skip = (query.page - 1) * query.limit
        is_deep = skip + query.limit > _MERGED
        if is_deep and total is not None and skip < total <= MOST_DOCUMENTS:
            return await self._indexed(account_id, query, plan)
        if total is not None and skip >= total:
            return _page(query, plan, [], total=total)
        entries = await merged(
            [stream.entries() for stream in streams], skip=skip, take=query.limit
        )
        found: list[Mapped[T]] = []
        warnings = [warning for stream in streams for warning in stream.warnings]
        for entry in entries:
            document = entry.record.document
            mapped = None if document is None else entry.source.convert(document)
            if document is None:
                warnings.append(unreadable(entry.source.kind, entry.record.id))
            elif mapped is None:
                warnings.append(entry.source.strange(entry.record))
            else:
                found.append(mapped)
        raws = [(entry.source.name, entry.record.raw) for entry in entries]
        return _page(query, plan, found, raws, total=total, warnings=warnings)

    def _key(self, account_id: str, query: Query) -> Hashable:
        """Name a question, whichever page of its answer is asked for."""
        return account_id, self._kind.name, replace(query, page=1, limit=1, raw=False)

    def _asked(self, account_id: str, zone: tzinfo | None) -> Asked:
        return Asked(self._client, account_id, Calendar(self._clock(), zone))


def _of_rows(query: Query, plan: Plan[T]) -> Page[T]:
    """Answer a page of what is there already."""
    skip = (query.page - 1) * query.limit
    rows = plan.rows[skip : skip + query.limit]
    raws = [(row.source.name, row.raw) for row in rows]
    return _page(query, plan, [row.mapped for row in rows], raws, total=len(plan.rows))


def _page(
    query: Query,
    plan: Plan[T],
    found: Sequence[Mapped[T]],
    raws: Sequence[tuple[str, bytes]] = (),
    *,
    total: int | None,
    warnings: Sequence[str] = (),
) -> Page[T]:
    """Put a page together. Raw data holds its documents under the names of Qonto's lists."""
    lists: dict[str, list[msgspec.Raw]] = {source.name: [] for source in plan.sources}
    for name, raw in raws:
        lists.setdefault(name, []).append(msgspec.Raw(raw))
    return Page(
        items=tuple(mapped.value for mapped in found),
        warnings=(*warnings, *(warning for mapped in found for warning in mapped.warnings)),
        raw=msgspec.json.encode(lists) if query.raw else None,
        total=total,
        page=query.page,
        per_page=query.limit,
        total_pages=page_count(total, query.limit),
    )
