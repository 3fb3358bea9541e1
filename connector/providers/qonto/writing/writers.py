"""The ways in which Qonto is written to: a record is made, changed or deleted."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

import msgspec

from connector.errors import DocumentNotFound, UnreadableAnswer
from connector.listing.source import Params
from connector.ports import Found, PreparedWrite, WriteDone, WriteRequest
from connector.providers.qonto.client import LARGEST_PAGE
from connector.providers.qonto.documents.mending import QontoDocument
from connector.providers.qonto.mapping.calendar import read_instant
from connector.providers.qonto.writing.matching import holds
from connector.providers.qonto.writing.wire import QontoRequest, Records, read_sent

D = TypeVar("D", bound=QontoDocument)
T = TypeVar("T")

decode_record = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode
"""Read a record's JSON, its numbers digit for digit."""

MOST_PAGES = 20
"""Pages of the newest records that are looked through for a lost one."""


@dataclass(frozen=True)
class Creation(Generic[D, T]):
    """A Writer that makes a record with one POST.

    `check` says what will be sent, or everything that is wrong. `newest` asks the list for its
    newest first. `view` says a record's JSON in the words of the request, where they differ, and
    `shown` leaves out of a request what no record shows.
    """

    records: Records[D, T]
    check: Callable[[str, WriteRequest], Awaitable[PreparedWrite]]
    newest: Params = ()
    view: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda record: record
    shown: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda body: body

    can_repeat = False

    async def prepare(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        return await self.check(account_id, asked)

    async def send(self, account_id: str, prepared: PreparedWrite) -> WriteDone[T]:
        sent = read_sent(prepared)
        answer = await self.records.send(account_id, sent)
        document, found = self.records.of_answer(answer)
        if not document.id:
            raise UnreadableAnswer("Qonto's answer to a creation has no id.")
        return _done(document, found)

    async def find(
        self, account_id: str, prepared: PreparedWrite, since: datetime
    ) -> Sequence[WriteDone[T]] | None:
        """Look through the newest records for those that hold all that was sent."""
        sent = read_sent(prepared)
        wanted = {**self.shown(sent.body or {}), **sent.like}
        alike: list[WriteDone[T]] = []
        for number in range(1, MOST_PAGES + 1):
            page = await self.records.client.page(
                account_id, self.records.endpoint, number, LARGEST_PAGE, self.newest
            )
            older = False
            for record in page.records:
                document = record.document
                if document is None:
                    continue
                made_at = _made_at(document)
                if made_at is not None and made_at < since:
                    older = True
                elif document.id and holds(wanted, self.view(decode_record(record.raw))):
                    alike.append(_done(document, self.records.found(document, record.raw)))
            if page.meta.next_page is None or (older and self.newest):
                return alike
        return None

    def read(self, raw: bytes) -> Found[T]:
        return self.records.read(raw)


@dataclass(frozen=True)
class Change(Generic[D, T]):
    """A Writer that changes a record that is there, and leaves it as it was asked when repeated.

    `is_done` says whether the record's JSON is as was asked: that it holds what was sent.
    """

    records: Records[D, T]
    check: Callable[[str, WriteRequest], Awaitable[PreparedWrite]]
    is_done: Callable[[QontoRequest, Mapping[str, Any]], bool] = lambda sent, record: holds(
        {**(sent.body or {}), **sent.like}, record
    )

    can_repeat = True

    async def prepare(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        return await self.check(account_id, asked)

    async def send(self, account_id: str, prepared: PreparedWrite) -> WriteDone[T]:
        sent = read_sent(prepared)
        answer = await self.records.send(account_id, sent)
        if not answer.body.strip():
            _, found = await self.records.one(account_id, sent.record_id or "")
        else:
            _, found = self.records.of_answer(answer)
        return WriteDone(None, found)

    async def find(
        self, account_id: str, prepared: PreparedWrite, since: datetime
    ) -> Sequence[WriteDone[T]] | None:
        del since
        sent = read_sent(prepared)
        _, found = await self.records.one(account_id, sent.record_id or "")
        return (WriteDone(None, found),) if self.is_done(sent, decode_record(found.raw)) else ()

    def read(self, raw: bytes) -> Found[T]:
        return self.records.read(raw)


@dataclass(frozen=True)
class Deletion(Generic[D, T]):
    """A Writer that deletes a record: gone is gone, whoever deleted it."""

    records: Records[D, T]
    check: Callable[[str, WriteRequest], Awaitable[PreparedWrite]]

    can_repeat = True

    async def prepare(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        return await self.check(account_id, asked)

    async def send(self, account_id: str, prepared: PreparedWrite) -> WriteDone[T]:
        await self.records.send(account_id, read_sent(prepared))
        return WriteDone(None, None)

    async def find(
        self, account_id: str, prepared: PreparedWrite, since: datetime
    ) -> Sequence[WriteDone[T]] | None:
        del since
        try:
            await self.records.one(account_id, read_sent(prepared).record_id or "")
        except DocumentNotFound:
            return (WriteDone(None, None),)
        return ()

    def read(self, raw: bytes) -> Found[T]:
        return self.records.read(raw)


@dataclass(frozen=True)
class Sending(Generic[D, T]):
    """A Writer of what leaves no trace on the record, such as an e-mail: done twice, it is two."""

    records: Records[D, T]
    check: Callable[[str, WriteRequest], Awaitable[PreparedWrite]]

    can_repeat = False

    async def prepare(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        return await self.check(account_id, asked)

    async def send(self, account_id: str, prepared: PreparedWrite) -> WriteDone[T]:
        sent = read_sent(prepared)
        await self.records.send(account_id, sent)
        _, found = await self.records.one(account_id, sent.record_id or "")
        return WriteDone(None, found)

    async def find(
        self, account_id: str, prepared: PreparedWrite, since: datetime
    ) -> Sequence[WriteDone[T]] | None:
        """Nobody can see whether it was done."""
        del account_id, prepared, since
        return None

    def read(self, raw: bytes) -> Found[T]:
        return self.records.read(raw)


def _made_at(document: QontoDocument) -> datetime | None:
    return read_instant(getattr(document, "created_at", None))


def _done(document: QontoDocument, found: Found[T]) -> WriteDone[T]:
    return WriteDone(document.id, found, _made_at(document))
