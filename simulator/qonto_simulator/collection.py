"""The records of one kind in one organisation, with the orders that lists are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, Protocol, TypeVar

from .ordered import Ordered
from .times import micros

_SHIFT = 24
_NEVER = 1 << 96


class Record(Protocol):
    """What a collection needs to know of its members."""

    id: str
    status: str
    created_at: datetime
    updated_at: datetime


R = TypeVar("R", bound=Record)
Window = tuple[datetime | None, datetime | None]
OPEN: Window = (None, None)


@dataclass(frozen=True, slots=True)
class Selection(Generic[R]):
    """Which records are wanted, in which order.

    Windows include both ends. ``key`` replaces the order by time with any other one; records with
    equal keys are in the order of creation, in the same direction.
    """

    statuses: frozenset[str] | None = None
    created: Window = OPEN
    updated: Window = OPEN
    where: tuple[Callable[[R], bool], ...] = ()
    order: Literal["created_at", "updated_at"] = "created_at"
    key: Callable[[R], Any] | None = None
    descending: bool = True


@dataclass(slots=True)
class _Filed:
    """Under which keys a record is filed at present."""

    status: str
    created: int
    updated: int


class _Orders(Generic[R]):
    """The same records by creation and by last change."""

    __slots__ = ("created", "updated")

    def __init__(self, filed: dict[str, _Filed]) -> None:
        self.created: Ordered[R] = Ordered(lambda record: filed[record.id].updated)
        self.updated: Ordered[R] = Ordered(lambda record: filed[record.id].created)


class Collection(Generic[R]):
    """Records by id, by creation and by last change, each also per status.

    ``save`` is told after a record was changed in place; it moves the record in the orders.
    A page costs what its records cost, whatever the size of the collection.
    """

    def __init__(self) -> None:
        self._records: dict[str, R] = {}
        self._filed: dict[str, _Filed] = {}
        self._all: _Orders[R] = _Orders(self._filed)
        self._by_status: dict[str, _Orders[R]] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[R]:
        return iter(list(self._records.values()))

    def get(self, id: str) -> R | None:
        return self._records.get(id)

    def add(self, record: R) -> R:
        self._count += 1
        created = (micros(record.created_at) << _SHIFT) | self._count
        updated = (micros(record.updated_at) << _SHIFT) | self._count
        self._records[record.id] = record
        self._filed[record.id] = _Filed(record.status, created, updated)
        self._file(record, self._all, created, updated)
        self._file(record, self._orders(record.status), created, updated)
        return record

    def save(self, record: R, at: datetime) -> R:
        """Files a changed record anew; ``at`` becomes its ``updated_at``."""
        record.updated_at = at
        filed = self._filed[record.id]
        updated = (micros(at) << _SHIFT) | (filed.created & ((1 << _SHIFT) - 1))
        for orders in (self._all, self._by_status[filed.status]):
            orders.updated.remove(filed.updated)
        self._filed[record.id] = _Filed(record.status, filed.created, updated)
        self._all.updated.add(updated, record, filed.created)
        self._all.created.widen(filed.created, updated)
        if record.status != filed.status:
            self._by_status[filed.status].created.remove(filed.created)
            self._file(record, self._orders(record.status), filed.created, updated)
        else:
            self._by_status[filed.status].updated.add(updated, record, filed.created)
            self._by_status[filed.status].created.widen(filed.created, updated)
        return record

    def remove(self, record: R) -> None:
        filed = self._filed.pop(record.id)
        del self._records[record.id]
        for orders in (self._all, self._by_status[filed.status]):
            orders.created.remove(filed.created)
            orders.updated.remove(filed.updated)

    def with_status(self, status: str) -> Iterator[R]:
        """The records in one status, oldest first."""
        orders = self._by_status.get(status)
        return orders.created.walk(0, _NEVER, descending=False) if orders else iter(())

    def _orders(self, status: str) -> _Orders[R]:
        orders = self._by_status.get(status)
        if orders is None:
            orders = self._by_status[status] = _Orders(self._filed)
        return orders

    def _file(self, record: R, orders: _Orders[R], created: int, updated: int) -> None:
        orders.created.add(created, record, updated)
        orders.updated.add(updated, record, created)

    def select(self, wanted: Selection[R], start: int, stop: int) -> tuple[list[R], int]:
        """The records at positions ``start`` to ``stop`` of a selection, and how many it has."""
        created, updated = _keys(wanted.created), _keys(wanted.updated)
        if wanted.key is not None or wanted.where or (created and updated):
            return self._scan(wanted, created, updated, start, stop)
        by_created = wanted.order == "created_at"
        parts = [self._all]
        if wanted.statuses is not None:
            known = (self._by_status.get(status) for status in wanted.statuses)
            parts = [orders for orders in known if orders is not None]
        total = sum(
            _count(orders.updated if updated else orders.created, updated or created)
            for orders in parts
        )
        window, other_window = (created, updated) if by_created else (updated, created)
        if len(parts) == 1 and other_window is None:
            index = parts[0].created if by_created else parts[0].updated
            return _slice(index, window, wanted.descending, start, stop), total
        whole = parts[0] if len(parts) == 1 else self._all
        index = whole.created if by_created else whole.updated
        if total * total > stop * len(index):
            walk = self._walk(wanted, index, window, other_window)
            return _take(walk, start, min(stop, total)), total
        return self._scan(wanted, created, updated, start, stop)

    def _walk(
        self,
        wanted: Selection[R],
        index: Ordered[R],
        window: tuple[int, int] | None,
        other_window: tuple[int, int] | None,
    ) -> Iterator[R]:
        """Those that fit, in the wanted order, looked for one after the other."""
        low, high = window or (0, _NEVER)
        by_created, statuses = wanted.order == "created_at", wanted.statuses
        since, until = wanted.updated if by_created else wanted.created
        for record in index.walk(low, high, descending=wanted.descending, second=other_window):
            if statuses is not None and record.status not in statuses:
                continue
            if other_window is not None:
                moment = record.updated_at if by_created else record.created_at
                if (since and moment < since) or (until and moment > until):
                    continue
            yield record

    def _scan(
        self,
        wanted: Selection[R],
        created: tuple[int, int] | None,
        updated: tuple[int, int] | None,
        start: int,
        stop: int,
    ) -> tuple[list[R], int]:
        """Looks at every candidate, taking them from the narrowest order there is."""
        statuses = wanted.statuses
        parts = [self._all]
        if statuses is not None:
            known = (self._by_status.get(status) for status in statuses)
            parts = [orders for orders in known if orders is not None]
        low, high = updated or created or (0, _NEVER)
        candidates = [
            record
            for orders in parts
            for record in (orders.updated if updated else orders.created).walk(
                low, high, descending=False
            )
        ]
        if updated and created:
            since, until = wanted.created
            candidates = [
                record
                for record in candidates
                if not (since and record.created_at < since)
                and not (until and record.created_at > until)
            ]
        for condition in wanted.where:
            candidates = [record for record in candidates if condition(record)]
        filed = self._filed
        if wanted.key is not None:
            candidates.sort(key=lambda record: filed[record.id].created, reverse=wanted.descending)
            candidates.sort(key=wanted.key, reverse=wanted.descending)
        elif wanted.order == "created_at":
            candidates.sort(key=lambda record: filed[record.id].created, reverse=wanted.descending)
        else:
            candidates.sort(key=lambda record: filed[record.id].updated, reverse=wanted.descending)
        return candidates[start:stop], len(candidates)


def _keys(window: Window) -> tuple[int, int] | None:
    since, until = window
    if since is None and until is None:
        return None
    low = micros(since) << _SHIFT if since else 0
    high = (micros(until) + 1) << _SHIFT if until else _NEVER
    return low, high


def _count(index: Ordered[R], window: tuple[int, int] | None) -> int:
    if window is None:
        return len(index)
    # A window that ends before it begins holds nothing.
    return max(0, index.position(window[1]) - index.position(window[0]))


def _slice(
    index: Ordered[R], window: tuple[int, int] | None, descending: bool, start: int, stop: int
) -> list[R]:
    low = index.position(window[0]) if window else 0
    high = index.position(window[1]) if window else len(index)
    if descending:
        return index.between(max(low, high - stop), max(low, high - start))[::-1]
    return index.between(low + start, min(high, low + stop))


def _take(records: Iterator[R], start: int, stop: int) -> list[R]:
    found: list[R] = []
    for position, record in enumerate(records):
        if position >= stop:
            break
        if position >= start:
            found.append(record)
            if position + 1 == stop:
                break
    return found
