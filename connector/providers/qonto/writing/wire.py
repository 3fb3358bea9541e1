"""A write on its way to Qonto: what is stored of it, and how it is sent."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

import msgspec

from connector.errors import UnreadableAnswer
from connector.http import ProviderCall
from connector.listing.records import Record
from connector.outcomes import ProviderAnswer
from connector.ports import Found, PreparedWrite
from connector.providers.qonto.client import QontoClient, QontoEndpoint, readable
from connector.providers.qonto.documents.mending import QontoDocument
from connector.providers.qonto.mapping import Calendar
from connector.providers.qonto.session.lists import not_known
from connector.unified.mapped import Mapped
from storage.clock import Clock

D = TypeVar("D", bound=QontoDocument)
T = TypeVar("T")

_KEY_HEADER = "X-Qonto-Idempotency-Key"


class QontoRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request as it is stored until its answer has come.

    `action` is what stands below the record's path, such as `finalize`. `like` is what the record
    will hold, in the words of Qonto's answers; by that it's known again. `key` is Qonto's own
    idempotency key, where it takes one. `before` are the ids of records alike that were there
    already, where they don't tell when they were made. `total` and `tax` are what it is to come to.
    Where lines change, `lines` are those that there will be, and `lines_before` those that were
    read.
    """

    method: str
    body: dict[str, Any] | None = None
    record_id: str | None = None
    action: str | None = None
    like: dict[str, Any] = {}
    key: str | None = None
    before: tuple[str, ...] = ()
    total: str | None = None
    tax: str | None = None
    lines: list[dict[str, Any]] = []
    lines_before: list[dict[str, Any]] = []


def prepared(
    sent: QontoRequest,
    warnings: tuple[str, ...] = (),
    expected: Mapping[str, Any] | None = None,
    about: str | None = None,
) -> PreparedWrite:
    """Return a write that may leave."""
    return PreparedWrite(msgspec.json.encode(sent), warnings, expected or {}, about)


decoded = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode
"""Reads a record's JSON, with numbers as they are written."""


def read_sent(prepared: PreparedWrite) -> QontoRequest:
    """Return the request that was stored."""
    return msgspec.json.decode(prepared.request, type=QontoRequest)


@dataclass(frozen=True)
class Records(Generic[D, T]):
    """One kind of Qonto's records, for writing: where they are, and how they're said to callers.

    `scope` is what writing takes.
    """

    client: QontoClient
    clock: Clock
    endpoint: QontoEndpoint[D]
    scope: str
    convert: Callable[[D, Calendar], Mapped[T] | None]
    wrote: Callable[[str, str], None] = lambda _, __: None
    """Told of an account and the record that has changed, or may have."""

    def call(self, sent: QontoRequest) -> ProviderCall:
        """Return the call to make."""
        path = route = self.endpoint.path
        if sent.record_id is not None:
            path, route = f"{path}/{sent.record_id}", f"{route}/{{id}}"
        if sent.action is not None:
            path, route = f"{path}/{sent.action}", f"{route}/{sent.action}"
        body = None if sent.body is None else msgspec.json.encode(sent.body)
        headers = () if sent.key is None else ((_KEY_HEADER, sent.key),)
        return ProviderCall(sent.method, path, route, body=body, scope=self.scope, headers=headers)

    async def send(self, account_id: str, sent: QontoRequest) -> ProviderAnswer:
        """Make the call. Raises what `ProviderClient.send` raises."""
        try:
            return await self.client.call(account_id, self.call(sent))
        finally:
            self.wrote(account_id, sent.record_id or "")

    def of_answer(self, answer: ProviderAnswer) -> tuple[D, Found[T]]:
        """Read the record that an answer holds. Raises UnreadableAnswer."""
        document, raw = readable(self.endpoint.resource.read_one, answer)
        return document, self.found(document, raw)

    def found(self, document: D, raw: bytes) -> Found[T]:
        """Say a record of Qonto's in the unified model."""
        mapped = self.convert(document, Calendar(self.clock(), None))
        if mapped is None:
            raise not_known()  # a document of another kind, which has a resource of its own
        return Found(mapped.value, mapped.warnings, raw)

    def document_of(self, record: Record[D]) -> tuple[D, Found[T]]:
        """Read a record of a list. Raises UnreadableAnswer."""
        if record.document is None or not record.document.id:
            raise UnreadableAnswer("Qonto's answer to a creation can't be read.")
        return record.document, self.found(record.document, record.raw)

    def read(self, raw: bytes) -> Found[T]:
        """Read a stored record again."""
        document, own = self.endpoint.resource.read_one(raw)
        return self.found(document, own)

    async def every(self, account_id: str) -> AsyncIterator[D]:
        """Yield all records there are: for kinds of which an organisation has few."""
        number: int | None = 1
        while number is not None:
            page = await self.client.page(account_id, self.endpoint, number)
            for record in page.records:
                if record.document is not None:
                    yield record.document
            number = page.meta.next_page

    async def one(self, account_id: str, record_id: str) -> tuple[D, Found[T]]:
        """Read the record as it is now. Raises DocumentNotFound."""
        document, raw = await self.client.one(account_id, self.endpoint, record_id)
        return document, self.found(document, raw)
