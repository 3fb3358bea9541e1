"""What a provider gives of its lists, and which part of them one question needs."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from connector.errors import DownstreamRefused
from connector.listing.records import DocumentPage, ListMeta, Record
from connector.unified.mapped import Mapped

D = TypeVar("D")
T = TypeVar("T")

NEWEST = datetime.max.replace(tzinfo=UTC)

Params = Sequence[tuple[str, str]]
"""What a target system is asked to leave out, and how to order, as it wants to be asked."""


@dataclass(frozen=True, slots=True)
class NativeOrder:
    """A property that a target system orders a list by, and how it's asked to in either direction.

    Params are empty where it can't be asked: then this is how the list comes. Records that have the
    same `key` may come in another order with every request; without a key the order is settled.
    """

    key: Callable[[Any], object] | None = None
    descending: Params = ()
    ascending: Params = ()
    is_turned: bool = False

    @property
    def params(self) -> Params:
        return self.ascending if self.is_turned else self.descending

    def turned(self) -> "NativeOrder":
        """Return the order ascending; it's descending as a rule."""
        return replace(self, is_turned=True)

    def key_of(self, record: Record[Any]) -> object:
        """Return by what a record was ordered, None when it doesn't tell."""
        if self.key is None or record.document is None:
            return None
        return self.key(record.document)


def never(_: DownstreamRefused) -> bool:
    """Say of a target system that it answers a page past the end with nothing."""
    return False


@dataclass(frozen=True, slots=True)
class RemoteList(Generic[D]):
    """One list of a target system for one linked account: all that reading it takes.

    `system` is what sentences call the target system, `name` what it calls the list. `page` fetches
    a page by number (from 1), size (`largest_page` at most) and params; `one` a document by its id,
    with its own bytes, raising DocumentNotFound or UnreadableAnswer, and is None where documents
    are found in the list alone. `count_changed` counts what changed at a moment or later, None
    where that can't be asked. `is_past_the_end` says whether a refused page may lie past the end.
    """

    system: str
    name: str
    largest_page: int
    page: Callable[[int, int, Params], Awaitable[DocumentPage[D]]]
    one: Callable[[str], Awaitable[tuple[D, bytes]]] | None = None
    count_changed: Callable[[datetime], Awaitable[int]] | None = None
    is_past_the_end: Callable[[DownstreamRefused], bool] = never

    async def further_page(self, number: int, size: int, params: Params) -> DocumentPage[D]:
        """Fetch a page; an empty one when the list has become shorter."""
        try:
            return await self.page(number, size, params)
        except DownstreamRefused as error:
            if number == 1 or not self.is_past_the_end(error):
                raise
            return DocumentPage((), ListMeta(), b"{}")


@dataclass(frozen=True, slots=True)
class Source(Generic[D, T]):
    """A list that records of one kind come from, and what becomes of them.

    `convert` answers None for a document that doesn't belong to the kind, which is then called
    `other`; `keep`, which is cheaper, says so before it. `params` is what the target system is
    asked to leave out. `moment` is what newest first means, and `age` how the list is ordered so;
    with empty params it can't be.
    """

    remote: RemoteList[D]
    kind: str
    convert: Callable[[D], Mapped[T] | None]
    moment: Callable[[D], datetime | None]
    age: NativeOrder
    other: str
    params: Params = ()
    keep: Callable[[D], bool] | None = None

    @property
    def newest_first(self) -> Params:
        return self.age.descending

    @property
    def oldest_first(self) -> Params:
        return self.age.ascending

    def asked(self, order: Params) -> Params:
        """Return all that the target system is asked for, in some order."""
        return (*self.params, *order)

    async def first_page(self, order: Params) -> DocumentPage[D]:
        """Fetch the first of the largest pages."""
        return await self.remote.page(1, self.remote.largest_page, self.asked(order))

    def belongs(self, record: Record[D]) -> bool:
        """Say whether a record may be of the kind; one that can't be read may be."""
        return self.keep is None or record.document is None or self.keep(record.document)

    def moment_of(self, record: Record[D]) -> datetime | None:
        """Return the moment that decides what is newest, None when the record doesn't tell."""
        return None if record.document is None else self.moment(record.document)

    def shown(self, record: Record[D]) -> Mapped[T] | str:
        """Return a record in the unified model, or say why it's left out."""
        if record.document is None:
            return self.unreadable(record.id)
        mapped = self.convert(record.document)
        if mapped is None:
            return f"{self.kind} {record.id}: left out, because it is {self.other}"
        return mapped

    def unreadable(self, record_id: str | None) -> str:
        """Say that one record of a page was left out."""
        return unreadable(self.remote.system, self.kind, record_id)

    def unjudged(self, record_id: str | None) -> str:
        """Say that one record was left out of a list of which it may be no part at all."""
        return unjudged(self.remote.system, self.kind, record_id)

    def incomplete(self, total: int | None, count: int) -> str:
        """Say that the list has more records than it showed."""
        return incomplete(self.remote.system, self.kind, total, count)


def incomplete(system: str, kind: str, total: int | None, count: int) -> str:
    """Say that a list of a target system has more records than it showed."""
    return (
        f"{kind}: {system} counts {total} records and showed {count}; its list changed from "
        "request to request, and what is missing may be found by asking again"
    )


def unreadable(system: str, kind: str, record_id: str | None) -> str:
    """Say that one record of a page was left out."""
    return f"{unjudged(system, kind, record_id)}; it is in the raw data"


def unjudged(system: str, kind: str, record_id: str | None) -> str:
    """Say that one record was left out of a list of which it may be no part at all."""
    return (
        f"{kind} {record_id or 'without id'}: left out, because the record doesn't fit {system}'s "
        "documentation"
    )
