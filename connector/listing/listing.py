"""One kind of record as the ports want it: listed, and read one by one."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from datetime import tzinfo
from typing import Generic, TypeVar

import msgspec

from connector.listing.freshness import is_unchanged
from connector.listing.index import MOST_DOCUMENTS, Index, Place, build
from connector.listing.kinds import ListPlan, RecordKind
from connector.listing.merge import Stream, merged
from connector.listing.native import native_page, page_count
from connector.listing.rows import FetchedRow, read_places
from connector.listing.snapshots import Snapshots
from connector.listing.ties import Edges
from connector.listing.together import together
from connector.ports import Found, Page, Query
from connector.unified.mapped import Mapped
from storage.clock import Clock

A = TypeVar("A")
T = TypeVar("T")

_MERGED = 300
"""Records from the top of several lists that are merged anew for every page."""


class Listing(Generic[A, T]):
    """The ResourceReader of one kind of record.

    `open_account` makes what the provider wants to know of an account in a zone; `known_id` answers
    an id that the target system may know, or raises DocumentNotFound without asking it.
    """

    def __init__(
        self,
        kind: RecordKind[A, T],
        open_account: Callable[[str, tzinfo | None], A],
        known_id: Callable[[str], str],
        snapshots: Snapshots,
        clock: Clock,
    ) -> None:
        self._kind = kind
        self._open = open_account
        self._known_id = known_id
        self._snapshots = snapshots
        self._clock = clock
        self._edges = Edges()

    async def list(self, account_id: str, query: Query) -> Page[T]:
        plan = await self._kind.plan(self._open(account_id, query.zone), query)
        if not plan.sources:
            return _of_rows(query, plan)
        if plan.needs_index:
            return await self._indexed(account_id, query, plan)
        if len(plan.sources) == 1 and plan.sources[0].keep is None:
            source = plan.sources[0]
            walk = account_id, self._kind.name, replace(query, page=1, raw=False)
            return await native_page(query, source, plan.order or source.age, walk, self._edges)
        return await self._merged(account_id, query, plan)

    async def get(self, account_id: str, record_id: str, *, zone: tzinfo | None = None) -> Found[T]:
        known = self._known_id(record_id)
        return await self._kind.find(self._open(account_id, zone), known)

    async def _indexed(self, account_id: str, query: Query, plan: ListPlan[T]) -> Page[T]:
        """Return a page by the index of the whole list.

        A record that changed or went since the index was read is left out, and the next one takes
        its place. So every page but the last is full.
        """
        key = self._key(account_id, query)
        index = await self._index(key, plan, is_first=query.page == 1)
        skip = (query.page - 1) * query.limit
        rows: dict[Place, FetchedRow[T] | None] = {}
        while True:
            places = index.places[skip : skip + query.limit]
            new = [place for place in places if place not in rows]
            rows.update(zip(new, await read_places(plan.sources, new, plan.local), strict=True))
            gone = {place for place in new if place.id and rows[place] is None}
            if not gone:
                break
            index = index.without(gone)
            self._snapshots.put(key, index)
        warnings = list(index.warnings)
        mapped: list[Mapped[T]] = []
        raws: list[tuple[str, bytes]] = []
        for place in places:
            row = rows[place]
            if row is not None:
                raws.append((row.source.remote.name, row.raw))
            if row is not None and row.mapped is not None:
                mapped.append(row.mapped)
            else:
                warnings.append(plan.sources[place.source].unreadable(place.id))
        return _page(query, plan, mapped, raws, total=len(index.places), warnings=warnings)

    async def _index(self, key: Hashable, plan: ListPlan[T], *, is_first: bool) -> Index:
        """Return the index of a list: for its first page one that knows of every change.

        Further pages go on from the first one's, so that none of the list is lost in between.
        """
        asked_at = self._clock()

        async def read() -> Index:
            begun = self._clock()
            return replace(await build(plan.sources, plan.local), begun=begun)

        index = await self._snapshots.get(key, read)
        if not is_first or index.begun >= asked_at:
            return index
        if await is_unchanged(plan.sources, index.begun):
            return index
        self._snapshots.drop(key, index)
        return await self._snapshots.get(key, read)

    async def _merged(self, account_id: str, query: Query, plan: ListPlan[T]) -> Page[T]:
        """Return a page of several lists: the first pages by merging, deep ones by an index.

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
            shown = entry.source.shown(entry.record)
            if isinstance(shown, str):
                warnings.append(shown)
            else:
                found.append(shown)
        raws = [(entry.source.remote.name, entry.record.raw) for entry in entries]
        return _page(query, plan, found, raws, total=total, warnings=warnings)

    def _key(self, account_id: str, query: Query) -> Hashable:
        """Name a question, whichever page of its answer is asked for."""
        return account_id, self._kind.name, replace(query, page=1, limit=1, raw=False)


def _of_rows(query: Query, plan: ListPlan[T]) -> Page[T]:
    """Return a page of what is there already."""
    skip = (query.page - 1) * query.limit
    rows = plan.rows[skip : skip + query.limit]
    raws = [(row.source.remote.name, row.raw) for row in rows]
    found = [row.mapped for row in rows if row.mapped is not None]
    return _page(query, plan, found, raws, total=len(plan.rows))


def _page(
    query: Query,
    plan: ListPlan[T],
    found: Sequence[Mapped[T]],
    raws: Sequence[tuple[str, bytes]] = (),
    *,
    total: int | None,
    warnings: Sequence[str] = (),
) -> Page[T]:
    """Put a page together. Raw data holds its documents under the names of their lists."""
    lists: dict[str, list[msgspec.Raw]] = {source.remote.name: [] for source in plan.sources}
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
