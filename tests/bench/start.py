"""What it costs to start: commands that only explain themselves, and `serve` until it answers.

Commands are measured by the CPU of their process, beside the least that any command line of this
kind costs: an interpreter that imports typer and rich. Nobody counts the round before the first: it
leaves the compiled modules on the disk, as an installation does.
"""

import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from http.client import HTTPConnection
from pathlib import Path

from connector.app.serving import bind
from storage.sealing import MasterKey
from tests.bench.figures import Figure
from tests.support import databases

ROUNDS = 7
MOST_TIMES = 2.5
"""Times the CPU of importing typer and rich."""
SOON = 2.0
"""Seconds until /health answers."""
LATEST = 30.0
_SHIPPED = str(Path(sys.executable).with_name("qonto-connector"))
_LEAST = 'python -c "import typer, rich"'
_COMMANDS = {
    _LEAST: (sys.executable, "-c", "import typer, rich"),
    "--help": (_SHIPPED, "--help"),
    "--version": (_SHIPPED, "--version"),
}
_MEASURED_ONLY = {"keys new": (_SHIPPED, "keys", "new")}


async def run(_long: bool) -> Sequence[Figure]:
    """Measure commands and server in turn, and compare medians."""
    figures: list[Figure] = []
    commands = {**_COMMANDS, **_MEASURED_ONLY}
    rounds = [
        {name: _cpu_of(command) for name, command in commands.items()} for _ in range(ROUNDS + 1)
    ][1:]
    medians = {name: statistics.median(one[name] for one in rounds) for name in commands}
    for name, seconds in medians.items():
        figures.append(Figure(f"start: {name}, CPU", seconds * 1000, "ms"))
    for name in _COMMANDS:
        if name != _LEAST:
            ratio = statistics.median(one[name] / one[_LEAST] for one in rounds)
            figures.append(Figure(f"start: {name} against that", ratio, "x", MOST_TIMES, "lower"))
    with tempfile.TemporaryDirectory() as folder:
        template = databases.sqlite_template(Path(folder))
        served = [
            _serving_took(databases.new_sqlite(template, Path(folder))) for _ in range(ROUNDS + 1)
        ][1:]
    took, cpu = (statistics.median(values) for values in zip(*served, strict=True))
    figures += [
        Figure("start: serve until /health answers, CPU", cpu * 1000, "ms"),
        Figure("start: serve until /health answers", took, "s", SOON, "lower"),
    ]
    return figures


def _environment(**settings: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("CONNECTOR_") and name != "PYTHONDONTWRITEBYTECODE"
    }
    return {**kept, **settings}


def _started(command: Sequence[str], environment: dict[str, str]) -> int:
    """Start a process that nobody hears; return its id."""
    with Path(os.devnull).open("wb") as nothing:
        actions = [(os.POSIX_SPAWN_DUP2, nothing.fileno(), number) for number in (1, 2)]
        return os.posix_spawn(command[0], command, environment, file_actions=actions)


def _cpu_of(command: Sequence[str]) -> float:
    """Run a command to its end; return the seconds of CPU that its process took."""
    _, status, used = os.wait4(_started(command, _environment()), 0)
    if status != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return used.ru_utime + used.ru_stime


def _serving_took(url: str) -> tuple[float, float]:
    """Start a server on a database, and end it at its first answer.

    Returns the seconds that went by until then, and those of its CPU.
    """
    probe = bind("127.0.0.1", 0)
    port: int = probe.getsockname()[1]
    probe.close()
    settings = {
        "CONNECTOR_PUBLIC_URL": "https://connect.example",
        "CONNECTOR_DATABASE__URL": url,
        "CONNECTOR_SEALING__KEYS": MasterKey("bench", bytes(32)).reveal(),
        "CONNECTOR_LOG__LEVEL": "error",
    }
    began = time.perf_counter()
    pid = _started((_SHIPPED, "serve", "--port", str(port)), _environment(**settings))
    try:
        while not _is_answered(port):
            if time.perf_counter() - began > LATEST:
                raise RuntimeError("the server did not start")
            time.sleep(0.005)
        took = time.perf_counter() - began
    finally:
        os.kill(pid, signal.SIGKILL)  # the database is thrown away
        used = os.wait4(pid, 0)[2]
    return took, used.ru_utime + used.ru_stime


def _is_answered(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=LATEST)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except ConnectionError:
        return False
    finally:
        connection.close()
