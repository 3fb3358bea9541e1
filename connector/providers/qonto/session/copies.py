"""Whole lists of Qonto's, by when their records changed: for copying them.

What is asked for is what Qonto's guides ask for. The end of the asked time is fixed, so that a list
only becomes shorter while it's read. Qonto finds 10,000 movements at most for one question: where
there are more, the time is halved.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from hashlib import sha256
from typing import Any

import msgspec

from connector.copying.feed import ReadRecord, RecordFileRef
from connector.downloads import DocumentOf, Download
from connector.errors import DocumentNotFound, DownstreamRefused, MissingScope
from connector.file_store import FileLinkRefused
from connector.listing.closed import ClosedWalk
from connector.listing.kinds import RecordKind
from connector.listing.records import Record
from connector.listing.source import Params, Source
from connector.ports import Query
from connector.providers.qonto.client import (
    READ_CLIENT_INVOICES,
    READ_ORGANIZATION,
    READ_SUPPLIER_INVOICES,
    QontoClient,
    modified_until,
)
from connector.providers.qonto.documents.attachments import ATTACHMENTS
from connector.providers.qonto.documents.reading import Unreadable
from connector.providers.qonto.events import fingerprint
from connector.providers.qonto.mapping import Calendar
from connector.providers.qonto.mapping.calendar import read_instant
from connector.providers.qonto.session.bills import BILLS, WITHOUT_CREDIT_NOTES
from connector.providers.qonto.session.downloads import (
    MADE_WITHIN,
    READ_ATTACHMENTS,
    ZERO_ID,
    QontoFiles,
)
from connector.providers.qonto.session.invoices import INVOICES
from connector.providers.qonto.session.lists import UPDATED, QontoAccount, known_id
from connector.providers.qonto.session.transactions import TRANSACTIONS
from connector.unified.mapped import Mapped
from oauth.tokens import AccessSource
from storage.clock import Clock, iso_millis

_BEGINNING = datetime(2016, 1, 1, tzinfo=UTC)
"""Nothing at Qonto is older."""

_SHORTEST = timedelta(seconds=1)
"""A time that isn't halved any more."""

_MOMENTS = ("created_at", "updated_at", "finalized_at")


@dataclass(frozen=True, slots=True)
class _Copied:
    """One kind of record: what reading it takes, and how its list is asked until when.

    `of` is what its file is called, where it has one of its own that Qonto may still be making.
    """

    kind: RecordKind[QontoAccount, Any]
    scope: str
    always: Params = ()
    has_flat_names: bool = False
    of: DocumentOf | None = None

    def asked_until(self, until: datetime) -> Params:
        if self.has_flat_names:
            return (*self.always, ("updated_at_to", iso_millis(until)))
        return (*self.always, *modified_until(until))


_COPIED: Mapping[str, _Copied] = {
    "invoices": _Copied(INVOICES, READ_CLIENT_INVOICES, of="INVOICE"),
    "bills": _Copied(BILLS, READ_SUPPLIER_INVOICES, UPDATED.ascending),
    "transactions": _Copied(
        TRANSACTIONS,
        READ_ORGANIZATION,
        (("includes[]", "attachments"),),
        has_flat_names=True,
    ),
}


