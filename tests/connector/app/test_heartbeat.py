"""A worker shows by a file that it works, and a check that loads next to nothing looks at it."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from connector.app.heartbeat import EVERY, LATE, VARIABLE, beating, problem
from connector.app.worker import Worker
from storage.clock import system_clock
from storage.unit_of_work import UnitOfWork
from tests.webhooks.relay import until

NOW = 1_800_000_000.0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "heartbeat"


def age(file: Path, seconds: float = 0.0) -> None:
    """Leave the file as a beat at this moment of the epoch would."""
    file.touch()
    os.utime(file, (seconds, seconds))


def beats_at(file: Path) -> float | None:
    """Return when the last beat was; None without a file."""
    return file.stat().st_mtime if file.exists() else None


class Loops:
    """Stands for dispatcher and reconciler; `broken` ends the loop with an error."""

    def __init__(self, broken: Exception | None = None) -> None:
        self.broken = broken

    async def run(self) -> None:
        if self.broken is not None:
            raise self.broken
        await asyncio.Event().wait()

    async def stop(self) -> None:
        pass

    def wake(self) -> None:
        pass


def worker(work: UnitOfWork, dispatcher: Loops) -> Worker:
    return Worker(cast(Any, dispatcher), cast(Any, Loops()), work, system_clock, ())


async def test_it_beats_again_and_again_and_takes_its_file_away_at_the_end(file: Path) -> None:
    async with beating(file, lambda: True, every=0.01):
        await until(lambda: beats_at(file))
        age(file)
        await until(lambda: beats_at(file))
    assert beats_at(file) is None


async def test_what_is_not_alive_does_not_beat(file: Path) -> None:
    age(file)
    asked: list[None] = []

    def is_alive() -> bool:
        asked.append(None)
        return False

    async with beating(file, is_alive, every=0.01):
        await until(lambda: len(asked) > 3)
        assert beats_at(file) == 0


async def test_a_worker_is_whole_while_its_loops_run_and_after_they_were_stopped(
    work: UnitOfWork,
) -> None:
    """On SQLite nobody listens: that loop comes to its end by itself, and nothing is broken."""
    whole = worker(work, Loops())
    whole.start()
    await until(lambda: any(task.done() for task in whole._tasks))
    assert whole.is_whole
    await whole.stop()
    assert whole.is_whole


async def test_a_loop_that_breaks_is_logged_and_the_worker_is_whole_no_more(
    work: UnitOfWork,
) -> None:
    broken = worker(work, Loops(RuntimeError("unheard of")))
    with capture_logs() as lines:
        broken.start()
        await until(lambda: not broken.is_whole)
        await until(lambda: bool(lines))
    assert [(line["event"], line["kind"]) for line in lines] == [("worker.loop_broken", "dispatch")]
    await broken.stop()


def test_a_beat_is_late_after_a_minute_and_several_may_be_missed(file: Path) -> None:
    assert LATE >= 3 * EVERY
    age(file, NOW)
    assert problem(str(file), now=NOW + LATE) is None
    assert problem(str(file), now=NOW + LATE + 1) == "the last beat was 61 s ago"


def test_no_file_and_no_name_of_one_are_problems(file: Path) -> None:
    assert problem(str(file), now=NOW) == f"{file}: No such file or directory"
    assert problem(None, now=NOW) == problem("", now=NOW) == f"{VARIABLE} names no file"


def test_the_check_loads_neither_settings_nor_database() -> None:
    code = "import sys, connector.app.heartbeat; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()
    assert not {"pydantic", "sqlalchemy", "starlette", "structlog", "typer"} & set(loaded)


def test_the_check_fails_with_a_reason(file: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "connector.app.heartbeat"],
        env={**os.environ, VARIABLE: str(file)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (1, f"{file}: No such file or directory\n")
