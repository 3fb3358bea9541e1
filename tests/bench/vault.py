"""The vault: what a warm access costs, and a storm of refreshes against strict rotation.

Strict: the simulator's grace is zero, so that a refresh token presented twice ends its family. The
storms run in processes of their own; this one plays Qonto, over loopback HTTP.

And what calls make of the moment in which Qonto ends an access token under them: how many succeed,
and how many of the 200 answers 401 an hour that costs.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from qonto_simulator import Simulator, serving
from qonto_simulator.oauth import grants
from qonto_simulator.oauth.grants import Family, Wanted

from connector.http import provider_http
from oauth.vault import TokenVault
from storage.clock import system_clock
from storage.engine import Database, StorageSettings
from storage.sealing import KeyRing, MasterKey
from storage.unit_of_work import UnitOfWork
from tests.bench.figures import Figure
from tests.support import databases
from tests.support.linked import link_accounts, vault_at

ACCOUNTS = 200
STORMS = {"SQLite": (1, 512), "PostgreSQL": (8, 64)}
"""Processes, and tasks in each."""
ENDED = {"SQLite": 1, "PostgreSQL": 4}
"""Processes whose calls meet the end of their access token."""
ENDED_CALLS = (64, 512)
ROUNDS = 5
WARM, CALLS = 20_000, 150


async def run(_long: bool) -> Sequence[Figure]:
    """Measure the warm access on SQLite, then a storm on each database."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        template = databases.sqlite_template(folder)
        figures += await _warm(databases.new_sqlite(template, folder))
        figures += await _storm("SQLite", databases.new_sqlite(template, folder))
        for calls in ENDED_CALLS:
            figures += await _ended("SQLite", databases.new_sqlite(template, folder), calls)
        with databases.postgres_server() as server:
            pg_template = databases.postgres_template(server)
            url = await databases.new_postgres(server, pg_template)
            figures += await _storm("PostgreSQL", url)
            for calls in ENDED_CALLS:
                url = await databases.new_postgres(server, pg_template)
                figures += await _ended("PostgreSQL", url, calls)
    return figures


