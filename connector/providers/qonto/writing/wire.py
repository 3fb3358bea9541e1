"""A write on its way to Qonto: what is stored of it, and how it is sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


class QontoRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request as it is stored until its answer has come.

    `action` is what stands below the record's path, such as `finalize`. `like` is what the record
    will hold, in the words of Qonto's answers; by that it's known again.
    """

    method: str
    body: dict[str, Any] | None = None
    record_id: str | None = None
    action: str | None = None
    like: dict[str, Any] = {}


def prepared(
    sent: QontoRequest, warnings: tuple[str, ...] = (), expected: Mapping[str, Any] | None = None
) -> PreparedWrite:
    """Return a write that may leave."""
    return PreparedWrite(msgspec.json.encode(sent), warnings, expected or {})


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
        return ProviderCall(sent.method, path, route, body=body, scope=self.scope)

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

    async def one(self, account_id: str, record_id: str) -> tuple[D, Found[T]]:
        """Read the record as it is now. Raises DocumentNotFound."""
        document, raw = await self.client.one(account_id, self.endpoint, record_id)
        return document, self.found(document, raw)
