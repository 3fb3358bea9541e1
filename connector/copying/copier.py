"""One run: an account's records of one kind, and their documents, copied as far as they changed."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo

from connector.copying.decisions import (
    IN_DOUBT,
    MADE_IN,
    CopyBounds,
    bounds,
    is_news,
    next_run,
)
from connector.copying.document_queue import DocumentQueue, Fetched
from connector.copying.errors import SyncInProgress
from connector.copying.feed import ReadRecord, RecordFeed
from connector.copying.ports import CopiedRecord, Destination, DocumentStore, Gone
from connector.copying.records import copied
from connector.copying.spool import RecordSpool
from connector.errors import RateLimited
from connector.registry import Registry
from oauth.errors import NotSupported
from storage.clock import Clock
from storage.errors import ServiceError
from storage.log import logger
from storage.repositories.accounts import Account
from storage.repositories.copied_records import CopiedDocument, CopiedState
from storage.repositories.copies import LEASE, CopyKey, CopyRun, CopyState
from storage.unit_of_work import UnitOfWork

BATCH = 200
"""Records that are written to a destination at once, all or none of them."""

_DOCUMENTS = 200
"""Documents that are taken from the queue at once."""

Tell = Callable[[CopyRun], None]
"""Gets a run whenever it is further."""


@dataclass(frozen=True, slots=True)
class CopyPlace:
    """Where records and documents go; `name` tells it from others, and holds no credentials."""

    name: str
    destination: Destination
    documents: DocumentStore | None = None


class _Lost(Exception):
    """Another process has taken the copy."""


@dataclass(slots=True)
class _Work:
    """What one run is about, and how far it is."""

    run: CopyRun
    state: CopyState
    owner: str
    bounds: CopyBounds
    place: CopyPlace
    feed: RecordFeed
    tell: Tell
    held_until: datetime
    doubtful: set[str]
    """Records that whoever had the copy before may still be about to write."""
    spool: RecordSpool = field(init=False)
    unreadable: set[str] = field(default_factory=set[str])
    others: set[str] = field(default_factory=set[str])
    """Records that are of another kind, by now at least."""

    def __post_init__(self) -> None:
        self.spool = RecordSpool(self.run.resource)

    @property
    def key(self) -> CopyKey:
        return self.run.key

    def count(self, **more: int) -> None:
        """Add to the run's counts, and tell it."""
        self.run = replace(
            self.run, **{name: getattr(self.run, name) + count for name, count in more.items()}
        )
        self.tell(self.run)


