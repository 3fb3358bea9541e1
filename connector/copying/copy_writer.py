"""Changes of a copy: to its destination first, then noted here, as long as the lease holds."""

from collections.abc import Sequence
from datetime import timedelta

from connector.copying.decisions import IN_DOUBT, MADE_IN, is_news
from connector.copying.deletions import announce_deletions
from connector.copying.ports import CopiedRecord, Gone
from connector.copying.work import CopyTaken, CopyWork
from storage.clock import Clock
from storage.repositories.copied_documents import CopiedDocument
from storage.repositories.copied_records import CopiedState
from storage.repositories.copies import LEASE
from storage.unit_of_work import DatabaseTransaction, UnitOfWork


class CopyWriter:
    """Writes what a run has found. All of it raises CopyTaken once another run has the copy."""

    def __init__(self, work: UnitOfWork, clock: Clock) -> None:
        self._work = work
        self._clock = clock

    async def hold(self, it: CopyWork) -> None:
        """Say now and then that this process is still at it."""
        left = it.held_until - self._clock()
        if LEASE / 2 < left <= LEASE:
            return
        async with self._work.writing() as tx:
            await self._renew(tx, it)
            await tx.copies.note(it.run)

    async def write(
        self, it: CopyWork, batch: Sequence[tuple[CopiedRecord, list[str | None]]]
    ) -> None:
        """Write what is news; then note it, and queue its documents."""
        async with self._work.reading() as tx:
            known = await tx.copied_records.get(it.key, [record.id for record, _ in batch])
        news = [
            record
            for record, _ in batch
            if is_news(record.version, record.content_hash, known.get(record.id))
        ]
        if news:
            await self._deliver(it, news)
        new = {record.id for record in news}
        of_news: list[CopiedDocument] = []
        of_others: list[CopiedDocument] = []
        if it.place.documents is not None:
            for record, files in batch:
                wanted = of_news if record.id in new else of_others
                wanted += [self._queued(it, record.id, file) for file in files]
        states = [
            CopiedState(one.id, one.version, one.content_hash)
            for one in news
            if one.id not in it.doubtful
        ]
        async with self._work.writing() as tx:
            await self._renew(tx, it)
            await tx.copied_records.note(it.key, states)
            await tx.copied_documents.queue(of_news, again=True)
            await tx.copied_documents.queue(of_others, again=False)
        it.count(changed=len(news))

    async def take_out(self, it: CopyWork, ids: Sequence[str], *, are_deleted: bool) -> None:
        """Take records out, and tell vendors that they are deleted, if they are."""
        if not ids:
            return
        gone = [Gone(it.run.resource, one, self._clock()) for one in ids]
        await self._deliver(it, gone)
        async with self._work.writing() as tx:
            await self._renew(tx, it)
            known = set(ids) - it.doubtful
            await tx.copied_records.forget(it.key, known)
            await tx.copied_documents.forget(it.key, known)
            if are_deleted:
                await announce_deletions(tx, it.run.account_id, gone)
        it.count(gone=len(gone))

    async def _deliver(self, it: CopyWork, batch: Sequence[CopiedRecord | Gone]) -> None:
        """Write to the destination.

        What the destination is about to get is in doubt until it's noted: whatever happens in
        between, it's compared with what there is. Where the copy was taken meanwhile, something
        older may have come after something newer: then all is compared anew. Nobody may be left to
        say so; whoever takes a copy that wasn't given back therefore leaves in doubt what was.
        """
        in_doubt = [CopiedState(one.id, *IN_DOUBT) for one in batch]
        async with self._work.writing() as tx:
            await self._renew(tx, it)
            await tx.copied_records.note(it.key, in_doubt)
        await it.place.destination.write(it.run.account_id, batch)
        async with self._work.writing() as tx:
            if await tx.copies.renew(it.key, it.owner, self._clock()):
                return
            await tx.copied_records.note(it.key, in_doubt)
            await tx.copies.distrust(it.key, self._clock())
        raise CopyTaken

    async def _renew(self, tx: DatabaseTransaction, it: CopyWork) -> None:
        now = self._clock()
        if not await tx.copies.renew(it.key, it.owner, now):
            raise CopyTaken
        it.held_until = now + LEASE

    def _queued(self, it: CopyWork, record_id: str, file_id: str | None) -> CopiedDocument:
        """Let a document wait; one that is still being made not before it may be there."""
        now = self._clock()
        due = now + (timedelta(0) if file_id else MADE_IN)
        return CopiedDocument(
            it.key.account_id,
            it.key.resource,
            it.key.destination,
            record_id,
            file_id or "",
            "PENDING",
            due,
            now,
        )
