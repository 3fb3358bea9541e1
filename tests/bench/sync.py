"""Copying an account for the first time: records to SQLite, files to a folder, through `serve`.

Four processes: the simulated Qonto with its documented rates and files as large as real ones; the
connector as shipped, on SQLite; a bare loop that downloads the same with as many files at once; and
this one. The two take turns at the same simulator. The figure is the time of the run against what
is slower: the bare loop, which no rate limits hold up, or what Qonto's rates let through.
"""

import asyncio
import json
import math
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2

from connector.copying.document_queue import AT_ONCE
from storage.sealing import KeyRing, MasterKey
from tests.bench import sync_accounts, sync_others
from tests.bench.banks import Bank, memory, processor, simulated
from tests.bench.figures import Figure
from tests.bench.linking import link
from tests.bench.programs import served
from tests.support import databases

INVOICES, INVOICES_LONG = 1_000, 10_000
ROUNDS = 3
RATE, WINDOW = 1_000, 10.0
"""Requests that Qonto takes in a window of seconds."""
MOST_MB = 60
LATENCY = 0.05
"""Seconds that Qonto takes for an answer, or more."""
SCOPES = frozenset({"offline_access", "client_invoices.read", "attachment.read"})
"""Without others nothing but invoices is copied."""


async def run(long: bool) -> Sequence[Figure]:
    """Measure first copies, the idle runs of many accounts, and what other ways lose."""
    figures = await _first(INVOICES, ROUNDS)
    figures += await _first(INVOICES, 1, latency=LATENCY)
    if long:
        figures += await _first(INVOICES_LONG, 1)
    figures += await sync_accounts.run()
    figures += await sync_others.run()
    return figures


@dataclass(frozen=True, slots=True)
class _Copied:
    """What a copy took: seconds, those of a processor, megabytes, and requests."""

    seconds: float
    processor: float
    documents: int
    grown: float = 0.0
    requests: int = 0


async def _first(count: int, rounds: int, *, latency: float = 0.0) -> list[Figure]:
    ours: list[_Copied] = []
    bare: list[_Copied] = []
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        async with simulated(count) as bank:
            if latency:
                slow = {"kind": "latency", "latency": latency, "times": 1_000_000}
                for path in ("/v2/*", "/files/*"):
                    await bank.control("POST", "faults", path=path, **slow)
            for number in range(rounds):
                own = folder / str(number)
                own.mkdir()
                began = time.perf_counter()
                bare.append(await _bare(bank, own))
                # so that all of the rate is there
                await asyncio.sleep(max(0.0, WINDOW + 1 - (time.perf_counter() - began)))
                ours.append(await _ours(bank, own))
    also = f" that answers after {latency * 1000:.0f} ms" if latency else ""
    return _figures(f"sync: {count} invoices and their files{also}", ours, bare)


def _figures(name: str, ours: Sequence[_Copied], bare: Sequence[_Copied]) -> list[Figure]:
    seconds = statistics.median(one.seconds for one in ours)
    least = statistics.median(one.seconds for one in bare)
    bound = max(0, math.ceil(ours[0].requests / RATE) - 1) * WINDOW
    spent = [statistics.median(one.processor / one.documents for one in of) for of in (ours, bare)]
    grown = max(one.grown for one in ours)
    return [
        Figure(f"{name}, first copy", seconds, "s"),
        Figure(f"{name}, bare loop", least, "s"),
        Figure(f"{name}, what Qonto's rates allow", bound, "s"),
        Figure(f"{name}, against the slower", seconds / max(least, bound), "x", 1.1, "lower"),
        Figure(f"{name}, processor time of each", 1000 * spent[0], "ms"),
        Figure(f"{name}, that of the bare loop", 1000 * spent[1], "ms"),
        Figure(f"{name}, memory above idle", grown, "MB", MOST_MB, "lower"),
    ]


async def _bare(bank: Bank, folder: Path) -> _Copied:
    await bank.control("POST", "quirks", rate_limits=False)
    target = folder / "bare"
    target.mkdir()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.bare_copy"),
        *(bank.address, bank.token, str(target), str(AT_ONCE)),
        stdout=PIPE,
    )
    told, _ = await process.communicate()
    await bank.control("POST", "quirks", rate_limits=True)
    return _Copied(**json.loads(told))


async def _ours(bank: Bank, folder: Path) -> _Copied:
    """Link an account beside a worker that has nothing else to do; wait until it's copied."""
    url = databases.new_sqlite(databases.sqlite_template(folder), folder)
    key = MasterKey.generate("bench")
    before = (await bank.requests()).total()
    async with served(
        url,
        key,
        QONTO__API_URL=bank.address,
        SYNC__TO=f"sqlite:///{folder / 'copy.db'}",
        SYNC__DOCUMENTS=f"folder:{folder / 'papers'}",
    ) as connector:
        await asyncio.sleep(1)
        idle = most = memory(connector.pid)
        spent = processor(connector.pid)
        (account,) = await link(url, KeyRing([key]), 1, access=bank.token, scopes=SCOPES)
        async with httpx2.AsyncClient(base_url=connector.address, headers=account) as caller:
            while True:
                for _ in range(10):
                    await asyncio.sleep(0.1)
                    most = max(most, memory(connector.pid))
                made = (await caller.get("/sync", params={"resource": "invoices"})).json()["data"]
                if made and made[-1]["status"] not in ("OPEN", "RUNNING"):
                    break
        spent = processor(connector.pid) - spent
    (run,) = made
    assert run["status"] == "SUCCESS" and run["pending"] == run["failed"] == 0, run
    stored = len(list((folder / "papers" / "content").glob("*/*")))
    assert stored == len(list((folder / "bare").glob("*.pdf"))), (stored, run)
    requests = (await bank.requests()).total() - before
    return _Copied(run["durationSeconds"], spent, stored, most - idle, requests)
