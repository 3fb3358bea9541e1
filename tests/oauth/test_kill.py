"""Processes killed while they refresh: the link survives whenever Qonto's grace allows it.

`make test` kills a few, chosen by a fixed seed; `make chaos` kills 300 on each database, and then a
thousand links' refreshes, half of which nobody calls for during the two minutes after.
"""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from qonto_simulator import Clock, Simulator, serving
from sqlalchemy import func, select, update

from connector.transport.client import ProviderHttp
from oauth.errors import ReauthRequired
from oauth.unsaved import Unsaved
from oauth.vault import TokenVault
from storage.clock import system_clock
from storage.sealing import KeyRing
from storage.tables import TokenRow
from storage.unit_of_work import UnitOfWork
from storage.values import table_of
from tests.chaos.patience import until
from tests.oauth.doomed import KEY, spill_at
from tests.support.linked import link_accounts, vault_at

pytestmark = [pytest.mark.loopback, pytest.mark.both_databases]

LINKS = int(os.environ.get("CHAOS_LINKS", "1000" if os.environ.get("CHAOS") else "20"))
IN_ONE = LINKS // 20
"""Links of a process that is killed."""

QUIET = 120.0 if os.environ.get("CHAOS") else 0.0
"""Seconds without any call."""

POINTS = ("before-the-call", "after-the-answer", "after-the-commit")
TIMES = 300 if os.environ.get("CHAOS") else 12

Kill = Callable[[str, str], Awaitable[int]]


