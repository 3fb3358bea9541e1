"""The records of one kind in one organisation, with the orders that lists are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
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
    equal keys keep the order in which they were created.
    """

    statuses: frozenset[str] | None = None
    created: Window = OPEN
    updated: Window = OPEN
    where: tuple[Callable[[R], bool], ...] = ()
    order: Literal["created_at", "updated_at"] = "created_at"
    key: Callable[[R], Any] | None = None
    descending: bool = True


@dataclass(slots=True)
class _Orders(Generic[R]):
    """The same records by creation and by last change."""

    created: Ordered[R] = field(default_factory=Ordered[R])
    updated: Ordered[R] = field(default_factory=Ordered[R])


@dataclass(slots=True)
class _Filed:
    """Under which keys a record is filed at present."""

    status: str
    created: int
    updated: int


class Collection(Generic[R]):
    """Records by id, by creation and by last change, each also per status.

    ``save`` is told after a record was changed in place; it moves the record in the orders.
    A page costs what its records cost, whatever the size of the collection.
    """

    def __init__(self) -> None:
        self._records: dict[str, R] = {}
        self._filed: dict[str, _Filed] = {}
        self._all: _Orders[R] = _Orders()
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
        self._all.updated.add(updated, record, filed.created)
        self._all.created.widen(filed.created, updated)
        if record.status != filed.status:
            self._by_status[filed.status].created.remove(filed.created)
            self._file(record, self._orders(record.status), filed.created, updated)
        else:
            self._by_status[filed.status].updated.add(updated, record, filed.created)
            self._by_status[filed.status].created.widen(filed.created, updated)
        self._filed[record.id] = _Filed(record.status, filed.created, updated)
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
            orders = self._by_status[status] = _Orders()
        return orders

    def _file(self, record: R, orders: _Orders[R], created: int, updated: int) -> None:
        orders.created.add(created, record, updated)
        orders.updated.add(updated, record, created)

    def select(self, wanted: Selection[R], start: int, stop: int) -> tuple[list[R], int]:
        """The records at positions ``start`` to ``stop`` of a selection, and how many it has."""
        statuses = wanted.statuses
        if statuses is not None and len(statuses) == 1:
            orders = self._by_status.get(next(iter(statuses)), _Orders[R]())
            statuses = None
        else:
            orders = self._all
        created, updated = _keys(wanted.created), _keys(wanted.updated)
        by_created = wanted.order == "created_at"
        main, other = (
            (orders.created, orders.updated) if by_created else (orders.updated, orders.created)
        )
        main_window, other_window = (created, updated) if by_created else (updated, created)
        if wanted.key is not None or wanted.where:
            return self._scan(wanted, statuses, orders, created, updated, start, stop)
        if other_window is None:
            low = main.position(main_window[0]) if main_window else 0
            high = main.position(main_window[1]) if main_window else len(main)
            if statuses is None:
                if wanted.descending:
                    return main.between(max(low, high - stop), max(low, high - start))[::-1], (
                        high - low
                    )
                return main.between(low + start, min(high, low + stop)), high - low
            if main_window is None:
                total = sum(
                    len(self._by_status[status].created)
                    for status in statuses
                    if status in self._by_status
                )
                return _take(self._walk(wanted, main, statuses, None, None), start, stop), total
        elif main_window is None and statuses is None:
            total = other.position(other_window[1]) - other.position(other_window[0])
            if total > stop * max(1, len(main) // max(1, total)):
                walk = self._walk(wanted, main, None, None, other_window)
                return _take(walk, start, min(stop, total)), total
        return self._scan(wanted, statuses, orders, created, updated, start, stop)

    def _walk(
        self,
        wanted: Selection[R],
        main: Ordered[R],
        statuses: frozenset[str] | None,
        main_window: tuple[int, int] | None,
        other_window: tuple[int, int] | None,
    ) -> Iterator[R]:
        low, high = main_window or (0, _NEVER)
        since, until = wanted.updated if wanted.order == "created_at" else wanted.created
        by_created = wanted.order == "created_at"
        for record in main.walk(low, high, descending=wanted.descending, second=other_window):
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
        statuses: frozenset[str] | None,
        orders: _Orders[R],
        created: tuple[int, int] | None,
        updated: tuple[int, int] | None,
        start: int,
        stop: int,
    ) -> tuple[list[R], int]:
        """Looks at every candidate, taking them from the narrower of the two time windows."""
        narrow = orders.updated if updated else orders.created
        low, high = updated or created or (0, _NEVER)
        candidates = list(narrow.walk(low, high, descending=False))
        if updated and created:
            since, until = wanted.created
            candidates = [
                record
                for record in candidates
                if not (since and record.created_at < since)
                and not (until and record.created_at > until)
            ]
        if statuses is not None:
            candidates = [record for record in candidates if record.status in statuses]
        for condition in wanted.where:
            candidates = [record for record in candidates if condition(record)]
        filed = self._filed
        if wanted.key is not None:
            candidates.sort(key=lambda record: filed[record.id].created)
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


def newest_first(records: Sequence[R]) -> list[R]:
    """The records by creation, newest first."""
    return sorted(records, key=lambda record: record.created_at, reverse=True)
