"""One run: an account's records of one kind, and their documents, copied as far as they changed."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta, tzinfo

from connector.copying.copy_writer import CopyWriter
from connector.copying.decisions import bounds, next_run
from connector.copying.document_queue import DocumentQueue, Fetched
from connector.copying.errors import SyncInProgress
from connector.copying.feed import RecordFeed
from connector.copying.ports import DocumentStore
from connector.copying.run_ended import is_worth_telling, tell_end
from connector.copying.work import BATCH, CopyPlace, CopyTaken, CopyWork, Tell
from connector.errors import RateLimited
from connector.registry import Registry
from oauth.errors import NotSupported
from storage.clock import Clock
from storage.errors import ServiceError
from storage.log import logger
from storage.repositories.accounts import Account
from storage.repositories.copies import LEASE, CopyRun, CopyState
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork

_DOCUMENTS = 200
"""Documents that are taken from the queue at once."""


class Copier:
    """Makes runs. `clock` is that of leases; `zone` is where all accounts keep their books."""

    def __init__(
        self,
        work: UnitOfWork,
        registry: Registry,
        clock: Clock,
        ring: KeyRing,
        *,
        zone: tzinfo | None = None,
        jitter: Callable[[], float] = lambda: secrets.randbelow(1000) / 1000,
    ) -> None:
        self._work = work
        self._registry = registry
        self._clock = clock
        self._ring = ring
        self._zone = zone
        self._jitter = jitter
        self._queue = DocumentQueue(work, clock)
        self._writer = CopyWriter(work, clock)

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
        tell: Tell = lambda _run, _progress: None,
    ) -> CopyRun:
        """Make a run, and return what it came to; why it failed, if it did.

        Raises SyncInProgress when another process is at the same copy.
        """
        it = await self._begin(account, run, place, tell)
        try:
            await self._copy(it)
        except CopyTaken:
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
            status = "SUCCESS" if it.run.unreadable == 0 else "PARTIAL_SUCCESS"
            await self._end(it, status, interval)
        finally:
            it.spool.close()
        return it.run

    # -- begin and end ---------------------------------------------------------------------------

    async def _begin(
        self, account: Account, run: CopyRun, place: CopyPlace, tell: Tell
    ) -> CopyWork:
        """Take the copy, and fix what is read before anything is asked for."""
        feed = self.feed_of(account.target)
        if run.resource not in feed.resources:
            raise NotSupported(f"{run.resource} of {account.target} can't be copied.")
        now = self._clock()
        # of the run's own: another run of this process may take what this one lost
        owner = f"copier_{secrets.token_hex(8)}"
        async with self._work.writing() as tx:
            await tx.copies.ensure(
                CopyState(run.account_id, run.resource, run.destination, due_at=now)
            )
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
        it = CopyWork(account, run, state, owner, limits, place, feed, tell, now + LEASE, doubtful)
        tell(run, it.progress)
        return it

    async def _end(self, it: CopyWork, status: str, interval: timedelta) -> None:
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
            if is_worth_telling(run, it.state.failures):
                await tell_end(tx, self._ring, it.account, run)
        it.run = run
        it.tell(run, it.progress)

    def _explain(self, it: CopyWork, error: Exception) -> None:
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

    async def _copy(self, it: CopyWork) -> None:
        account_id, resource, limits = it.run.account_id, it.run.resource, it.bounds
        await it.feed.check(account_id, resource, files=it.place.documents is not None)
        async for page in it.feed.read(
            account_id, resource, limits.since, limits.until, zone=self._zone
        ):
            it.keep(page)
            await self._writer.hold(it)
        for batch in it.spool.batches(BATCH):
            await self._writer.write(it, batch)
        await self._take_out_others(it)
        if limits.is_full:
            await self._compare(it)
        if it.place.documents is not None:
            await self._fetch(it, it.place.documents)

    async def _take_out_others(self, it: CopyWork) -> None:
        """Take out what has turned out to be of another kind."""
        others = sorted(it.others)
        for begin in range(0, len(others), BATCH):
            async with self._work.reading() as tx:
                known = await tx.copied_records.get(it.key, others[begin : begin + BATCH])
            await self._writer.take_out(it, sorted(known), are_deleted=False)

    async def _compare(self, it: CopyWork) -> None:
        """Take out what the copy has and wasn't read, if the target system has it no more."""
        after = ""
        while True:
            async with self._work.reading() as tx:
                ids = await tx.copied_records.ids(it.key, after, BATCH)
            if not ids:
                return
            after = ids[-1]
            gone: list[str] = []
            for record_id in ids:
                if record_id in it.spool or record_id in it.unreadable:
                    continue
                if not await it.feed.exists(it.run.account_id, it.run.resource, record_id):
                    gone.append(record_id)
                await self._writer.hold(it)
            await self._writer.take_out(it, gone, are_deleted=True)

    async def _fetch(self, it: CopyWork, store: DocumentStore) -> None:
        """Fetch the documents that wait, also those of earlier runs; each is tried once."""
        now = self._clock()

        async def noted(fetched: Fetched) -> None:
            it.fetched(fetched)
            await self._writer.hold(it)

        async with self._work.reading() as tx:
            waiting = await tx.copied_documents.count(it.key, "PENDING")
        it.wait_for(waiting)
        while True:
            async with self._work.reading() as tx:
                due = await tx.copied_documents.due(
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
            pending = await tx.copied_documents.count(it.key, "PENDING")
        it.count(pending=pending)
