"""Hot transactions: short, on connections of their own, and like any other in what they promise."""

import asyncio
import contextlib
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

import storage.inline
from storage.engine import Database, StorageSettings
from storage.errors import StorageUnavailable
from storage.repositories.events import Event
from storage.repositories.tenants import Tenant
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from tests.storage.test_events import event
from tests.support.door import door
from tests.webhooks.relay import START, Relay

pytestmark = pytest.mark.both_databases

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgres = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


@pytest.fixture
def relay(work: UnitOfWork, ring: KeyRing) -> Relay:
    return Relay(work, ring)


async def add(work: UnitOfWork, number: int = 1, *, fail: bool = False) -> None:
    async with work.hot() as tx:
        await tx.tenants.add(Tenant(f"ten_{number}", "one", START))
        if fail:
            raise ZeroDivisionError


async def count(work: UnitOfWork) -> int:
    async with work.reading() as tx:
        return len(await tx.tenants.all())


async def test_a_clean_exit_commits_and_an_error_rolls_back(work: UnitOfWork) -> None:
    await add(work)
    with pytest.raises(ZeroDivisionError):
        await add(work, 2, fail=True)
    assert await count(work) == 1
    await add(work, 3)
    assert await count(work) == 2


async def test_they_write_and_read_what_others_do(relay: Relay) -> None:
    account = await relay.account()
    stored = [event(account.id, number) for number in range(5)]
    async with relay.work.writing() as tx:
        assert await tx.events.add_new(stored[:2]) == {stored[0].id, stored[1].id}
    async with relay.work.hot() as tx:
        assert await tx.events.add_new(stored) == {one.id for one in stored[2:]}
        assert await tx.events.get([one.id for one in stored]) == {one.id: one for one in stored}
    async with relay.work.reading() as tx:
        assert await tx.events.get([one.id for one in stored]) == {one.id: one for one in stored}


async def test_hot_and_cold_ones_at_once_lose_nothing(relay: Relay) -> None:
    account = await relay.account()

    async def store(number: int, is_hot: bool) -> None:
        async with relay.work.hot() if is_hot else relay.work.writing() as tx:
            await tx.events.add_new([event(account.id, number)])

    await asyncio.gather(*(store(number, bool(number % 2)) for number in range(60)))
    async with relay.work.reading() as tx:
        assert len(await tx.events.get([f"evt_{number}" for number in range(60)])) == 60


async def test_a_moment_without_a_zone_is_refused(relay: Relay) -> None:
    naive = datetime(2026, 11, 20, 10)  # noqa: DTZ001
    account = await relay.account()
    bare = event(account.id, 1)
    values: dict[str, Any] = {name: getattr(bare, name) for name in Event.__struct_fields__}
    with pytest.raises(ValueError, match="time zone"):
        async with relay.work.hot() as tx:
            await tx.events.add_new([Event(**values | {"occurred_at": naive})])


async def test_one_that_is_cancelled_leaves_the_next_one_in_order(work: UnitOfWork) -> None:
    """However far it had come, also while it's being committed."""
    for number in range(40):
        task = asyncio.create_task(add(work, number))
        await asyncio.sleep(0.0002 * (number % 10))
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    before = await count(work)
    await add(work, 100)
    assert await count(work) == before + 1


@on_sqlite
async def test_sqlite_commits_for_good(database: Database) -> None:
    async with database.hot() as connection:
        for pragma, expected in (("synchronous", 2), ("foreign_keys", 1)):
            found = await connection.execute(text(f"PRAGMA {pragma}"))
            assert found.scalar_one() == expected


@on_sqlite
async def test_another_process_that_writes_is_waited_for_while_the_loop_goes_on(
    work: UnitOfWork,
) -> None:
    path = work.database.path
    assert path is not None
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(add(work))
    for _ in range(1000):
        await asyncio.sleep(0)
    assert not waiting.done()
    other.execute("COMMIT")
    other.close()
    await waiting
    assert await count(work) == 1


@on_sqlite
async def test_a_database_that_stays_locked_is_told_as_unavailable(
    work: UnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage.inline, "_BUSY_SECONDS", 0.05)
    path = work.database.path
    assert path is not None
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable):
        await add(work)
    other.close()
    await add(work)
    assert await count(work) == 1


