"""One of Qonto's lists, as far as one question needs it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from connector.errors import DownstreamRefused
from connector.providers.qonto.client import (
    LARGEST_PAGE,
    NEWEST_FIRST,
    OLDEST_FIRST,
    Endpoint,
    Params,
    QontoClient,
)
from connector.providers.qonto.documents.mending import Document
from connector.providers.qonto.documents.reading import (
    DocumentPage,
    ListMeta,
    Record,
)
from connector.providers.qonto.mapping.calendar import read_instant
from connector.providers.qonto.session.pages import Walk
from connector.unified.mapped import Mapped

D = TypeVar("D", bound=Document)
T = TypeVar("T")

NEWEST = datetime.max.replace(tzinfo=UTC)


def created_at(document: Any) -> str | None:
    """Answer when a document was created, as Qonto writes it."""
    return document.created_at


@dataclass(frozen=True, slots=True)
class Source(Generic[D, T]):
    """Where records of one kind come from, and what becomes of them.

    `params` is what Qonto is asked to leave out. `convert` answers None for a document that doesn't
    belong to the kind, which is then called `other`; `keep`, which is cheaper, says so before it.
    `moment` is what newest first
    means, `newest_first` and `oldest_first` how Qonto is asked for it, empty where it can't be.
    """

    client: QontoClient
    account_id: str
    endpoint: Endpoint[D]
    kind: str
    convert: Callable[[D], Mapped[T] | None]
    other: str = "a document of another kind"
    params: Params = ()
    keep: Callable[[D], bool] | None = None
    moment: Callable[[Any], str | None] = created_at
    newest_first: Params = NEWEST_FIRST
    oldest_first: Params = OLDEST_FIRST

    @property
    def name(self) -> str:
        """Answer Qonto's own name of the list."""
        return self.endpoint.resource.plural

    async def page(
        self, number: int, per_page: int = LARGEST_PAGE, order: Params = ()
    ) -> DocumentPage[D]:
        """Fetch one page."""
        return await self.client.page(
            self.account_id, self.endpoint, number, per_page, (*self.params, *order)
        )

    def walk(
        self, order: Params, *, first: DocumentPage[D] | None = None, at_once: int = 1
    ) -> Walk[D]:
        """Read the whole list; `first` is its first page where that is there already."""

        def fetch(number: int, size: int) -> Awaitable[DocumentPage[D]]:
            return self.further_page(number, order, size)

        return Walk(fetch, first=first, at_once=at_once)

    async def further_page(
        self, number: int, order: Params, size: int = LARGEST_PAGE
    ) -> DocumentPage[D]:
        """Fetch a page; an empty one when the list has become shorter."""
        try:
            return await self.page(number, size, order)
        except DownstreamRefused as error:
            if number == 1 or not may_be_past_the_end(error):
                raise
            return DocumentPage((), ListMeta(), b"{}")

    async def one(self, document_id: str) -> tuple[D, bytes]:
        """Fetch a single document."""
        return await self.client.one(self.account_id, self.endpoint, document_id)

    def belongs(self, record: Record[D]) -> bool:
        """Say whether a record may be of the kind; one that can't be read may be."""
        return self.keep is None or record.document is None or self.keep(record.document)

    def strange(self, record: Record[D]) -> str:
        """Say that a record of the list was left out, being none of the kind."""
        return f"{self.kind} {record.id}: left out, because it is {self.other}"

    def moment_of(self, record: Record[D]) -> datetime | None:
        """Answer the moment that decides what is newest, None when the record doesn't tell."""
        told = None if record.document is None else self.moment(record.document)
        return None if told is None else read_instant(told)


def may_be_past_the_end(refusal: DownstreamRefused) -> bool:
    """Say whether a refused page may lie past the end of its list.

    Where Qonto searches no further, there is more that nobody could read.
    """
    codes = {entry.code for entry in refusal.downstream}
    return refusal.status == 422 and "search_limit_reached" not in codes


def incomplete(kind: str, total: int | None, count: int) -> str:
    """Say that a list of Qonto's has more records than it showed."""
    return (
        f"{kind}: Qonto counts {total} records and showed {count}; its list changed from request "
        "to request, and what is missing may be found by asking again"
    )


def unreadable(kind: str, document_id: str | None) -> str:
    """Say that one record of a page was left out."""
    return f"{unjudged(kind, document_id)}; it is in the raw data"


def unjudged(kind: str, document_id: str | None) -> str:
    """Say that one record was left out of a list of which it may be no part at all."""
    return (
        f"{kind} {document_id or 'without id'}: left out, because the record doesn't fit Qonto's "
        "documentation"
    )
