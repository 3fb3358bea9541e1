"""Endpoints that hang: what ten of them do to the other ninety."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack

from tests.bench.figures import Figure
from tests.bench.posting import Qonto, postings, qonto
from tests.bench.programs import served
from tests.bench.stage import Stage, percentile, ratio
from tests.bench.stored import Route, routes

HEALTHY, HANGING = 90, 10
BACKLOG = 60
"""Events that wait for each endpoint that hangs before the measuring begins."""
RATE = 250
SECONDS = 0.4
DEADLINE = "3"
"""Seconds after which an attempt is given up; the default of 10 would make the rounds as long."""


async def run(stage: Stage) -> Sequence[Figure]:
    """Measure the p99 of the healthy ones, with those that hang and without."""
    callbacks = {
        "without": [f"{stage.vendor.address}/ok"] * HEALTHY,
        "with": [f"{stage.vendor.address}/ok"] * HEALTHY
        + [f"{stage.vendor.address}/hang"] * HANGING,
    }
    servers: dict[str, tuple[Qonto, list[Route]]] = {}
    tails: dict[str, list[float]] = {name: [] for name in callbacks}
    async with AsyncExitStack() as stack:

        async def start(name: str, urls: Sequence[str]) -> None:
            url = await stage.database("SQLite")
            known = await routes(url, stage.key, stage.secret, urls)
            server = await stack.enter_async_context(
                served(url, stage.key, DELIVERY__DEADLINE_SECONDS=DEADLINE)
            )
            poster = await stack.enter_async_context(qonto(server.address))
            servers[name] = poster, known

        await asyncio.gather(*(start(name, urls) for name, urls in callbacks.items()))
        for poster, known in servers.values():
            await _latencies(stage, poster, known[:HEALTHY], known[:HEALTHY])  # warm
        poster, known = servers["with"]
        await poster.rate(postings(known[HEALTHY:], HANGING * BACKLOG), connections=32, seconds=5)
        for _ in stage.rounds():
            for name, (poster, known) in servers.items():
                latencies = await _latencies(stage, poster, known, known[:HEALTHY])
                tails[name].append(percentile(latencies, 0.99))
    return [
        *(
            Figure(
                f"relay: p99 of {HEALTHY} endpoints, {name} {HANGING} that hang",
                statistics.median(values) * 1000,
                "ms",
                better="lower",
            )
            for name, values in tails.items()
        ),
        Figure(
            "relay: p99 with those that hang, against without",
            ratio(tails["with"], tails["without"]),
            "ratio",
            1.5,
            "lower",
        ),
    ]


async def _latencies(
    stage: Stage, poster: Qonto, known: Sequence[Route], healthy: Sequence[Route]
) -> list[float]:
    """Post for all routes in turn; return the latencies of the healthy ones' events."""
    events = postings(known, int(RATE * SECONDS))
    counted = [event for number, event in enumerate(events) if number % len(known) < len(healthy)]
    await stage.vendor.forget()
    planned = await poster.steadily(events, RATE)
    arrivals = await stage.vendor.arrivals(len(counted), within=float(DEADLINE))
    now = time.perf_counter()  # one that hasn't arrived has taken at least this long
    return [
        arrivals.at.get(event.resource_id, now) - planned[event.resource_id] for event in counted
    ]
