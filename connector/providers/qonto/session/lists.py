"""Qonto's lists as the list engine wants them, for one linked account.

Which facts are Qonto's: pages of 100 at most and refused past the end, orders asked for by
`sort_by`, ids that are UUIDs.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, Generic, TypeVar

from connector.errors import DocumentNotFound, DownstreamRefused
from connector.listing.kinds import SingleListKind, unknown_id
from connector.listing.query import ListQuery
from connector.listing.source import NativeOrder, Params, RemoteList, Source
from connector.ports import Query
from connector.providers.qonto.client import LARGEST_PAGE, SYSTEM, QontoClient, QontoEndpoint
from connector.providers.qonto.documents.mending import QontoDocument
from connector.providers.qonto.mapping import Calendar
from connector.providers.qonto.mapping.calendar import read_instant
from connector.unified.mapped import Mapped
from storage.clock import iso_millis

D = TypeVar("D", bound=QontoDocument)
T = TypeVar("T")

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def sorted_by(name: str) -> NativeOrder:
    """Make an order by one of Qonto's properties."""
    return NativeOrder(
        attrgetter(name), (("sort_by", f"{name}:desc"),), (("sort_by", f"{name}:asc"),)
    )


CREATED = sorted_by("created_at")
UPDATED = sorted_by("updated_at")
SETTLED = sorted_by("settled_at")

UNSORTED = NativeOrder(CREATED.key)
"""Of lists for which no order is documented; Qonto sends its lists by their creation."""


@dataclass(frozen=True, slots=True)
class QontoAccount:
    """A linked account: how to call Qonto for it, and what day it is there."""

    client: QontoClient
    id: str
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class QontoList(Generic[D, T]):
    """Records of one kind on one of Qonto's lists, for whichever account.

    The fields are those of a `Source`; `convert` knows what day it is, and `moment` is as Qonto
    writes it.
    """

    kind: str
    endpoint: QontoEndpoint[D]
    convert: Callable[[D, Calendar], Mapped[T] | None]
    other: str = "a document of another kind"
    keep: Callable[[D], bool] | None = None
    age: NativeOrder = CREATED
    moment: Callable[[Any], str | None] = attrgetter("created_at")

    def source(self, account: QontoAccount, params: Params = ()) -> Source[D, T]:
        """Make the source for one account."""
        convert, calendar, moment = self.convert, account.calendar, self.moment
        return Source(
            remote_list(account.client, account.id, self.endpoint),
            self.kind,
            lambda document: convert(document, calendar),
            lambda document: read_instant(moment(document)),
            self.age,
            self.other,
            params,
            self.keep,
        )

    def kind_of(self, question: Callable[[Query], ListQuery[T]]) -> SingleListKind[QontoAccount, T]:
        """Declare that the kind comes from this list alone, and how it is asked for."""
        return SingleListKind(self.kind, self.source, question)


def remote_list(client: QontoClient, account_id: str, endpoint: QontoEndpoint[D]) -> RemoteList[D]:
    """Make one of Qonto's lists readable."""

    async def count_changed(moment: datetime) -> int:
        since = ((endpoint.since or "", iso_millis(moment)),)
        page = await client.page(account_id, endpoint, 1, 1, since)
        return page.meta.total_count if page.meta.total_count is not None else len(page.records)

    return RemoteList(
        SYSTEM,
        endpoint.resource.plural,
        LARGEST_PAGE,
        lambda number, size, params: client.page(account_id, endpoint, number, size, params),
        (lambda id: client.one(account_id, endpoint, id)) if endpoint.has_single else None,
        count_changed if endpoint.since is not None else None,
        _may_be_past_the_end,
    )


def is_id(text: str) -> bool:
    """Say whether a text has the form of Qonto's ids. Nothing else gets into a path at Qonto."""
    return _UUID.fullmatch(text) is not None


def known_id(text: str) -> str:
    """Return an id that Qonto may know. Raises DocumentNotFound for anything but a UUID."""
    if not is_id(text):
        raise not_known()
    return text


def not_known() -> DocumentNotFound:
    """Say that an id is not known."""
    return unknown_id(SYSTEM)


def _may_be_past_the_end(refusal: DownstreamRefused) -> bool:
    """Say whether a refused page may lie past the end of its list.

    Where Qonto searches no further, there is more that nobody could read.
    """
    codes = {entry.code for entry in refusal.downstream}
    return refusal.status == 422 and "search_limit_reached" not in codes
