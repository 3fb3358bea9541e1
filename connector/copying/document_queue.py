"""The queue of documents: fetched by links that live for minutes, looked for again when late.

A document that isn't there yet, or can't be had just now, never stops a run: it stays in the queue.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from connector.copying.decisions import is_final, next_look
from connector.copying.feed import RecordFeed, RecordFileRef
from connector.copying.ports import DocumentStore, StoredDocument
from connector.errors import MissingScope, RateLimited
from oauth.errors import AccountInactive, ReauthRequired
from storage.clock import Clock
from storage.errors import ServiceError, StorageUnavailable
from storage.log import logger
from storage.repositories.copied_documents import CopiedDocument
from storage.unit_of_work import UnitOfWork

AT_ONCE = 4
"""Documents of one account that are fetched at a time, so that other calls of its come through."""

_CLAIMED = timedelta(minutes=10)
"""How long a document belongs to whoever has begun to fetch it."""

_STOPPING = (MissingScope, ReauthRequired, AccountInactive, RateLimited, StorageUnavailable)
"""What holds for all documents of an account: the others needn't be tried now."""

_NOTED_AT_ONCE = 25
"""Documents whose fate is stored in one transaction. So many are fetched again after a crash."""

Ref = Callable[[CopiedDocument], RecordFileRef]


def by_id(document: CopiedDocument) -> RecordFileRef:
    """Name a document's file by its id."""
    return RecordFileRef(document.file_id or None)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of some documents: stored, and not to be had, which are looked for again."""

    stored: int = 0
    failed: int = 0
    size: int = 0
    """Bytes of those that were stored."""

    def __add__(self, other: "Fetched") -> "Fetched":
        return Fetched(
            self.stored + other.stored, self.failed + other.failed, self.size + other.size
        )


Noted = Callable[[Fetched], Awaitable[None]]
"""Told of documents as soon as their fate is stored; what it raises ends the fetching."""


async def _ignored(fetched: Fetched) -> None:
    del fetched


class _Batch:
    """Documents that were claimed: those to come, and those whose fate isn't stored yet."""

    def __init__(self, claimed: Sequence[CopiedDocument]) -> None:
        self.coming = iter(claimed)
        self.done: list[tuple[CopiedDocument, CopiedDocument]] = []
        """As they were, and as they are now."""
        self.places = asyncio.Semaphore(AT_ONCE)
        self.turn = asyncio.Lock()
        """Whose turn it is to store that."""
        self.fetched = Fetched()


class DocumentQueue:
    """Fetches documents that wait. Safe with any number of processes."""

    def __init__(self, work: UnitOfWork, clock: Clock) -> None:
        self._work = work
        self._clock = clock

    async def fetch(
        self,
        feed: RecordFeed,
        store: DocumentStore,
        documents: Sequence[CopiedDocument],
        ref: Ref = by_id,
        noted: Noted = _ignored,
    ) -> Fetched:
        """Fetch documents of one account. Raises what no other document would escape either."""
        now = self._clock()
        until = now + _CLAIMED
        async with self._work.writing() as tx:
            claimed = await tx.copied_documents.claim(documents, now, until)
        batch = _Batch(claimed)

        async def some() -> None:
            for document in batch.coming:
                became = await self._one(feed, store, document, ref(document), batch.places)
                batch.done.append((document, became))
                if len(batch.done) >= _NOTED_AT_ONCE and not batch.turn.locked():
                    await self._note(batch, noted)

        # as many again are being stored
        tasks = [asyncio.create_task(some()) for _ in range(min(2 * AT_ONCE, len(claimed)))]
        try:
            try:
                await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            await self._note(batch, noted)
        except (Exception, asyncio.CancelledError):
            with suppress(ServiceError):
                await self._note(batch, _ignored)
                async with self._work.writing() as tx:
                    await tx.copied_documents.release(claimed, until, self._clock())
            raise
        return batch.fetched

    async def _one(
        self,
        feed: RecordFeed,
        store: DocumentStore,
        document: CopiedDocument,
        file: RecordFileRef,
        places: asyncio.Semaphore,
    ) -> CopiedDocument:
        """Return what became of a document. Raises what holds for all of an account."""
        try:
            file_id, stored = await _store(feed, store, document, file, places)
        except _STOPPING:
            raise
        except Exception as error:
            return self._failed(document, error)
        return replace(
            document,
            file_id=file_id,
            status="STORED",
            code=None,
            digest=stored.digest,
            size=stored.size,
            path=stored.path,
        )

    def _failed(self, document: CopiedDocument, error: Exception) -> CopiedDocument:
        """Look for it again later, or no more."""
        now = self._clock()
        code = error.code if isinstance(error, ServiceError) else type(error).__name__
        if not isinstance(error, ServiceError):
            # whatever a store raises is one document's business, and somebody has to look at it
            logger.error("copy.document_failed", account_id=document.account_id, exc_info=error)
        return replace(
            document,
            status="MISSING" if is_final(error, document, now) else "PENDING",
            due_at=next_look(document, now),
            attempts=document.attempts + 1,
            code=code,
        )

    async def _note(self, batch: _Batch, noted: Noted) -> None:
        """Store what became of those that are done."""
        async with batch.turn:
            done = list(batch.done)
            if not done:
                return
            async with self._work.writing() as tx:
                await tx.copied_documents.settle(done)
            del batch.done[: len(done)]
        stored = sum(became.status == "STORED" for _, became in done)
        size = sum(became.size or 0 for _, became in done if became.status == "STORED")
        fetched = Fetched(stored, len(done) - stored, size)
        batch.fetched += fetched
        await noted(fetched)


class _Turn:
    """A place among the calls of an account, kept until a document has come."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places = places
        self._has_place = False

    async def __aenter__(self) -> "_Turn":
        await self._places.acquire()
        self._has_place = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self._end()

    async def until_end(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Pass chunks on; after the last the place is another's, while this one is stored."""
        async for chunk in chunks:
            yield chunk
        self._end()

    def _end(self) -> None:
        if self._has_place:
            self._has_place = False
            self._places.release()


async def _store(
    feed: RecordFeed,
    store: DocumentStore,
    document: CopiedDocument,
    file: RecordFileRef,
    places: asyncio.Semaphore,
) -> tuple[str, StoredDocument]:
    async with _Turn(places) as turn:
        opened = await feed.open(document.account_id, document.resource, document.record_id, file)
        try:
            stored = await store.put(
                document.account_id,
                document.resource,
                document.record_id,
                opened.file_name,
                opened.content_type,
                turn.until_end(opened.chunks()),
            )
        finally:
            await opened.close()
    return opened.id, stored
