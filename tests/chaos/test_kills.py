"""Processes killed at any moment, under load: what was accepted arrives, at the right place.

`make test` kills a few, chosen by a fixed seed; `make chaos` kills hundreds on each database, with
the lease that ships.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from storage.clock import system_clock
from storage.unit_of_work import UnitOfWork
from tests.chaos.conftest import FULL, SEED
from tests.chaos.patience import PATIENCE, until
from tests.chaos.processes import Member, Nursery, environment, server, worker
from tests.chaos.qonto import Qonto
from tests.chaos.records import late_starts, statuses
from tests.chaos.vendor import Vendor
from tests.chaos.verdict import summary, violations
from tests.chaos.world import populate
from tests.webhooks import receivers

pytestmark = [pytest.mark.loopback, pytest.mark.both_databases]

KILLS = 250 if FULL else 4
MOMENTS = ("any", "as an event is acknowledged", "as a delivery arrives", "while it starts")
LEASE = timedelta(seconds=60 if FULL else 4)


@dataclass
class Executioner:
    """Kills members of a deployment, one or several at once, and starts them again."""

    members: Sequence[Member]
    qonto: Qonto
    vendor: Vendor
    chance: Random
    killed: int = field(default=0)

    async def run(self, times: int) -> None:
        """Kill until that many have died; all are up again at the end."""
        while self.killed < times:
            moment = MOMENTS[self.killed % len(MOMENTS)]
            doomed = self.chance.sample(
                self.members, self.chance.choice((1, 1, min(2, len(self.members))))
            )
            await self._wait_for(moment, doomed)
            for member in doomed:
                self.killed += await member.kill() is not None
            await asyncio.sleep(0.3 * self.chance.random())
            for member in doomed:
                await member.start()
            await asyncio.gather(*(member.ready() for member in doomed))

    async def _wait_for(self, moment: str, doomed: Sequence[Member]) -> None:
        if moment == "while it starts":
            for member in doomed:
                self.killed += await member.kill() is not None
                await member.start()
        await asyncio.sleep((0.5 if moment == "while it starts" else 1.5) * self.chance.random())
        sign = {MOMENTS[1]: self.qonto.acknowledged, MOMENTS[2]: self.vendor.arrived}.get(moment)
        if sign is not None:
            sign.clear()
            with suppress(TimeoutError):  # all may be leased to the dead
                async with asyncio.timeout(30):
                    await sign.wait()


def deployment(nursery: Nursery, folder: Path, database_url: str) -> list[Member]:
    """SQLite: one process that does all. PostgreSQL: two that serve, two that deliver."""
    shorter = {} if FULL else {"CHAOS_LEASE_SECONDS": str(LEASE.total_seconds())}
    env = environment(
        database_url,
        # in the slice an attempt must end well within the short lease
        CONNECTOR_DELIVERY__DEADLINE_SECONDS="10" if FULL else "1",
        **shorter,
    )
    if database_url.startswith("sqlite"):
        return [server(nursery, folder, env)]
    return [
        server(nursery, folder, env, name="serve-1"),
        server(nursery, folder, env, name="serve-2"),
        worker(nursery, folder, env, name="worker-1"),
        worker(nursery, folder, env, name="worker-2"),
    ]


@pytest.mark.timeout(3600 if FULL else 240)
async def test_killed_at_any_moment_no_accepted_event_is_lost(
    born: Nursery,
    work: UnitOfWork,
    database_url: str,
    tmp_path: Path,
    figure: Callable[[str, object], None],
) -> None:
    chance = Random(SEED)
    customers = await populate(database_url)
    members = deployment(born, tmp_path, database_url)
    addresses = [member.address for member in members if member.address]
    qonto, vendor = Qonto(addresses, chance), Vendor()
    executioner = Executioner(members, qonto, vendor, chance)
    for member in members:
        await member.start()
    await asyncio.gather(*(member.ready() for member in members))

    async def settled() -> bool:
        found = await statuses(work)
        return set(found) <= {"DELIVERED", "CANCELED"}

    async with receivers.running(vendor.receive) as receiver:
        for number, customer in enumerate(customers):
            for which in ("first", "second"):
                url = receiver.url(f"/lasting/{number}/{which}")
                assert await vendor.subscribe(addresses[0], customer, url)
        began = system_clock()
        guests = asyncio.create_task(
            vendor.come_and_go(addresses, customers, receiver.url(""), chance)
        )
        async with qonto.posting(customers, at_once=8, pause=0.1 if FULL else 0.05):
            await executioner.run(KILLS)
            ended = system_clock()
        guests.cancel()
        await asyncio.gather(guests, return_exceptions=True)
        await until(settled, within=LEASE.total_seconds() + PATIENCE)
        for member in members:
            _, found, trouble = member.said().partition("Traceback")
            assert not found, trouble
            await member.kill()

    assert all(event.accepted_at for event in qonto.events.values())
    assert not violations(qonto.events.values(), vendor.subscriptions, vendor.arrivals)
    assert not vendor.forged
    late = await late_starts(work, vendor.subscriptions)
    assert not late

    told = summary(qonto.events.values(), vendor.arrivals, began=began, ended=ended)
    figure("kills", executioner.killed)
    figure("seconds under load", round((ended - began).total_seconds()))
    figure("events accepted", told.accepted)
    figure("posts by Qonto, by answer", dict(sorted(qonto.answers.items())))
    figure("subscriptions made / ended", f"{len(vendor.subscriptions)} / {_ended(vendor)}")
    figure("deliveries", told.delivered)
    figure("duplicates", told.duplicates)
    figure("attempts begun after a DELETE answered", len(late))
    figure("longest silence, seconds", round(told.silence.total_seconds(), 1))
    figure("slowest delivery, seconds", round(told.slowest.total_seconds(), 1))
    assert executioner.killed >= KILLS


def _ended(vendor: Vendor) -> int:
    return sum(one.ended_at is not None for one in vendor.subscriptions)
