"""However late requests arrive and answers come: no window at the target system holds too many.

Time is virtual; the processes share a row that is a model.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from connector.budget import Leases, Rate, RateBudget
from storage.errors import StorageUnavailable
from storage.unit_of_work import UnitOfWork
from tests.oauth.virtual import VirtualLoop, run

RATES = (Rate(7, 10, 20), Rate(30, 60, 60))
DELAYS = st.sampled_from((0.0, 0.03, 0.4, 0.6, 2.0, 6.0, 11.0, 25.0))
CALLS = st.lists(
    st.tuples(
        st.sampled_from((0.0, 0.0, 0.0, 0.07, 0.5, 3.0, 10.2)),
        st.integers(0, 2),
        st.sampled_from("ab"),
        DELAYS,
        DELAYS,
        st.sampled_from(("answered", "answered", "answered", "given back", "left")),
    ),
    min_size=15,
    max_size=60,
)
"""Pause before, process, account, seconds until it arrives, until it's answered, and its fate."""

pytestmark = pytest.mark.covers("QX-07")
many = settings(
    max_examples=2000 if os.environ.get("CHAOS") else 100,
    derandomize=not os.environ.get("CHAOS"),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)


class Row:
    """The shared row: locked while it's written, with a clock of its own, slow at times."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.text = ""
        self.writes = 0
        self.is_up = True
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator["Row"]:
        if not self.is_up:
            raise StorageUnavailable("away")
        async with self._lock:
            await asyncio.sleep(0.01 * (self.writes % 3))
            yield self
            self.writes += 1
        await asyncio.sleep(0.3 * (self.writes % 7 == 0))

    @property
    def rate_budgets(self) -> "Row":
        return self

    async def open(self, name: str) -> str:
        return self.text

    async def clock(self) -> float:
        return self.loop.time() + 0.37

    async def put(self, name: str, ledger: str, at: float) -> None:
        self.text = ledger


class Bank:
    """Sends calls by the budgets of some processes, and notes when they arrive."""

    def __init__(self, loop: VirtualLoop, processes: int, *, shared: bool) -> None:
        self.loop = loop
        self.row = Row(loop)
        self.arrived: list[float] = []
        self.answered = 0
        self.budgets: list[RateBudget] = []
        for _ in range(processes):
            work = cast(UnitOfWork, cast(Any, self.row))
            leases = Leases(work, "bank", RATES, now=loop.time) if shared else None
            self.budgets.append(RateBudget("Bank", RATES, leases=leases, now=loop.time))

    async def send(self, process: int, account: str, late: float, slow: float, fate: str) -> None:
        budget = self.budgets[process % len(self.budgets)]
        permit = await budget.acquire(account, self.loop.time() + 3600)
        if fate == "given back":
            budget.give_back(permit)
            return
        try:
            await asyncio.sleep(late)
            self.arrived.append(self.loop.time())
            await asyncio.sleep(slow if fate == "answered" else 0.0)
        finally:
            budget.ended(permit)
        self.answered += 1

    async def play(self, calls: Sequence[tuple[float, int, str, float, float, str]]) -> None:
        sending: list[asyncio.Task[None]] = []
        for pause, *call in calls:
            await asyncio.sleep(pause)
            sending.append(asyncio.create_task(self.send(*cast(Any, call))))
        await asyncio.gather(*sending)
        for budget in self.budgets:
            await budget.close()
        self.check()

    def check(self) -> None:
        for rate in RATES:
            for begin in self.arrived:
                within = sum(begin <= moment <= begin + rate.seconds for moment in self.arrived)
                assert within <= rate.limit


def play(calls: Sequence[Any], processes: int, *, shared: bool) -> Bank:
    played: list[Bank] = []

    async def work(loop: VirtualLoop) -> None:
        played.append(Bank(loop, processes, shared=shared))
        await played[0].play(calls)

    run(work)
    return played[0]


AT_ONCE = [(0.0, 0, "a", 0.0, 0.0, "answered")]
STALLED = [(0.0, 0, "a", 9.0, 0.0, "answered")]
HANGING = [(0.0, 0, "a", 25.0, 0.0, "answered")]


@many
@given(CALLS)
@example(STALLED * 7 + [(10.2, 0, "a", 0.5, 0.0, "answered")] * 7)
@example(HANGING * 7 + [(12.0, 0, "b", 12.0, 0.0, "answered")] * 7)
def test_no_window_holds_more_than_the_limit_however_late_requests_arrive(calls: Any) -> None:
    play(calls, 1, shared=False)


@many
@given(CALLS)
@example(STALLED * 7 + [(10.2, 1, "a", 0.5, 0.0, "answered")] * 7)
@example(HANGING * 7 + [(12.0, 1, "b", 12.0, 0.0, "answered")] * 7)
@example(HANGING * 4 + [(5.0, 1, "b", 0.0, 0.0, "answered")] * 9)
def test_processes_together_exceed_no_limit_however_late_requests_arrive(calls: Any) -> None:
    play(calls, 3, shared=True)


@pytest.mark.parametrize("shared", [False, True])
def test_a_call_that_is_answered_at_once_costs_no_more_than_before(shared: bool) -> None:
    """Three full windows, of ten seconds and one part each."""
    began = 1000.0
    bank = play(AT_ONCE * 21, 1, shared=shared)
    assert bank.answered == 21
    assert max(bank.arrived) - began <= 2 * 10.5 + 1.0


def test_calls_that_ended_late_are_moved_to_where_they_ended_and_no_later() -> None:
    """The row hears of them five seconds on; what they took is free ten after they ended."""
    calls = [(0.0, 0, "a", 1.0, 0.0, "answered")] * 7 + [(9.0, 1, "b", 0.0, 0.0, "answered")]
    bank = play(calls, 2, shared=True)
    first, last = min(bank.arrived), max(bank.arrived)
    assert 10 < last - first <= 11.5


def test_a_process_at_rest_writes_the_row_no_more() -> None:
    """Once all its calls have ended, and the row knows."""

    async def work(loop: VirtualLoop) -> None:
        bank = Bank(loop, 2, shared=True)
        await asyncio.gather(*(bank.send(0, "a", 2.0, 0.0, "answered") for _ in range(3)))
        await asyncio.sleep(30)
        writes = bank.row.writes
        assert 2 <= writes <= 3
        await asyncio.sleep(3600)
        assert bank.row.writes == writes

    run(work)


def test_what_the_row_could_not_be_told_is_told_when_the_database_is_back() -> None:
    """Within the window in which it counts; the process goes on by itself meanwhile."""

    async def work(loop: VirtualLoop) -> None:
        bank = Bank(loop, 2, shared=True)
        hanging = [asyncio.create_task(bank.send(0, "a", 20.0, 0.0, "answered")) for _ in range(7)]
        await asyncio.sleep(3)
        bank.row.is_up = False
        await asyncio.sleep(5)
        bank.row.is_up = True
        await asyncio.sleep(3)
        await asyncio.gather(*(bank.send(1, "b", 0.0, 0.0, "answered") for _ in range(7)))
        await asyncio.gather(*hanging)
        bank.check()

    run(work)
