"""What other ways of copying lose, and how long they take, beside ours.

The same happens to each, at a simulated Qonto of its own: while a list is read an invoice changes
after each page, and so leaves the list that ends at a fixed moment; the files of five invoices come
seconds after these, and Qonto doesn't call that a change; one file can't be found for a moment. A
run that failed is made again at once. Then, with all at rest, there is one run more, and the copy
is compared with what Qonto lists. `guide` is the script of Qonto's guide (`guide_copy.py`).
Airbyte's connector copies transactions alone; it runs where BENCH_AIRBYTE_PYTHON names an
interpreter that has it.
"""

import asyncio
import json
import os
import sqlite3
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from storage.sealing import KeyRing, MasterKey
from tests.bench.banks import Bank, simulated
from tests.bench.figures import Figure
from tests.bench.linking import link
from tests.support import databases

INVOICES, LATE, MOVEMENTS = 350, 5, 1_000
SCOPES = frozenset(
    {"offline_access", "organization.read", "client_invoices.read", "attachment.read"}
)
_MADE_IN = 10.0
"""Seconds that the late files take."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a copy holds: when each record changed last, and which files."""

    records: Mapping[str, str]
    files: frozenset[str]


Attempt = Callable[[], Awaitable[bool]]
"""Makes a run; says whether it succeeded."""


async def run() -> Sequence[Figure]:
    """Let each copy, and tell what it lacks."""
    figures = await _compared("connector", _ours, target=0)
    figures += await _compared("guide", _guide, target=None)
    python = os.environ.get("BENCH_AIRBYTE_PYTHON")
    if python is None:
        print("  Airbyte's connector was left out: BENCH_AIRBYTE_PYTHON names no interpreter")
        return figures
    return figures + await _airbyte(python)


async def _compared(
    name: str, of: Callable[[Bank, Path], Awaitable["_Way"]], *, target: int | None
) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        async with simulated(INVOICES) as bank:
            way = await of(bank, Path(folder))
            held, aborted, seconds = await _lived_through(bank, way)
            truth = await _truth(bank)
    lacking = truth.records.keys() - held.records.keys()
    outdated = [id for id in held.records if truth.records.get(id) not in (None, held.records[id])]
    files = truth.files - held.files
    words = f"sync: {name}, of {len(truth.records)} moving invoices"
    return [
        Figure(f"{words}, lacking or outdated", len(lacking) + len(outdated), "", target, "lower"),
        Figure(
            f"sync: {name}, of {len(truth.files)} files, lacking", len(files), "", target, "lower"
        ),
        Figure(f"sync: {name}, runs that failed", aborted, ""),
        Figure(f"sync: {name}, first run that succeeded", seconds, "s"),
    ]


async def _lived_through(bank: Bank, way: "_Way") -> tuple[Held, int, float]:
    """Let all of it happen; return what is held, how many runs failed, and the first one's time."""
    await bank.control("POST", "quirks", churn=1, pdf_delay=_MADE_IN, rate_limits=False)
    for _ in range(LATE):
        await bank.control("POST", "invoices", status="unpaid")
    await asyncio.sleep(1.1)  # for those whose clock has seconds
    made_at = (await bank.control("GET", "clock"))["now"]
    await bank.control("POST", "faults", path="/v2/attachments/*", status=404, skip=50)
    aborted = 0
    while True:
        began = time.perf_counter()
        if await way.attempt():
            break
        aborted += 1
    seconds = time.perf_counter() - began
    await bank.control("POST", "quirks", churn=0)
    await asyncio.sleep(_MADE_IN + 1)
    await bank.control("GET", "clock")
    await bank.control(
        "POST", "moments", kind="client_invoices", stamps=["updated_at"], at=made_at, count=LATE
    )
    assert await way.attempt()
    return way.held(), aborted, seconds


async def _truth(bank: Bank) -> Held:
    records: dict[str, str] = {}
    files: set[str] = set()
    headers, page = {"Authorization": f"Bearer {bank.token}"}, 1
    async with httpx2.AsyncClient(base_url=bank.address, headers=headers) as http:
        while page:
            query = {"page": page, "per_page": 100}
            told: Any = (await http.get("/v2/client_invoices", params=query)).json()
            for one in told["client_invoices"]:
                records[one["id"]] = one["updated_at"]
                if one["attachment_id"]:
                    files.add(one["id"])
            page = told["meta"]["next_page"]
    return Held(records, frozenset(files))


@dataclass(frozen=True, slots=True)
class _Way:
    attempt: Attempt
    held: Callable[[], Held]


