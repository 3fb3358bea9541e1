"""One run against the simulator: what is asked for, what is written, and what a failure leaves."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx2
import msgspec
import pytest
from qonto_simulator.rules.accounts import open_account

from connector.copying.errors import SyncInProgress
from connector.copying.ports import CopiedRecord, Gone
from connector.copying.work import CopyProgress
from storage.clock import iso_millis
from storage.ids import new_id
from storage.repositories.copies import CopyRun
from storage.repositories.delivery_log import LogFilter
from storage.repositories.subscriptions import Subscription
from storage.repositories.tenant_webhooks import TenantWebhook
from storage.unit_of_work import UnitOfWork
from tests.connector.copying.stage import HOUR, RESOURCES, RING, START, Killed, Stage, stage

LISTS = {
    "invoices": "/v2/client_invoices",
    "bills": "/v2/supplier_invoices",
    "transactions": "/v2/transactions",
}


@pytest.fixture
async def it(work: UnitOfWork) -> AsyncIterator[Stage]:
    async with stage(work) as up:
        yield up


def change(it: Stage, resource: str) -> str:
    """Make a record; return its id."""
    match resource:
        case "invoices":
            return str(it.control.create_invoice()["id"])
        case "bills":
            return str(it.control.receive_supplier_invoice()["id"])
        case _:
            return str(it.control.bank_transaction(amount="12.34")["id"])


@pytest.mark.parametrize("resource", RESOURCES)
async def test_a_first_run_copies_all_there_is(it: Stage, resource: str) -> None:
    run = await it.done(resource)
    assert it.copy(resource) == it.truth(resource) and it.truth(resource)
    assert (run.read, run.changed, run.is_full) == (len(it.truth(resource)),) * 2 + (True,)
    assert (run.since, run.until) == (None, START)


@pytest.mark.parametrize("resource", RESOURCES)
async def test_the_next_run_copies_what_changed_alone(it: Stage, resource: str) -> None:
    it.later(minutes=1)  # until Qonto has read what has just come
    await it.done(resource)
    before = len(it.shelf.batches)
    it.later(hours=1)
    assert (await it.done(resource)).changed == 0 and len(it.shelf.batches) == before
    it.later(hours=1)
    made = change(it, resource)
    it.later(minutes=5)
    run = await it.done(resource)
    assert run.changed == 1 and not run.is_full
    (batch,) = it.shelf.batches[before:]
    assert [one.id for one in batch] == [made]


@pytest.mark.covers("GUIDE-04", "GUIDE-33")
async def test_client_invoices_are_asked_for_as_the_guide_does(it: Stage) -> None:
    await it.done("invoices")
    it.later(hours=2)
    it.control.generate("client_invoices", 250, days=0.01)
    it.later(minutes=1)  # some of them changed a little later than now
    it.control.clear_journal()
    run = await it.done("invoices")
    asked = it.asked(LISTS["invoices"])
    assert run.since is not None and run.until is not None and run.changed == 250
    assert asked == [
        {
            "page": [str(number)],
            "per_page": ["100"],
            "exclude_imported": ["false"],
            "filter[updated_at_from]": [iso_millis(run.since)],
            "filter[updated_at_to]": [iso_millis(run.until)],
        }
        for number in (1, 2, 3)
    ]


@pytest.mark.covers("GUIDE-51")
async def test_supplier_invoices_come_in_the_order_of_their_changes(it: Stage) -> None:
    it.later(minutes=1)
    await it.done("bills")
    it.later(hours=2)
    for _ in range(5):
        it.control.receive_supplier_invoice()
        it.later(seconds=20)
    it.control.clear_journal()
    run = await it.done("bills")
    assert run.since is not None and run.until is not None
    (asked,) = it.asked(LISTS["bills"])
    assert asked == {
        "page": ["1"],
        "per_page": ["100"],
        "sort_by": ["updated_at:asc"],
        "filter[updated_at_from]": [iso_millis(run.since)],
        "filter[updated_at_to]": [iso_millis(run.until)],
    }
    moments = [one.changed_at for one in it.shelf.batches[-1] if isinstance(one, CopiedRecord)]
    assert len(moments) == 5 and moments == sorted(moments, key=lambda at: at or START)


@pytest.mark.covers("GUIDE-81", "GUIDE-82", "GUIDE-83")
async def test_movements_are_asked_for_account_by_account(it: Stage) -> None:
    await it.done("transactions")
    for number in range(6 - len(it.books.organisation.bank_accounts)):
        open_account(it.simulator.world, it.books, f"Account {number}", at=it.now)
    it.later(hours=2)
    pending = it.control.bank_transaction(amount="1.00", status="pending")["id"]
    it.control.clear_journal()
    run = await it.done("transactions")
    assert run.since is not None and run.until is not None
    asked = it.asked(LISTS["transactions"])
    accounts = [account.id for account in it.books.organisation.bank_accounts]
    assert [query["bank_account_id"] for query in asked] == [[one] for one in accounts]
    assert len(accounts) == 6
    for query in asked:
        assert {**query, "bank_account_id": []} == {
            "bank_account_id": [],
            "page": ["1"],
            "per_page": ["100"],
            "includes[]": ["labels", "attachments"],
            "status[]": query["status[]"],
            "updated_at_from": [iso_millis(run.since)],
            "updated_at_to": [iso_millis(run.until)],
        }
        assert set(query["status[]"]) == {"pending", "declined", "completed"}
    assert str(pending) in it.copy("transactions")


@pytest.mark.covers("GUIDE-55")
async def test_a_bill_shows_what_qonto_finds_wrong_with_it(it: Stage) -> None:
    """Under Qonto's names, in what comes beside the unified record."""
    made = [str(it.control.receive_supplier_invoice(invoice_number="E-77")["id"]) for _ in range(2)]
    it.later(minutes=5)
    await it.done("bills")
    copied = it.copy("bills")
    assert [copied[id]["has_duplicates"] for id in made] == [True, True]
    assert all(copied[id]["has_discrepancies"] is False for id in made)


