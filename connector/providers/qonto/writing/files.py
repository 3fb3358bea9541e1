"""Files at Qonto: uploaded by themselves, attached to bank transactions, and taken off again.

Qonto answers an upload to a transaction with nothing, and attaches the file some seconds later; it
is known again by its name and size, among those that weren't there before.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from connector.errors import DocumentNotFound, DownstreamTimeout, UnreadableAnswer
from connector.http import ProviderCall
from connector.multipart import FormPart, MultipartBody
from connector.ports import Found, PreparedWrite, WriteDone, Writer, WriteRequest
from connector.providers.qonto.client import QontoClient, readable
from connector.providers.qonto.documents.attachments import ATTACHMENTS, Attachment
from connector.providers.qonto.documents.reading import Unreadable
from connector.providers.qonto.mapping.amounts import read_decimal
from connector.providers.qonto.session.downloads import READ_ATTACHMENTS
from connector.providers.qonto.session.lists import is_id, known_id
from connector.providers.qonto.writing.file_kinds import (
    JPEG,
    LARGEST_ATTACHMENT,
    PDF,
    PNG,
    check_file,
    kind_of,
)
from connector.unified.document import Document
from connector.writing.fingerprints import key_at_target
from connector.writing.problems import Problems
from connector.writing.requests.file import FileRequest
from oauth.errors import NotSupported

WRITE_ATTACHMENTS = "attachment.write"

_ALONE = "/v2/attachments"
_OF_TRANSACTION = "/v2/transactions/{id}/attachments"
_KEY_HEADER = "X-Qonto-Idempotency-Key"
_TYPES = ("BILL", "RECEIPT")
_LOOKS = (0.3, 0.7, 1.0, 1.5, 2.0)
"""Seconds before each look for a file that is being attached."""


class FileSent(msgspec.Struct, frozen=True, omit_defaults=True):
    """An upload as it is stored. `before` are the ids that the transaction had."""

    key: str
    name: str
    size: int
    kind: str
    transaction_id: str | None = None
    before: list[str] = []
    waits: bool = True


class FileMade(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of an upload; `id` is None while Qonto is attaching the file."""

    sent: FileSent
    id: str | None = None


