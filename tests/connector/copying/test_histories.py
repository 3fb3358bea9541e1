"""Random histories: whatever happens, in the end the copy is what Qonto has.

Records are made, changed and deleted between runs and within them, so that they move between pages;
pages and documents fail; the process is killed at any request, write, document or commit; our clock
jumps. After each of it a new process goes on.
"""

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from random import Random
from typing import Any

import httpx2
import pytest

from connector.copying.copier import Copier
from connector.copying.errors import SyncInProgress
from storage.unit_of_work import DatabaseTransaction, UnitOfWork
from tests.connector.copying.stage import RESOURCES, RING, Killed, Stage, stage

KINDS = {
    "invoices": "client_invoices",
    "bills": "supplier_invoices",
    "transactions": "transactions",
}
PATHS = {
    "invoices": "/v2/client_invoices",
    "bills": "/v2/supplier_invoices",
    "transactions": "/v2/transactions",
}


HISTORIES = int(os.environ.get("SYNC_HISTORIES", "2"))
"""Of each kind of record; the seeds count from 0."""


class Mortal:
    """A unit of work whose process may be killed right before or after each commit."""

    def __init__(self, work: UnitOfWork, step: Callable[[], None]) -> None:
        self._work = work
        self._step = step

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[DatabaseTransaction]:
        async with self._work.writing() as tx:
            yield tx
            self._step()
        self._step()


class History:
    """One history of one kind of record."""

    def __init__(self, it: Stage, resource: str, seed: int) -> None:
        self.it = it
        self.resource = resource
        self.random = Random(seed)
        self.left: int | None = None
        """Steps until the process is killed."""
        self.restless = False
        it.line.passed = self._passed
        it.shelf.step = self._step
        it.archive.step = self._step

    def _step(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left <= 0:
                self.left = None
                raise Killed

    def _passed(self, request: httpx2.Request) -> None:
        self.it.later(seconds=self.random.choice([0, 0, 0.2, 3]))
        if self.restless and self.random.random() < 0.4:
            self.change()
        self._step()

    def change(self) -> None:
        """Let something happen at Qonto."""
        it, random = self.it, self.random
        chosen = random.random()
        ids = sorted(it.truth(self.resource))
        if chosen < 0.35 or not ids:
            self._make()
        elif chosen < 0.85:
            self._touch(random.choice(ids))
        elif self.resource == "invoices":
            books = it.books.client_invoices
            books.remove(books.get(random.choice(ids)))

    def _make(self) -> None:
        control, random = self.it.control, self.random
        match self.resource:
            case "invoices":
                control.create_invoice(status=random.choice(["draft", "unpaid"]))
            case "bills":
                control.receive_supplier_invoice(is_credit_note=random.random() < 0.2)
            case _:
                accounts = [one.id for one in self.it.books.organisation.bank_accounts]
                account = random.choice(accounts)
                status: Any = random.choice(["pending", "declined", "completed"])
                control.bank_transaction(amount="5.10", bank_account_id=account, status=status)

    def _touch(self, id: str) -> None:
        it = self.it
        match self.resource:
            case "invoices":
                it.control.touch_invoice(id)
            case "bills":
                books = it.books.supplier_invoices
                books.save(books.get(id), it.now)
            case _:
                if self.random.random() < 0.3:
                    bills = list(it.books.supplier_invoices)
                    attached = self.random.choice(bills).attachment_id
                    it.books.transaction(id).attachment_ids.append(attached)
                it.control.annotate_transaction(id, note=str(self.random.random()))

    async def attempt(self) -> None:
        """Make one run, perhaps with a failure, perhaps killed, by a clock that may have jumped."""
        it, random = self.it, self.random
        it.off = timedelta(seconds=random.choice([0, 0, 0, -7200, -90, 90, 7200]))
        self.restless = random.random() < 0.5
        self.left = random.randint(1, 60) if random.random() < 0.4 else None
        if random.random() < 0.4:
            path = random.choice([PATHS[self.resource], "/v2/attachments/*", "/files/*"])
            # a file has no form of its own that would show that it's cut in half
            kinds = ["status", "drop"] if path == "/files/*" else ["status", "drop", "malformed"]
            kind: Any = random.choice(kinds)
            it.control.fault(path=path, kind=kind, skip=random.randint(0, 3))
        work: Any = Mortal(it.work, self._step)
        process = Copier(work, it.registry, it.our_now, RING, jitter=lambda: 0.0)
        with suppress(Killed, SyncInProgress):
            await it.run(self.resource, copier=process)
        self.left, self.restless = None, False

    async def settle(self) -> None:
        """Let all be well again, and make runs until nothing is left to do."""
        it = self.it
        it.control.clear_faults()
        it.off = timedelta(0)
        # leases end; files that were late are there; what a wrong clock put off is due
        for wait in (timedelta(hours=3), timedelta(hours=2), timedelta(hours=2)):
            it.later(seconds=wait.total_seconds())
            await it.done(self.resource)


@pytest.mark.parametrize("seed", range(HISTORIES))
@pytest.mark.parametrize("resource", RESOURCES)
async def test_after_any_history_the_copy_is_what_qonto_has(
    work: UnitOfWork, resource: str, seed: int
) -> None:
    async with stage(work) as it:
        it.control.generate(KINDS[resource], 230)  # type: ignore[arg-type]
        it.control.set_quirks(unstable_order=seed % 2 == 1)
        history = History(it, resource, seed)
        for _ in range(3):
            for _ in range(history.random.randint(1, 4)):
                for _ in range(history.random.randint(0, 4)):
                    history.change()
                it.later(minutes=history.random.choice([0, 1, 10, 90]))
                await history.attempt()
            await history.settle()
            truth, copy = it.truth(resource), it.copy(resource)
            lacking = {id: one for id, one in truth.items() if copy.get(id) != one}
            assert lacking == {}, "every change is noticed by the next run that succeeds"
        it.later(hours=25)
        await it.done(resource)
        assert it.copy(resource) == it.truth(resource), "and what is gone once a day"
        await _holds_each_document(it, resource)


async def _holds_each_document(it: Stage, resource: str) -> None:
    attachments = it.simulator.world.attachments
    stored = {(one.record_id, one.file_id): one for one in await it.documents(resource)}
    for record in it.truth(resource).values():
        ids = record.get("attachment_ids") or [record.get("attachment_id")]
        for file_id in filter(None, ids):
            one = stored[record["id"], file_id]
            assert one.status == "STORED", one
            assert it.archive.files[one.digest or ""] == attachments[file_id].read()
