"""The edge under attack: how soon others are answered meanwhile, and what memory it takes.

An attack comes from 127.0.0.2, in a process of its own; all the while this one asks for /health on
new connections, and posts signed events, from 127.0.0.1.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from storage.sealing import KeyRing, MasterKey
from tests.bench.attacking import CONNECTIONS
from tests.bench.figures import Figure
from tests.bench.linking import Headers, link
from tests.bench.posting import Qonto, postings, qonto
from tests.bench.programs import Served, served
from tests.bench.stored import Route, routes
from tests.support import databases

SECONDS = 5.0
EVERY = 0.1
LONGEST = 1.0
"""Seconds; Qonto waits no longer for its events to be taken."""
MOST_MB = 64


async def run(_long: bool) -> Sequence[Figure]:
    """Measure one attack after the other, each on a server of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        template = databases.sqlite_template(folder)
        key = MasterKey.generate("bench")
        figures: list[Figure] = []
        for kind in CONNECTIONS:
            url = databases.new_sqlite(template, folder)
            (account,) = await link(url, KeyRing([key]), 1)
            (route,) = await routes(url, key, bytes(range(32)), ["http://127.0.0.1:1/"])
            async with served(url, key, worker=False) as server, qonto(server.address) as poster:
                figures += await _attacked(kind, server, poster, route, account)
    return figures


async def _attacked(
    kind: str, server: Served, poster: Qonto, route: Route, account: Headers
) -> list[Figure]:
    await _meanwhile(server, poster, route, 1.0)  # warm
    before = most = _resident(server.pid)
    async with _attacking(kind, server, account):
        watching = asyncio.create_task(_meanwhile(server, poster, route, SECONDS))
        while not watching.done():
            await asyncio.wait([watching], timeout=0.5)
            most = max(most, _resident(server.pid))
        health, events = await watching
    name = f"edge: {CONNECTIONS[kind]} connections, {kind}"
    return [
        Figure(f"{name}: slowest /health", max(health), "s", LONGEST, "lower"),
        Figure(f"{name}: slowest event", max(events), "s", LONGEST, "lower"),
        Figure(f"{name}: memory grown", (most - before) / 1e6, "MB", MOST_MB, "lower"),
    ]


async def _meanwhile(
    server: Served, poster: Qonto, route: Route, seconds: float
) -> tuple[list[float], list[float]]:
    """Ask and post at a steady pace; return the seconds that each took."""
    count = int(seconds / EVERY)

    async def asking() -> list[float]:
        return await asyncio.gather(*(_later(number * EVERY, server) for number in range(count)))

    async def posting() -> list[float]:
        took: list[float] = []
        for event in postings([route], count):
            began = time.perf_counter()
            await poster.burst([event])
            took.append(time.perf_counter() - began)
            await asyncio.sleep(max(0.0, EVERY - took[-1]))
        return took

    health, events = await asyncio.gather(asking(), posting())
    return health, events


async def _later(wait: float, server: Served) -> float:
    await asyncio.sleep(wait)
    parts = urlsplit(server.address)
    began = time.perf_counter()
    async with asyncio.timeout(30):
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
    writer.close()
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"/health was answered with {answer[:80]!r}")
    return time.perf_counter() - began


@asynccontextmanager
async def _attacking(kind: str, server: Served, account: Headers) -> AsyncGenerator[None]:
    port = str(urlsplit(server.address).port)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.attacking", kind, port, str(SECONDS + 1)),
        env={**os.environ, **account},
    )
    try:
        await asyncio.sleep(1.0)  # it has to get going
        yield
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _resident(pid: int) -> int:
    """Return a process' resident memory in bytes."""
    done = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True
    )
    return int(done.stdout) * 1024
