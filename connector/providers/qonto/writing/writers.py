"""The ways in which Qonto is written to: a record is made, changed or deleted."""

from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from connector.errors import (
    DocumentNotFound,
    DownstreamForbidden,
    DownstreamRefused,
    UnreadableAnswer,
)
from connector.listing.source import Params
from connector.outcomes import ProviderAnswer
from connector.ports import Found, PreparedWrite, WriteDone, WriteRequest
from connector.providers.qonto.client import LARGEST_PAGE
from connector.providers.qonto.documents.mending import QontoDocument
from connector.providers.qonto.mapping.calendar import read_instant
from connector.providers.qonto.writing.matching import holds
from connector.providers.qonto.writing.patience import IMPATIENT, Patience
from connector.providers.qonto.writing.wire import QontoRequest, Records, decoded, read_sent
from storage.clock import iso_millis
from storage.errors import ServiceError

D = TypeVar("D", bound=QontoDocument)
T = TypeVar("T")

MOST_PAGES = 20
"""Pages of the newest records that are looked through for a lost one."""


def _nothing(sent: QontoRequest, document: Any) -> tuple[str, ...]:
    del sent, document
    return ()


async def _as_it_is(account_id: str, sent: QontoRequest) -> None:
    del account_id, sent


@dataclass(frozen=True)
class Creation(Generic[D, T]):
    """A Writer that makes a record with one POST.

    `check` says what will be sent, or everything that is wrong. `newest` asks the list for its
    newest first, and `since` is the parameter by which it leaves out what was made before a moment;
    each only where it has them. `view` says a record's JSON in the words of the request, where they
    differ, and `shown` leaves out of a request what no record shows. `told` returns warnings of
    what came back. `recheck` looks, just before it leaves, at what may have changed since `check`.
    """

    records: Records[D, T]
    check: Callable[[str, WriteRequest], Awaitable[PreparedWrite]]
    newest: Params = ()
    view: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda record: record
    shown: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda body: body
    since: str | None = None
    told: Callable[[QontoRequest, Any], tuple[str, ...]] = _nothing
    recheck: Callable[[str, QontoRequest], Awaitable[None]] = _as_it_is

    can_repeat = False

    async def prepare(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        return await self.check(account_id, asked)

    async def send(self, account_id: str, prepared: PreparedWrite) -> WriteDone[T]:
        sent = read_sent(prepared)
        await self.recheck(account_id, sent)
        answer = await self.records.send(account_id, sent)
        with after_the_change():
            document, found = self.records.of_answer(answer)
        if not document.id:
            raise UnreadableAnswer("Qonto's answer to a creation has no id.")
        return self._done(sent, document, found)

    async def find(
        self, account_id: str, prepared: PreparedWrite, since: datetime
    ) -> Sequence[WriteDone[T]] | None:
        """Look through the newest records for those that hold all that was sent."""
        sent = read_sent(prepared)
        wanted = {**self.shown(sent.body or {}), **sent.like}
        alike: list[WriteDone[T]] = []
        after = () if self.since is None else ((self.since, iso_millis(since)),)
        for number in range(1, MOST_PAGES + 1):
            page = await self.records.client.page(
                account_id, self.records.endpoint, number, LARGEST_PAGE, (*self.newest, *after)
            )
            older = False
            for record in page.records:
                document = record.document
                if document is None or document.id in sent.before:
                    continue
                made_at = _made_at(document)
                if made_at is not None and made_at < since:
                    older = True
                elif document.id and holds(wanted, self.view(decoded(record.raw))):
                    found = self.records.found(document, record.raw)
                    alike.append(self._done(sent, document, found))
            if page.meta.next_page is None or (older and self.newest):
                return alike
        return None

    def read(self, raw: bytes) -> Found[T]:
        return self.records.read(raw)

    def _done(self, sent: QontoRequest, document: D, found: Found[T]) -> WriteDone[T]:
        told = warned(found, self.told(sent, document))
        return WriteDone(document.id, told, _made_at(document))


@dataclass(frozen=True)
class KeyedCreation(Creation[D, T]):
    """A Creation with a key of Qonto's, stored before it leaves.

    For half an hour the same key makes no second record, whatever became of the first answer; later
    the record is looked for, as any other.
    """

    can_repeat = True


@dataclass(frozen=True)
class Change(Generic[D, T]):
    """A Writer that changes a record that is there, and leaves it as it was asked when repeated.

    `is_done` says whether the record's JSON is as was asked: that it holds what was sent. `told`
    returns warnings of what came back. `patience` waits where Qonto takes no change at first.
    """

    records: Records[D, T]
    check: Callable[[str, WriteRequest], Awaitable[PreparedWrite]]
    is_done: Callable[[QontoRequest, Mapping[str, Any]], bool] = lambda sent, record: holds(
        {**(sent.body or {}), **sent.like}, record
    )
    told: Callable[[QontoRequest, Any], tuple[str, ...]] = _nothing
    patience: Patience = IMPATIENT

    can_repeat = True

    async def prepare(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        return await self.check(account_id, asked)

    async def send(self, account_id: str, prepared: PreparedWrite) -> WriteDone[T]:
        sent = read_sent(prepared)
        answer = await self.patience.ask(lambda: self.leave(account_id, sent))
        with after_the_change():
            if not answer.body.strip():
                document, found = await self.records.one(account_id, sent.record_id or "")
            else:
                document, found = self.records.of_answer(answer)
        return self.done(sent, document, found)

    async def leave(self, account_id: str, sent: QontoRequest) -> ProviderAnswer:
        """Make the call that changes the record."""
        return await self.records.send(account_id, sent)

    async def find(
        self, account_id: str, prepared: PreparedWrite, since: datetime
    ) -> Sequence[WriteDone[T]] | None:
        del since
        sent = read_sent(prepared)
        document, found = await self.records.one(account_id, sent.record_id or "")
        is_done = self.is_done(sent, decoded(found.raw))
        return (self.done(sent, document, found),) if is_done else ()

    def read(self, raw: bytes) -> Found[T]:
        return self.records.read(raw)

    def done(self, sent: QontoRequest, document: D, found: Found[T]) -> WriteDone[T]:
        """Return what came of it, with what is to be said of it."""
        return WriteDone(None, warned(found, self.told(sent, document)))


@dataclass(frozen=True)
class Deletion(Generic[D, T]):
    """A Writer that deletes a record: gone is gone, whoever deleted it.

    `hint` says why Qonto may refuse, where that can't be seen before.
    """

    records: Records[D, T]
    check: Callable[[str, WriteRequest], Awaitable[PreparedWrite]]
    hint: str | None = None

    can_repeat = True

    async def prepare(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        return await self.check(account_id, asked)

    async def send(self, account_id: str, prepared: PreparedWrite) -> WriteDone[T]:
        try:
            await self.records.send(account_id, read_sent(prepared))
        except DownstreamForbidden:
            raise
        except DownstreamRefused as refusal:
            raise _explained(refusal, self.hint) from None
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
        try:
            _, found = await self.records.one(account_id, sent.record_id or "")
        except ServiceError:
            return WriteDone(None, None)  # it was sent, whether the record can be shown or not
        return WriteDone(None, found)

    async def find(
        self, account_id: str, prepared: PreparedWrite, since: datetime
    ) -> Sequence[WriteDone[T]] | None:
        """Nobody can see whether it was done."""
        del account_id, prepared, since
        return None

    def read(self, raw: bytes) -> Found[T]:
        return self.records.read(raw)


@contextmanager
def after_the_change() -> Generator[None]:
    """Read what came of a change: what goes wrong now doesn't say that nothing was done.

    Raises UnreadableAnswer.
    """
    try:
        yield
    except ServiceError as error:
        raise UnreadableAnswer(f"What came of it can't be read: {error.message}") from None


def warned(found: Found[T], told: tuple[str, ...]) -> Found[T]:
    """Return a record with more warnings."""
    return replace(found, warnings=(*found.warnings, *told)) if told else found


def _explained(refusal: DownstreamRefused, hint: str | None) -> DownstreamRefused:
    entries = [replace(one, hint=one.hint or hint) for one in refusal.downstream]
    return DownstreamRefused(
        refusal.message if hint is None else f"{refusal.message} {hint}",
        status=refusal.status,
        downstream=entries,
        trace_id=refusal.trace_id,
    )


def _made_at(document: QontoDocument) -> datetime | None:
    return read_instant(getattr(document, "created_at", None))
