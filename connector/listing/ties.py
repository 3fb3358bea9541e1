"""Pages of a list whose order the target system doesn't settle.

Records that share the moment a list is ordered by have no order among themselves, and may come in
another with each request. Where they lie on both sides of a page's edge, one would come twice and
another never. So all of them are gathered, and shared out to the pages by their ids.
"""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connector.listing.records import Record
from connector.listing.source import NativeOrder, Source
from connector.listing.walk import READINGS
from connector.listing.window import Window, window

_FARTHEST = 10
"""Pages on either side of an edge that are searched for records of the same moment."""

_MOST_EDGES = 5_000


@dataclass(frozen=True, slots=True)
class Edge:
    """The moment of a page's last record, and the ids of those with it that were shown so far."""

    moment: object
    shown: frozenset[str]
    largest: int
    """The size of the target system's largest pages, as far as seen."""


class Edges:
    """How the pages ended that were shown last, so that the next ones go on from there.

    A page with a single record of a moment doesn't tell that there are more of it on the next.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Edge] = OrderedDict()

    def get(self, walk: Hashable, page: int) -> Edge | None:
        """Return how a page ended, None when it isn't known (any more)."""
        return self._kept.get((walk, page))

    def keep(self, walk: Hashable, page: int, edge: Edge) -> None:
        """Remember how a page ended."""
        self._kept[walk, page] = edge
        self._kept.move_to_end((walk, page))
        if len(self._kept) > _MOST_EDGES:
            self._kept.popitem(last=False)


@dataclass(slots=True)
class _Group:
    """Records of one moment; `start` and `stop` are their places in the list, as far as known."""

    moment: object
    start: int
    stop: int
    records: dict[str, Record[Any]] = field(default_factory=lambda: {})

    @property
    def lacks(self) -> int:
        return self.stop - self.start - len(self.records)


class Settler:
    """Settles the order at both edges of one page."""

    def __init__(self, source: Source[Any, Any], order: NativeOrder, before: Edge | None) -> None:
        self._source = source
        self._order = order
        self._before = before
        self._is_settled = True

    @property
    def is_settled(self) -> bool:
        """Say whether all the records of a moment were found."""
        return self._is_settled

    async def settle(self, page: Window) -> Window:
        """Return the page with the records that belong on it, in their final order at its edges."""
        if not page.records or self._order.key is None:
            return page
        moments = [self._order.key_of(record) for record in page.records]
        first, last = moments[0], moments[-1]
        is_open_before = page.start > 0 and (
            moments[:2].count(first) == 2
            or (self._before is not None and self._before.moment == first)
        )
        more = page.total is None or page.stop < page.total
        is_open_after = more and moments[-2:].count(last) == 2
        if is_open_before or (is_open_after and first == last):
            page = await self._shared_out(page, first)
        if is_open_after and first != last:
            page = await self._shared_out(page, last)
        return page

    def edge(self, page: Window) -> Edge | None:
        """Return how a page ends."""
        if not page.records:
            return None
        if self._order.key is None:
            return Edge(None, frozenset(), page.largest)
        moment = self._order.key_of(page.records[-1])
        shown = {one.id for one in page.records if one.id and self._order.key_of(one) == moment}
        if self._before is not None and self._before.moment == moment:
            shown |= self._before.shown
        return Edge(moment, frozenset(shown), page.largest)

    async def _shared_out(self, page: Window, moment: object) -> Window:
        group = await self._gather(page, moment)
        if group is None:
            self._is_settled = False
            return page
        for _ in range(READINGS):
            if group.lacks <= 0:
                break
            count = group.stop - group.start
            await self._take(group, group.start, count, page.largest)
        self._is_settled = self._is_settled and group.lacks <= 0
        places = range(max(group.start, page.start), min(group.stop, page.stop))
        shown = self._before.shown if self._before and self._before.moment == moment else ()
        # what was shown before this page stands first, whether or not its ids come first
        ids = sorted(group.records, key=lambda one: (one not in shown, one))
        chosen = [group.records[one] for one in ids][places.start - group.start :][: len(places)]
        records = list(page.records)
        records[places.start - page.start : places.stop - page.start] = chosen
        return replace(page, records=records, raw=None)

    async def _gather(self, page: Window, moment: object) -> _Group | None:
        """Collect the records of a moment around a page; None when there are too many."""
        own = [at for at, one in enumerate(page.records) if self._order.key_of(one) == moment]
        group = _Group(moment, page.start + own[0], page.start + own[-1] + 1)
        self._add(group, page.records)
        most = self._source.remote.largest_page
        for _ in range(_FARTHEST):
            if group.start == 0 or group.start > page.start:
                break
            asked = min(most, group.start)
            found = await self._take(group, group.start - asked, asked, page.largest)
            group.start -= found
            if found < asked:
                break
        else:
            return None
        for _ in range(_FARTHEST):
            if group.stop < page.stop:
                break
            found = await self._take(group, group.stop, most, page.largest)
            group.stop += found
            if found < most:
                break
        else:
            return None
        return group

    async def _take(self, group: _Group, start: int, count: int, largest: int) -> int:
        """Read a part of the list; return how many places of it are the group's."""
        found = await window(self._source, start, count, self._order.params, largest)
        self._add(group, found.records)
        return sum(1 for record in found.records if self._order.key_of(record) == group.moment)

    def _add(self, group: _Group, records: Sequence[Record[Any]]) -> None:
        for record in records:
            if record.id is not None and self._order.key_of(record) == group.moment:
                group.records.setdefault(record.id, record)
