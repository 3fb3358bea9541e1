"""A process that has read all of the program's code, and forks the processes that are killed.

It reads one JSON object a line and answers with one: `{"run": [...], "env": {...}, "log": file}`
with the pid, `{"kill": pid, "signal": n}` and `{"ended": pid}` with how the process ended (minus
the signal's number, or its exit code; null while it lives). A fork spares the two seconds that
reading the code takes, so that hundreds can die in minutes; it then runs the command line as it
ships. Three things may differ, named by variables: CHAOS_LEASE_SECONDS shortens the lease of a
delivery, CHAOS_WRITE_SECONDS how long a write is waited for, and CHAOS_NAMES is a file in which
host names are looked up instead of in DNS.
"""

import json
import os
import signal
import socket
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import connector.http
import webhooks.names
from connector.app import cli, container, periodic_tasks
from connector.app.actions import service
from connector.app.periodic_tasks import PeriodicTasks
from connector.jobs import jobs
from connector.providers.qonto.writing import bulk
from connector.writing import decisions, writing
from connector.writing.writing import WriteSettings, Writing
from webhooks.dispatch_settings import DispatchSettings
from webhooks.names import AddressInfo, NameUnknown

READ = (cli, service)
"""What the forks would otherwise import, each for itself."""

living: set[int] = set()


def names() -> dict[str, list[str]]:
    """Read which names there are now, and what they lead to."""
    found: dict[str, list[str]] = json.loads(Path(os.environ["CHAOS_NAMES"]).read_text())
    return found


async def resolved(host: str, port: int) -> list[AddressInfo]:
    """Look a name up in a file that the test may change at any moment."""
    known = names()
    if host not in known:
        raise NameUnknown("no such name")
    return [
        (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))
        for address in known[host]
    ]


def as_told() -> None:
    """Shorten leases and replace DNS, if the environment says so."""
    if seconds := os.environ.pop("CHAOS_LEASE_SECONDS", ""):
        lease = timedelta(seconds=float(seconds))
        vars(container)["DispatchSettings"] = partial(DispatchSettings, lease=lease)
    if seconds := os.environ.pop("CHAOS_WRITE_SECONDS", ""):
        shorten_writes(float(seconds))
    if "CHAOS_NAMES" in os.environ:
        vars(webhooks.names).update(_resolved=resolved, _REMEMBERED_FOR=1.0)


def shorten_writes(seconds: float) -> None:
    """Let leases and what is on its way end after so long, and answers come in a quarter of it."""
    after = timedelta(seconds=seconds)
    for module in (decisions, writing, bulk):
        vars(module)["SETTLED_AFTER"] = after
    for module in (jobs, periodic_tasks):
        vars(module)["LEASE"] = after
    PeriodicTasks.__init__.__kwdefaults__["lease"] = after
    vars(container)["Writing"] = partial(Writing, settings=WriteSettings(lease=after))
    limits = partial(connector.http.Limits, read=seconds / 4, total=seconds / 2)
    vars(connector.http)["Limits"] = limits


def be_born(arguments: list[str], environment: dict[str, str], log: str) -> None:
    """Become a process of its own that runs the command line; never returns."""
    os.setsid()
    null, file = (
        os.open(os.devnull, os.O_RDWR),
        os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND),
    )
    for number, target in ((0, null), (1, null), (2, file)):
        os.dup2(target, number)
    os.environ.clear()
    os.environ.update(environment)
    as_told()
    sys.argv = ["qonto-connector", *arguments]
    cli.invoke()


def ended(pid: int, *, wait: bool) -> int | None:
    if pid not in living:
        return None
    found, status = os.waitpid(pid, 0 if wait else os.WNOHANG)
    if not found:
        return None
    living.discard(pid)
    return os.waitstatus_to_exitcode(status)


def answer(order: dict[str, Any]) -> int | None:
    if "run" in order:
        pid = os.fork()
        if pid == 0:
            try:
                be_born(order["run"], order["env"], order["log"])
            finally:
                sys.stderr.flush()
                os._exit(0)
        living.add(pid)
        return pid
    if "kill" in order:
        if order["kill"] not in living:
            return None
        os.kill(order["kill"], order["signal"])
        return ended(order["kill"], wait=True)
    return ended(order["ended"], wait=False)


def main() -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
    for pid in living:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
