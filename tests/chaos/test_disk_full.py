"""No room left for SQLite's files: honest refusals, and all goes on when there is room again."""

import asyncio
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from storage.clock import system_clock
from storage.engine import Database, StorageSettings
from storage.unit_of_work import UnitOfWork
from tests.chaos.conftest import FULL
from tests.chaos.journey import all_ready, journey
from tests.chaos.patience import until
from tests.chaos.processes import Nursery, environment, server
from tests.chaos.world import populate
from tests.support import databases

pytestmark = pytest.mark.loopback

FULL_FOR = 30.0 if FULL else 1.5
LEASE = "60" if FULL else "4"
Fill = Callable[[int, Path], Callable[[], None]]


def by_limit(pid: int, file: Path) -> Callable[[], None]:
    """Let a process write no file beyond the size of SQLite's log; return what lifts that.

    Nor beyond 256 KiB: a log that was long once is written over from its beginning.
    """
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    size = min(Path(f"{file}-wal").stat().st_size, 256 * 1024)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, most))

    def lift() -> None:
        with suppress(ProcessLookupError):  # killed, and so is its limit
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))

    return lift


def by_ballast(_: int, file: Path) -> Callable[[], None]:
    """Fill the file system that the database is on; return what makes room again."""
    ballast = file.with_name("ballast")
    with ballast.open("wb", buffering=0) as out:
        try:
            while True:
                out.write(bytes(4096))
        except OSError:
            pass
    return ballast.unlink


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of a few megabytes; skips where this user may not mount one."""
    folder.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder))
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a file system can't be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(("umount", str(folder)), check=True)


async def without_room(
    born: Nursery,
    file: Path,
    tmp_path: Path,
    fill: Fill,
    figure: Callable[[str, object], None],
    *,
    killed: bool,
) -> None:
    url = f"sqlite:///{file}"
    customers = await populate(url, 2)
    env = environment(
        url,
        CHAOS_LEASE_SECONDS=LEASE,
        CONNECTOR_DELIVERY__DEADLINE_SECONDS="10" if FULL else "1",
    )
    relay = server(born, tmp_path, env)
    await all_ready([relay])
    database = Database(StorageSettings(url=url))
    async with journey([relay], customers, UnitOfWork(database)) as together:
        assert relay.pid
        before = together.qonto.answers.copy()
        lift = fill(relay.pid, file)
        await until(lambda: (together.qonto.answers - before)["503"] > 10)
        full = system_clock()
        before = together.qonto.answers.copy()
        await asyncio.sleep(FULL_FOR)
        if killed:
            assert await relay.kill() == -signal.SIGKILL
        refused = together.qonto.answers - before
        back = system_clock()
        lift()
        if killed:
            await all_ready([relay])
        await together.more_is_accepted()
    assert "Traceback" not in relay.said()
    assert await relay.kill(signal.SIGTERM) == 0
    await database.close()
    assert together.accepted_between(full, back) == 0
    assert set(refused) <= {"503", "none"}
    assert refused["503"] > refused["none"]
    figure("seconds without room", FULL_FOR)
    figure("answers to Qonto meanwhile", dict(sorted(refused.items())))
    figure("events accepted and delivered in all", len(together.qonto.events))


@pytest.mark.parametrize("killed", [False, True] if FULL else [True])
@pytest.mark.timeout(300 if FULL else 240)
async def test_a_file_that_may_not_grow_refuses_events_and_loses_none(
    killed: bool,
    born: Nursery,
    sqlite_template: Path,
    tmp_path: Path,
    figure: Callable[[str, object], None],
) -> None:
    """And neither when the process is killed meanwhile, if `killed`."""
    file = tmp_path / "relay.db"
    shutil.copy(sqlite_template, file)
    await without_room(born, file, tmp_path, by_limit, figure, killed=killed)


@pytest.mark.skipif(not FULL, reason="part of `make chaos`, where a file system can be mounted")
@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.timeout(300)
async def test_a_full_disk_refuses_events_and_loses_none(
    killed: bool,
    born: Nursery,
    sqlite_template: Path,
    tmp_path: Path,
    figure: Callable[[str, object], None],
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        file = Path(databases.new_sqlite(sqlite_template, disk).removeprefix("sqlite:///"))
        await without_room(born, file, tmp_path, by_ballast, figure, killed=killed)