@dataclass(frozen=True)
class FileUpload:
    """The Writer of files."""

    client: QontoClient
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    can_repeat = True

    async def prepare(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        request: FileRequest = asked.body
        problems = Problems(asked.confirmed)
        file = asked.files[0]
        check_file(file, "file", (PDF, JPEG, PNG), LARGEST_ATTACHMENT, problems)
        kind = (request.document_type or "").upper()
        if kind and kind not in _TYPES:
            problems.add("documentType", "NOT_ALLOWED", f"It is one of: {', '.join(_TYPES)}.")
        if kind == "BILL" and request.resource_id is not None:
            problems.add(
                "resourceId",
                "NOT_ALLOWED",
                "Qonto attaches files to bank transactions only; a bill is made from its file.",
            )
        if kind == "RECEIPT" and request.resource_id is None:
            problems.add("resourceId", "REQUIRED", "Name the bank transaction that it belongs to.")
        problems.check()
        before = await self._before(account_id, request.resource_id, problems)
        problems.check()
        sent = FileSent(
            key=key_at_target(account_id, asked.seed, request.resource_id or "", file.digest),
            name=file.name,
            size=file.size,
            kind=kind_of(file) or PDF,
            transaction_id=request.resource_id,
            before=before,
            waits=asked.options.get("wait") != "false",
        )
        return PreparedWrite(
            msgspec.json.encode(sent),
            _unused(request, problems),
            {"fileName": file.name},
            files=asked.files,
        )

    async def send(self, account_id: str, prepared: PreparedWrite) -> WriteDone[Document]:
        sent = msgspec.json.decode(prepared.request, type=FileSent)
        path, route = _ALONE, _ALONE
        if sent.transaction_id is not None:
            path, route = _OF_TRANSACTION.replace("{id}", sent.transaction_id), _OF_TRANSACTION
        call = ProviderCall(
            "POST",
            path,
            route,
            body=MultipartBody((FormPart("file", prepared.files[0], sent.kind),)),
            scope=WRITE_ATTACHMENTS,
            headers=((_KEY_HEADER, sent.key),),
            is_keyed=True,
        )
        answer = await self.client.call(account_id, call)
        if sent.transaction_id is None:
            document, _ = readable(ATTACHMENTS.read_one, answer)
            if not document.id:
                raise UnreadableAnswer("Qonto's answer to an upload has no id.")
            return _done(FileMade(sent, document.id))
        attached = await self._attached(account_id, sent)
        if attached is None and sent.waits:
            # then it is looked for, and asked for again under its key, as when an answer was lost
            raise DownstreamTimeout("Qonto took the file, but hasn't attached it yet.")
        return _done(FileMade(sent, attached))

    async def find(
        self, account_id: str, prepared: PreparedWrite, since: datetime
    ) -> Sequence[WriteDone[Document]] | None:
        """Find a file that was attached. One by itself is named by nothing, so it is uploaded anew.

        That leaves at worst a file that nobody knows of and that belongs to nothing.
        """
        del since
        sent = msgspec.json.decode(prepared.request, type=FileSent)
        if sent.transaction_id is None:
            return ()
        like = await self._like(account_id, sent)
        return [_done(FileMade(sent, one.id)) for one in like]

    def read(self, raw: bytes) -> Found[Document]:
        return _found(msgspec.json.decode(raw, type=FileMade))

    async def arrived(self, account_id: str, raw: bytes) -> Found[Document] | None:
        """Return a file whose upload was answered before it was attached, once it is."""
        made = msgspec.json.decode(raw, type=FileMade)
        if made.id is None:
            like = await self._like(account_id, made.sent)
            made = FileMade(made.sent, like[0].id if like else None)
        return None if made.id is None else _found(made)

    async def _before(
        self, account_id: str, transaction_id: str | None, problems: Problems
    ) -> list[str]:
        if transaction_id is None:
            return []
        try:
            if is_id(transaction_id):
                return [one.id or "" for one in await self._of(account_id, transaction_id)]
        except DocumentNotFound:
            pass
        problems.add("resourceId", "NOT_FOUND", "Qonto knows no bank transaction of that id.")
        return []

    async def _attached(self, account_id: str, sent: FileSent) -> str | None:
        for wait in _LOOKS if sent.waits else ():
            await self.sleep(wait)
            like = await self._like(account_id, sent)
            if like:
                return like[0].id
        return None

    async def _like(self, account_id: str, sent: FileSent) -> list[Attachment]:
        listed = await self._of(account_id, sent.transaction_id or "")
        return [
            one
            for one in listed
            if one.id not in sent.before
            and one.file_name == sent.name
            and read_decimal(one.file_size) in (None, sent.size)
        ]

    async def _of(self, account_id: str, transaction_id: str) -> list[Attachment]:
        return await attachments_of(self.client, account_id, transaction_id)


async def attachments_of(
    client: QontoClient, account_id: str, transaction_id: str
) -> list[Attachment]:
    """Return the files of a bank transaction."""
    path = _OF_TRANSACTION.replace("{id}", transaction_id)
    params = (("per_page", "100"),)
    call = ProviderCall("GET", path, _OF_TRANSACTION, params=params, scope=READ_ATTACHMENTS)
    page = readable(ATTACHMENTS.read_page, await client.call(account_id, call))
    return [one.document for one in page.records if one.document is not None]


@dataclass(frozen=True)
class FileDeletion:
    """The Writer that takes a file off a bank transaction."""

    client: QontoClient

    can_repeat = True

    async def prepare(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        transaction_id = asked.options.get("transactionId")
        if transaction_id is None:
            raise NotSupported(
                "Qonto deletes no files but those of bank transactions. Name the transaction with "
                "transactionId."
            )
        sent = (known_id(transaction_id), known_id(asked.record_id or ""))
        listed = await attachments_of(self.client, account_id, sent[0])
        if sent[1] not in [one.id for one in listed]:
            raise DocumentNotFound("The bank transaction has no such file.")
        return PreparedWrite(msgspec.json.encode(sent))

    async def send(self, account_id: str, prepared: PreparedWrite) -> WriteDone[Any]:
        transaction_id, file_id = _pair(prepared)
        path = f"{_OF_TRANSACTION.replace('{id}', transaction_id)}/{file_id}"
        route = f"{_OF_TRANSACTION}/{{id}}"
        call = ProviderCall("DELETE", path, route, scope=WRITE_ATTACHMENTS)
        await self.client.call(account_id, call)
        return WriteDone(None, None)

    async def find(
        self, account_id: str, prepared: PreparedWrite, since: datetime
    ) -> Sequence[WriteDone[Any]] | None:
        del since
        transaction_id, file_id = _pair(prepared)
        listed = await attachments_of(self.client, account_id, transaction_id)
        return () if file_id in [one.id for one in listed] else (WriteDone(None, None),)

    def read(self, raw: bytes) -> Found[Any]:
        raise Unreadable(f"a deletion leaves nothing to read, but there are {len(raw)} bytes")


def _pair(prepared: PreparedWrite) -> tuple[str, str]:
    return msgspec.json.decode(prepared.request, type=tuple[str, str])


def _done(made: FileMade) -> WriteDone[Document]:
    return WriteDone(made.id, _found(made))


def _found(made: FileMade) -> Found[Document]:
    # one without an id yet is shown to nobody: its task has no result until it has one
    document = Document(made.id or "", None, None, made.sent.kind, made.sent.name)
    return Found(document, (), msgspec.json.encode(made))


def _unused(request: FileRequest, problems: Problems) -> tuple[str, ...]:
    unused: Mapping[str, object] = {
        "contactId": request.contact_id,
        "documentDate": request.document_date,
        "documentId": request.document_id,
        "integrationSource": request.integration_source,
        "note": request.note,
    }
    return problems.unused(unused, "Qonto's files have nothing of the kind.")


def file_writers(client: QontoClient) -> dict[str, Writer[Any]]:
    """Return the writers of files."""
    return {"files.create": FileUpload(client), "files.delete": FileDeletion(client)}