async def _warm(url: str) -> list[Figure]:
    ring = KeyRing([MasterKey.generate("bench")])
    database = Database(StorageSettings(url=url))
    work = UnitOfWork(database)
    simulator = Simulator(seed=1)
    async with serving(simulator) as address, provider_http() as http:
        later = system_clock() + timedelta(minutes=50)
        ((account, _),) = await link_accounts(work, ring, simulator, 1, expires_at=later)
        vault = vault_at(work, ring, http, address)
        warm: list[float] = []
        looks: list[float] = []
        calls: list[float] = []
        access = await vault.get(account.id)
        for _ in range(ROUNDS):
            began = time.perf_counter()
            for _ in range(WARM // ROUNDS):
                await vault.get(account.id)
            warm.append((time.perf_counter() - began) / (WARM // ROUNDS))
            looks.append(await _look(vault, account.id))
            began = time.perf_counter()
            for _ in range(CALLS // ROUNDS):
                answer = await http.get(f"{address}/v2/organization", headers=access.headers)
                answer.raise_for_status()
            calls.append((time.perf_counter() - began) / (CALLS // ROUNDS))
    await database.close()
    get, look, call = (statistics.median(values) for values in (warm, looks, calls))
    return [
        Figure("vault: access, warm", get * 1e6, "µs", better="lower"),
        Figure("vault: access, with its look every 5 s", look * 1e6, "µs", better="lower"),
        Figure("vault: the HTTP call it precedes", call * 1e6, "µs", better="lower"),
        Figure("vault: warm access of the call's cost", 100 * get / call, "%", 10, "lower"),
    ]


async def _look(vault: TokenVault, account_id: str) -> float:
    times = 50
    took = 0.0
    for _ in range(times):
        vault.forget(account_id)
        began = time.perf_counter()
        await vault.get(account_id)
        took += time.perf_counter() - began
    return took / times


async def _storm(kind: str, url: str) -> list[Figure]:
    processes, tasks = STORMS[kind]
    key = MasterKey.generate("bench")
    database = Database(StorageSettings(url=url))
    simulator = Simulator(seed=1)
    counted = _Counted(simulator)
    strict = mock.patch.object(grants, "GRACE", timedelta(0))
    async with serving(simulator) as address:
        ended = system_clock() - timedelta(seconds=1)
        linked = await link_accounts(
            UnitOfWork(database), KeyRing([key]), simulator, ACCOUNTS, expires_at=ended
        )
        with strict:
            answers = await _processes("storm", url, address, key, processes, tasks)
    await database.close()
    families: list[Family] = [family for _, family in linked]
    revoked = sum(family.revoked for family in families)
    failures = sum(sum(one["failures"].values()) for one in answers)
    for one in answers:
        if one["failures"]:
            print(f"  {kind}: {one['failures']}", flush=True)
    name = f"vault: storm, {processes} x {tasks} on {kind}"
    return [
        Figure(f"{name}, refreshes per expiry", counted.refreshes / ACCOUNTS, "", 1, "lower"),
        Figure(f"{name}, families revoked", revoked, "", 0, "lower"),
        Figure(f"{name}, calls failed of {processes * tasks * ACCOUNTS}", failures, "", 0, "lower"),
        Figure(f"{name}, took", max(one["seconds"] for one in answers), "s", better="lower"),
    ]


async def _ended(kind: str, url: str, calls: int) -> list[Figure]:
    """Let Qonto end the access token of an account just as its calls begin."""
    processes, key = ENDED[kind], MasterKey.generate("bench")
    database = Database(StorageSettings(url=url))
    simulator = Simulator(seed=1)
    counted = _Counted(simulator)
    async with serving(simulator) as address:
        later = system_clock() + timedelta(minutes=50)
        await link_accounts(UnitOfWork(database), KeyRing([key]), simulator, 1, expires_at=later)

        def end() -> None:
            simulator.grants.expire("access", Wanted(), simulator.clock.now())

        each = calls // processes
        answers = await _processes("ended", url, address, key, processes, each, before=end)
    await database.close()
    outcomes: Counter[str] = Counter()
    for one in answers:
        outcomes.update(one["outcomes"])
    print(f"  {kind}, {calls} calls: {dict(outcomes)}", flush=True)
    name = f"vault: token ended under {calls} calls, {processes} on {kind}"
    return [
        Figure(f"{name}, calls failed", calls - outcomes["success"], "", 0, "lower"),
        Figure(f"{name}, refreshes", counted.refreshes, "", 1, "lower"),
        Figure(f"{name}, answers 401", outcomes["answers 401"], "", 150, "lower"),
        Figure(f"{name}, took", max(one["seconds"] for one in answers), "s", better="lower"),
    ]


class _Counted:
    """Counts what a simulator refreshes, refused or not."""

    def __init__(self, simulator: Simulator) -> None:
        self.refreshes = 0
        refresh = simulator.grants.refresh

        def counted(*arguments: Any) -> Any:
            self.refreshes += 1
            return refresh(*arguments)

        simulator.grants.refresh = counted  # type: ignore[method-assign]


async def _processes(
    program: str,
    url: str,
    address: str,
    key: MasterKey,
    processes: int,
    tasks: int,
    *,
    before: Callable[[], None] = lambda: None,
) -> list[dict[str, Any]]:
    """Start them, wait until all are ready, let them go at once, and answer what they say.

    `before` is called in between.
    """
    started = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", f"tests.bench.{program}", url, address, str(tasks)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "BENCH_KEY": key.reveal()},
        )
        for _ in range(processes)
    ]
    try:
        async with asyncio.timeout(60):
            for one in started:
                assert one.stdout is not None
                if await one.stdout.readline() != b"ready\n":
                    raise RuntimeError("a process of the storm did not start")
            before()
            for number, one in enumerate(started):
                assert one.stdin is not None
                one.stdin.write(f"{number}\n".encode())
            answers: list[dict[str, Any]] = []
            for one in started:
                assert one.stdout is not None
                answers.append(json.loads(await one.stdout.readline()))
            return answers
    finally:
        for one in started:
            if one.returncode is None:
                one.terminate()
            await one.wait()
