"""Taking events in: the shipped route, against the same route with only the commit left out."""

import asyncio
import statistics
from collections.abc import Sequence
from contextlib import AsyncExitStack

from tests.bench.figures import Figure
from tests.bench.posting import Qonto, postings, qonto
from tests.bench.programs import served
from tests.bench.stage import KINDS, Stage, ratio
from tests.bench.stored import Route, routes

CONNECTIONS = 64
SECONDS = 0.2
_MOST = 2_500
"""Events per round; more than can be taken in that time."""


async def run(stage: Stage) -> Sequence[Figure]:
    """Measure requests per second on both databases and without one."""
    without = "without a commit"
    servers: dict[str, tuple[Qonto, Route]] = {}
    rates: dict[str, list[float]] = {name: [] for name in (*KINDS, without)}
    async with AsyncExitStack() as stack:

        async def start(name: str) -> None:
            url = await stage.database("SQLite" if name == without else name)
            (route,) = await routes(url, stage.key, stage.secret, [f"{stage.vendor.address}/ok"])
            server = await stack.enter_async_context(
                served(url, stage.key, worker=False, commit=name != without)
            )
            servers[name] = await stack.enter_async_context(qonto(server.address)), route

        await asyncio.gather(*(start(name) for name in rates))
        for poster, route in servers.values():
            await poster.rate(postings([route], 200), connections=CONNECTIONS, seconds=1)
        for _ in stage.rounds():
            for name, (poster, route) in servers.items():
                events = postings([route], _MOST)
                rates[name].append(
                    await poster.rate(events, connections=CONNECTIONS, seconds=SECONDS)
                )
    return [
        *(
            Figure(f"relay: events taken in, {name}", statistics.median(values), "events/s")
            for name, values in rates.items()
        ),
        *(
            Figure(
                f"relay: the same with a commit, against without, {kind}",
                ratio(rates[kind], rates[without]),
                "ratio",
                0.5,
            )
            for kind in KINDS
        ),
    ]