@pytest.mark.covers("GUIDE-07")
async def test_moments_are_read_in_seconds_and_milliseconds_and_written_in_utc(it: Stage) -> None:
    made = [str(it.control.create_invoice()["id"]) for _ in range(2)]
    written = dict(zip(made, ("2026-11-20T09:59:58Z", "2026-11-20T09:59:58.250Z"), strict=True))

    def rewritten(document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "updated_at": written.get(document["id"], document["updated_at"])}

    it.line.rewrite = rewritten
    run = await it.done("invoices")
    changed = {id: it.shelf.of("invoices")[id].changed_at for id in made}
    assert changed == {id: datetime.fromisoformat(text) for id, text in written.items()}
    assert it.shelf.of("invoices")[made[0]].record["updatedDate"] == "2026-11-20T09:59:58.000Z"
    it.later(hours=1)
    await it.done("invoices")
    assert run.until is not None
    for query in it.asked(LISTS["invoices"]):
        for name, (text,) in query.items():
            assert "updated_at" not in name or (text.endswith("Z") and len(text) == 24)


@pytest.mark.covers("GUIDE-05")
async def test_a_list_ends_where_no_next_page_is_named(it: Stage) -> None:
    it.control.generate("client_invoices", 150)
    it.control.set_quirks(omit_next_page=True)
    await it.done("invoices")
    assert it.copy("invoices") == it.truth("invoices")


@pytest.mark.covers("GUIDE-06", "GUIDE-34", "GUIDE-39", "GUIDE-40", "GUIDE-54")
@pytest.mark.parametrize("resource", ["invoices", "bills"])
async def test_a_failure_on_the_last_page_leaves_nothing_behind(it: Stage, resource: str) -> None:
    kind: Any = {"invoices": "client_invoices", "bills": "supplier_invoices"}[resource]
    await it.done(resource)
    before = await it.state(resource)
    written, stored = len(it.shelf.batches), len(it.archive.files)
    it.later(hours=1)
    it.control.generate(kind, 250, days=0.02)
    it.later(minutes=1)
    it.control.fault(path=LISTS[resource], kind="status", status=500, skip=2)
    run = await it.run(resource)
    after = await it.state(resource)
    assert (run.status, run.code) == ("FAILED", "DOWNSTREAM_UNAVAILABLE")
    assert before and after and before.changed_until == after.changed_until
    assert (len(it.shelf.batches), len(it.archive.files)) == (written, stored)
    other = "bills" if resource == "invoices" else "invoices"
    await it.done(other)
    state = await it.state(other)
    assert state is not None and state.changed_until == it.now, "each kind goes on by itself"
    await it.done(resource)
    assert it.copy(resource) == it.truth(resource)