class QontoRecords:
    """The RecordFeed of Qonto."""

    def __init__(
        self, client: QontoClient, access: AccessSource, files: QontoFiles, clock: Clock
    ) -> None:
        self._client = client
        self._access = access
        self._files = files
        self._clock = clock

    @property
    def resources(self) -> Collection[str]:
        return _COPIED

    async def check(self, account_id: str, resource: str, *, files: bool) -> None:
        granted = (await self._access.get(account_id)).scopes
        needed = (_COPIED[resource].scope, *((READ_ATTACHMENTS,) if files else ()))
        for scope in needed:
            if granted is not None and scope not in granted:
                raise MissingScope(scope)

    async def read(
        self,
        account_id: str,
        resource: str,
        since: datetime | None,
        until: datetime,
        *,
        zone: tzinfo | None = None,
    ) -> AsyncIterator[Sequence[ReadRecord]]:
        copied = _COPIED[resource]
        account = self._account(account_id, zone)
        plan = await copied.kind.plan(account, Query())
        for source in plan.sources:
            async for records in self._source(copied, source, since, until):
                yield records

    async def exists(self, account_id: str, resource: str, record_id: str) -> bool:
        try:
            await _COPIED[resource].kind.find(self._account(account_id, None), known_id(record_id))
        except DocumentNotFound:
            return False
        return True

    async def open(
        self, account_id: str, resource: str, record_id: str, file: RecordFileRef
    ) -> Download:
        of = _COPIED[resource].of
        if file.id is None:
            if of is None:
                raise DocumentNotFound("Qonto makes no file for such a record.")
            return await self._files.open_document(account_id, of, record_id)
        if file.link is not None:
            try:
                return await self._files.open_link(
                    account_id, file.id, file.link, file.name, file.content_type
                )
            except FileLinkRefused:
                pass  # it's too old; the attachment has a new one
        return await self._files.open(account_id, file.id)

    def _account(self, account_id: str, zone: tzinfo | None) -> QontoAccount:
        return QontoAccount(self._client, account_id, Calendar(self._clock(), zone))

    async def _source(
        self,
        copied: _Copied,
        source: Source[Any, Any],
        since: datetime | None,
        until: datetime,
    ) -> AsyncIterator[Sequence[ReadRecord]]:
        # a bill may turn out to be a credit note when it's read, which has to be noticed
        kept = [param for param in source.params if param not in WITHOUT_CREDIT_NOTES]
        params = (*kept, *_since(copied, since), *copied.asked_until(until))
        walk = ClosedWalk(source.remote, params)
        try:
            async for records in walk.pages():
                yield [self._read(copied, source, record) for record in records]
            return
        except DownstreamRefused as error:
            begin = since or _BEGINNING
            if not _is_too_much(error) or until - begin <= _SHORTEST:
                raise
        half = begin + (until - begin) / 2
        for first, last in ((begin, half), (half, until)):
            async for records in self._source(copied, source, first, last):
                yield records

    def _read(self, copied: _Copied, source: Source[Any, Any], record: Record[Any]) -> ReadRecord:
        raw = without_links(record.raw)
        version = fingerprint(raw) or sha256(raw).hexdigest()[:32]
        document = record.document
        if document is None or not record.id:
            return ReadRecord(record.key, version, None, None, raw)
        mapped: Mapped[Any] | None = source.convert(document)
        changed_at = read_instant(document.updated_at)
        if mapped is None:
            return ReadRecord(record.id, version, changed_at, None, raw, is_other=True)
        files = tuple(self._files_of(copied, document, record.raw))
        return ReadRecord(record.id, version, changed_at, mapped.value, raw, files)

    def _files_of(self, copied: _Copied, document: Any, raw: bytes) -> Sequence[RecordFileRef]:
        if copied.has_flat_names:
            return _embedded(document, raw)
        attachment_id: str | None = document.attachment_id
        if attachment_id and attachment_id != ZERO_ID:
            return (RecordFileRef(attachment_id),)
        return (RecordFileRef(None),) if copied.of and self._is_being_made(document) else ()

    def _is_being_made(self, document: Any) -> bool:
        """Say whether Qonto may still be making an invoice's file."""
        if document.status == "draft":
            return False
        moments = [read_instant(getattr(document, name)) for name in _MOMENTS]
        latest = max((each for each in moments if each is not None), default=None)
        return latest is None or self._clock() - latest < MADE_WITHIN


def _since(copied: _Copied, since: datetime | None) -> Params:
    if since is None:
        return ()
    name = "updated_at_from" if copied.has_flat_names else "filter[updated_at_from]"
    return ((name, iso_millis(since)),)


def _is_too_much(refusal: DownstreamRefused) -> bool:
    return any(entry.code == "search_limit_reached" for entry in refusal.downstream)


def _embedded(document: Any, raw: bytes) -> Sequence[RecordFileRef]:
    """Return a movement's files, with the links that came with it."""
    told: dict[str, RecordFileRef] = {}
    try:
        page = ATTACHMENTS.read_page(raw)
    except Unreadable:
        page = None
    for record in page.records if page is not None else ():
        if record.document is not None and record.id:
            one = record.document
            told[record.id] = RecordFileRef(
                record.id, one.url or None, one.file_name, one.file_content_type
            )
    ids = dict.fromkeys((*told, *(document.attachment_ids or ())))
    return [told.get(one) or RecordFileRef(one) for one in ids]


_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_LINKS = ("url", "probative_attachment")
_BROKEN = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def without_links(raw: bytes) -> bytes:
    """Return a document without the links to its files; all else stays byte for byte."""
    if b'"attachments"' not in raw:
        return raw
    try:
        fields = _OBJECT.decode(raw)
    except _BROKEN:
        return b"null"
    try:
        attachments = _LIST.decode(fields.get("attachments", b"[]"))
    except _BROKEN:
        attachments = []  # whatever it is, it may hold links
    kept = [
        {name: value for name, value in one.items() if name not in _LINKS} for one in attachments
    ]
    if "attachments" in fields:
        fields["attachments"] = msgspec.Raw(msgspec.json.encode(kept))
    return msgspec.json.encode(fields)
