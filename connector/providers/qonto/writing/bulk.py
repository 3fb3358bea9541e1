"""Making supplier invoices from files at Qonto, one or many with one request.

Qonto knows each document again by a key of its own, for as long as it keeps keys; so a request
whose answer was lost is sent again at once. Later its invoices are looked for: by the id of the
file that they were made from, or by the name and the size of one that came along.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from connector.errors import DownstreamEntry, DownstreamRefused, MissingScope
from connector.http import ProviderCall
from connector.listing.records import Record
from connector.ports import Found, PreparedWrite, WriteDone, WriteRequest
from connector.providers.qonto.client import LARGEST_PAGE, QontoEndpoint, readable
from connector.providers.qonto.documents.attachments import ATTACHMENTS
from connector.providers.qonto.documents.purchases import SupplierInvoice
from connector.providers.qonto.mapping.amounts import read_decimal
from connector.providers.qonto.mapping.calendar import read_instant
from connector.providers.qonto.session.downloads import READ_ATTACHMENTS
from connector.providers.qonto.session.lists import CREATED
from connector.providers.qonto.writing.bulk_wire import (
    BulkItem,
    BulkSent,
    Fate,
    Made,
    fates_of,
    form_of,
    is_candidate,
)
from connector.providers.qonto.writing.wire import Records
from connector.providers.qonto.writing.writers import MOST_PAGES
from connector.unified.upload import BillUploads, UploadedItem, status_of
from connector.writing.decisions import CLOCK_MARGIN, CLOCK_USUAL, SETTLED_AFTER
from connector.writing.problems import none_of

T = TypeVar("T")

_BULK = "/v2/supplier_invoices/bulk"
_ATTACHMENTS = QontoEndpoint("/v2/attachments", ATTACHMENTS, READ_ATTACHMENTS)


def prepared_bulk(
    sent: BulkSent,
    asked: WriteRequest,
    warnings: tuple[str, ...] = (),
    expected: Mapping[str, Any] | None = None,
) -> PreparedWrite:
    """Return a bulk request that may leave."""
    return PreparedWrite(msgspec.json.encode(sent), warnings, expected or {}, files=asked.files)


def _read(prepared: PreparedWrite) -> BulkSent:
    return msgspec.json.decode(prepared.request, type=BulkSent)


@dataclass(frozen=True)
class Bulk:
    """Qonto's bulk call, and the look for what may have come of one."""

    records: Records[SupplierInvoice, Any]

    async def send(self, account_id: str, sent: BulkSent, prepared: PreparedWrite) -> list[Fate]:
        """Make the call; return what came of each item, in their order."""
        body = form_of(sent, prepared.files)
        call = ProviderCall(
            "POST", _BULK, _BULK, body=body, scope=self.records.scope, is_keyed=True
        )
        answer = await self.records.client.call(account_id, call)
        return readable(lambda raw: fates_of(sent, raw), answer)

    async def made_since(
        self, account_id: str, sent: BulkSent, since: datetime
    ) -> list[list[Made]] | None:
        """Return the invoices that may have come of each item; None where that can't be seen."""
        newest = await self._newest(account_id, since)
        if newest is None:
            return None
        found: list[list[Made]] = []
        for item in sent.items:
            like = [one for one in newest if is_candidate(one, item)]
            if item.file is not None:
                like = [one for one in like if await self._has_size(account_id, one, item.size)]
            found.append(like)
        return found

    async def _newest(self, account_id: str, since: datetime) -> list[Made] | None:
        newest: list[Made] = []
        for number in range(1, MOST_PAGES + 1):
            page = await self.records.client.page(
                account_id, self.records.endpoint, number, LARGEST_PAGE, CREATED.descending
            )
            young = [one for one in page.records if _is_since(one, since)]
            newest += young
            if page.meta.next_page is None or len(young) < len(page.records):
                return newest
        return None

    async def _has_size(self, account_id: str, record: Made, size: int) -> bool:
        """Say whether the file of an invoice is as large; yes where nobody may look."""
        attachment_id = record.document and record.document.attachment_id
        if not attachment_id:
            return True
        try:
            document, _ = await self.records.client.one(account_id, _ATTACHMENTS, attachment_id)
        except MissingScope:
            return True
        told = read_decimal(document.file_size)
        return told is None or told == size


def _is_since(record: Made, since: datetime) -> bool:
    made_at = read_instant(record.document.created_at) if record.document else None
    return made_at is None or made_at >= since


