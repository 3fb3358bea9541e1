"""Transactions on both databases."""

import asyncio
import contextlib
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import StatementError

from storage.engine import Database, StorageSettings, async_url
from storage.errors import StorageUnavailable
from storage.lock import DatabaseInUse, exclusive
from storage.repositories.tenants import Tenant
from storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 11, 20, 10, 0, 0, 123456, tzinfo=UTC)


async def fail_inside(work: UnitOfWork) -> None:
    async with work.writing() as tx:
        await tx.tenants.add(Tenant("ten_2", "dropped", NOW))
        _ = 1 / 0


async def test_a_clean_exit_commits_and_an_error_rolls_back(work: UnitOfWork) -> None:
    async with work.writing() as tx:
        await tx.tenants.add(Tenant("ten_1", "kept", NOW))
    with pytest.raises(ZeroDivisionError):
        await fail_inside(work)
    async with work.reading() as tx:
        assert [tenant.id for tenant in await tx.tenants.all()] == ["ten_1"]


async def test_a_moment_comes_back_in_utc_to_the_microsecond(work: UnitOfWork) -> None:
    paris = timezone(timedelta(hours=1))
    async with work.writing() as tx:
        await tx.tenants.add(Tenant("ten_1", "one", NOW.astimezone(paris)))
    async with work.reading() as tx:
        (tenant,) = await tx.tenants.all()
    assert tenant.created_at == NOW
    assert tenant.created_at.utcoffset() == timedelta(0)


async def test_a_moment_without_a_zone_is_refused(work: UnitOfWork) -> None:
    with pytest.raises(StatementError, match="time zone"):
        async with work.writing() as tx:
            await tx.tenants.add(Tenant("ten_1", "one", NOW.replace(tzinfo=None)))


async def test_many_writers_at_once_lose_nothing(work: UnitOfWork) -> None:
    async def add(number: int) -> None:
        async with work.writing() as tx:
            await tx.tenants.add(Tenant(f"ten_{number:03}", "one", NOW))

    await asyncio.gather(*(add(number) for number in range(60)))
    async with work.reading() as tx:
        assert len(await tx.tenants.all()) == 60


async def test_readers_do_not_wait_for_a_writer(work: UnitOfWork) -> None:
    async with work.writing() as tx:
        await tx.tenants.add(Tenant("ten_1", "one", NOW))
        async with asyncio.timeout(30), work.reading() as other:
            assert await other.tenants.all() == []


async def test_sqlite_is_opened_for_durability(database: Database) -> None:
    if not database.is_sqlite:
        return
    async with database.reading() as connection:
        found = {
            name: (await connection.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "foreign_keys": 1,
        "busy_timeout": 5000,
    }


async def test_an_unreachable_database_is_one_known_error(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    for url in (
        f"sqlite:///{tmp_path / 'missing' / 'folder.db'}",
        f"postgresql://nobody@/none?host={tmp_path}",
    ):
        database = Database(StorageSettings(url=url))
        with pytest.raises(StorageUnavailable):
            async with database.reading() as connection:
                await connection.execute(text("SELECT 1"))
        await database.close()
    async with asyncio.timeout(30):  # aiosqlite's thread tells the loop that it ends
        while set(threading.enumerate()) - before:  # noqa: ASYNC110  (threads tell nobody)
            await asyncio.sleep(0.01)


async def test_a_pool_that_stays_empty_is_told_as_unavailable(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database.engine.pool, "_timeout", 0.05)
    async with contextlib.AsyncExitStack() as held:

        async def exhaust() -> None:
            for _ in range(50):
                await held.enter_async_context(database.reading())

        with pytest.raises(StorageUnavailable):
            await exhaust()


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"sqlite|SQLite"):
        async_url(url)


def test_a_role_is_held_once_per_file(tmp_path: Path) -> None:
    database = tmp_path / "connector.db"
    with (
        exclusive(database, "worker"),
        exclusive(database, "server"),
        pytest.raises(DatabaseInUse, match="already"),
        exclusive(database, "worker"),
    ):
        pass
    with exclusive(database, "worker"):
        pass
