"""/health/details notices when nothing can be written any more."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from connector.app import write_probe
from storage.clock import system_clock
from storage.engine import Database, StorageSettings
from storage.errors import StorageUnavailable
from storage.unit_of_work import UnitOfWork
from tests.support.described import InProcess, in_process


@pytest.fixture(autouse=True)
def _asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_probe, "_HOLDS", 0.0)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder))
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a file system can't be mounted here")
    yield folder
    subprocess.run(("umount", str(folder)), check=True)


async def told(up: InProcess) -> tuple[int, str]:
    """Return the status, and what is said of the database."""
    async with up.client() as caller:
        answer = await caller.get("/health/details")
    part = answer.json()["details"]["database"]
    return answer.status_code, part.get("message", part["status"])


async def test_a_full_disk_is_noticed_and_so_is_new_room(disk: Path) -> None:
    async with in_process(disk) as up:
        assert await told(up) == (200, "up")
        ballast = disk / "ballast"
        with ballast.open("wb", buffering=0) as out:
            try:
                while True:
                    out.write(bytes(4096))
            except OSError:
                pass
        status, message = await told(up)
        assert (status, "No space left" in message) == (503, True)
        async with up.client() as caller:
            assert (await caller.get("/health")).status_code == 200
        ballast.unlink()
        assert await told(up) == (200, "up")
    assert not list(disk.glob("*.probe"))  # noqa: ASYNC240 - nothing waits for this


@pytest.mark.both_databases
async def test_a_database_that_only_reads_is_noticed(database_url: str, tmp_path: Path) -> None:
    async with in_process(tmp_path, database_url) as up:
        assert await told(up) == (200, "up")
        async with read_only(up.container.storage.database):
            status, message = await told(up)
            assert (status, "not written" in message) == (503, True)
        assert await told(up) == (200, "up")


@pytest.mark.both_databases
async def test_writing_to_a_database_that_only_reads_is_a_trouble_that_passes(
    database_url: str,
) -> None:
    database = Database(StorageSettings(url=database_url))
    async with read_only(database):
        with pytest.raises(StorageUnavailable):
            await take_duty(UnitOfWork(database))
    await take_duty(UnitOfWork(database))
    await database.close()


async def take_duty(work: UnitOfWork) -> None:
    async with work.writing() as tx:
        await tx.periodic_tasks.take("x", "x", now=system_clock(), until=system_clock())


@asynccontextmanager
async def read_only(database: Database) -> AsyncIterator[None]:
    """Let the database take no writes."""

    async def everywhere(statement: str) -> None:
        for _ in range(5):  # each connection of SQLite's pool has it by itself
            async with database.reading() as connection:
                await connection.execute(text(statement))

    if database.is_sqlite:
        await everywhere("PRAGMA query_only = 1")
        yield
        await everywhere("PRAGMA query_only = 0")
        return
    name = database.url.database
    for value in ("on", "off"):
        async with database.writing() as connection:
            await connection.execute(text("SET TRANSACTION READ WRITE"))
            await connection.execute(
                text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {value}')
            )
        await database.engine.dispose()
        if value == "on":
            yield


async def test_writing_that_hangs_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_probe, "WITHIN", 0.1)
    async with in_process(tmp_path) as up, up.container.storage.database.writing():
        status, message = await told(up)
        assert (status, message) == (503, "nothing could be written within 0 s")


async def test_who_asks_all_the_time_does_not_write_all_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_probe, "_HOLDS", 60.0)
    written: list[Path] = []
    monkeypatch.setattr(write_probe, "_write_beside", written.append)
    async with in_process(tmp_path) as up:
        for status, _ in await asyncio.gather(*(told(up) for _ in range(5))):
            assert status == 200
    assert len(written) == 1
