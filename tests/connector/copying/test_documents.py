"""Documents of copied records: fetched at once, or looked for again when they are late."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from connector.copying.document_queue import DocumentQueue, Fetched
from connector.copying.ports import StoredDocument
from connector.errors import RateLimited
from storage.repositories.copied_documents import CopiedDocument
from storage.unit_of_work import UnitOfWork
from tests.connector.copying.stage import Killed, Stage, stage


@pytest.fixture
async def it(work: UnitOfWork) -> AsyncIterator[Stage]:
    async with stage(work) as up:
        up.later(minutes=1)
        bills = list(up.books.supplier_invoices)
        for number, account in enumerate(up.books.transactions.values()):
            for one in list(account)[:2]:
                one.attachment_ids.append(bills[number].attachment_id)
        yield up


def bytes_of(it: Stage, attachment_id: str) -> bytes:
    content: bytes = it.simulator.world.attachments[attachment_id].read()
    return content


async def everything_stored(it: Stage) -> str:
    """Return all that the database holds, as one text."""
    found: list[str] = []
    async with it.work.reading() as tx:
        names = await tx.connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'table'")
        )
        for (name,) in names.fetchall():
            rows = await tx.connection.execute(text(f'SELECT * FROM "{name}"'))  # noqa: S608
            found += [repr(tuple(row)) for row in rows.fetchall()]
    return "\n".join(found)


@pytest.mark.covers("GUIDE-35", "GUIDE-36", "GUIDE-53", "GUIDE-85")
@pytest.mark.parametrize("resource", ["invoices", "bills", "transactions"])
async def test_each_document_is_stored_as_qonto_has_it(it: Stage, resource: str) -> None:
    headers: list[Any] = []

    def passed(request: httpx2.Request) -> None:
        if request.url.path.startswith("/files/"):
            headers.append(request.headers)

    it.line.passed = passed
    run = await it.done(resource)
    documents = await it.documents(resource)
    assert documents and run.downloaded == len(documents)
    for one in documents:
        content = bytes_of(it, one.file_id)
        assert (one.status, one.digest) == ("STORED", sha256(content).hexdigest())
        assert it.archive.files[one.digest or ""] == content
    assert headers and not any("authorization" in each for each in headers)
    stored = await everything_stored(it)
    assert "X-Amz" not in stored and "/files/" not in stored
    assert not any(b"X-Amz" in record.raw for record in it.shelf.records.values())
    it.later(hours=1)
    assert (await it.done(resource)).downloaded == 0, "what is stored isn't fetched again"


@pytest.mark.covers("GUIDE-84")
async def test_links_that_come_with_movements_save_a_call_each(it: Stage) -> None:
    run = await it.done("transactions")
    assert run.downloaded > 0
    paths = [entry.path for entry in it.simulator.recorder.entries()]
    assert not [path for path in paths if path.startswith("/v2/attachments")]


async def test_a_link_that_grew_old_is_asked_for_anew(it: Stage) -> None:
    """31 minutes pass between the page and its first file."""
    aged: list[str] = []

    def passed(request: httpx2.Request) -> None:
        if request.url.path.startswith("/files/") and not aged:
            aged.append(request.url.path)
            it.later(minutes=31)

    it.line.passed = passed
    run = await it.done("transactions")
    documents = await it.documents("transactions")
    assert run.downloaded == len(documents) and {one.status for one in documents} == {"STORED"}
    paths = [entry.path for entry in it.simulator.recorder.entries()]
    assert [path for path in paths if path.startswith("/v2/attachments")]


@pytest.mark.covers("GUIDE-37")
@pytest.mark.parametrize("late", [{"pdf_delay": 10.0}, {"pdf_delay": 0.0, "file_delay": 15.0}])
async def test_a_pdf_that_is_late_is_stored_though_the_watermark_moved_on(
    it: Stage, late: dict[str, float]
) -> None:
    await it.done("invoices")
    it.control.set_quirks(**late)
    it.later(hours=1)
    made = str(it.control.create_invoice()["id"])
    run = await it.done("invoices")
    assert (run.changed, run.downloaded, run.pending) == (1, 0, 1)
    before = await it.state("invoices")
    assert before is not None and before.changed_until == it.now
    for _ in range(4):
        it.later(minutes=1)
        await it.done("invoices")
    (stored,) = [one for one in await it.documents("invoices") if one.record_id == made]
    invoice = it.books.client_invoices.get(made)
    assert (stored.status, stored.file_id) == ("STORED", invoice.attachment_id)
    assert it.archive.files[stored.digest or ""].startswith(b"%PDF")


async def test_a_document_that_qonto_fails_to_give_ends_no_run(it: Stage) -> None:
    it.control.fault(path="/v2/attachments/*", kind="status", status=404, times=2)
    it.control.fault(path="/files/*", kind="status", status=500, times=2)
    run = await it.done("invoices")
    assert run.failed == run.pending == 4 and run.downloaded > 0
    it.later(minutes=5)
    run = await it.done("invoices")
    assert (run.downloaded, run.pending) == (4, 0)


async def test_a_document_that_never_comes_is_given_up_until_its_record_changes(it: Stage) -> None:
    made = str(it.control.receive_supplier_invoice(due_in_days=None)["id"])
    it.later(minutes=1)
    it.control.fault(path="/v2/attachments/*", kind="status", status=404, times=None)
    statuses: list[str] = []
    for _ in range(6):
        await it.done("bills")
        (one,) = [one for one in await it.documents("bills") if one.record_id == made]
        assert one.code == "NOT_FOUND"
        statuses.append(one.status)
        it.later(days=1)
    assert statuses == ["PENDING"] * 4 + ["MISSING"] * 2
    it.control.clear_faults()
    it.control.move_supplier_invoice(made, "to_pay")
    await it.done("bills")
    (one,) = [one for one in await it.documents("bills") if one.record_id == made]
    assert one.status == "STORED"


async def test_a_store_that_fails_keeps_its_document_waiting(it: Stage) -> None:
    left = [3]

    def step() -> None:
        if left[0]:
            left[0] -= 1
            raise OSError("the disk is full")

    it.archive.step = step
    run = await it.done("bills")
    assert (run.failed, run.pending) == (3, 3)
    it.later(minutes=2)
    assert (await it.done("bills")).downloaded == 3


async def test_without_a_store_no_document_is_asked_for(it: Stage) -> None:
    it.has_archive = False
    run = await it.done("bills")
    assert run.changed > 0 and await it.documents("bills") == []
    it.has_archive = True
    it.later(days=1)
    run = await it.done("bills")
    assert (run.changed, run.downloaded) == (0, len(await it.documents("bills"))) != (0, 0)


async def test_a_fetched_document_takes_no_more_than_its_chunks(it: Stage) -> None:
    """Four are fetched at a time, whatever their number."""
    under_way, most = [0], [0]
    put = it.archive.put

    async def counted(*given: Any) -> Any:
        under_way[0] += 1
        most[0] = max(most[0], under_way[0])
        for _ in range(50):
            await asyncio.sleep(0)
        try:
            return await put(*given)
        finally:
            under_way[0] -= 1

    it.archive.put = counted  # type: ignore[method-assign]
    await it.done("bills")
    assert 1 < most[0] <= 4


async def queued(it: Stage, count: int) -> list[CopiedDocument]:
    """Have documents that wait: those of a run that was too soon for all of them."""
    it.control.generate("supplier_invoices", count)
    it.control.fault(path="/v2/attachments/*", kind="status", status=500, times=None)
    await it.done("bills")
    it.control.clear_faults()
    it.later(minutes=10)
    return await it.documents("bills")


@pytest.mark.both_databases
async def test_two_processes_never_fetch_the_same_document(it: Stage) -> None:
    waiting = await queued(it, 60)
    feed = it.copier.feed_of("qonto")
    queues = [DocumentQueue(it.work, it.our_now) for _ in range(2)]
    fetched = await asyncio.gather(*(one.fetch(feed, it.archive, waiting) for one in queues))
    assert sum(one.stored for one in fetched) == len(it.archive.names) == len(waiting)
    assert {one.status for one in await it.documents("bills")} == {"STORED"}


@pytest.mark.both_databases
async def test_what_was_fetched_before_all_had_to_stop_is_noted_and_the_rest_waits(
    it: Stage,
) -> None:
    waiting = await queued(it, 60)
    it.control.fault(
        path="/v2/attachments/*", kind="status", status=429, times=None, skip=len(waiting) // 2
    )
    queue = DocumentQueue(it.work, it.our_now)
    with pytest.raises(RateLimited):
        await queue.fetch(it.copier.feed_of("qonto"), it.archive, waiting)
    documents = await it.documents("bills")
    assert 20 < len([one for one in documents if one.status == "STORED"]) < len(waiting)
    left = [one for one in documents if one.status == "PENDING"]
    assert left and {one.due_at for one in left} == {it.our_now()}, "nobody keeps them"
    it.control.clear_faults()
    again = await queue.fetch(it.copier.feed_of("qonto"), it.archive, left)
    assert (again.stored, again.failed) == (len(left), 0)


async def test_what_became_of_documents_is_told_before_the_last_is_there(it: Stage) -> None:
    waiting = await queued(it, 60)
    told: list[int] = []

    async def noted(fetched: Fetched) -> None:
        told.append(fetched.stored)
        least = sum(told)
        stored = [one for one in await it.documents("bills") if one.status == "STORED"]
        assert len(stored) >= least, "it's told when it's kept"

    queue = DocumentQueue(it.work, it.our_now)
    feed = it.copier.feed_of("qonto")
    await queue.fetch(feed, it.archive, waiting, noted=noted)
    assert sum(told) == len(waiting) and len(told) > 1


async def test_a_process_that_died_keeps_its_documents_for_ten_minutes(it: Stage) -> None:
    waiting = await queued(it, 5)
    queue = DocumentQueue(it.work, it.our_now)

    def killed() -> None:
        raise Killed

    it.archive.step = killed
    with pytest.raises(Killed):
        await queue.fetch(it.copier.feed_of("qonto"), it.archive, waiting)
    it.archive.step = lambda: None
    kept = await it.documents("bills")
    assert {one.due_at for one in kept} == {it.our_now() + timedelta(minutes=10)}
    assert (await queue.fetch(it.copier.feed_of("qonto"), it.archive, kept)).stored == 0
    it.later(minutes=10)
    fetched = await queue.fetch(it.copier.feed_of("qonto"), it.archive, kept)
    assert fetched.stored == len(waiting)


async def test_no_more_than_four_documents_of_an_account_are_on_their_way(it: Stage) -> None:
    """While others are being stored, which takes longest here."""
    waiting = await queued(it, 60)
    under_way, most, overlaps = 0, 0, 0
    send, put = it.line.to.handle_async_request, it.archive.put

    async def counted(request: httpx2.Request) -> httpx2.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.002)
        try:
            return await send(request)
        finally:
            under_way -= 1

    async def slow(*given: Any) -> StoredDocument:
        nonlocal overlaps
        stored = await put(*given)
        overlaps += under_way > 0
        await asyncio.sleep(0.01)
        return stored

    it.line.to.handle_async_request = counted  # type: ignore[method-assign]
    it.archive.put = slow  # type: ignore[method-assign]
    feed = it.copier.feed_of("qonto")
    fetched = await DocumentQueue(it.work, it.our_now).fetch(feed, it.archive, waiting)
    assert fetched.stored == len(waiting) and most == 4 and overlaps
