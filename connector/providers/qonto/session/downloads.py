"""Qonto's attachments: what is known of them, and their bytes by pre-signed links.

A document names an attachment; the attachment has a link, good for 30 minutes, to the store that
has the bytes. Qonto makes the files of its own documents some seconds after these: until then the
document names none, or the attachment isn't there yet.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from connector.downloads import DocumentOf
from connector.errors import (
    DocumentGone,
    DocumentNotFound,
    DocumentNotReady,
    DocumentUnreadable,
    UnreadableAnswer,
)
from connector.file_store import FileLinkRefused, FileStore, StoredFile, media_type
from connector.http import ProviderCall, ProviderClient
from connector.listing.kinds import first_found
from connector.listing.records import Record
from connector.listing.source import incomplete, unreadable
from connector.ports import Found, Page
from connector.providers.qonto.client import (
    CLIENT_INVOICES,
    CREDIT_NOTES,
    QUOTES,
    SUPPLIER_INVOICES,
    SYSTEM,
    QontoClient,
    QontoEndpoint,
)
from connector.providers.qonto.documents.attachments import ATTACHMENTS, Attachment
from connector.providers.qonto.mapping import Calendar
from connector.providers.qonto.mapping.calendar import read_instant
from connector.providers.qonto.mapping.file import map_file
from connector.providers.qonto.session.fetch import fetch
from connector.providers.qonto.session.lists import known_id, not_known
from connector.unified.document import DocumentType, File
from oauth.tokens import AccessSource
from storage.clock import Clock
from storage.errors import NotFound

READ_ATTACHMENTS = "attachment.read"
READY_IN = 3.0
"""Seconds after which it is worth to ask again for a file that Qonto is making."""

MADE_WITHIN = timedelta(minutes=10)
"""After as long a file that isn't there won't come any more."""

_MOMENTS = ("created_at", "updated_at", "finalized_at")
_OF_TRANSACTION = "/v2/transactions/{id}/attachments"
_SINGLE = QontoEndpoint("/v2/attachments", ATTACHMENTS, READ_ATTACHMENTS)
_ENDPOINTS: Mapping[DocumentOf, tuple[QontoEndpoint[Any], ...]] = {
    "INVOICE": (CLIENT_INVOICES,),
    "BILL": (SUPPLIER_INVOICES,),
    "CREDIT_NOTE": (CREDIT_NOTES,),
    "VENDOR_CREDIT": (SUPPLIER_INVOICES,),
    "OFFER": (QUOTES,),
    "BOOKING_PROPOSAL": (CLIENT_INVOICES, SUPPLIER_INVOICES, CREDIT_NOTES),
}
_ANY_TYPE = "application/octet-stream"
ZERO_ID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class QontoDownload:
    """An attachment that has been opened."""

    id: str
    file_name: str | None
    content_type: str
    stored: StoredFile

    @property
    def size(self) -> int | None:
        return self.stored.size

    def chunks(self) -> AsyncIterator[bytes]:
        return self.stored.chunks()

    async def close(self) -> None:
        await self.stored.close()


class QontoFiles:
    """The Files of Qonto; anything but a UUID is an unknown id.

    `store_headers` names the headers of an access that the store's gate wants to see as well; no
    other goes there, and so no token does.
    """

    extensions = ("pdf", "jpg", "jpeg", "png")
    document_types = (
        DocumentType("BILL", "SUPPLIER_INVOICE"),
        DocumentType("RECEIPT", "TRANSACTION"),
    )

    def __init__(
        self,
        http: ProviderClient,
        access: AccessSource,
        store: FileStore,
        clock: Clock,
        *,
        store_headers: Sequence[str] = (),
    ) -> None:
        self._http = http
        self._client = QontoClient(http)
        self._access = access
        self._store = store
        self._clock = clock
        self._store_headers = frozenset(name.lower() for name in store_headers)

    async def get(self, account_id: str, file_id: str) -> Found[File]:
        document, raw = await self._client.one(account_id, _SINGLE, known_id(file_id))
        mapped = map_file(document, Calendar(self._clock(), None))
        return Found(mapped.value, mapped.warnings, raw)

    async def of_transaction(self, account_id: str, transaction_id: str) -> Page[File]:
        path = _OF_TRANSACTION.replace("{id}", known_id(transaction_id))
        call = ProviderCall("GET", path, _OF_TRANSACTION, scope=READ_ATTACHMENTS)
        page = await fetch(self._http, account_id, call, ATTACHMENTS.read_page)
        files: list[File] = []
        warnings: list[str] = []
        for record in page.records:
            self._take(record, files, warnings)
        total = len(page.records)
        if (page.meta.total_count or 0) > total:
            warnings.append(incomplete(SYSTEM, "file", page.meta.total_count, total))
        return Page(tuple(files), tuple(warnings), page.raw, total, 1, max(total, 1), min(total, 1))

    async def open(self, account_id: str, file_id: str) -> QontoDownload:
        try:
            return await self._open(account_id, known_id(file_id))
        except FileLinkRefused:
            return await self._open(account_id, file_id)

    async def open_link(
        self, account_id: str, attachment_id: str, link: str, name: str | None, kind: str | None
    ) -> QontoDownload:
        """Open a file by a link that came with its record. Raises FileLinkRefused when it's old."""
        stored = await self._store.open(link, await self._headers(account_id))
        kind = media_type(kind) or stored.content_type or _ANY_TYPE
        return QontoDownload(attachment_id, name or None, kind, stored)

    async def open_document(self, account_id: str, of: DocumentOf, record_id: str) -> QontoDownload:
        known = known_id(record_id)
        endpoint, (document, _) = await first_found(
            _ENDPOINTS[of], lambda endpoint: self._client.one(account_id, endpoint, known)
        )
        if endpoint is SUPPLIER_INVOICES:
            _check_kind(of, document)
        attachment_id: str | None = document.attachment_id
        if not attachment_id or attachment_id == ZERO_ID:
            raise self._missing(endpoint, document)
        try:
            return await self.open(account_id, attachment_id)
        except DocumentNotFound:
            raise self._not_there(endpoint, document) from None

    def _take(self, record: Record[Attachment], files: list[File], warnings: list[str]) -> None:
        if record.document is None:
            warnings.append(unreadable(SYSTEM, "file", record.id))
            return
        mapped = map_file(record.document, Calendar(self._clock(), None))
        files.append(mapped.value)
        warnings.extend(mapped.warnings)

    def _missing(self, endpoint: QontoEndpoint[Any], document: Any) -> NotFound:
        """Say why a record names no file."""
        if endpoint is SUPPLIER_INVOICES:
            return DocumentNotFound("Qonto has no file for this record.")
        if getattr(document, "status", None) == "draft":
            return DocumentNotReady("A draft has no document. Finalize it first.")
        return self._not_there(endpoint, document)

    def _not_there(self, endpoint: QontoEndpoint[Any], document: Any) -> NotFound:
        """Tell a file that is being made from one that is gone: by when its record changed last.

        The files of supplier invoices were there before their records.
        """
        told = (getattr(document, name, None) for name in _MOMENTS)
        changed = max(filter(None, map(read_instant, filter(None, told))), default=None)
        is_young = changed is None or self._clock() - changed < MADE_WITHIN
        if endpoint is SUPPLIER_INVOICES or not is_young:
            return DocumentGone("Qonto has no file for this record any more, or never made one.")
        return DocumentNotReady(
            "Qonto is still making the document, which takes some seconds. Ask again after as many "
            "seconds as Retry-After says.",
            retry_after=READY_IN,
        )

    async def _open(self, account_id: str, attachment_id: str) -> QontoDownload:
        try:
            document, _ = await self._client.one(account_id, _SINGLE, attachment_id)
        except UnreadableAnswer as error:
            raise DocumentUnreadable(error.message) from None
        if not document.url:
            raise DocumentUnreadable("Qonto's answer can't be read: the attachment has no link.")
        return await self.open_link(
            account_id,
            attachment_id,
            document.url,
            document.file_name,
            document.file_content_type,
        )

    async def _headers(self, account_id: str) -> dict[str, str]:
        if not self._store_headers:
            return {}
        access = await self._access.get(account_id)
        return {
            name: value
            for name, value in access.headers.items()
            if name.lower() in self._store_headers
        }


def _check_kind(of: DocumentOf, document: Any) -> None:
    """Bills and vendor credits are one list at Qonto, and two here."""
    if (of == "BILL" and document.is_credit_note) or (
        of == "VENDOR_CREDIT" and not document.is_credit_note
    ):
        raise not_known()
