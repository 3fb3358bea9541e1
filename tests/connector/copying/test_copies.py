"""Copies of several accounts: begun when asked or when due, and made a few at once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from connector.copying.copies import Copies
from connector.copying.errors import SyncNotSetUp
from connector.copying.places import Openers, name_of
from connector.copying.ports import CopiedRecord, Gone, StoredDocument
from connector.copying.settings import CopySettings
from oauth.errors import NotSupported
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.repositories.copies import CopyRun
from storage.unit_of_work import UnitOfWork
from tests.connector.copying.stage import RESOURCES, Stage, stage
from tests.support.accounts import add_account

pytestmark = pytest.mark.both_databases

TO = "memory://shelf"


@pytest.fixture
async def it(work: UnitOfWork) -> AsyncIterator[Stage]:
    async with stage(work) as up:
        up.later(minutes=1)
        yield up


def copies_of(it: Stage, **settings: Any) -> Copies:
    given: dict[str, Any] = {"to": TO, "documents": "memory://archive", **settings}
    chosen = CopySettings(**given)
    openers = Openers(lambda _: it.shelf, lambda _: it.archive)
    return Copies(it.work, it.registry, it.copier, it.our_now, openers, chosen)


async def others(it: Stage, count: int) -> list[Account]:
    made: list[Account] = []
    async with it.work.writing() as tx:
        for number in range(count):
            one = replace(it.account, id=new_id("acct", it.now), organization_id=f"org {number}")
            made.append(await add_account(tx, one))
    return made


async def runs(it: Stage, account: Account | None = None) -> list[CopyRun]:
    async with it.work.reading() as tx:
        return await tx.copies.runs((account or it.account).id, most=100)


async def test_every_account_s_records_of_each_kind_are_copied_by_themselves(it: Stage) -> None:
    more = await others(it, 2)
    assert await copies_of(it).run_due() == 9
    for account in (it.account, *more):
        found = await runs(it, account)
        assert {(one.resource, one.status) for one in found} == {
            (kind, "SUCCESS") for kind in RESOURCES
        }
    assert {kind: it.copy(kind) for kind in RESOURCES} == {
        kind: it.truth(kind) for kind in RESOURCES
    }
    assert await copies_of(it).run_due() == 0, "nothing is due so soon"


async def test_no_more_than_four_runs_are_made_at_a_time(it: Stage) -> None:
    await others(it, 3)
    under_way, most, are_four = [0], [0], asyncio.Event()
    write = it.shelf.write

    async def counted(account_id: str, batch: Sequence[CopiedRecord | Gone]) -> None:
        under_way[0] += 1
        most[0] = max(most[0], under_way[0])
        if under_way[0] == 4:
            are_four.set()
        async with asyncio.timeout(10):
            await are_four.wait()
        await asyncio.sleep(0.01)  # in which a fifth would show
        await write(account_id, batch)
        under_way[0] -= 1

    it.shelf.write = counted  # type: ignore[method-assign]
    assert await copies_of(it).run_due() == 12
    assert most[0] == 4


@pytest.mark.covers("GUIDE-42", "GUIDE-88")
async def test_how_often_is_each_account_s_own(it: Stage) -> None:
    (other,) = await others(it, 1)
    copies = copies_of(it)
    await copies.run_due()
    await copies.set_interval(other, ["bills"], TO, timedelta(minutes=1))
    it.later(days=2)
    await copies.run_due()
    it.later(minutes=1, seconds=1)
    assert await copies.run_due() == 1
    assert len(await runs(it, other)) == 7
    due = await it.state("transactions")
    assert due is not None and due.due_at - it.now <= timedelta(minutes=15)
    it.jitter = 1.0
    it.later(minutes=15)
    begun = it.now
    await copies.run_due()
    due = await it.state("transactions")
    assert due is not None and due.due_at - begun == timedelta(minutes=18), "a fifth at most"


async def test_runs_that_wait_are_not_asked_for_twice(it: Stage) -> None:
    copies = copies_of(it)
    first = await copies.start(it.account, ["invoices"], None)
    again = await copies.start(it.account, ["invoices", "bills"], None)
    assert [one.resource for one in again] == ["invoices", "bills"]
    assert again[0] == first[0]
    await copies.run_due()
    origins = {one.resource: one.origin for one in await runs(it)}
    assert origins == {"invoices": "API", "bills": "API", "transactions": "SCHEDULE"}


async def test_what_nobody_set_up_or_offers_is_refused(it: Stage) -> None:
    with pytest.raises(SyncNotSetUp):
        await copies_of(it, to=None).start(it.account, [], None)
    with pytest.raises(NotSupported):
        await copies_of(it).start(it.account, ["users"], None)
    assert await copies_of(it, to=None).run_due() == 0


async def test_a_failure_is_tried_again_soon_and_then_more_rarely(it: Stage) -> None:
    copies = copies_of(it)
    it.control.fault(path="/v2/supplier_invoices", kind="status", status=400, times=None)
    waits: list[timedelta] = []
    for _ in range(5):
        await copies.run_due()
        state = await it.state("bills")
        assert state is not None
        waits.append(state.due_at - it.now)
        it.now = state.due_at
    assert waits == [timedelta(minutes=count) for count in (1, 2, 4, 8, 16)]
    it.control.clear_faults()
    await copies.run_due()
    assert it.copy("bills") == it.truth("bills")


async def test_late_documents_come_without_another_run(it: Stage) -> None:
    copies = copies_of(it)
    await copies.run_due()
    it.control.set_quirks(pdf_delay=20.0)
    made = str(it.control.create_invoice()["id"])
    await copies.start(it.account, ["invoices"], None)
    await copies.run_due()
    assert await copies.fetch_documents() == 0
    it.later(seconds=11)
    assert await copies.fetch_documents() == 0, "Qonto is still at it"
    it.later(seconds=11)
    assert await copies.fetch_documents() == 1
    (one,) = [each for each in await it.documents("invoices") if each.record_id == made]
    assert one.status == "STORED" and one.file_id


async def late_documents(it: Stage, copies: Copies, count: int) -> None:
    """Have documents of bills wait in each account that is active."""
    it.control.generate("supplier_invoices", count)
    it.control.fault(path="/v2/attachments/*", kind="status", status=500, times=None)
    await copies.run_due()
    it.control.clear_faults()
    it.later(minutes=10)


async def test_all_late_documents_come_in_one_turn(it: Stage) -> None:
    copies = copies_of(it)
    await late_documents(it, copies, 120)
    assert await copies.fetch_documents() > 120
    assert await copies.fetch_documents() == 0
    assert {one.status for one in await it.documents("bills")} == {"STORED"}


async def test_an_account_whose_access_ended_holds_up_no_other_s_documents(it: Stage) -> None:
    """Its documents have waited the longest, and are more than are taken at once."""
    copies = copies_of(it)
    await late_documents(it, copies, 60)
    async with it.work.writing() as tx:
        await tx.accounts.renew(replace(it.account, status="REVOKED"))
    (other,) = await others(it, 1)
    await late_documents(it, copies, 1)
    assert await copies.fetch_documents() > 60
    assert {one.status for one in await it.documents("bills")} == {"PENDING"}
    async with it.work.reading() as tx:
        key = replace(it.key_of("bills"), account_id=other.id)
        assert {one.status for one in await tx.copied_documents.all(key)} == {"STORED"}


async def test_documents_of_a_run_under_way_are_left_to_it(it: Stage) -> None:
    copies = copies_of(it)
    it.control.generate("supplier_invoices", 230)  # more than are taken at once
    it.later(minutes=1)
    put = it.archive.put
    meanwhile: list[int] = []

    async def watched(*given: Any) -> StoredDocument:
        it.archive.put = put  # type: ignore[method-assign]
        meanwhile.append(await copies.fetch_documents())
        return await put(*given)

    it.archive.put = watched  # type: ignore[method-assign]
    run = await it.done("bills")
    assert meanwhile == [0] and run.downloaded == len(await it.documents("bills")) > 200


async def test_an_unlinked_account_is_left_alone(it: Stage) -> None:
    async with it.work.writing() as tx:
        await tx.accounts.renew(replace(it.account, status="REVOKED"))
    asked: list[httpx2.Request] = []
    it.line.passed = asked.append
    assert await copies_of(it).run_due() == 0 and asked == []


async def test_old_runs_are_forgotten(it: Stage) -> None:
    copies = copies_of(it, keep_runs=timedelta(days=7))
    await copies.run_due()
    assert await copies.clean_up() == 0
    it.later(days=8)
    await copies.start(it.account, ["bills"], None)
    assert await copies.clean_up() == 3
    assert [one.status for one in await runs(it)] == ["OPEN"]


def test_a_copy_s_name_tells_places_apart_and_holds_no_password() -> None:
    named = name_of("postgresql://me:secret@db.example:5433/books?schema=q&sslmode=require")
    assert named == "postgresql://db.example:5433/books?schema=q"
    assert name_of("sqlite:///copy.db") == "sqlite:///copy.db"
    assert name_of("jsonl:folder/of copies") == "jsonl:folder/of copies"
    assert len({name_of(f"postgresql://h/{one}") for one in ("a", "b", "a?schema=s")}) == 3
