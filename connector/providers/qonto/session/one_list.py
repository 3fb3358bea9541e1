"""Kinds of records that come from a single list of Qonto's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from connector.ports import Query
from connector.providers.qonto.client import (
    NEWEST_FIRST,
    OLDEST_FIRST,
    Endpoint,
    Params,
    UnreadableAnswer,
)
from connector.providers.qonto.documents.mending import Document
from connector.providers.qonto.mapping import Calendar
from connector.providers.qonto.session.ids import unknown_id
from connector.providers.qonto.session.index import Unread, Wanted, build, read_places
from connector.providers.qonto.session.listing import Asked, Plan
from connector.providers.qonto.session.question import Question
from connector.providers.qonto.session.source import Source, created_at
from connector.unified.mapped import Mapped

D = TypeVar("D", bound=Document)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OneList(Generic[D, T]):
    """A kind of record behind one of Qonto's lists.

    `convert` answers None for a document of the list that is none of the kind, and `other` says
    what it is then. `keep`, `moment` and the orders are the source's.
    """

    name: str
    endpoint: Endpoint[D]
    convert: Callable[[D, Calendar], Mapped[T] | None]
    question: Callable[[Query], Question[T]]
    other: str = "a document of another kind"
    keep: Callable[[D], bool] | None = None
    moment: Callable[[D], str | None] = created_at
    newest_first: Params = NEWEST_FIRST
    oldest_first: Params = OLDEST_FIRST

    async def plan(self, asked: Asked, query: Query) -> Plan[T]:
        question = self.question(query)
        sources = [self.source(asked, question.params)] if question.possible else []
        order = self.newest_first if question.order is None else question.order
        return Plan(sources, question.wanted, order)

    async def find(self, asked: Asked, record_id: str) -> tuple[Mapped[T], bytes]:
        source = self.source(asked)
        if not self.endpoint.has_single:
            return await _find_in_list(source, record_id)
        document, raw = await source.one(record_id)
        mapped = source.convert(document)
        if mapped is None:
            raise unknown_id(f"The document of that id is {self.other}.")
        return mapped, raw

    def source(self, asked: Asked, params: Params = ()) -> Source[D, T]:
        """Make the source for one account."""
        return Source(
            client=asked.client,
            account_id=asked.account_id,
            endpoint=self.endpoint,
            kind=self.name,
            convert=lambda document: self.convert(document, asked.calendar),
            other=self.other,
            params=params,
            keep=self.keep,
            moment=self.moment,
            newest_first=self.newest_first,
            oldest_first=self.oldest_first,
        )


async def _find_in_list(source: Source[Any, T], record_id: str) -> tuple[Mapped[T], bytes]:
    """Look for a record that Qonto answers only as part of its list."""
    everything: Wanted[T] = Wanted()
    index = await build([source], everything)
    places = [place for place in index.places if place.id == record_id]
    for row in await read_places([source], places, everything):
        if isinstance(row, Unread):
            raise UnreadableAnswer(
                f"Qonto's answer can't be read: the {source.kind} doesn't fit its documentation."
            )
        if row is not None:
            return row.mapped, row.raw
    raise unknown_id()
