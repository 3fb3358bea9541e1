"""Rubbish at the callback's address: what it does to the answers that Qonto waits for.

Sixteen connections post a megabyte each without a signature, as fast as they can, while signed
events come at a steady rate; and one old signed event is posted over and over.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

from tests.bench.figures import Figure
from tests.bench.posting import postings, qonto
from tests.bench.programs import answering, served
from tests.bench.stage import Stage, percentile, ratio
from tests.bench.stored import routes

LOUD = 16
RATE = 100
SECONDS = 1.5
REPLAYS = 400
AGE = 3_600
"""Seconds since the old event was signed."""


async def run(stage: Stage) -> Sequence[Figure]:
    """Measure the p99 of answers with the rubbish and without, and stale replays per second."""
    tails: dict[str, list[float]] = {"quiet": [], "loud": []}
    replays: list[float] = []
    posts = 0.0
    async with AsyncExitStack() as stack:
        url = await stage.database("SQLite")
        (route,) = await routes(url, stage.key, stage.secret, [f"{stage.vendor.address}/ok"])
        server = await stack.enter_async_context(served(url, stage.key))
        poster = await stack.enter_async_context(qonto(server.address))
        where = urlsplit(server.address)
        shouting = await stack.enter_async_context(
            answering(
                "shouting", url, stage.key, "127.0.0.1", str(where.port), route.code, str(LOUD)
            )
        )
        await poster.rate(postings([route], 200), connections=16, seconds=1)  # warm
        old = postings([route], 1, age=AGE) * REPLAYS
        for _ in stage.rounds():
            events = postings([route], int(RATE * SECONDS))
            tails["quiet"].append(percentile(await poster.answers(events, RATE), 0.99))
            await shouting.ask(do="shout")
            await asyncio.sleep(0.1)
            events = postings([route], int(RATE * SECONDS))
            began = time.perf_counter()
            tails["loud"].append(percentile(await poster.answers(events, RATE), 0.99))
            told = await shouting.ask(do="hush")
            posts = told["posts"] / (time.perf_counter() - began)
            replays.append(await poster.rate(old, connections=16, seconds=SECONDS, expected=400))
    return [
        *(
            Figure(
                f"relay: p99 of answers, {name}",
                statistics.median(values) * 1000,
                "ms",
                better="lower",
            )
            for name, values in tails.items()
        ),
        Figure(
            f"relay: p99 of answers, {LOUD} posting rubbish, against none",
            ratio(tails["loud"], tails["quiet"]),
            "ratio",
            2,
            "lower",
        ),
        Figure("relay: rubbish refused meanwhile", posts, "posts/s"),
        Figure("relay: one old event again and again", statistics.median(replays), "posts/s"),
    ]