async def _ours(bank: Bank, folder: Path) -> _Way:
    url = databases.new_sqlite(databases.sqlite_template(folder), folder)
    key = MasterKey.generate("bench")
    await link(url, KeyRing([key]), 1, access=bank.token, scopes=SCOPES)
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        ((account,),) = connection.execute("SELECT id FROM accounts").fetchall()
    environment = {
        "CONNECTOR_PUBLIC_URL": "http://127.0.0.1:1",
        "CONNECTOR_ENVIRONMENT": "development",
        "CONNECTOR_DATABASE__URL": url,
        "CONNECTOR_SEALING__KEYS": key.reveal(),
        "CONNECTOR_QONTO__API_URL": bank.address,
    }
    command = (
        *(str(Path(sys.executable).with_name("qonto-connector")), "sync", "invoices"),
        *("--account", account, "--to", f"sqlite:///{folder / 'copy.db'}"),
        *("--documents", f"folder:{folder / 'papers'}"),
    )

    async def attempt() -> bool:
        process = await asyncio.create_subprocess_exec(
            *command, env={**os.environ, **environment}, stdout=DEVNULL, stderr=DEVNULL
        )
        return await process.wait() == 0

    def held() -> Held:
        with closing(sqlite3.connect(folder / "copy.db")) as connection:
            rows = connection.execute("SELECT _id, _raw FROM invoices").fetchall()
        records = {id: str(json.loads(raw)["updated_at"]) for id, raw in rows}
        return Held(records, _papers(folder / "papers" / "content"))

    return _Way(attempt, held)


async def _guide(bank: Bank, folder: Path) -> _Way:
    state = {"next": "2016-01-01T00:00:00Z"}

    async def attempt() -> bool:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.guide_copy"),
            *(bank.address, bank.token, str(folder), state["next"]),
            stdout=PIPE,
        )
        told, _ = await process.communicate()
        found: dict[str, Any] = json.loads(told)
        state["next"] = found["next"]
        return found["failed"] is None

    def held() -> Held:
        told = [json.loads(one.read_text()) for one in (folder / "records").iterdir()]
        records = {one["id"]: one["updated_at"] for one in told}
        return Held(records, _papers(folder / "files"))

    return _Way(attempt, held)


def _papers(folder: Path) -> frozenset[str]:
    """Return the invoices whose files are below a folder; a file says whose it is."""
    found = (one.read_bytes()[:60] for one in folder.rglob("*") if one.is_file())
    return frozenset(head.split(b"\n")[1].removeprefix(b"% ").decode() for head in found)


async def _airbyte(python: str) -> list[Figure]:
    """Copy the transactions of one bank account, with nothing that changes meanwhile."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        async with simulated(1) as bank:
            await bank.control("POST", "generate", kind="transactions", count=MOVEMENTS)
            headers = {"Authorization": f"Bearer {bank.token}"}
            async with httpx2.AsyncClient(base_url=bank.address, headers=headers) as http:
                told: Any = (await http.get("/v2/bank_accounts")).json()
                iban = next(one["iban"] for one in told["bank_accounts"] if one["main"])
                query = {"iban": iban, "per_page": 1}
                answer: Any = (await http.get("/v2/transactions", params=query)).json()
                total = int(answer["meta"]["total_count"])
            (folder / "config.json").write_text(json.dumps(_config(bank, iban)))
            (folder / "catalog.json").write_text(json.dumps(_CATALOG))
            began = time.perf_counter()
            process = await asyncio.create_subprocess_exec(
                *(python, "tests/bench/airbyte_copy.py", bank.address, "read"),
                *("--config", str(folder / "config.json")),
                *("--catalog", str(folder / "catalog.json")),
                stdout=PIPE,
                stderr=DEVNULL,
                limit=1 << 24,
            )
            told, _ = await process.communicate()
            took = time.perf_counter() - began
    ids = [
        one["record"]["data"]["id"] for one in map(json.loads, told.splitlines()) if "record" in one
    ]
    return [
        Figure(f"sync: Airbyte, of {total} transactions, lacking", total - len(set(ids)), ""),
        Figure("sync: Airbyte, transactions doubled", len(ids) - len(set(ids)), ""),
        Figure("sync: Airbyte, its whole command", took, "s"),
    ]


def _config(bank: Bank, iban: str) -> dict[str, str]:
    key = {"api_key": bank.api_key, "start_date": "2016-01-01"}
    return {"endpoint": "Production", "iban": iban, **key}


_CATALOG = {
    "streams": [
        {
            "stream": {
                "name": "transactions",
                "json_schema": {},
                "supported_sync_modes": ["full_refresh"],
            },
            "sync_mode": "full_refresh",
            "destination_sync_mode": "overwrite",
        }
    ]
}
