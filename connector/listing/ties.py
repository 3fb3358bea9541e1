"""Pages of a list whose order the target system doesn't settle.

Records that share the moment a list is ordered by have no order among themselves, and may come in
another with each request. Where they lie on both sides of a page's edge, or of a seam inside a page
that was put together from several, one would come twice and another never. So all of them are
gathered, and shared out by their ids.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from connector.listing.records import Record
from connector.listing.source import NativeOrder, Source
from connector.listing.walk import READINGS
from connector.listing.window import Window, window

_FARTHEST = 10
"""Pages on either side of an edge that are searched for records of the same moment."""

_MOST_EDGES = 5_000


@dataclass(frozen=True, slots=True)
class PageEdge:
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
        self._kept: OrderedDict[Hashable, PageEdge] = OrderedDict()

    def get(self, walk: Hashable, page: int) -> PageEdge | None:
        """Return how a page ended, None when it isn't known (any more)."""
        return self._kept.get((walk, page))

    def keep(self, walk: Hashable, page: int, edge: PageEdge) -> None:
        """Remember how a page ended."""
        self._kept[walk, page] = edge
        self._kept.move_to_end((walk, page))
        if len(self._kept) > _MOST_EDGES:
            self._kept.popitem(last=False)


@dataclass(slots=True)
class _Group:
    """Records of one moment.

    `own` is where they are on the page, `before` and `after` how many are on others; `start` and
    `stop` are where the first begins and the last ends in the list. All as far as known.
    """

    moment: object
    own: Sequence[int]
    start: int
    stop: int
    before: int = 0
    after: int = 0
    records: dict[str, Record[Any]] = field(default_factory=lambda: {})

    @property
    def lacks(self) -> int:
        return self.before + len(self.own) + self.after - len(self.records)


class Settler:
    """Settles the order at the edges of a page. Records that tell no moment stay where they are."""

    def __init__(
        self, source: Source[Any, Any], order: NativeOrder, before: PageEdge | None
    ) -> None:
        self._source = source
        self._order = order
        self._before = before
        self._is_settled = True

    @property
    def is_settled(self) -> bool:
        """Say whether all the records of a moment were found."""
        return self._is_settled

    async def settle(self, page: Window) -> Window:
        """Return the page with the records that belong on it, in their final order at all edges."""
        begin, end = self._outermost(page.records), self._outermost(reversed(page.records))
        if not begin:
            return page
        torn = [moment for moment in map(self._moment, page.twice) if moment is not None]
        if page.start > 0 and (
            begin.count(begin[0]) == 2
            or (self._before is not None and self._before.moment == begin[0])
        ):
            torn.append(begin[0])
        if page.has_more and end.count(end[0]) == 2:
            torn.append(end[0])
        for at, moment in enumerate(torn):
            if moment not in torn[:at]:
                page = await self._shared_out(page, moment)
        return page

    def edge(self, page: Window) -> PageEdge | None:
        """Return how a page ends."""
        if not page.records:
            return None
        moment: object = None
        shown: set[str] = set()
        for record in reversed(page.records):
            own = self._moment(record)
            if moment is not None and own not in (None, moment):
                break
            if own is not None and record.id:
                moment = own
                shown.add(record.id)
        if self._before is not None and self._before.moment == moment:
            shown |= self._before.shown
        return PageEdge(moment, frozenset(shown), page.largest)

    async def _shared_out(self, page: Window, moment: object) -> Window:
        group = await self._gather(page, moment)
        if group is None:
            self._is_settled = False
            return page
        for _ in range(READINGS):
            if group.lacks <= 0:
                break
            await self._take(group, group.start, group.stop - group.start, page.largest)
        self._is_settled = self._is_settled and group.lacks <= 0
        shown = self._before.shown if self._before and self._before.moment == moment else ()
        # what was shown before this page stands first, whether or not its ids come first
        ids = sorted(group.records, key=lambda one: (one not in shown, one))
        records = list(page.records)
        for at, one in zip(group.own, ids[group.before :], strict=False):
            records[at] = group.records[one]
        return replace(page, records=records, raw=None)

    async def _gather(self, page: Window, moment: object) -> _Group | None:
        """Collect the records of a moment around a page; None when there are too many."""
        own = self._places(page.records, moment)
        group = _Group(moment, own, page.start + own[0], page.start + own[-1] + 1)
        self._add(group, page.records)
        most = self._source.remote.largest_page
        records, start = page.records, page.start
        for _ in range(_FARTHEST):
            if start == 0 or self._outermost(records)[:1] not in ([], [moment]):
                break
            count = min(most, start)
            start -= count
            records = await self._take(group, start, count, page.largest)
            if places := self._places(records, moment):
                group.start = start + places[0]
                group.before += len(places)
        else:
            return None
        records, stop, has_more = page.records, page.stop, page.has_more
        for _ in range(_FARTHEST):
            if not has_more or self._outermost(reversed(records))[:1] not in ([], [moment]):
                break
            records = await self._take(group, stop, most, page.largest)
            if places := self._places(records, moment):
                group.stop = stop + places[-1] + 1
                group.after += len(places)
            stop += most
            has_more = len(records) == most
        else:
            return None
        return group

    async def _take(
        self, group: _Group, start: int, count: int, largest: int
    ) -> Sequence[Record[Any]]:
        """Read a part of the list, and collect what it has of the group."""
        found = await window(self._source, start, count, self._order.params, largest)
        self._add(group, found.records)
        return found.records

    def _add(self, group: _Group, records: Sequence[Record[Any]]) -> None:
        for at in self._places(records, group.moment):
            group.records.setdefault(records[at].id or "", records[at])

    def _outermost(self, records: Iterable[Record[Any]]) -> list[object]:
        """Return the moments of the first two records that tell one."""
        told = (one for one in map(self._moment, records) if one is not None)
        return list(islice(told, 2))

    def _places(self, records: Sequence[Record[Any]], moment: object) -> Sequence[int]:
        """Return where records of a moment are."""
        return [at for at, one in enumerate(records) if self._moment(one) == moment]

    def _moment(self, record: Record[Any]) -> object:
        return self._order.key_of(record) if record.id else None
