"""Two hundred accounts in which nothing has changed: how many requests a round of runs makes.

All accounts are one organisation at the simulated Qonto, which counts requests by path. Rates are
off on both sides, since it's numbers that are told.
"""

import asyncio
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import httpx2

from storage.sealing import KeyRing, MasterKey
from tests.bench.banks import simulated
from tests.bench.figures import Figure
from tests.bench.linking import Headers, link
from tests.bench.programs import served
from tests.support import databases

ACCOUNTS = 200
KINDS = {
    "invoices": "/v2/client_invoices",
    "bills": "/v2/supplier_invoices",
    "transactions": "/v2/transactions",
}
BANK_ACCOUNTS = "/v2/bank_accounts"
SCOPES = frozenset(
    {"offline_access", "organization.read", "client_invoices.read", "supplier_invoice.read"}
)
UNLIMITED = {"RATE__TEN_SECONDS": "0", "RATE__TEN_MINUTES": "0"}


async def run() -> Sequence[Figure]:
    """Copy all accounts once, then again, and count the requests of the second time."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        url = databases.new_sqlite(databases.sqlite_template(folder), folder)
        file = Path(url.removeprefix("sqlite:///"))
        key = MasterKey.generate("bench")
        async with simulated(1) as bank:
            await bank.control("POST", "quirks", rate_limits=False)
            accounts = await link(url, KeyRing([key]), ACCOUNTS, access=bank.token, scopes=SCOPES)
            to = {"SYNC__TO": f"sqlite:///{folder / 'copy.db'}", "QONTO__API_URL": bank.address}
            async with served(url, key, **to, **UNLIMITED) as connector:
                await _ended(file, ACCOUNTS * len(KINDS))
                before = await bank.requests()
                began = time.perf_counter()
                await _asked_for(connector.address, accounts)
                await _ended(file, 2 * ACCOUNTS * len(KINDS))
                took = time.perf_counter() - began
                made = await bank.requests() - before
                holders = before[f"GET {KINDS['transactions']}"] // ACCOUNTS
    return _figures(made, holders, took)


def _figures(made: Counter[str], bank_accounts: int, took: float) -> list[Figure]:
    """Tell the requests for each account; `bank_accounts` is how many each has."""
    asked = {path: made[f"GET {path}"] / ACCOUNTS for path in (*KINDS.values(), BANK_ACCOUNTS)}
    reads = sum(count for path, count in made.items() if path.startswith("GET "))
    assert sum(asked.values()) * ACCOUNTS == reads, made
    name = f"sync: {ACCOUNTS} accounts without news"
    each = f"requests of each for its {bank_accounts} bank accounts' transactions"
    return [
        Figure(f"{name}, requests of each for invoices", asked[KINDS["invoices"]], "", 1, "lower"),
        Figure(f"{name}, requests of each for bills", asked[KINDS["bills"]], "", 1, "lower"),
        Figure(f"{name}, {each}", asked[KINDS["transactions"]], "", bank_accounts, "lower"),
        Figure(f"{name}, requests of each for the list of these", asked[BANK_ACCOUNTS], ""),
        Figure(f"{name}, {ACCOUNTS * len(KINDS)} runs", took, "s"),
    ]


async def _asked_for(address: str, accounts: Sequence[Headers]) -> None:
    async with httpx2.AsyncClient(base_url=address, timeout=60) as caller:
        for account in accounts:
            answer = await caller.post("/sync", headers=account)
            assert answer.status_code == 202, answer.text


async def _ended(file: Path, count: int) -> None:
    """Wait until so many runs have ended, each of them well."""
    async with asyncio.timeout(600):
        while True:
            with closing(sqlite3.connect(file, timeout=30)) as connection:
                query = "SELECT status, count(*) FROM copy_runs GROUP BY status"
                found: dict[str, int] = dict(connection.execute(query).fetchall())
            assert set(found) <= {"OPEN", "RUNNING", "SUCCESS"}, found
            if found.get("SUCCESS") == count:
                return
            await asyncio.sleep(0.25)
