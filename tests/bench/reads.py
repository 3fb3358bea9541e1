"""The reading path end to end: pages of 100 invoices through `serve` as it ships, on SQLite.

Three processes: a canned upstream, the connector, and this one as the caller. A page's cost is its
wall time through the connector, less that of the same bytes fetched from the upstream by the same
client; the yardstick for it is `reference`, in this process. Shares and times are medians of rounds
in which everything takes its turn.
"""

import asyncio
import gc
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2

from storage.sealing import KeyRing, MasterKey
from tests.bench.figures import Figure
from tests.bench.linking import Headers, link
from tests.bench.page_of_invoices import PER_PAGE, TOTAL, page
from tests.bench.programs import served
from tests.bench.reference import parse_and_dump
from tests.support import databases

ROUNDS = 9
PAGES = {1: 16, 16: 48}
"""Pages of one round, by how many are asked for at once."""
REFERENCES = 6
TARGET = 1.5
ACCOUNTS, READERS, SMALL_PAGES = 50, 200, 4
UNLIMITED = {"RATE__TEN_SECONDS": "0", "RATE__TEN_MINUTES": "0"}
WINDOW, LIMIT, LIMITED_PAGES = 10, 300, 2
"""With the rate budget on: seconds, requests in them, and pages of each reader."""