@pytest.mark.covers("GUIDE-87")
async def test_one_account_that_fails_leaves_the_watermark_of_all(it: Stage) -> None:
    await it.done("transactions")
    before = await it.state("transactions")
    it.later(hours=1)
    made = change(it, "transactions")
    it.control.fault(path=LISTS["transactions"], kind="status", status=500, skip=1)
    assert (await it.run("transactions")).status == "FAILED"
    after = await it.state("transactions")
    assert before and after and before.changed_until == after.changed_until
    assert made not in it.copy("transactions")
    await it.done("transactions")
    assert it.copy("transactions") == it.truth("transactions")


@pytest.mark.covers("GUIDE-30", "GUIDE-50", "GUIDE-80")
@pytest.mark.parametrize(
    ("resource", "scope"),
    [
        ("invoices", "client_invoices.read"),
        ("bills", "supplier_invoice.read"),
        ("transactions", "organization.read"),
    ],
)
async def test_a_missing_scope_is_named_before_anything_is_asked(
    it: Stage, resource: str, scope: str
) -> None:
    for granted, missing in ((scope, "attachment.read"), ("attachment.read", scope)):
        it.key.scopes = frozenset({granted})
        it.control.clear_journal()
        run = await it.run(resource)
        assert (run.status, run.code) == ("FAILED", "MISSING_SCOPE")
        assert run.message is not None and missing in run.message
        assert it.simulator.recorder.entries() == []
    it.has_archive = False
    it.key.scopes = frozenset({scope, "organization.read"})
    await it.done(resource)


@pytest.mark.covers("GUIDE-31", "QX-59")
async def test_the_first_run_begins_where_it_is_told_to(it: Stage) -> None:
    since = START - timedelta(days=60)
    run = await it.done("invoices", since=since)
    expected = {
        id: one
        for id, one in it.truth("invoices").items()
        if datetime.fromisoformat(one["updated_at"]) >= since
    }
    assert it.copy("invoices") == expected and 0 < len(expected) < len(it.truth("invoices"))
    assert run.since == since
    it.later(days=2)
    await it.done("invoices")
    assert it.copy("invoices") == expected, "comparing all there is begins there, too"
    await it.done("invoices", since=START - timedelta(days=4000))
    assert it.copy("invoices") == it.truth("invoices")


@pytest.mark.covers("GUIDE-32")
async def test_what_changes_while_it_is_read_is_copied_by_the_next_run(it: Stage) -> None:
    it.control.generate("client_invoices", 150)
    await it.done("invoices")
    it.later(hours=1)
    touched = next(iter(it.truth("invoices")))

    def passed(request: httpx2.Request) -> None:
        it.later(seconds=1)
        it.control.touch_invoice(touched)

    it.line.passed = passed
    run = await it.done("invoices")
    assert run.changed == 0, "its end was fixed before the first request"
    it.line.passed = lambda _: None
    it.later(minutes=1)
    assert (await it.done("invoices")).changed == 1
    assert it.copy("invoices") == it.truth("invoices")
    assert (await it.done("invoices")).changed == 0


@pytest.mark.parametrize("resource", RESOURCES)
async def test_records_that_move_while_a_long_list_is_read_are_all_copied(
    it: Stage, resource: str
) -> None:
    kind: Any = {
        "invoices": "client_invoices",
        "bills": "supplier_invoices",
        "transactions": "transactions",
    }[resource]
    it.has_archive = False
    it.control.generate(kind, 700)
    it.control.set_quirks(churn=7)

    def passed(request: httpx2.Request) -> None:
        it.later(seconds=1)

    it.line.passed = passed
    await it.done(resource)
    it.line.passed = lambda _: None
    it.control.set_quirks(churn=0)
    it.later(minutes=10)
    await it.done(resource)
    assert it.copy(resource) == it.truth(resource)


