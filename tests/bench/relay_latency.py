"""End to end: an event posted in until its signed event arrives, at peak and at half of it.

The measure for the second is what no relay can do without: one signed POST and one durable commit,
made directly and one after the other.
"""

import asyncio
import sqlite3
import statistics
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

import aiohttp
import asyncpg

from storage.clock import system_clock
from storage.engine import async_url
from storage.ids import new_id
from tests.bench.figures import Figure
from tests.bench.posting import Qonto, postings, qonto
from tests.bench.programs import served
from tests.bench.stage import KINDS, Stage, percentile
from tests.bench.stored import Route, routes
from webhooks.envelope import event_body
from webhooks.signing import signed_headers

CONNECTIONS = 64
PEAK = 400
"""Events of a round at peak rate."""
STEADY_SECONDS = 0.4
_DIRECT = 25

Commit = Callable[[], Awaitable[None]]


async def run(stage: Stage) -> Sequence[Figure]:
    """Measure events per second, and latencies at half of that."""
    servers: dict[str, tuple[Qonto, Route]] = {}
    commits: dict[str, Commit] = {}
    peaks: dict[str, list[float]] = {kind: [] for kind in KINDS}
    p50: dict[str, list[float]] = {kind: [] for kind in KINDS}
    p99: dict[str, list[float]] = {kind: [] for kind in KINDS}
    direct: dict[str, list[float]] = {kind: [] for kind in KINDS}
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(aiohttp.ClientSession())

        async def start(kind: str) -> None:
            url = await stage.database(kind)
            (route,) = await routes(url, stage.key, stage.secret, [f"{stage.vendor.address}/ok"])
            server = await stack.enter_async_context(served(url, stage.key))
            servers[kind] = await stack.enter_async_context(qonto(server.address)), route
            commits[kind] = await _commits(await stage.database(kind), stack)

        await asyncio.gather(*(start(kind) for kind in KINDS))
        for poster, route in servers.values():
            await _peak(stage, poster, route)  # warm
        for _ in stage.rounds():
            for kind, (poster, route) in servers.items():
                peaks[kind].append(await _peak(stage, poster, route))
                rate = statistics.median(peaks[kind]) / 2
                latencies = await _steady(stage, poster, route, rate)
                p50[kind].append(percentile(latencies, 0.5))
                p99[kind].append(percentile(latencies, 0.99))
                direct[kind] += await _direct(stage, client, commits[kind])
    figures: list[Figure] = []
    for kind in KINDS:
        measure = statistics.median(direct[kind])
        middle, tail = statistics.median(p50[kind]), statistics.median(p99[kind])
        figures += [
            Figure(
                f"relay: end to end at peak, {kind}", statistics.median(peaks[kind]), "events/s"
            ),
            Figure(f"relay: one POST and one commit, {kind}", measure * 1000, "ms"),
            Figure(f"relay: p50 at half of peak, {kind}", middle * 1000, "ms"),
            Figure(f"relay: p99 at half of peak, {kind}", tail * 1000, "ms"),
            Figure(f"relay: p50 against that, {kind}", middle / measure, "ratio", 3, "lower"),
            Figure(f"relay: p99 against that, {kind}", tail / measure, "ratio", 10, "lower"),
        ]
    return figures


async def _peak(stage: Stage, poster: Qonto, route: Route) -> float:
    """Post as fast as events are taken; return events per second until the last has arrived."""
    events = postings([route], PEAK)
    await stage.vendor.forget()
    began = time.perf_counter()
    await poster.rate(events, connections=CONNECTIONS, seconds=5)
    arrivals = await stage.vendor.arrivals(PEAK, within=5)
    return len(arrivals.at) / (max(arrivals.at.values()) - began)


async def _steady(stage: Stage, poster: Qonto, route: Route, rate: float) -> list[float]:
    """Post at a rate; return each event's time from its planned post to its arrival."""
    events = postings([route], max(20, int(rate * STEADY_SECONDS)))
    await stage.vendor.forget()
    planned = await poster.steadily(events, rate)
    arrivals = await stage.vendor.arrivals(len(events), within=5)
    now = time.perf_counter()  # one that hasn't arrived has taken at least this long
    return [arrivals.at.get(one, now) - moment for one, moment in planned.items()]


async def _direct(stage: Stage, client: aiohttp.ClientSession, commit: Commit) -> list[float]:
    """Return the seconds of some signed POSTs, each with a commit before it."""
    taken: list[float] = []
    for _ in range(_DIRECT):
        began = time.perf_counter()
        await commit()
        now = system_clock()
        body = event_body(event_type="UPDATED", resource="INVOICE", resource_id=str(uuid.uuid4()))
        headers = signed_headers(new_id("evt", now), body, stage.secret, now)
        async with client.post(f"{stage.vendor.address}/ok", data=body, headers=headers) as answer:
            await answer.read()
        taken.append(time.perf_counter() - began)
    return taken


async def _commits(url: str, stack: AsyncExitStack) -> Commit:
    """Return a function that commits one row durably, over the bare driver."""
    make = "CREATE TABLE direct (id TEXT PRIMARY KEY, body TEXT)"
    address = async_url(url)
    if address.drivername.startswith("sqlite"):
        file = sqlite3.connect(address.database or "", isolation_level=None)
        stack.callback(file.close)
        file.execute("PRAGMA synchronous=FULL")
        file.execute(make)

        async def commit_here() -> None:
            file.execute("INSERT INTO direct VALUES (?, ?)", (str(uuid.uuid4()), "x" * 600))

        return commit_here
    connection = await asyncpg.connect(
        user=address.username,
        password=address.password or None,
        database=address.database,
        host=address.host or address.query.get("host"),
        port=address.port,
    )
    stack.push_async_callback(connection.close)
    await connection.execute(make)

    async def commit_there() -> None:
        await connection.execute("INSERT INTO direct VALUES ($1, $2)", str(uuid.uuid4()), "x" * 600)

    return commit_there