async def test_an_unreachable_database_is_one_known_error(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/none/file.db", "postgresql://nobody@/x?host=/nonexistent"):
        work = UnitOfWork(Database(StorageSettings(url=url)))
        with pytest.raises(StorageUnavailable):
            await add(work)
        await work.database.close()


@on_postgres
async def test_connections_that_died_idle_are_replaced_unnoticed(database_url: str) -> None:
    async with door(database_url) as (entrance, url):
        settings = StorageSettings(url=url, statement_seconds=0.5, trust_seconds=0)
        work = UnitOfWork(Database(settings))
        await add(work)
        entrance.strand()
        await add(work, 2)
        assert await count(work) == 2
        await work.database.close()


@on_postgres
async def test_one_that_gets_no_answer_ends_in_time_and_the_next_one_works(
    database_url: str,
) -> None:
    async with door(database_url) as (entrance, url):
        work = UnitOfWork(Database(StorageSettings(url=url, statement_seconds=0.5)))
        await add(work)
        entrance.strand()
        async with asyncio.timeout(30):
            with pytest.raises(StorageUnavailable):
                await add(work, 2)
        await add(work, 3)
        assert await count(work) == 2
        await work.database.close()


@on_postgres
async def test_a_server_that_ends_a_connection_is_told_as_unavailable(work: UnitOfWork) -> None:
    await add(work)
    with pytest.raises(StorageUnavailable):
        async with work.hot() as tx:
            await tx.connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    await add(work, 2)
    assert await count(work) == 2


@on_postgres
async def test_one_that_gets_no_answer_condemns_those_that_are_idle(database_url: str) -> None:
    async with door(database_url) as (entrance, url):
        work = UnitOfWork(Database(StorageSettings(url=url, statement_seconds=0.5)))
        await asyncio.gather(*(add(work, number) for number in range(3)))
        hot = work.database._hot
        assert hot is not None
        idle = list(hot._idle)
        assert len(idle) >= 2
        entrance.strand()
        with pytest.raises(StorageUnavailable):
            await add(work, 3)
        assert all(connection.driver.is_closed() for connection in idle)
        await add(work, 4)
        await work.database.close()


@on_postgres
async def test_one_that_heard_of_the_servers_end_while_idle_is_given_up(work: UnitOfWork) -> None:
    """The driver fails with an error of its own then, which is no connection error."""

    class Confused:
        def __init__(self, driver: Any) -> None:
            self._driver = driver

        def __getattr__(self, name: str) -> Any:
            return getattr(self._driver, name)

        async def execute(self, _: str) -> None:
            raise asyncpg.InternalClientError("another operation is in progress")

    await add(work)
    hot = work.database._hot
    assert hot is not None
    (connection,) = hot._idle
    connection.driver = Confused(connection.driver)
    with pytest.raises(StorageUnavailable):
        await add(work, 2)
    await add(work, 3)
    assert await count(work) == 2


@on_postgres
async def test_no_more_connections_are_opened_than_there_may_be(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes when all are in use waits in turn, and gives up at last."""
    monkeypatch.setattr("storage.hot_postgres.PATIENCE", 0.2)
    database = Database(StorageSettings(url=database_url, pool_size=3))
    pids, under_way = set[int](), [0, 0]

    async def ask() -> None:
        async with database.hot_reading() as connection:
            under_way[0] += 1
            under_way[1] = max(under_way)
            found = await connection.execute(text("SELECT pg_backend_pid()"))
            pids.add(found.scalar_one())
            under_way[0] -= 1

    try:
        await asyncio.gather(*(ask() for _ in range(60)))
        assert len(pids) <= 3 and under_way[1] <= 3
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(3):
                await stack.enter_async_context(database.hot_reading())
            with pytest.raises(StorageUnavailable):
                await ask()
        await asyncio.gather(*(ask() for _ in range(9)))
        for _ in range(4):
            with pytest.raises(StorageUnavailable):
                async with database.hot() as connection:
                    await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        await asyncio.gather(*(ask() for _ in range(9)))
    finally:
        await database.close()