async def run(_long: bool) -> Sequence[Figure]:
    """Measure pages one by one and 16 at once, a walk, and readers without and with a budget."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        url = databases.new_sqlite(databases.sqlite_template(folder), folder)
        key = MasterKey.generate("bench")
        accounts = await link(url, KeyRing([key]), ACCOUNTS)
        async with (
            canned() as upstream,
            httpx2.AsyncClient(timeout=60) as caller,
        ):
            async with served(url, key, QONTO__API_URL=upstream, **UNLIMITED) as connector:
                invoices = f"{connector.address}/accounting/invoices"
                figures = await _costs(caller, upstream, invoices, accounts[0])
                figures += await _walk(caller, invoices, accounts[0], connector.pid)
                figures += await _crowd(invoices, accounts, SMALL_PAGES)
            before = len(await _arrivals(caller, upstream))
            limits = {**UNLIMITED, "RATE__TEN_SECONDS": str(LIMIT)}
            async with served(url, key, QONTO__API_URL=upstream, **limits) as connector:
                invoices = f"{connector.address}/accounting/invoices"
                figures += await _crowd(invoices, accounts, LIMITED_PAGES, "within a budget")
            busiest = _busiest((await _arrivals(caller, upstream))[before:])
    name = f"reads: requests in any {WINDOW} s, with {LIMIT} allowed"
    return [*figures, Figure(name, busiest, "", LIMIT, "lower")]


async def _costs(
    caller: httpx2.AsyncClient, upstream: str, invoices: str, account: Headers
) -> list[Figure]:
    body = page()
    direct = f"{upstream}/v2/client_invoices?per_page={PER_PAGE}"
    through = f"{invoices}?limit={PER_PAGE}"
    if (await caller.get(direct)).content != body:
        raise RuntimeError("the upstream does not answer the page")
    if len((await caller.get(through, headers=account)).json()["data"]) != PER_PAGE:
        raise RuntimeError("the connector does not answer the page")
    references: list[float] = []
    costs: dict[int, list[float]] = {at_once: [] for at_once in PAGES}
    ratios: dict[int, list[float]] = {at_once: [] for at_once in PAGES}
    for at_once, pages in PAGES.items():
        await _pages(caller, through, account, pages, at_once)  # warm
    gc.collect()
    gc.freeze()  # the yardstick is to bear its own garbage only, not this process' modules
    for _ in range(ROUNDS):
        reference = _reference(body)
        references.append(reference)
        for at_once, pages in PAGES.items():
            fetched = await _pages(caller, direct, {}, pages, at_once)
            cost = await _pages(caller, through, account, pages, at_once) - fetched
            costs[at_once].append(cost)
            ratios[at_once].append(cost / reference)
    gc.unfreeze()
    milliseconds = statistics.median(references) * 1000
    return [
        Figure("reads: parsing and dumping a page in pydantic", milliseconds, "ms", better="lower"),
        *(
            Figure(
                f"reads: page of {PER_PAGE}, {at_once} at once, less its fetch",
                statistics.median(costs[at_once]) * 1000,
                "ms",
                better="lower",
            )
            for at_once in PAGES
        ),
        *(
            Figure(
                f"reads: page of {PER_PAGE}, {at_once} at once, against pydantic",
                statistics.median(ratios[at_once]),
                "x",
                TARGET,
                "lower",
            )
            for at_once in PAGES
        ),
    ]


def _reference(body: bytes) -> float:
    """Return the seconds that a page costs in pydantic."""
    began = time.perf_counter()
    for _ in range(REFERENCES):
        parse_and_dump(body)
    return (time.perf_counter() - began) / REFERENCES


async def _pages(
    caller: httpx2.AsyncClient, url: str, headers: Headers, pages: int, at_once: int
) -> float:
    """Fetch a page many times, so many at once; return the seconds that one took of the whole."""
    left = iter(range(pages))

    async def fetch() -> None:
        for _ in left:
            (await caller.get(url, headers=headers)).raise_for_status()

    began = time.perf_counter()
    await asyncio.gather(*(fetch() for _ in range(at_once)))
    return (time.perf_counter() - began) / pages


async def _walk(
    caller: httpx2.AsyncClient, invoices: str, account: Headers, pid: int
) -> list[Figure]:
    """Walk over the whole list twice; the first walk is the warm-up."""
    resident = [0, 0]
    took = 0.0
    for walk in range(2):
        began = time.perf_counter()
        for number in range(1, TOTAL // PER_PAGE + 1):
            answer = await caller.get(f"{invoices}?limit={PER_PAGE}&page={number}", headers=account)
            answer.raise_for_status()
        took = time.perf_counter() - began
        resident[walk] = _resident(pid)
    grown = (resident[1] - resident[0]) / 1e6
    return [
        Figure(f"reads: walk over {TOTAL:,} invoices", took, "s", better="lower"),
        Figure("reads: resident memory after it", resident[1] / 1e6, "MB", better="lower"),
        Figure("reads: of that, grown during the walk", grown, "MB", 20, "lower"),
    ]


async def _crowd(
    invoices: str, accounts: Sequence[Headers], pages: int, how: str = "unlimited"
) -> list[Figure]:
    """Let many readers loose on few accounts, each on some small pages."""
    failures = 0

    async def read(caller: httpx2.AsyncClient, account: Headers) -> None:
        nonlocal failures
        for number in range(1, pages + 1):
            try:
                answer = await caller.get(f"{invoices}?limit=10&page={number}", headers=account)
            except httpx2.HTTPError:
                failures += 1
            else:
                failures += answer.status_code != 200

    limits = httpx2.Limits(max_connections=READERS)  # each reader has one of its own
    async with httpx2.AsyncClient(timeout=60, limits=limits) as caller, asyncio.timeout(30):
        began = time.perf_counter()
        await asyncio.gather(
            *(read(caller, accounts[number % len(accounts)]) for number in range(READERS))
        )
        took = time.perf_counter() - began
    name = f"reads: {READERS} readers of {len(accounts)} accounts, {how}"
    return [
        Figure(f"{name}, failed of {READERS * pages}", failures, "", 0, "lower"),
        Figure(f"{name}, pages of 10", READERS * pages / took, "pages/s"),
    ]


async def _arrivals(caller: httpx2.AsyncClient, upstream: str) -> list[float]:
    """Return when the upstream was asked, in seconds."""
    return (await caller.get(f"{upstream}/arrivals")).json()


def _busiest(moments: Sequence[float]) -> int:
    """Return how many moments the window with most of them holds, wherever it begins."""
    first = most = 0
    for position, moment in enumerate(moments):
        while moment - moments[first] >= WINDOW:
            first += 1
        most = max(most, position + 1 - first)
    return most


def _resident(pid: int) -> int:
    """Return a process' resident memory in bytes."""
    done = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True
    )
    return int(done.stdout) * 1024


@asynccontextmanager
async def canned() -> AsyncGenerator[str]:
    """Run the canned upstream; return its address."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.canned"), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(20):
            address = (await process.stdout.readline()).decode().strip()
        if not address:
            raise RuntimeError("the upstream did not start")
        yield address
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
