"""Processes that share one database: never more together than the limits, and none left out."""

import asyncio
import time
from collections import Counter

import pytest
from sqlalchemy import event

from connector.budget import Leases, Rate, RateBudget
from connector.errors import RateLimited
from storage.engine import Database, StorageSettings
from storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.both_databases

LONG = Rate(10_000, 600, 60)


class Process:
    """A budget with a database of its own, as every process has."""

    def __init__(self, url: str, *rates: Rate) -> None:
        self.database = Database(StorageSettings(url=url, pool_size=2))
        self.leases = Leases(UnitOfWork(self.database), "here/bank", rates)
        self.budget = RateBudget("Bank", rates, leases=self.leases)
        self.sent: list[float] = []
        self.limited = 0

    async def send(self, account_id: str, patience: float = 10) -> None:
        try:
            permit = await self.budget.acquire(account_id, time.monotonic() + patience)
            self.sent.append(permit.granted_at)
            self.budget.ended(permit)
        except RateLimited:
            self.limited += 1

    async def close(self) -> None:
        await self.budget.close()
        await self.database.close()


@pytest.mark.covers("QX-07")
async def test_two_processes_never_exceed_a_limit_together(database_url: str) -> None:
    """Both ask for far more than there is; windows of two seconds, to see several."""
    rate = Rate(40, 2, 4)
    processes = [Process(database_url, rate, LONG) for _ in range(2)]
    await asyncio.gather(
        *(
            process.send(f"acct_{number % 5}", patience=9)
            for process in processes
            for number in range(120)
        )
    )
    sent = sorted(moment for process in processes for moment in process.sent)
    for begin in sent:
        assert sum(begin <= moment <= begin + 2 for moment in sent) <= 40
    assert len(sent) >= 70
    assert min(len(process.sent) for process in processes) >= 20
    for process in processes:
        await process.close()


async def test_a_burst_takes_a_few_leases_only(database_url: str) -> None:
    """Three hundred calls, one transaction or two for each half second."""
    process = Process(database_url, Rate(1000, 10, 20), LONG)
    commits = Counter[str]()
    event.listen(
        process.database.engine.sync_engine, "commit", lambda _: commits.update(["commit"])
    )
    began = time.monotonic()
    for _ in range(3):
        await asyncio.gather(*(process.send(f"acct_{number % 7}") for number in range(100)))
    assert len(process.sent) == 300
    assert 1 <= commits["commit"] <= 6 + 4 * (time.monotonic() - began)
    await process.close()


async def test_a_process_that_dies_loses_its_lease_alone(database_url: str) -> None:
    """What it leased and didn't send lapses; the other goes on within the limit."""
    rate = Rate(20, 1, 2)
    dead, alive = Process(database_url, rate), Process(database_url, rate)
    await dead.send("acct_1")
    await dead.close()
    await asyncio.gather(*(alive.send("acct_2", patience=5) for _ in range(30)))
    assert len(alive.sent) == 30
    await alive.close()


async def test_a_pause_reaches_the_other_process(database_url: str) -> None:
    """One of them got 429: the address is throttled, so the other waits too."""
    rate = Rate(1000, 10, 20)
    told, other = Process(database_url, rate), Process(database_url, rate)
    told.budget.pause(30)
    await told.leases.close()  # the address is written down as throttled by then
    await other.send("acct_1", patience=5)
    assert (other.sent, other.limited) == ([], 1)
    await told.close()
    await other.close()


async def test_without_the_database_calls_go_on_slowly() -> None:
    """Half the steady rate of the longest window: 600 in ten minutes are one a second."""
    process = Process(
        "postgresql://nobody@127.0.0.1:9/none", Rate(1000, 10, 20), Rate(600, 600, 60)
    )
    await asyncio.gather(*(process.send("acct_1", patience=3.5) for _ in range(6)))
    assert 1 <= len(process.sent) <= 2
    assert process.limited == 6 - len(process.sent)
    await process.close()
