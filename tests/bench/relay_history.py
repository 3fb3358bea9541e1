"""The long ones: five million delivered rows in history, and a million deliveries that wait."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from storage.engine import Database, StorageSettings
from storage.unit_of_work import UnitOfWork
from tests.bench.figures import Figure
from tests.bench.posting import Qonto, postings, qonto
from tests.bench.programs import served, working
from tests.bench.stage import KINDS, Stage, ratio
from tests.bench.stored import Route, history, routes

HISTORY = 5_000_000
BACKLOG = 1_000_000
ENDPOINTS = 100
EVENTS = 2_000
WATCHED = 60.0
"""Seconds for which the worker's memory is watched."""


async def run(stage: Stage) -> Sequence[Figure]:
    """Measure events per second end to end, with a history against an empty database."""
    figures: list[Figure] = []
    for kind in KINDS:
        servers: dict[str, tuple[Qonto, Route]] = {}
        rates: dict[str, list[float]] = {"empty": [], "full": []}
        async with AsyncExitStack() as stack:
            for name in rates:
                url = await stage.database(kind)
                (route,) = await routes(
                    url, stage.key, stage.secret, [f"{stage.vendor.address}/ok"]
                )
                if name == "full":
                    await _store(url, [route], HISTORY, "DELIVERED")
                server = await stack.enter_async_context(served(url, stage.key))
                servers[name] = await stack.enter_async_context(qonto(server.address)), route
            for poster, route in servers.values():
                await _rate(stage, poster, route)  # warm
            for _ in stage.rounds():
                for name, (poster, route) in servers.items():
                    rates[name].append(await _rate(stage, poster, route))
        figures += [
            *(
                Figure(f"relay: end to end, {name} {kind}", statistics.median(values), "events/s")
                for name, values in rates.items()
            ),
            Figure(
                f"relay: with {HISTORY:,} delivered, against empty, {kind}",
                ratio(rates["full"], rates["empty"]),
                "ratio",
                0.9,
            ),
        ]
    return figures


async def run_backlog(stage: Stage) -> Sequence[Figure]:
    """Measure the most memory a worker holds while a million deliveries wait for it."""
    figures: list[Figure] = []
    for kind in KINDS:
        url = await stage.database(kind)
        known = await routes(
            url, stage.key, stage.secret, [f"{stage.vendor.address}/ok"] * ENDPOINTS
        )
        await _store(url, known, BACKLOG, "PENDING")
        await stage.vendor.forget()
        async with working(url, stage.key) as pid:
            most = 0.0
            until = time.perf_counter() + WATCHED
            while time.perf_counter() < until:
                most = max(most, _resident(pid))
                await asyncio.sleep(0.5)
        sent = len((await stage.vendor.arrivals(0, within=0)).at)
        figures += [
            Figure(
                f"relay: memory of a worker, {BACKLOG:,} waiting, {kind}", most, "MB", 150, "lower"
            ),
            Figure(f"relay: sent meanwhile, {kind}", sent / WATCHED, "deliveries/s"),
        ]
    return figures


async def _rate(stage: Stage, poster: Qonto, route: Route) -> float:
    events = postings([route], EVENTS)
    await stage.vendor.forget()
    began = time.perf_counter()
    await poster.rate(events, connections=64, seconds=20)
    arrivals = await stage.vendor.arrivals(EVENTS, within=20)
    return len(arrivals.at) / (max(arrivals.at.values()) - began)


async def _store(url: str, known: Sequence[Route], count: int, status: str) -> None:
    database = Database(StorageSettings(url=url))
    for route in known:
        await history(UnitOfWork(database), route, count // len(known), status=status)
    await database.close()


def _resident(pid: int) -> float:
    """Return a process's resident memory in megabytes (1,000,000 bytes)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
    return kilobytes * 1024 / 1e6