@dataclass(frozen=True)
class FileCreation(Generic[T]):
    """A Writer that makes one supplier invoice from a file."""

    records: Records[SupplierInvoice, T]
    check: Callable[[str, WriteRequest], Awaitable[PreparedWrite]]

    can_repeat = True

    async def prepare(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        return await self.check(account_id, asked)

    async def send(self, account_id: str, prepared: PreparedWrite) -> WriteDone[T]:
        (fate,) = await Bulk(self.records).send(account_id, _read(prepared), prepared)
        if not isinstance(fate, Record):
            code, words = fate
            raise DownstreamRefused(
                "Qonto made no bill of the file; its reason is listed.",
                status=200,
                downstream=(DownstreamEntry(200, code.lower(), words),),
            )
        return self._done(fate)

    async def find(
        self, account_id: str, prepared: PreparedWrite, since: datetime
    ) -> Sequence[WriteDone[T]] | None:
        found = await Bulk(self.records).made_since(account_id, _read(prepared), since)
        return None if found is None else [self._done(one) for one in found[0]]

    def read(self, raw: bytes) -> Found[T]:
        return self.records.read(raw)

    def _done(self, made: Made) -> WriteDone[T]:
        document, found = self.records.document_of(made)
        return WriteDone(document.id, found, read_instant(document.created_at))


@dataclass(frozen=True)
class BulkCreation:
    """A Writer that makes many supplier invoices, and says of each what came of it."""

    records: Records[SupplierInvoice, Any]
    check: Callable[[str, WriteRequest], Awaitable[PreparedWrite]]

    can_repeat = True

    async def prepare(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        return await self.check(account_id, asked)

    async def send(self, account_id: str, prepared: PreparedWrite) -> WriteDone[BillUploads]:
        sent = _read(prepared)
        done = _report(sent, await Bulk(self.records).send(account_id, sent, prepared))
        if done.found is not None and done.found.item.status == "FAILED":
            raise none_of(done.found.item.items)
        return done

    async def find(
        self, account_id: str, prepared: PreparedWrite, since: datetime
    ) -> Sequence[WriteDone[BillUploads]] | None:
        """Find the invoices of all its documents.

        While one may still come nothing is said, so that the request is repeated, which its keys
        make safe. After that a document without an invoice has failed; None where one has more.
        """
        sent = _read(prepared)
        left_at = since + CLOCK_MARGIN
        found = await Bulk(self.records).made_since(account_id, sent, since)
        is_settled = self.records.clock() >= left_at + SETTLED_AFTER
        if found is None or not any(found):
            return None if found is None else ()
        if all(_is_sure(like, left_at) for like in found):
            return (_report(sent, [like[0] for like in found]),)
        if not is_settled:
            return ()
        if not all(_is_sure(like, left_at) for like in found if like):
            return None
        missing = ("NOT_MADE", "The answer was lost, and Qonto has no bill of it. Upload it again.")
        return (_report(sent, [like[0] if like else missing for like in found]),)

    def read(self, raw: bytes) -> Found[BillUploads]:
        stored = msgspec.json.decode(raw, type=_Stored)
        return Found(BillUploads(status_of(stored.items), stored.items), (), raw)


def _is_sure(like: Sequence[Made], left_at: datetime) -> bool:
    """Say whether there is just one, and not from before the request left."""
    return len(like) == 1 and _is_since(like[0], left_at - CLOCK_USUAL)


class _Stored(msgspec.Struct):
    """What came of a bulk request; `supplier_invoices` are in Qonto's own words."""

    items: tuple[UploadedItem, ...]
    supplier_invoices: list[msgspec.Raw] = []


def _report(sent: BulkSent, fates: Sequence[Fate]) -> WriteDone[BillUploads]:
    listed = [_item(item, fate) for item, fate in zip(sent.items, fates, strict=True)]
    listed += [
        UploadedItem(one.index, None, None, None, one.code, one.message) for one in sent.faults
    ]
    items = tuple(sorted(listed, key=lambda one: one.index))
    raws = [msgspec.Raw(fate.raw) for fate in fates if isinstance(fate, Record)]
    raw = msgspec.json.encode(_Stored(items, raws))
    return WriteDone(None, Found(BillUploads(status_of(items), items), (), raw))


def _item(item: BulkItem, fate: Fate) -> UploadedItem:
    told = UploadedItem(item.index, item.name, item.attachment_id)
    if not isinstance(fate, Record):
        return msgspec.structs.replace(told, code=fate[0], message=fate[1])
    file_id = item.attachment_id or (fate.document.attachment_id if fate.document else None)
    return msgspec.structs.replace(told, bill_id=fate.id, file_id=file_id)