@asynccontextmanager
async def executioner(database_url: str, address: str) -> AsyncIterator[Kill]:
    """Return what runs a doomed process to its end, and the signal that ended it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.oauth.doomed", database_url, address),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert stdout is not None

    async def kill(account_id: str, point: str) -> int:
        async with asyncio.timeout(60):
            stdin.write(f"{account_id} {point}\n".encode())
            await stdin.drain()
            return int(await stdout.readline())

    try:
        async with asyncio.timeout(60):
            assert await stdout.readline() == b"ready\n"
        yield kill
    finally:
        stdin.close()
        async with asyncio.timeout(60):
            await process.wait()


async def let_leases_end(work: UnitOfWork) -> None:
    """Twenty seconds pass, as far as leases are concerned."""
    table = table_of(TokenRow)
    async with work.writing() as tx:
        await tx.connection.execute(
            update(table)
            .where(table.c.lease_until.is_not(None))
            .values(lease_until=system_clock() - timedelta(seconds=1))
        )


async def works(vault: TokenVault, simulator: Simulator, account_id: str) -> bool:
    access = await vault.get(account_id)
    token = access.headers["Authorization"].removeprefix("Bearer ")
    return simulator.grants.find_access(token, simulator.clock.now()) is not None


@pytest.mark.timeout(900 if os.environ.get("CHAOS") else 240)
@pytest.mark.covers("QX-03")
async def test_a_link_survives_a_process_killed_at_any_step_of_a_refresh(
    work: UnitOfWork, database_url: str
) -> None:
    """Also when several die one after the other, inside the grace of the same token."""
    ring, chance = KeyRing([KEY]), random.Random(20261120)
    simulator = Simulator(seed=1)
    async with serving(simulator) as address, ProviderHttp() as http:
        ended = system_clock() - timedelta(seconds=1)
        linked = await link_accounts(work, ring, simulator, TIMES, expires_at=ended)
        async with executioner(database_url, address) as kill:
            killed = 0
            for number, (account, family) in enumerate(linked):
                point = (*POINTS, str(chance.randint(1, 80)))[number % 4]
                deaths = chance.choice((1, 1, 2))
                for _ in range(deaths):
                    signalled = await kill(account.id, point)
                    assert signalled == signal.SIGKILL or point == "after-the-commit"
                    killed += signalled == signal.SIGKILL
                    await let_leases_end(work)
                vault = vault_at(work, ring, http, address)
                assert await works(vault, simulator, account.id), point
                assert not family.revoked
        assert killed >= TIMES


@pytest.mark.covers("QX-03")
async def test_beyond_the_grace_only_a_lost_answer_ends_the_link(
    work: UnitOfWork, database_url: str
) -> None:
    ring = KeyRing([KEY])
    clock = Clock()
    simulator = Simulator(seed=1, clock=clock)
    async with serving(simulator) as address, ProviderHttp() as http:
        ended = system_clock() - timedelta(seconds=1)
        linked = await link_accounts(work, ring, simulator, len(POINTS), expires_at=ended)
        async with executioner(database_url, address) as kill:
            for (account, _), point in zip(linked, POINTS, strict=True):
                assert await kill(account.id, point) == signal.SIGKILL
        await let_leases_end(work)
        clock.advance(61)
        vault = vault_at(work, ring, http, address)
        for (account, family), point in zip(linked, POINTS, strict=True):
            if point == "after-the-answer":
                with pytest.raises(ReauthRequired):
                    await vault.get(account.id)
            else:
                assert await works(vault, simulator, account.id), point
            assert family.revoked is (point == "after-the-answer")
    async with work.reading() as tx:
        statuses = [account.status for account in await tx.accounts.all()]
    assert sorted(statuses) == ["ACTIVE", "ACTIVE", "REAUTH_REQUIRED"]


@pytest.mark.timeout(1500 if os.environ.get("CHAOS") else 120)
@pytest.mark.covers("QX-03")
async def test_links_survive_without_anybody_calling(
    work: UnitOfWork, database_url: str, figure: Callable[[str, object], None]
) -> None:
    """Processes die, or are cut off and die, with many refreshes at one step; another is there."""
    ring, simulator = KeyRing([KEY]), Simulator(seed=1)
    points = (*POINTS, "on-the-disk", "cut-off")
    async with serving(simulator) as address, ProviderHttp() as http:
        ended = system_clock() - timedelta(seconds=1)
        linked = await link_accounts(work, ring, simulator, LINKS, expires_at=ended)

        def process() -> TokenVault:
            keeping = Unsaved(work, spill_at(database_url, ring), lambda _: None)
            return vault_at(work, ring, http, address, unsaved=keeping)

        survivors: list[TokenVault] = [process()]
        await survivors[0].start()
        async with executioner(database_url, address) as kill:
            for number in range(0, LINKS, IN_ONE):
                point = points[number // IN_ONE % len(points)]
                accounts = [account.id for account, _ in linked[number : number + IN_ONE]]
                assert await kill(",".join(accounts), point) == signal.SIGKILL
                if point == "cut-off":  # and started again
                    survivors.append(process())
                    await survivors[-1].start()
                if not QUIET:
                    await let_leases_end(work)
        # half of them are called for at once, the others by nobody
        called = [account.id for account, _ in linked[::2]]
        for number in range(0, len(called), 10):
            chunk = called[number : number + 10]
            await asyncio.gather(*(survivors[0].get(account_id) for account_id in chunk))
        await asyncio.sleep(QUIET)
        await until(lambda: none_unfinished(work), within=60)
        late = process()
        working = [await works(late, simulator, account.id) for account, _ in linked]
        revoked = sum(family.revoked for _, family in linked)
        figure("links killed or cut off during a refresh", LINKS)
        figure("of them at each step", LINKS // len(points))
        figure("links lost", working.count(False))
        figure("families revoked", revoked)
        for vault in (*survivors, late):
            await vault.close()
    assert all(working)
    assert revoked == 0
    assert not list(spill_at(database_url, ring).folder.iterdir())


async def none_unfinished(work: UnitOfWork) -> bool:
    """Say whether each refresh that was begun has come to its end."""
    table = table_of(TokenRow)
    async with work.reading() as tx:
        found = await tx.connection.execute(
            select(func.count()).where(table.c.lease_until.is_not(None))
        )
    return found.scalar_one() == 0