class Copier:
    """Makes runs. `clock` is that of leases; `zone` is where all accounts keep their books."""

    def __init__(
        self,
        work: UnitOfWork,
        registry: Registry,
        clock: Clock,
        *,
        zone: tzinfo | None = None,
        jitter: Callable[[], float] = lambda: secrets.randbelow(1000) / 1000,
    ) -> None:
        self._work = work
        self._registry = registry
        self._clock = clock
        self._zone = zone
        self._jitter = jitter
        self._queue = DocumentQueue(work, clock)

    def feed_of(self, target: str) -> RecordFeed:
        """Return what reads a target system's records. Raises NotSupported where nothing does."""
        feed = self._registry.get(target).records
        if feed is None:
            raise NotSupported(f"The records of {target} can't be copied.")
        return feed

    async def make(
        self,
        account: Account,
        run: CopyRun,
        place: CopyPlace,
        *,
        interval: timedelta,
        tell: Tell = lambda _: None,
    ) -> CopyRun:
        """Make a run, and return what it came to; why it failed, if it did.

        Raises SyncInProgress when another process is at the same copy.
        """
        it = await self._begin(account, run, place, tell)
        try:
            await self._copy(it)
        except _Lost:
            it.run = replace(it.run, code=SyncInProgress.code, message="Another process went on.")
            await self._end(it, "INTERRUPTED", interval)
        except asyncio.CancelledError:
            with suppress(ServiceError):
                await self._end(it, "INTERRUPTED", interval)
            raise
        except Exception as error:
            self._explain(it, error)
            await self._end(it, "FAILED", interval)
        else:
            is_whole = it.run.unreadable == 0
            await self._end(it, "SUCCESS" if is_whole else "PARTIAL_SUCCESS", interval)
        finally:
            it.spool.close()
        return it.run

    # -- begin and end ---------------------------------------------------------------------------

    async def _begin(self, account: Account, run: CopyRun, place: CopyPlace, tell: Tell) -> _Work:
        """Take the copy, and fix what is read before anything is asked for."""
        feed = self.feed_of(account.target)
        if run.resource not in feed.resources:
            raise NotSupported(f"{run.resource} of {account.target} can't be copied.")
        now = self._clock()
        # of the run's own: another run of this process may take what this one lost
        owner = f"copier_{secrets.token_hex(8)}"
        async with self._work.writing() as tx:
            await tx.copies.ensure(CopyState(*_parts(run.key), due_at=now))
            was_left = await tx.copies.is_held(run.key)
            state = await tx.copies.take(run.key, owner, now)
            if state is None:
                raise SyncInProgress(
                    f"Another process is copying {run.resource} of this account. Ask again later."
                )
            doubtful = await tx.copied_records.in_doubt(run.key) if was_left else set[str]()
            if doubtful:
                await tx.copies.distrust(run.key, now)
            limits = bounds(state, run.since, now)
            if limits.first_from != state.first_from:
                state = await tx.copies.extend(state, limits.first_from, now)
            run = replace(
                run,
                status="RUNNING",
                since=limits.since,
                until=limits.until,
                is_full=limits.is_full,
                started_at=now,
            )
            await tx.copies.begin(run)
        it = _Work(run, state, owner, limits, place, feed, tell, now + LEASE, doubtful)
        tell(run)
        return it

    async def _end(self, it: _Work, status: str, interval: timedelta) -> None:
        """Store what came of a run, and, after a success, up to when the copy is complete now."""
        now = self._clock()
        is_done = status in ("SUCCESS", "PARTIAL_SUCCESS")
        failures = 0 if is_done else it.state.failures + (status == "FAILED")
        own = it.state.interval_seconds
        every = interval if own is None else timedelta(seconds=own)
        due_at = next_run(now, every, failures, self._jitter())
        values: dict[str, object] = {
            "failures": failures,
            "due_at": now if status == "INTERRUPTED" else due_at,
        }
        if is_done:
            newest = [at for at in (it.state.newest_at, it.spool.newest_at) if at is not None]
            values |= {
                "changed_until": it.bounds.until,
                "newest_at": max(newest, default=None),
            }
            if it.bounds.is_full:
                values["compared_at"] = it.bounds.until
        run = replace(it.run, status=status, ended_at=now)
        async with self._work.writing() as tx:
            if not await tx.copies.release(it.state, it.owner, **values) and is_done:
                run = replace(run, status="INTERRUPTED")
            await tx.copies.note(run)
        it.run = run
        it.tell(run)

    def _explain(self, it: _Work, error: Exception) -> None:
        is_ours = isinstance(error, ServiceError)
        code = error.code if is_ours else "INTERNAL"
        message = error.message if is_ours else "Something went wrong here; the log tells more."
        it.run = replace(it.run, code=code, message=message)
        logger.warning(
            "copy.failed",
            account_id=it.run.account_id,
            resource=it.run.resource,
            code=code,
            exc_info=None if is_ours else error,
        )

    # -- steps -----------------------------------------------------------------------------------

    async def _copy(self, it: _Work) -> None:
        account_id, resource = it.run.account_id, it.run.resource
        await it.feed.check(account_id, resource, files=it.place.documents is not None)
        limits = it.bounds
        async for page in it.feed.read(
            account_id, resource, limits.since, limits.until, zone=self._zone
        ):
            self._keep(it, page)
            await self._hold(it)
        for batch in it.spool.batches(BATCH):
            await self._write(it, batch)
        await self._take_out_others(it)
        if limits.is_full:
            await self._compare(it)
        if it.place.documents is not None:
            await self._fetch(it, it.place.documents)

    def _keep(self, it: _Work, page: Sequence[ReadRecord]) -> None:
        before, unreadable = len(it.spool), len(it.unreadable)
        for read in page:
            if read.is_other:
                it.others.add(read.id)
            elif read.item is None:
                it.unreadable.add(read.id)
            else:
                it.spool.add(copied(it.run.resource, read), read.files)
        it.count(read=len(it.spool) - before, unreadable=len(it.unreadable) - unreadable)

    async def _hold(self, it: _Work) -> None:
        """Say now and then that this process is still at it. Raises _Lost."""
        now = self._clock()
        if timedelta(0) < it.held_until - now and it.held_until - now > LEASE / 2:
            return
        async with self._work.writing() as tx:
            if not await tx.copies.renew(it.key, it.owner, now):
                raise _Lost
            await tx.copies.note(it.run)
        it.held_until = now + LEASE

    async def _write(
        self, it: _Work, batch: Sequence[tuple[CopiedRecord, list[str | None]]]
    ) -> None:
        """Write what is news to the destination; then note it, and queue its documents."""
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
        states = [
            CopiedState(one.id, one.version, one.content_hash)
            for one in news
            if one.id not in it.doubtful
        ]
        of_news: list[CopiedDocument] = []
        of_others: list[CopiedDocument] = []
        if it.place.documents is not None:
            for record, files in batch:
                wanted = of_news if record.id in new else of_others
                wanted += [self._queued(it, record.id, file) for file in files]
        async with self._work.writing() as tx:
            if not await tx.copies.renew(it.key, it.owner, self._clock()):
                raise _Lost
            await tx.copied_records.note(it.key, states)
            await tx.copied_records.queue(of_news, again=True)
            await tx.copied_records.queue(of_others, again=False)
        it.held_until = self._clock() + LEASE
        it.count(changed=len(news))

    async def _deliver(self, it: _Work, batch: Sequence[CopiedRecord | Gone]) -> None:
        """Write to the destination as long as the copy is this process's.

        What the destination is about to get is in doubt until it's noted: whatever happens in
        between, it's compared with what there is. Where the copy was taken meanwhile, something
        older may have come after something newer: then all is compared anew. Nobody may be left to
        say so; whoever takes a copy that wasn't given back therefore leaves in doubt what was.
        """
        now = self._clock()
        in_doubt = [CopiedState(one.id, *IN_DOUBT) for one in batch]
        async with self._work.writing() as tx:
            if not await tx.copies.renew(it.key, it.owner, now):
                raise _Lost
            await tx.copied_records.note(it.key, in_doubt)
        it.held_until = now + LEASE
        await it.place.destination.write(it.run.account_id, batch)
        async with self._work.writing() as tx:
            if await tx.copies.renew(it.key, it.owner, self._clock()):
                return
            await tx.copied_records.note(it.key, in_doubt)
            await tx.copies.distrust(it.key, self._clock())
        raise _Lost

    def _queued(self, it: _Work, record_id: str, file_id: str | None) -> CopiedDocument:
        """Let a document wait; one that is still being made not before it may be there."""
        now = self._clock()
        due = now if file_id else now + MADE_IN
        return CopiedDocument(*_parts(it.key), record_id, file_id or "", "PENDING", due, now)

    async def _compare(self, it: _Work) -> None:
        """Take out what the copy has and wasn't read, if the target system has it no more."""
        after = ""
        while True:
            async with self._work.reading() as tx:
                ids = await tx.copied_records.ids(it.key, after, BATCH)
            if not ids:
                return
            after = ids[-1]
            gone: list[Gone] = []
            for record_id in ids:
                if record_id in it.spool or record_id in it.unreadable:
                    continue
                if not await it.feed.exists(it.run.account_id, it.run.resource, record_id):
                    gone.append(Gone(it.run.resource, record_id, self._clock()))
                await self._hold(it)
            await self._take_out(it, gone)

    async def _take_out_others(self, it: _Work) -> None:
        """Take out what has turned out to be of another kind."""
        others = sorted(it.others)
        for begin in range(0, len(others), BATCH):
            async with self._work.reading() as tx:
                known = await tx.copied_records.get(it.key, others[begin : begin + BATCH])
            now = self._clock()
            await self._take_out(it, [Gone(it.run.resource, one, now) for one in sorted(known)])

    async def _take_out(self, it: _Work, gone: Sequence[Gone]) -> None:
        if not gone:
            return
        await self._deliver(it, gone)
        async with self._work.writing() as tx:
            if not await tx.copies.renew(it.key, it.owner, self._clock()):
                raise _Lost
            ids = [one.id for one in gone if one.id not in it.doubtful]
            await tx.copied_records.forget(it.key, ids)
        it.count(gone=len(gone))

    async def _fetch(self, it: _Work, store: DocumentStore) -> None:
        """Fetch the documents that wait, also those of earlier runs; each is tried once."""
        now = self._clock()

        async def noted(fetched: Fetched) -> None:
            it.count(downloaded=fetched.stored, failed=fetched.failed)
            await self._hold(it)

        while True:
            async with self._work.reading() as tx:
                due = await tx.copied_records.due_documents(
                    it.place.name,
                    now,
                    _DOCUMENTS,
                    account_id=it.run.account_id,
                    resource=it.run.resource,
                )
            if not due:
                break
            try:
                await self._queue.fetch(
                    it.feed,
                    store,
                    due,
                    lambda one: it.spool.file(one.record_id, one.file_id),
                    noted,
                )
            except RateLimited:
                break  # they wait for another time
        async with self._work.reading() as tx:
            pending = await tx.copied_records.count_documents(it.key, "PENDING")
        it.count(pending=pending)


def _parts(key: CopyKey) -> tuple[str, str, str]:
    return key.account_id, key.resource, key.destination
