"""Refreshed tokens while the database can't take them: used, kept, and saved when it can."""

import asyncio
import os
import signal
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from oauth import unsaved
from oauth.spill import Spill
from oauth.unsaved import TokensLost, Unsaved
from oauth.vault import TokenVault
from storage.engine import Database, StorageSettings
from storage.errors import StorageUnavailable
from storage.repositories.accounts import Account
from storage.repositories.tokens import StoredTokens, TokenRepository
from storage.sealing import KeyRing, MasterKey
from storage.unit_of_work import UnitOfWork
from tests.chaos.patience import until
from tests.oauth.conftest import Floor, make_floor
from tests.oauth.provider import FakeClock, Provider
from tests.oauth.test_vault import end_leases, stored, token_of
from tests.support import databases

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

pytestmark = pytest.mark.covers("QX-03")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait as long as production does."""
    monkeypatch.setattr(unsaved, "PATIENCE", 0.05)
    monkeypatch.setattr(unsaved, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(unsaved, "LONGEST_PAUSE", 0.05)
    monkeypatch.setattr(unsaved, "AT_EXIT", 0.1)
    monkeypatch.setattr(unsaved, "AT_EXIT_SPILLED", 0.1)


@pytest.fixture
async def account(floor: Floor) -> Account:
    tenant, _ = await floor.tenant()
    return await floor.account(tenant)


@pytest.fixture
def spill(tmp_path: Path, ring: KeyRing) -> Spill:
    return Spill(tmp_path / "unsaved", ring)


def process(floor: Floor, spill: Spill | None = None) -> TokenVault:
    """A process' vault, with a place on the disk."""
    keeping = Unsaved(floor.work, spill, floor.refreshes.append)
    return TokenVault(
        floor.work,
        floor.ring,
        floor.targets,
        floor.client,
        floor.settings,
        clock=floor.clock,
        observe=floor.refreshes.append,
        unsaved=keeping,
        jitter=lambda: 0.0,
    )


SPARED: ContextVar[bool] = ContextVar("spared", default=False)
"""Whether the database takes what this task, and the tasks that it starts, want to save."""


class Away:
    """A database that takes no refreshed tokens."""

    def __init__(self) -> None:
        self.lasts = True
        self.asked = 0


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Away:
    state, replace_row = Away(), TokenRepository.replace

    async def refuse(self: TokenRepository, tokens: StoredTokens, *, version: int) -> bool:
        if state.lasts and not SPARED.get():
            state.asked += 1
            raise StorageUnavailable("the database is away")
        return await replace_row(self, tokens, version=version)

    monkeypatch.setattr(TokenRepository, "replace", refuse)
    return state


def fail_to_read(monkeypatch: pytest.MonkeyPatch, away: Away) -> None:
    """Let the database answer nothing at all while it's away."""
    opened = Database.reading

    def reading(self: Database) -> object:
        if away.lasts:
            raise StorageUnavailable("the database is away")
        return opened(self)

    monkeypatch.setattr(Database, "reading", reading)


