"""A burst of 1,000 events at once, at the worst moment: Qonto waits one second for each answer.

Deliveries are failing and tried again and again, and the database is busy with its history: one
process reads a log of many rows over and over, and deletes from it in chunks.
"""

import asyncio
import statistics
from collections.abc import Sequence
from contextlib import AsyncExitStack

from storage.engine import Database, StorageSettings
from storage.unit_of_work import UnitOfWork
from tests.bench.figures import Figure
from tests.bench.posting import Qonto, postings, qonto
from tests.bench.programs import answering, served
from tests.bench.stage import KINDS, Stage
from tests.bench.stored import Route, history, routes

EVENTS = 1_000
HISTORY = 20_000
FAILING = 200
BURSTS = 2


async def run(stage: Stage) -> Sequence[Figure]:
    """Measure how long the last of them waited for its answer."""
    slowest: dict[str, list[float]] = {kind: [] for kind in KINDS}
    posters: dict[str, tuple[Qonto, Route]] = {}
    urls: dict[str, str] = {}
    async with AsyncExitStack() as stack:

        async def start(kind: str) -> None:
            url = urls[kind] = await stage.database(kind)
            failing, old = await routes(
                url, stage.key, stage.secret, [f"{stage.vendor.address}/fail"] * 2
            )
            database = Database(StorageSettings(url=url))
            await history(UnitOfWork(database), old, HISTORY)
            await database.close()
            server = await stack.enter_async_context(
                served(
                    url,
                    stage.key,
                    DELIVERY__RETRY_SECONDS=" ".join(["0.5"] * 20),
                    # all bursts come from one address, and the next before the last one has left
                    SERVER__CONNECTIONS_PER_ADDRESS=str(4 * EVENTS),
                )
            )
            posters[kind] = await stack.enter_async_context(qonto(server.address)), failing

        await asyncio.gather(*(start(kind) for kind in KINDS))
        for kind, (poster, route) in posters.items():
            async with answering("historian", urls[kind], stage.key):
                await poster.rate(postings([route], FAILING), connections=32, seconds=1)
                for _ in range(BURSTS):
                    slowest[kind].append(max(await poster.burst(postings([route], EVENTS))))
    return [
        Figure(
            f"relay: slowest answer in a burst of {EVENTS:,}, {kind}",
            statistics.median(values),
            "s",
            1,
            "lower",
        )
        for kind, values in slowest.items()
    ]