async def test_more_movements_than_qonto_searches_are_asked_for_in_parts(
    it: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qonto_simulator.resources.transactions.CAP", 100)
    it.control.generate("transactions", 350)
    it.later(minutes=1)
    run = await it.done("transactions")
    assert run.read == len(it.truth("transactions")) > 350
    assert it.copy("transactions") == it.truth("transactions")


async def test_records_of_one_moment_in_an_order_of_chance_are_all_copied(it: Stage) -> None:
    it.has_archive = False
    it.control.generate("client_invoices", 350)
    it.control.set_moments("client_invoices")
    it.control.set_quirks(unstable_order=True)
    it.later(minutes=1)
    await it.done("invoices")
    assert it.copy("invoices") == it.truth("invoices")


async def test_a_list_that_never_shows_what_it_counts_is_no_complete_run(it: Stage) -> None:
    it.has_archive = False
    it.control.generate("client_invoices", 150)
    it.control.set_quirks(most_per_page=30, most_per_page_unsaid=True, page_past_end_is_422=True)
    run = await it.run("invoices")
    if run.status == "SUCCESS":
        assert it.copy("invoices") == it.truth("invoices")
    else:
        assert run.code == "LIST_INCOMPLETE"
        state = await it.state("invoices")
        assert state is not None and state.changed_until is None


async def test_what_is_gone_is_taken_out_by_a_comparison_a_day(it: Stage) -> None:
    draft = str(it.control.create_invoice(status="draft")["id"])
    await it.done("invoices")
    books = it.books
    books.client_invoices.remove(books.client_invoices.get(draft))
    it.later(hours=1)
    assert (await it.done("invoices")).gone == 0, "nothing tells"
    assert draft in it.copy("invoices")
    it.later(hours=24)
    run = await it.done("invoices")
    assert (run.gone, run.is_full) == (1, True)
    assert it.copy("invoices") == it.truth("invoices")
    assert [one.id for one in it.shelf.batches[-1] if isinstance(one, Gone)] == [draft]
    assert (await it.done("invoices")).gone == 0


async def subscribe(it: Stage, url: str, resource: str = "INVOICE", *, deletions: bool) -> str:
    at = it.our_now()
    made = Subscription(
        id=new_id("whk", at),
        tenant_id=it.account.tenant_id,
        account_id=it.account.id,
        resource=resource,
        callback_url=url,
        secret=b"",
        created_at=at,
        updated_at=at,
        deletions=deletions,
    )
    async with it.work.writing() as tx:
        await tx.subscriptions.add(made)
    return made.id


async def test_what_is_gone_is_told_once_to_who_asks_for_it(it: Stage) -> None:
    """Also when it is noticed by two copies, and when a process dies over telling it."""
    plain = await subscribe(it, "https://app.example/a", deletions=False)
    asking = await subscribe(it, "https://app.example/b", deletions=True)
    proposals = await subscribe(it, "https://app.example/c", "BOOKING_PROPOSAL", deletions=True)
    draft = str(it.control.create_invoice(status="draft")["id"])
    await it.done("invoices")
    it.name = "memory://another"
    await it.done("invoices")
    it.books.client_invoices.remove(it.books.client_invoices.get(draft))
    it.later(hours=25)
    for it.name in ("memory://shelf", "memory://another"):
        assert (await it.done("invoices")).gone == 1
    async with it.work.reading() as tx:
        pages = [
            await tx.delivery_log.page(one, LogFilter(), most=10)
            for one in (plain, asking, proposals)
        ]
    told = [[(one.event_type, one.resource_id) for one in page.deliveries] for page in pages]
    assert told == [[], [("DELETED", draft)], [("DELETED", draft)]]


async def notices(it: Stage) -> list[Any]:
    """Return what is to be told of ends, in order."""
    async with it.work.reading() as tx:
        found = await tx.notices.unplanned()
    bodies = [RING.open(one.body or b"", associated_data=one.associated_data) for one in found]
    return [msgspec.json.decode(body) for body in bodies]


async def test_a_vendor_is_told_of_an_end_that_says_something(it: Stage) -> None:
    """Each that was asked for, one that copied something, the first failure, and its end."""
    async with it.work.writing() as tx:
        webhook = TenantWebhook("twh_1", it.account.tenant_id, "https://app.example/n", START)
        await tx.tenant_webhooks.add(webhook)
    first = await it.done("invoices")
    (told,) = await notices(it)
    assert told == {
        "eventType": "SYNC_ENDED",
        "accountId": it.account.id,
        "runId": first.id,
        "resource": "invoices",
        "status": "SUCCESS",
        "changed": first.changed,
        "gone": 0,
        "downloaded": first.downloaded,
        "pending": first.pending,
        "code": None,
        "reference": None,
        "endedDate": iso_millis(first.ended_at or START),
    }
    ends = [("SUCCESS", None)]

    async def run(*expected: tuple[str, str | None], origin: str = "SCHEDULE") -> None:
        it.now += HOUR
        await it.run("invoices", origin=origin)
        ends.extend(expected)
        assert [(one["status"], one["code"]) for one in await notices(it)] == ends

    await run()
    await run(("SUCCESS", None), origin="API")
    for expected in ([("FAILED", "DOWNSTREAM_UNAVAILABLE")], []):
        it.control.fault(path="/v2/client_invoices", kind="drop")
        await run(*expected)
    await run(("SUCCESS", None))
    await run()


async def test_a_bill_that_turns_out_to_be_a_credit_note_is_taken_out(it: Stage) -> None:
    made = str(it.control.receive_supplier_invoice(is_credit_note=True)["id"])
    await it.done("bills")
    assert made in it.copy("bills"), "nobody has read it yet"
    it.later(minutes=1)
    run = await it.done("bills")
    assert run.gone == 1 and not run.is_full
    assert it.copy("bills") == it.truth("bills")


async def test_two_processes_never_copy_the_same_records_at_once(it: Stage) -> None:
    other = it.process()
    refused: list[str] = []

    async def interrupted() -> None:
        with pytest.raises(SyncInProgress):
            await it.run("invoices", copier=other)
        refused.append("invoices")

    await it.done("bills")

    class Slow:
        async def write(self, account_id: str, batch: object) -> None:
            await interrupted()

        async def close(self) -> None: ...

    it.shelf = Slow()  # type: ignore[assignment]
    await it.done("invoices")
    assert refused


async def test_a_killed_process_keeps_its_copy_for_two_minutes(it: Stage) -> None:
    def passed(request: httpx2.Request) -> None:
        raise Killed

    it.line.passed = passed
    with pytest.raises(Killed):
        await it.run("invoices")
    it.line.passed = lambda _: None
    with pytest.raises(SyncInProgress):
        await it.run("invoices", copier=it.process())
    it.later(minutes=2, seconds=1)
    await it.done("invoices", copier=it.process())
    async with it.work.reading() as tx:
        runs = await tx.copies.runs(it.account.id, most=10)
    assert [run.status for run in runs] == ["SUCCESS", "INTERRUPTED"]


async def test_what_a_killed_process_wrote_and_couldnt_note_is_taken_out_when_it_is_gone(
    it: Stage,
) -> None:
    """It was written, nobody noted it, and Qonto has it no more when it's looked for again."""
    draft = str(it.control.create_invoice(status="draft")["id"])
    write = it.shelf.write

    async def killed(account_id: str, batch: Sequence[CopiedRecord | Gone]) -> None:
        await write(account_id, batch)
        raise Killed

    it.shelf.write = killed  # type: ignore[method-assign]
    with pytest.raises(Killed):
        await it.run("invoices")
    it.shelf.write = write  # type: ignore[method-assign]
    assert draft in it.copy("invoices")
    it.books.client_invoices.remove(it.books.client_invoices.get(draft))
    it.later(minutes=3)
    await it.done("invoices", copier=it.process())
    assert it.copy("invoices") == it.truth("invoices")


@pytest.mark.parametrize("is_same_process", [False, True])
async def test_what_is_written_after_the_copy_was_lost_is_compared_anew(
    it: Stage, is_same_process: bool
) -> None:
    """A run is held up in a write while another one takes out what it's about to write."""
    other = it.copier if is_same_process else it.process()
    draft = str(it.control.create_invoice(status="draft")["id"])
    write = it.shelf.write

    async def held_up(account_id: str, batch: Sequence[CopiedRecord | Gone]) -> None:
        it.shelf.write = write  # type: ignore[method-assign]
        it.books.client_invoices.remove(it.books.client_invoices.get(draft))
        it.later(minutes=3)
        await it.done("invoices", copier=other)
        assert draft not in it.copy("invoices")
        await write(account_id, batch)

    it.shelf.write = held_up  # type: ignore[method-assign]
    run = await it.run("invoices")
    assert (run.status, run.code) == ("INTERRUPTED", "SYNC_IN_PROGRESS")
    assert draft in it.copy("invoices"), "it came late"
    it.later(hours=1)
    await it.done("invoices", copier=it.process())
    assert it.copy("invoices") == it.truth("invoices")


@pytest.mark.parametrize("is_removed", [False, True])
async def test_what_a_process_writes_late_and_dies_over_is_written_anew(
    it: Stage, is_removed: bool
) -> None:
    """It's held up in a write, another one takes the copy, and nobody says that it came late."""
    draft = str(it.control.create_invoice(status="draft")["id"])
    write = it.shelf.write

    async def late(account_id: str, batch: Sequence[CopiedRecord | Gone]) -> None:
        it.shelf.write = write  # type: ignore[method-assign]
        it.later(minutes=3)
        if is_removed:
            it.books.client_invoices.remove(it.books.client_invoices.get(draft))
        else:
            it.control.touch_invoice(draft, footer="new")
        await it.done("invoices", copier=it.process())
        assert it.copy("invoices") == it.truth("invoices")
        await write(account_id, batch)
        raise Killed

    it.shelf.write = late  # type: ignore[method-assign]
    with pytest.raises(Killed):
        await it.run("invoices")
    assert it.copy("invoices") != it.truth("invoices"), "the old came after the new"
    it.later(hours=1)
    await it.done("invoices", copier=it.process())
    assert it.copy("invoices") == it.truth("invoices")
    assert (await it.done("invoices", copier=it.process())).changed == 0, "and that was all"


async def test_a_run_tries_each_document_once(it: Stage) -> None:
    """However long that takes: those that fail would be due again before it ends."""

    def slow(request: httpx2.Request) -> None:
        if request.url.path.startswith("/v2/attachments/"):
            it.later(seconds=20)

    it.control.generate("supplier_invoices", 30)
    it.control.fault(path="/v2/attachments/*", kind="status", status=500, times=None)
    it.line.passed = slow
    run = await it.done("bills")
    assert run.failed == run.pending == len(await it.documents("bills")) > 30


@pytest.mark.covers("GUIDE-41")
async def test_a_run_is_recorded_with_all_that_it_came_to(it: Stage) -> None:
    told: list[str] = []
    progress: list[CopyProgress] = []

    def tell(run: CopyRun, further: CopyProgress) -> None:
        told.append(run.status)
        progress.append(further)

    run = await it.done("invoices", tell=tell)
    async with it.work.reading() as tx:
        (stored,) = await tx.copies.runs(it.account.id, resource="invoices", most=10)
    assert stored == run
    assert run.until == START and run.started_at == START and run.ended_at == it.now
    assert run.read == run.changed == len(it.truth("invoices"))
    assert run.downloaded == len(it.archive.names) > 0
    assert (run.failed, run.unreadable) == (0, 0)
    assert told[0] == "RUNNING" and told[-1] == "SUCCESS"
    stored = sum(len(it.archive.files[digest]) for digest in it.archive.files)
    assert progress[-1] == CopyProgress(pages=1, stored_bytes=stored, waiting=0)
    assert max(one.waiting for one in progress) == run.downloaded