@on_sqlite
async def test_tokens_in_hand_are_used_until_they_are_saved(
    floor: Floor, account: Account, away: Away, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten minutes and more: calls go on, nothing is refreshed twice, and then the row has them."""
    vault = process(floor)
    floor.clock.move(hours=2)
    new = token_of(await vault.get(account.id))
    fail_to_read(monkeypatch, away)
    for _ in range(20):
        floor.clock.move(seconds=45)
        assert token_of(await vault.get(account.id)) == new
    assert floor.provider.refreshes() == 1
    await until(lambda: away.asked > 3)
    away.lasts = False
    await until(lambda: "refreshed" in floor.refreshes)
    assert (await stored(floor, account)).version == 2
    assert token_of(await floor.another_vault().get(account.id)) == new
    assert floor.refreshes == ["unsaved", "refreshed"]
    await vault.close()


@on_sqlite
async def test_another_process_never_presents_what_the_owner_of_the_new_tokens_used(
    floor: Floor, account: Account, away: Away
) -> None:
    """The database comes back after the grace: who looks first must not end the family."""
    owner, other = process(floor), floor.another_vault()
    floor.clock.move(hours=2)
    await owner.get(account.id)
    floor.clock.move(seconds=75)
    await end_leases(floor, since=75)
    assert await other.resume() == 0
    assert await owner.resume() == 0
    assert floor.provider.refreshes() == 1
    away.lasts = False
    await until(lambda: "refreshed" in floor.refreshes)
    floor.clock.move(seconds=5)
    assert token_of(await other.get(account.id)) == token_of(await owner.get(account.id))
    assert floor.provider.refreshes() == 1
    assert await floor.status_of(account.id) == "ACTIVE"
    await owner.close()


@on_sqlite
async def test_who_took_over_within_the_grace_wins(
    floor: Floor, account: Account, away: Away
) -> None:
    """Only the owner was cut off: what it saves later is outdated, and it learns of the other."""
    owner, other = process(floor), floor.another_vault()
    floor.clock.move(hours=2)
    await owner.get(account.id)
    await end_leases(floor)
    spared = SPARED.set(True)  # the other process alone, however quickly the owner tries again
    theirs = token_of(await other.get(account.id))
    SPARED.reset(spared)
    away.lasts = False
    await until(lambda: "overtaken" in floor.refreshes)
    floor.clock.move(seconds=5)
    assert token_of(await owner.get(account.id)) == theirs
    await owner.close()


@on_sqlite
async def test_a_token_in_hand_that_ends_too_is_waited_for(
    floor: Floor, account: Account, away: Away
) -> None:
    """An hour without the database: nothing is asked of the provider that could not be saved."""
    vault = process(floor)
    floor.clock.move(hours=2)
    access = await vault.get(account.id)
    floor.clock.move(hours=2)
    with pytest.raises(StorageUnavailable):
        await vault.get(account.id)
    with pytest.raises(StorageUnavailable):
        await vault.renew(account.id, access)
    assert floor.provider.refreshes() == 1
    away.lasts = False
    await until(lambda: "refreshed" in floor.refreshes)
    assert (await vault.get(account.id)).version == 3
    await vault.close()


@on_sqlite
async def test_what_could_not_be_saved_is_saved_by_the_next_start(
    floor: Floor, account: Account, away: Away, spill: Spill
) -> None:
    vault = process(floor, spill)
    floor.clock.move(hours=2)
    new = token_of(await vault.get(account.id))
    await vault.close()  # the database is still away, and there is a place on the disk
    (path,) = spill.folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(spill.folder.stat().st_mode) == 0o700
    assert new.encode() not in path.read_bytes()
    away.lasts = False
    floor.clock.move(minutes=10)
    next_one = process(floor, spill)
    await next_one.start(alone=True)
    assert token_of(await next_one.get(account.id)) == new
    await until(lambda: not list(spill.folder.iterdir()))
    await next_one.close()
    assert floor.provider.refreshes() == 1


@on_sqlite
async def test_a_process_killed_before_it_saved_leaves_what_it_had(
    floor: Floor, account: Account, away: Away, spill: Spill
) -> None:
    """It's on the disk before the row is tried: the grace of the old token doesn't matter."""
    vault = process(floor, spill)
    floor.clock.move(hours=2)
    await vault.get(account.id)
    assert len(list(spill.folder.iterdir())) == 1
    away.lasts = False
    await until(lambda: "refreshed" in floor.refreshes)
    await until(lambda: not list(spill.folder.iterdir()))
    await vault.close()


@on_sqlite
async def test_without_a_place_on_the_disk_the_loss_is_told_loudly(
    floor: Floor, account: Account, away: Away
) -> None:
    vault = process(floor)
    floor.clock.move(hours=2)
    await vault.get(account.id)
    with pytest.raises(TokensLost, match="con_"):
        await vault.close()
    assert floor.refreshes == ["unsaved", "lost"]


@on_sqlite
async def test_a_disk_that_takes_nothing_is_tried_again(
    floor: Floor, account: Account, away: Away, spill: Spill
) -> None:
    spill.folder.write_text("a file where the folder should be")
    vault = process(floor, spill)
    floor.clock.move(hours=2)
    await vault.get(account.id)
    spill.folder.unlink()
    await until(lambda: spill.folder.is_dir() and list(spill.folder.glob("*.tokens")))
    away.lasts = False
    await until(lambda: "refreshed" in floor.refreshes)
    await vault.close()


@on_sqlite
async def test_a_spill_older_than_the_row_is_dropped(
    floor: Floor, account: Account, spill: Spill
) -> None:
    old = await stored(floor, account)
    spill.write(old, 0)
    spill.write(replace(old, connection_id="conn_erased"), 3)
    vault = process(floor, spill)
    await vault.start()
    await until(lambda: not list(spill.folder.iterdir()))
    assert (await stored(floor, account)).version == old.version
    await vault.close()


@on_sqlite
@pytest.mark.parametrize("harm", ["cut", "changed", "moved", "empty", "key"])
async def test_a_spill_that_cannot_be_opened_is_kept_aside(
    floor: Floor, account: Account, spill: Spill, harm: str
) -> None:
    old = await stored(floor, account)
    path = spill.write(old, old.version)
    sealed = path.read_bytes()
    match harm:
        case "cut":
            path.write_bytes(sealed[:-9])
        case "changed":
            path.write_bytes(sealed[:-9] + bytes([sealed[-9] ^ 1]) + sealed[-8:])
        case "moved":
            path.rename(path.with_name(path.name.replace(old.connection_id, "conn_other")))
        case "empty":
            path.write_bytes(b"")
        case _:
            path.write_bytes(KeyRing([MasterKey.generate("gone")]).seal(b"{}", associated_data="x"))
    vault = process(floor, spill)
    await vault.start()
    await vault.close()
    assert [one.suffix for one in spill.folder.iterdir()] == [".unreadable"]
    assert spill.counts() == (0, 1)
    assert (await stored(floor, account)).version == old.version


# -- with what databases really do


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process writes to the file and doesn't come to an end."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.rollback()
        other.close()


@contextmanager
def pragma(database: Database, text: str, undo: str) -> Iterator[None]:
    """Have every connection used under a restriction of SQLite's own."""
    now = text

    def restrict(connection: Any, _record: object, _proxy: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA {now}")
        cursor.close()

    event.listen(database.engine.sync_engine, "checkout", restrict)
    try:
        yield
    finally:
        now = undo


TROUBLES: dict[str, Callable[[Database], object]] = {
    "locked by another process": lambda database: locked(database.path or Path()),
    "read-only": lambda database: pragma(database, "query_only=1", "query_only=0"),
    "full": lambda database: pragma(database, "max_page_count=1", "max_page_count=1000000"),
}


@on_sqlite
@pytest.mark.parametrize("trouble", TROUBLES)
async def test_sqlite_in_trouble_costs_no_link(
    floor: Floor, account: Account, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = process(floor)
    floor.clock.move(hours=2)
    restriction = TROUBLES[trouble](floor.work.database)
    floor.provider.padding = 8_000  # so that a row needs pages that a full disk doesn't have

    async def begin() -> None:
        restriction.__enter__()  # type: ignore[attr-defined]

    floor.provider.before_answer = begin
    new = token_of(await vault.get(account.id))
    floor.provider.before_answer = None
    await until(lambda: "unsaved" in floor.refreshes)
    assert token_of(await vault.get(account.id)) == new
    restriction.__exit__(None, None, None)  # type: ignore[attr-defined]
    await until(lambda: "refreshed" in floor.refreshes)
    assert token_of(await floor.another_vault().get(account.id)) == new
    assert floor.provider.refreshes() == 1
    await vault.close()


async def test_postgresql_stopped_after_the_provider_answered_costs_no_link(
    tmp_path: Path, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server of its own, so that it can be stopped."""
    with databases.own_postgres_server() as cluster:
        url = await databases.new_postgres(
            cluster.get_uri(), databases.postgres_template(cluster.get_uri())
        )
        database = Database(StorageSettings(url=url))
        clock = FakeClock()
        provider = Provider(clock)
        async with (
            provider.client() as http,
            make_floor(UnitOfWork(database), ring, clock, provider, http) as floor,
        ):
            tenant, _ = await floor.tenant()
            account = await floor.account(tenant)
            clock.move(hours=2)
            vault = process(floor)

            async def stop() -> None:
                os.kill(cluster.get_pid(), signal.SIGINT)
                await until(lambda: not (Path(cluster.pgdata) / "postmaster.pid").exists())

            provider.before_answer = stop
            new = token_of(await vault.get(account.id))
            provider.before_answer = None
            await until(lambda: "unsaved" in floor.refreshes)
            clock.move(seconds=75)
            assert token_of(await vault.get(account.id)) == new
            await asyncio.to_thread(databases._patiently, cluster.ensure_postgres_running)
            await until(lambda: "refreshed" in floor.refreshes)
            assert token_of(await floor.another_vault().get(account.id)) == new
            assert provider.refreshes() == 1
            await vault.close()
        await database.close()
