"""The queue of documents: fetched by links that live for minutes, looked for again when late.

A document that isn't there yet, or can't be had just now, never stops a run: it stays in the queue.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from connector.copying.decisions import is_final, next_look
from connector.copying.feed import RecordFeed, RecordFileRef
from connector.copying.ports import DocumentStore, StoredDocument
from connector.errors import MissingScope, RateLimited
from oauth.errors import AccountInactive, ReauthRequired
from storage.clock import Clock
from storage.errors import ServiceError, StorageUnavailable
from storage.log import logger
from storage.repositories.copied_records import CopiedDocument
from storage.unit_of_work import UnitOfWork

AT_ONCE = 4
"""Documents of one account that are fetched at a time, so that other calls of its come through."""

_CLAIMED = timedelta(minutes=10)
"""How long a document belongs to whoever has begun to fetch it."""

_STOPPING = (MissingScope, ReauthRequired, AccountInactive, RateLimited, StorageUnavailable)
"""What holds for all documents of an account: the others needn't be tried now."""

Ref = Callable[[CopiedDocument], RecordFileRef]


def by_id(document: CopiedDocument) -> RecordFileRef:
    """Name a document's file by its id."""
    return RecordFileRef(document.file_id or None)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of some documents: stored, and not to be had, which are looked for again."""

    stored: int = 0
    failed: int = 0

    def __add__(self, other: "Fetched") -> "Fetched":
        return Fetched(self.stored + other.stored, self.failed + other.failed)


class DocumentQueue:
    """Fetches documents that wait. Safe with any number of processes."""

    def __init__(self, work: UnitOfWork, clock: Clock) -> None:
        self._work = work
        self._clock = clock

    async def fetch(
        self,
        feed: RecordFeed,
        store: DocumentStore,
        documents: list[CopiedDocument],
        ref: Ref = by_id,
    ) -> Fetched:
        """Fetch documents of one account. Raises what no other document would escape either."""
        limit = asyncio.Semaphore(AT_ONCE)

        async def one(document: CopiedDocument) -> Fetched:
            async with limit:
                return await self._one(feed, store, document, ref(document))

        tasks = [asyncio.create_task(one(document)) for document in documents]
        try:
            return sum(await asyncio.gather(*tasks), Fetched())
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _one(
        self, feed: RecordFeed, store: DocumentStore, document: CopiedDocument, file: RecordFileRef
    ) -> Fetched:
        now = self._clock()
        async with self._work.writing() as tx:
            if not await tx.copied_records.claim(document, now + _CLAIMED):
                return Fetched()
        try:
            file_id, stored = await _store(feed, store, document, file)
        except (*_STOPPING, asyncio.CancelledError):
            await self._put_back(document)
            raise
        except Exception as error:
            return await self._failed(document, error)
        async with self._work.writing() as tx:
            await tx.copied_records.settle(
                document,
                file_id=file_id,
                status="STORED",
                code=None,
                digest=stored.digest,
                size=stored.size,
                path=stored.path,
            )
        return Fetched(stored=1)

    async def _put_back(self, document: CopiedDocument) -> None:
        async with self._work.writing() as tx:
            await tx.copied_records.settle(document, due_at=self._clock())

    async def _failed(self, document: CopiedDocument, error: Exception) -> Fetched:
        """Look for it again later, or no more."""
        now = self._clock()
        code = error.code if isinstance(error, ServiceError) else type(error).__name__
        ended = is_final(error, document, now)
        if not isinstance(error, ServiceError):
            # whatever a store raises is one document's business, and somebody has to look at it
            logger.error("copy.document_failed", account_id=document.account_id, exc_info=error)
        async with self._work.writing() as tx:
            await tx.copied_records.settle(
                document,
                status="MISSING" if ended else "PENDING",
                due_at=next_look(document, now),
                attempts=document.attempts + 1,
                code=code,
            )
        return Fetched(failed=1)


async def _store(
    feed: RecordFeed, store: DocumentStore, document: CopiedDocument, file: RecordFileRef
) -> tuple[str, StoredDocument]:
    opened = await feed.open(document.account_id, document.resource, document.record_id, file)
    try:
        stored = await store.put(
            document.account_id,
            document.resource,
            document.record_id,
            opened.file_name,
            opened.content_type,
            opened.chunks(),
        )
    finally:
        await opened.close()
    return opened.id, stored
