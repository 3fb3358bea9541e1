"""The database goes away and comes back: honest refusals, nothing lost, nobody has to do anything.

`make test` keeps it away for a moment; `make chaos` for half a minute, and restarts a real one.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from storage.clock import system_clock
from storage.engine import Database, StorageSettings
from storage.unit_of_work import UnitOfWork
from tests.chaos.conftest import FULL
from tests.chaos.journey import all_ready, journey
from tests.chaos.patience import PATIENCE
from tests.chaos.processes import Nursery, environment, server, worker
from tests.chaos.world import populate
from tests.support import databases
from tests.support.door import door

pytestmark = pytest.mark.loopback

AWAY = 30.0 if FULL else 2.0
LEASE = "60" if FULL else "4"
SETTINGS = {
    "CHAOS_LEASE_SECONDS": LEASE,
    "CONNECTOR_DELIVERY__DEADLINE_SECONDS": "10" if FULL else "1",
}
on_postgres = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


@on_postgres
@pytest.mark.parametrize("how", ["shut", "stuck"])
@pytest.mark.timeout(300 if FULL else 240)
async def test_while_the_database_is_away_nothing_is_acknowledged_and_then_all_arrives(
    how: str,
    born: Nursery,
    work: UnitOfWork,
    database_url: str,
    tmp_path: Path,
    figure: Callable[[str, object], None],
) -> None:
    """`shut`: connections are cut and refused. `stuck`: what is sent gets no answer."""
    customers = await populate(database_url, 2)
    async with door(database_url) as (entrance, url):
        env = environment(url, **SETTINGS)
        members = [server(born, tmp_path, env), worker(born, tmp_path, env)]
        await all_ready(members)
        pids = [member.pid for member in members]
        async with journey(members, customers, work) as together:
            before = together.qonto.answers.copy()
            away = system_clock()
            if how == "shut":
                await entrance.shut()
            else:
                entrance.stick()
            await asyncio.sleep(AWAY)
            back = system_clock()
            refused = together.qonto.answers - before
            await entrance.open()
            await together.more_is_accepted()
            took = (system_clock() - back).total_seconds()
            await asyncio.sleep(0.5)
        for member, pid in zip(members, pids, strict=True):
            assert member.pid == pid
            assert "Traceback" not in member.said()
            assert await member.kill(signal.SIGTERM) == 0
    assert together.accepted_between(away, back) == 0
    assert set(refused) <= {"202", "503", "none"}
    if how == "shut":
        assert refused["503"] > refused["none"], "Qonto was left waiting rather than told"
    figure("seconds away", AWAY)
    figure("answers to Qonto meanwhile", dict(sorted(refused.items())))
    figure("seconds until an event was accepted again", round(took, 1))
    figure("events accepted and delivered in all", len(together.qonto.events))


@pytest.fixture
def cluster() -> Iterator[Any]:
    with databases.own_postgres_server() as server:
        yield server


@pytest.mark.skipif(not FULL, reason="part of `make chaos`: a server of its own takes a while")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL])
@pytest.mark.timeout(600)
async def test_postgresql_restarted_or_crashed_loses_nothing(
    number: signal.Signals,
    born: Nursery,
    cluster: Any,
    tmp_path: Path,
    figure: Callable[[str, object], None],
) -> None:
    """Stopped with SIGINT as by an upgrade, with SIGQUIT at once, or killed without a word."""
    template = databases.postgres_template(cluster.get_uri())
    url = await databases.new_postgres(cluster.get_uri(), template)
    customers = await populate(url, 2)
    env = environment(url, **SETTINGS)
    members = [server(born, tmp_path, env), worker(born, tmp_path, env)]
    await all_ready(members)
    database = Database(StorageSettings(url=url))
    restarts = 5
    async with journey(members, customers, UnitOfWork(database)) as together:
        for _ in range(restarts):
            away = system_clock()
            os.kill(cluster.get_pid(), number)
            await asyncio.sleep(3)
            back = system_clock()
            await asyncio.to_thread(databases._patiently, cluster.ensure_postgres_running)
            await together.more_is_accepted()
            assert together.accepted_between(away, back) == 0
    for member in members:
        assert "Traceback" not in member.said()
        assert await member.kill(signal.SIGTERM) == 0
    await database.close()
    figure("restarts", restarts)
    figure("answers to Qonto", dict(sorted(together.qonto.answers.items())))
    figure("events accepted and delivered", len(together.qonto.events))


@on_postgres
@pytest.mark.skipif(not FULL, reason="part of `make chaos`: it takes the deadline of a statement")
@pytest.mark.timeout(300)
async def test_connections_that_died_without_a_word_are_given_up(
    born: Nursery,
    work: UnitOfWork,
    database_url: str,
    tmp_path: Path,
    figure: Callable[[str, object], None],
) -> None:
    """A standby took over: new connections work, and the old ones never answer again."""
    customers = await populate(database_url, 2)
    async with door(database_url) as (entrance, url):
        env = environment(url, **SETTINGS)
        members = [server(born, tmp_path, env), worker(born, tmp_path, env)]
        await all_ready(members)
        async with journey(members, customers, work) as together:
            lost = system_clock()
            entrance.strand()
            await together.more_is_accepted(within=2 * PATIENCE)
            took = (system_clock() - lost).total_seconds()
            entrance.strand()
            await together.more_is_accepted(within=2 * PATIENCE)
        for member in members:
            assert "Traceback" not in member.said()
            assert await member.kill()
    figure("seconds until an event was accepted again", round(took, 1))
    figure("events accepted and delivered in all", len(together.qonto.events))
