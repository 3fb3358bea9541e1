"""Sending: deliveries that are due, against a bare loop over aiohttp.

Both run in one process in turn and post signed bodies of the same size to the same receiver, as
many at once as the relay allows one endpoint.
"""

import asyncio
import statistics
from collections.abc import Sequence
from contextlib import AsyncExitStack

from tests.bench.figures import Figure
from tests.bench.programs import Program, answering
from tests.bench.stage import KINDS, Stage, ratio
from tests.bench.stored import routes

COUNT = 800


async def run(stage: Stage) -> Sequence[Figure]:
    """Measure deliveries per second, from the first arrival to the last."""
    bare = "bare loop"
    rates: dict[str, list[float]] = {name: [] for name in (*KINDS, bare)}
    programs: dict[str, Program] = {}
    callback = f"{stage.vendor.address}/ok"
    async with AsyncExitStack() as stack:

        async def start(kind: str) -> None:
            url = await stage.database(kind)
            (route,) = await routes(url, stage.key, stage.secret, [callback])
            programs[kind] = await stack.enter_async_context(
                answering(
                    "delivering",
                    url,
                    stage.key,
                    *(route.account_id, route.subscription_id, callback, stage.secret.hex()),
                )
            )

        await asyncio.gather(*(start(kind) for kind in KINDS))
        programs[bare] = programs["SQLite"]
        for name, program in programs.items():
            await _rate(stage, program, "bare" if name == bare else "relay", COUNT // 4)  # warm
        for _ in stage.rounds():
            for name, program in programs.items():
                do = "bare" if name == bare else "relay"
                rates[name].append(await _rate(stage, program, do, COUNT))
    return [
        *(
            Figure(f"relay: deliveries, {name}", statistics.median(values), "deliveries/s")
            for name, values in rates.items()
        ),
        *(
            Figure(
                f"relay: deliveries against the bare loop, {kind}",
                ratio(rates[kind], rates[bare]),
                "ratio",
                0.5,
            )
            for kind in KINDS
        ),
    ]


async def _rate(stage: Stage, program: Program, do: str, count: int) -> float:
    await stage.vendor.forget()
    await program.ask(do=do, count=count)
    arrivals = await stage.vendor.arrivals(count, within=5)
    if arrivals.forged or len(arrivals.at) < count:
        raise RuntimeError(f"{len(arrivals.at)} of {count} arrived, {arrivals.forged} forged")
    moments = arrivals.at.values()
    return (count - 1) / (max(moments) - min(moments))
