"""One process works on one payout, on both databases; who lost it changes nothing any more."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, cast

import pytest

from connector.errors import DownstreamForbidden, PayoutNotReady, RateLimited
from connector.payouts.orders import CheckedFile, PayoutOrder
from connector.payouts.payouts import (
    DRAFTS_KEPT,
    PayoutConfirmation,
    PayoutDraft,
    Payouts,
)
from connector.payouts.running import PayoutRuns, RunSettings
from connector.payouts.runs import LeaseLost, PayoutHold, RunHalted, RunLater, RunNext, RunStep
from connector.payouts.standing import PayoutReport, PayoutSeals
from storage.repositories.accounts import Account
from storage.repositories.payment_settings import PaymentSettings
from storage.repositories.payouts import PayoutLineChange
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from tests.connector.payouts.written import IBAN
from tests.connector.writing.shop import Office

pytestmark = pytest.mark.both_databases

LEASE = timedelta(seconds=60)


@dataclass
class Scripted:
    """Does with each step what a test says; without a word it proposes two lines at a time."""

    script: list[Callable[[PayoutHold], Any]] = field(default_factory=list[Any])
    batches: list[list[int]] = field(default_factory=list[list[int]])

    async def step(self, hold: PayoutHold) -> RunStep:
        if self.script:
            return await self.script.pop(0)(hold)
        lines = await hold.lines("OPEN", 2)
        if not lines:
            return None
        batch = await hold.begin_batch([one.line for one in lines])
        if batch is None:
            return RunHalted(None)
        self.batches.append([one.line.number for one in await hold.batch(batch)])
        await hold.end_batch(batch, "PROPOSED", f"r{batch}")
        return RunNext()


class Desk:
    """Stores payouts of one account, and starts processes that run them."""

    def __init__(self, work: UnitOfWork, ring: KeyRing) -> None:
        self.office = Office(work, ring)
        self.work, self.clock = work, self.office.clock
        self.seals = PayoutSeals(ring)
        self.means = Scripted()
        self.payouts = Payouts(
            work,
            self.seals,
            self.clock,
            cast(Any, _Unchecked()),
            cast(Any, _Unchecked()),
            cast(Any, None),
        )
        self.account: Account

    def process(self, **changes: Any) -> PayoutRuns:
        """Start a process."""
        settings = RunSettings(lease=LEASE, at_once=1)
        runs = PayoutRuns(
            self.work, self.seals, self.clock, {"PROPOSE": self.means}, settings, _at_once
        )
        return replace(runs, **changes)

    async def draft(self, count: int, key: str | None = None) -> PayoutReport:
        """Store a payout of so many lines."""
        orders = tuple(
            PayoutOrder(number, f"line {number}", "Marie", IBAN, Decimal(number), f"no. {number}")
            for number in range(1, count + 1)
        )
        draft = PayoutDraft(CheckedFile("CSV", orders), f"digest {count}", "salaries.csv")
        return await self.payouts.draft(self.account, draft, key)

    async def running(self, count: int) -> str:
        """Store and confirm a payout; return its id."""
        report = await self.draft(count)
        said = PayoutConfirmation(Decimal(report.payout.total_cents).scaleb(-2), count)
        return (await self.payouts.confirm(self.account, report.payout.id, said)).payout.id

    async def report(self, payout_id: str) -> PayoutReport:
        return await self.payouts.get(self.account, payout_id)

    async def hold(self, payout_id: str, owner: str) -> PayoutHold:
        """Take a payout by hand."""
        now = self.clock()
        async with self.work.writing() as tx:
            payout = await tx.payouts.take(payout_id, owner, now=now, until=now + LEASE)
        assert payout is not None
        return PayoutHold(self.work, self.seals, self.clock, LEASE, self.account, payout)


class _Unchecked:
    """Lets everything through."""

    async def check(self, *asked: Any) -> None: ...

    async def settings(self, tenant_id: str) -> PaymentSettings | None: ...


async def _at_once(seconds: float) -> None: ...


@pytest.fixture
async def desk(work: UnitOfWork, ring: KeyRing) -> Desk:
    one = Desk(work, ring)
    one.account = await one.office.account()
    return one


async def test_a_payout_is_run_batch_by_batch_to_its_end(desk: Desk) -> None:
    payout_id = await desk.running(5)
    assert await desk.process().run_due() == 1
    report = await desk.report(payout_id)
    assert (report.payout.status, report.counts) == ("DONE", {"PROPOSED": 5})
    assert report.payout.lease_owner is None and report.payout.ended_at is not None
    assert desk.means.batches == [[1, 2], [3, 4], [5]]
    assert report.group("pending") == (5, 1500)
    assert await desk.process().run_due() == 0


async def test_two_processes_never_work_on_one_payout(desk: Desk) -> None:
    payout_id = await desk.running(3)
    hold = await desk.hold(payout_id, "first")
    assert await desk.process().run_due() == 0
    desk.office.later(LEASE.total_seconds() - 1)
    assert await hold.keep()
    desk.office.later(LEASE.total_seconds() - 1)
    assert await desk.process().run_due() == 0
    desk.office.later(2)
    assert await desk.process().run_due() == 1
    assert (await desk.report(payout_id)).payout.status == "DONE"


async def test_who_lost_the_lease_changes_nothing(desk: Desk) -> None:
    payout_id = await desk.running(3)
    first = await desk.hold(payout_id, "first")
    lines = await first.lines("OPEN", 1)
    batch = await first.begin_batch([lines[0].line])
    assert batch == 1
    desk.office.later(LEASE.total_seconds() + 1)
    second = await desk.hold(payout_id, "second")
    assert not await first.keep()
    assert await first.begin_batch([one.line for one in await first.lines("OPEN", 2)]) is None
    with pytest.raises(LeaseLost):
        await first.end_batch(batch, "PROPOSED", "r1")
    with pytest.raises(LeaseLost):
        await first.note([PayoutLineChange(lines[0].line.id, "REFUSED")])
    assert (await desk.report(payout_id)).counts == {"OPEN": 2, "SENDING": 1}
    assert await second.unfinished_batch() == 1
    assert [one.line.number for one in await second.batch(1)] == [1]


async def test_a_line_is_begun_once(desk: Desk) -> None:
    hold = await desk.hold(await desk.running(2), "first")
    lines = [one.line for one in await hold.lines("OPEN", 2)]
    await hold.begin_batch(lines)
    with pytest.raises(AssertionError):
        await hold.begin_batch(lines)
    assert await hold.lines("OPEN", 2) == []


async def test_a_stopped_payout_begins_nothing_and_notes_what_has_left(desk: Desk) -> None:
    payout_id = await desk.running(3)
    hold = await desk.hold(payout_id, "first")
    batch = await hold.begin_batch([one.line for one in await hold.lines("OPEN", 1)])
    assert batch is not None
    stopped = await desk.payouts.stop(desk.account, payout_id)
    assert stopped.payout.status == "STOPPED"
    assert await hold.begin_batch([one.line for one in await hold.lines("OPEN", 1)]) is None
    await hold.end_batch(batch, "PROPOSED", "r1")
    assert (await desk.report(payout_id)).counts == {"OPEN": 2, "PROPOSED": 1}


async def test_what_may_pass_is_tried_again_ever_more_seldom(desk: Desk) -> None:
    async def limited(hold: PayoutHold) -> RunStep:
        return RunLater(None, RateLimited("too many"))

    payout_id = await desk.running(1)
    desk.means.script = [limited] * 3
    waits: list[float] = []
    for _ in range(3):
        assert await desk.process().run_due() == 1
        report = await desk.report(payout_id)
        assert report.content.trouble is not None and report.content.trouble.code == "RATE_LIMITED"
        waits.append((report.payout.due_at - desk.clock()).total_seconds())
        assert await desk.process().run_due() == 0
        desk.office.later(waits[-1])
    assert waits == [2.0, 5.0, 10.0]
    await desk.process().run_due()
    report = await desk.report(payout_id)
    assert (report.payout.status, report.content.trouble) == ("DONE", None)


async def test_what_stands_against_all_stops_it_and_says_why(desk: Desk) -> None:
    async def forbidden(hold: PayoutHold) -> RunStep:
        return RunHalted(DownstreamForbidden("not you"))

    payout_id = await desk.running(1)
    desk.means.script = [forbidden]
    await desk.process().run_due()
    report = await desk.report(payout_id)
    assert report.payout.status == "STOPPED" and report.content.trouble is not None
    assert report.content.trouble.message == "not you"
    assert (await desk.payouts.start(desk.account, payout_id)).content.trouble is None
    await desk.process().run_due()
    assert (await desk.report(payout_id)).payout.status == "DONE"


async def test_a_step_that_breaks_ends_no_loop_and_holds_up_nobody(desk: Desk) -> None:
    async def broken(hold: PayoutHold) -> RunStep:
        raise ZeroDivisionError

    first, second = await desk.running(1), await desk.running(2)
    desk.means.script = [broken]
    await desk.process().run_due()
    reports = [await desk.report(one) for one in (first, second)]
    assert sorted(one.payout.status for one in reports) == ["DONE", "RUNNING"]
    desk.office.later(2)
    await desk.process().run_due()
    assert (await desk.report(first)).payout.status == "DONE"


async def test_undecided_lines_are_looked_for_again_when_it_is_run_again(desk: Desk) -> None:
    async def lost(hold: PayoutHold) -> RunStep:
        lines = await hold.lines("OPEN", 1)
        await hold.begin_batch([lines[0].line])
        await hold.undecided(lines, RateLimited("who knows"))
        return None

    async def found(hold: PayoutHold) -> RunStep:
        assert await hold.unfinished_batch() == 1
        await hold.end_batch(1, "PROPOSED", "r1")
        return None

    payout_id = await desk.running(1)
    desk.means.script = [lost, found]
    await desk.process().run_due()
    report = await desk.report(payout_id)
    assert (report.payout.status, report.group("undecided")) == ("PARTIAL", (1, 100))
    (line,), _ = await desk.payouts.lines(desk.account, payout_id, state=None, page=1, limit=5)
    assert line.trouble is not None and line.trouble.message == "who knows"
    await desk.payouts.start(desk.account, payout_id)
    await desk.process().run_due()
    assert (await desk.report(payout_id)).payout.status == "DONE"


async def test_drafts_are_forgotten_and_nothing_else(desk: Desk) -> None:
    kept, draft = await desk.running(1), (await desk.draft(2)).payout.id
    desk.office.later(DRAFTS_KEPT.total_seconds() - 1)
    assert await desk.payouts.forget_drafts() == 0
    desk.office.later(2)
    assert await desk.payouts.forget_drafts() == 1
    assert (await desk.report(kept)).payout.id == kept
    async with desk.work.reading() as tx:
        assert await tx.payouts.get(draft) is None
        assert await tx.payouts.lines(draft, most=5) == []
        assert len(await tx.payouts.lines(kept, most=5)) == 1


async def test_a_confirmation_is_of_one_payout_as_it_is(desk: Desk) -> None:
    report = await desk.draft(2, key="once")
    payout_id = report.payout.id
    assert (await desk.draft(2, key="once")).payout.id == payout_id
    with pytest.raises(PayoutNotReady):
        await desk.payouts.stop(desk.account, payout_id)
    said = PayoutConfirmation(Decimal("3.00"), 2, run=False)
    for _ in range(2):
        assert (await desk.payouts.confirm(desk.account, payout_id, said)).payout.status == (
            "CONFIRMED"
        )
    async with desk.work.reading() as tx:
        (line, _) = await tx.payouts.lines(payout_id, most=5)
    assert b"Marie" not in line.content and IBAN.encode() not in line.content
