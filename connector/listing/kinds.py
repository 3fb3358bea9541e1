"""How a provider declares what can be read: one kind of record for each unified resource.

`A` is whatever a provider needs to know of a linked account: how to call, what day it is there.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from connector.errors import DocumentNotFound, MissingScope
from connector.listing.index import is_whole
from connector.listing.query import ListQuery, LocalFilter
from connector.listing.rows import FetchedRow
from connector.listing.source import NativeOrder, Params, Source
from connector.listing.walk import Walk
from connector.ports import Found, Query

A = TypeVar("A")
A_contra = TypeVar("A_contra", contravariant=True)
D = TypeVar("D")
P = TypeVar("P")
R = TypeVar("R")
T = TypeVar("T")

_MOST_READINGS = 2
"""Times that a list which moves meanwhile is searched."""


@dataclass(frozen=True, slots=True)
class ListPlan(Generic[T]):
    """How a query is answered: from which lists, and what is left to do here.

    No sources mean that nothing can fit, unless `rows` hold all there is already. `order` is how
    the target system is asked to order a single list, None for newest first; it counts only where
    nothing is left to do here.
    """

    sources: Sequence[Source[Any, T]]
    local: LocalFilter[T] = field(default_factory=lambda: LocalFilter())
    order: NativeOrder | None = None
    rows: Sequence[FetchedRow[T]] = ()

    @property
    def needs_index(self) -> bool:
        """Something is left to do over the whole of a list that isn't read whole anyway."""
        return (
            self.local.order is not None
            or not self.local.descending
            or not is_whole(self.sources, self.local)
        )


class RecordKind(Protocol[A_contra, T]):
    """What tells one kind of record from another."""

    @property
    def name(self) -> str:
        """What a record of the kind is called in a sentence."""
        ...

    async def plan(self, account: A_contra, query: Query) -> ListPlan[T]:
        """Decide how to answer a query."""
        ...

    async def find(self, account: A_contra, record_id: str) -> Found[T]:
        """Read one record. Raises DocumentNotFound."""
        ...


@dataclass(frozen=True, slots=True)
class SingleListKind(Generic[A, T]):
    """A kind of record that comes from a single list.

    `source` makes the list's source for an account and what it's asked for; `question` sorts a
    query into that, and what is left to do here.
    """

    name: str
    source: Callable[[A, Params], Source[Any, T]]
    question: Callable[[Query], ListQuery[T]]

    async def plan(self, account: A, query: Query) -> ListPlan[T]:
        asked = self.question(query)
        sources = [self.source(account, asked.params)] if asked.possible else []
        return ListPlan(sources, asked.local, asked.order)

    async def find(self, account: A, record_id: str) -> Found[T]:
        return await find_one(self.source(account, ()), record_id)


async def find_one(source: Source[Any, T], record_id: str) -> Found[T]:
    """Read one record of a list. Raises DocumentNotFound, also for one of another kind."""
    if source.remote.one is not None:
        document, raw = await source.remote.one(record_id)
    else:
        document, raw = await _find_in_list(source, record_id)
    mapped = source.convert(document)
    if mapped is None:
        raise DocumentNotFound(f"The document of that id is {source.other}.")
    return Found(mapped.value, mapped.warnings, raw)


async def _find_in_list(source: Source[D, Any], record_id: str) -> tuple[D, bytes]:
    """Look for a record that is shown only as part of its list."""
    for _ in range(_MOST_READINGS):
        walk = Walk(source.remote, source.asked(source.oldest_first))
        async for _, records in walk.pages():
            for record in records:
                if record.id == record_id and record.document is not None:
                    return record.document, record.raw
        if not walk.may_lack:
            break
    raise unknown_id(source.remote.system)


async def first_found(places: Iterable[P], look: Callable[[P], Awaitable[R]]) -> tuple[P, R]:
    """Look for a record in turn, where its id doesn't tell which list it is on.

    Raises MissingScope when the lists that may be read don't have it and another may not be.
    """
    failure: DocumentNotFound | MissingScope | None = None
    for place in places:
        try:
            return place, await look(place)
        except (DocumentNotFound, MissingScope) as error:
            if not isinstance(failure, MissingScope):
                failure = error
    assert failure is not None, "there is nowhere to look"
    raise failure


def unknown_id(system: str) -> DocumentNotFound:
    """Say that an id is not known."""
    return DocumentNotFound(f"{system} knows no document of that id in this account.")
