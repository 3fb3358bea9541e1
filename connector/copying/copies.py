"""The copies of all accounts: begun on request or by their time, made a few at once."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta

from connector.copying.copier import Copier
from connector.copying.document_queue import DocumentQueue, Fetched
from connector.copying.errors import SyncInProgress, SyncNotSetUp
from connector.copying.places import Openers, name_of, opened
from connector.copying.settings import EVERY, CopySettings
from connector.copying.work import CopyPlace, Tell
from connector.registry import Registry
from oauth.errors import NotSupported
from storage.clock import Clock
from storage.errors import ServiceError
from storage.ids import new_id
from storage.log import logger
from storage.repositories.accounts import Account
from storage.repositories.copies import CopyRun, CopyState
from storage.unit_of_work import UnitOfWork

AT_ONCE = 4
"""Runs that are made at a time; each makes one call at a time, but for documents."""

_MOST = 100
_DOCUMENTS = 50


class Copies:
    """Begins runs, makes those that are due, and tells what came of them."""

    def __init__(
        self,
        work: UnitOfWork,
        registry: Registry,
        copier: Copier,
        clock: Clock,
        openers: Openers,
        settings: CopySettings,
    ) -> None:
        self._work = work
        self._registry = registry
        self._copier = copier
        self._clock = clock
        self._openers = openers
        self._settings = settings
        self._queue = DocumentQueue(work, clock)

    # -- on request ------------------------------------------------------------------------------

    async def start(
        self, account: Account, resources: Collection[str], since: datetime | None
    ) -> list[CopyRun]:
        """Let a worker copy some kinds of records soon; return the runs that will.

        Where one waits already, it's returned. Raises SyncNotSetUp, and NotSupported.
        """
        to = self._settings.to
        if to is None:
            raise SyncNotSetUp(
                "Records aren't copied here: the operator hasn't set CONNECTOR_SYNC__TO."
            )
        wanted = self.resources(account.target, resources)
        runs = [self._new(account.id, one, name_of(to), "API", since) for one in wanted]
        async with self._work.writing() as tx:
            return [await tx.copies.open(run) for run in runs]

    async def run_here(
        self,
        account: Account,
        resources: Collection[str],
        to: str | None,
        documents: str | None,
        since: datetime | None,
        tell: Tell,
    ) -> list[CopyRun]:
        """Copy some kinds of records now, one after the other.

        `to` and `documents` are where the settings say if they are None. Raises SyncNotSetUp,
        NotSupported, and Invalid for what is no place.
        """
        destination = to or self._settings.to
        if destination is None:
            raise SyncNotSetUp("Say where records are copied to, or set CONNECTOR_SYNC__TO.")
        wanted = self.resources(account.target, resources)
        made: list[CopyRun] = []
        async with opened(
            self._openers, destination, documents or self._settings.documents
        ) as place:
            for one in wanted:
                run = self._new(account.id, one, place.name, "COMMAND", since)
                made.append(await self._make(account, run, place, tell))
        return made

    async def set_interval(
        self, account: Account, resources: Collection[str], to: str | None, every: timedelta
    ) -> None:
        """Give an account a time of its own between two runs of some kinds of records."""
        destination = to or self._settings.to
        assert destination is not None, "it was copied to just before"
        async with self._work.writing() as tx:
            for one in self.resources(account.target, resources):
                key = self._new(account.id, one, name_of(destination), "COMMAND", None).key
                await tx.copies.set_interval(key, int(every.total_seconds()))

    async def runs(
        self, account_id: str, *, resource: str | None, before: str | None, most: int
    ) -> tuple[Sequence[CopyRun], str | None]:
        """Return an account's runs, newest first, and from where on there are more."""
        async with self._work.reading() as tx:
            found = await tx.copies.runs(
                account_id, resource=resource, before=before, most=most + 1
            )
        return found[:most], found[most - 1].id if len(found) > most else None

    def resources(self, target: str, wanted: Collection[str]) -> list[str]:
        """Return which of some kinds of records to copy; all for none. Raises NotSupported."""
        known = self._copier.feed_of(target).resources
        if unknown := set(wanted) - set(known):
            raise NotSupported(f"{', '.join(sorted(unknown))} of {target} can't be copied.")
        return [one for one in known if not wanted or one in wanted]

    # -- by their time ---------------------------------------------------------------------------

    async def run_due(self) -> int:
        """Make all runs that are due, a few at once; return how many. For a periodic task."""
        if self._settings.to is None:
            return 0
        made = 0
        async with self._configured() as place:
            under_way: dict[asyncio.Task[None], str] = {}
            try:
                while True:
                    room = AT_ONCE - len(under_way)
                    taken = set(under_way.values())
                    for run in (await self._due(place.name, taken))[:room]:
                        under_way[asyncio.create_task(self._worked(run, place))] = run.id
                        made += 1
                    if not under_way:
                        return made
                    ended, _ = await asyncio.wait(under_way, return_when="FIRST_COMPLETED")
                    for task in ended:
                        del under_way[task]
            finally:
                for task in under_way:
                    task.cancel()
                await asyncio.gather(*under_way, return_exceptions=True)

    async def fetch_documents(self) -> int:
        """Fetch documents that were late and may be there now; return how many were stored.

        Accounts take turns until nothing is due any more; one whose access fails has no other. Each
        document is tried once.
        """
        if self._settings.to is None or self._settings.documents is None:
            return 0
        stored, now = 0, self._clock()
        async with self._configured() as place:
            async with self._work.reading() as tx:
                left = await tx.copied_documents.accounts_due(place.name, now)
            while left:
                fetched = {one: await self._fetch_some(one, place, now) for one in left}
                stored += sum(one.stored for one in fetched.values())
                left = [one for one in left if fetched[one] != Fetched()]
        return stored

    async def _fetch_some(self, account_id: str, place: CopyPlace, now: datetime) -> Fetched:
        """Fetch some of an account's documents that were due at a moment.

        None where there are none, or where it can't be.
        """
        assert place.documents is not None
        async with self._work.reading() as tx:
            account = await tx.accounts.get(account_id)
            due = await tx.copied_documents.due(place.name, now, _DOCUMENTS, account_id=account_id)
        if account is None or account.status != "ACTIVE" or not due:
            return Fetched()
        try:
            feed = self._copier.feed_of(account.target)
            return await self._queue.fetch(feed, place.documents, due)
        except ServiceError as error:
            logger.warning("copy.documents_postponed", account_id=account_id, code=error.code)
            return Fetched()

    async def clean_up(self) -> int:
        """Delete runs that ended long ago; return how many."""
        async with self._work.writing() as tx:
            return await tx.copies.delete_runs(self._clock() - self._settings.keep_runs, _MOST)

    async def _due(self, destination: str, taken: Collection[str]) -> list[CopyRun]:
        """Return the runs that are to be made: those asked for, then those whose time has come."""
        now = self._clock()
        async with self._work.reading() as tx:
            asked = await tx.copies.open_runs(destination, _MOST)
            due = await tx.copies.due(destination, now, _MOST)
            new = {
                resource: await tx.copies.lacking(destination, resource, targets, _MOST)
                for resource, targets in self._targets().items()
            }
        if due or any(new.values()):
            async with self._work.writing() as tx:
                for resource, ids in new.items():
                    for account_id in ids:
                        state = CopyState(account_id, resource, destination, due_at=now)
                        await tx.copies.ensure(state)
                        due.append(state)
                for state in due:
                    run = self._new(state.account_id, state.resource, destination, "SCHEDULE", None)
                    opened_run = await tx.copies.open(run)
                    if opened_run.id == run.id:
                        asked.append(run)
        return [run for run in asked if run.id not in taken]

    def _targets(self) -> dict[str, list[str]]:
        """Return the target systems whose records of each kind can be copied."""
        found: dict[str, list[str]] = {}
        for target in self._registry.targets():
            with suppress(NotSupported):
                for resource in self._copier.feed_of(target).resources:
                    found.setdefault(resource, []).append(target)
        return found

    async def _worked(self, run: CopyRun, place: CopyPlace) -> None:
        """Make a run that waited; it waits on while another process is at the same copy."""
        async with self._work.reading() as tx:
            account = await tx.accounts.get(run.account_id)
        if account is None:
            return
        try:
            await self._make(account, run, place, lambda _run, _progress: None)
        except SyncInProgress:
            await asyncio.sleep(1)
        except Exception as error:
            # one bad account must not end the runs of others
            code = error.code if isinstance(error, ServiceError) else "INTERNAL"
            logger.error("copy.broken", account_id=run.account_id, code=code, exc_info=error)
            failed = replace(run, status="FAILED", code=code, ended_at=self._clock())
            async with self._work.writing() as tx:
                await tx.copies.note(failed)

    async def _make(self, account: Account, run: CopyRun, place: CopyPlace, tell: Tell) -> CopyRun:
        every = self._settings.every.get(run.resource, EVERY["invoices"])
        return await self._copier.make(account, run, place, interval=every, tell=tell)

    def _new(
        self, account_id: str, resource: str, destination: str, origin: str, since: datetime | None
    ) -> CopyRun:
        now = self._clock()
        return CopyRun(
            new_id("run", now), account_id, resource, destination, origin, "OPEN", now, since
        )

    @asynccontextmanager
    async def _configured(self) -> AsyncGenerator[CopyPlace]:
        assert self._settings.to is not None
        async with opened(self._openers, self._settings.to, self._settings.documents) as place:
            yield place
