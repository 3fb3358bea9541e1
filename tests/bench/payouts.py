"""Payouts end to end: a file of a thousand lines through `serve` as it ships, at Qonto's rates.

Three processes: the simulated Qonto with its documented rates, the connector with its own rate
budget on SQLite, and this one, which confirms and watches. Each line that is paid takes several
requests; what the documented rates let through bounds how fast that can be, and the figure is the
time taken against that bound. Proposing takes a request for 400 lines, so that only time is told.
Memory is what the serving process grows by while ten thousand lines are proposed.
"""

import asyncio
import json
import math
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from storage.clock import system_clock
from storage.engine import Database, StorageSettings
from storage.repositories.payment_settings import PaymentSettings
from storage.sealing import KeyRing, MasterKey
from storage.unit_of_work import UnitOfWork
from tests.bench.figures import Figure
from tests.bench.linking import link
from tests.bench.programs import Served, served
from tests.support import databases

PROPOSED, MANY = 1_000, 10_000
PAID, PAID_LONG = 400, 1_000
PAYEES = 50
RATE, WINDOW = 1_000, 10.0
"""Requests that Qonto takes in a window of seconds."""

SCOPES = frozenset(
    {
        "offline_access",
        "organization.read",
        "attachment.read",
        "payment.write",
        "request_transfers.write",
    }
)


@dataclass(frozen=True, slots=True)
class Bank:
    """The simulator, what it takes to call it, and whom it can pay."""

    address: str
    token: str
    payees: Sequence[tuple[str, str]]

    async def requests(self) -> int:
        """Count the requests to the API so far."""
        async with httpx2.AsyncClient() as http:
            told = (await http.get(f"{self.address}/_simulator/counts")).json()
        counts: dict[str, Any] = told.get("counts", told)
        return sum(count for path, count in counts["by_path"].items() if " /v2/" in path)


async def run(long: bool) -> Sequence[Figure]:
    """Measure a file that is proposed, a larger one, and one that is paid."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        url = databases.new_sqlite(databases.sqlite_template(folder), folder)
        key = MasterKey.generate("bench")
        async with _simulated() as bank:
            (account,) = await link(url, KeyRing([key]), 1, access=bank.token, scopes=SCOPES)
            await _allow(url)
            async with (
                served(url, key, QONTO__API_URL=bank.address) as connector,
                httpx2.AsyncClient(
                    base_url=connector.address, headers=account, timeout=60
                ) as caller,
            ):
                figures = await _proposed(caller, connector, bank)
                figures += await _paid(caller, bank, PAID_LONG if long else PAID)
    return figures


async def _proposed(caller: httpx2.AsyncClient, connector: Served, bank: Bank) -> list[Figure]:
    took, _ = await _run(caller, bank, PROPOSED, "PROPOSE")
    before = _memory(connector.pid)
    checked, payout = await _timed_draft(caller, bank, MANY)
    drafted = _memory(connector.pid)
    many = await _confirmed(caller, payout, "PROPOSE")
    return [
        Figure(f"payouts: {PROPOSED} lines proposed", took, "s"),
        Figure(f"payouts: {MANY} lines checked and stored", checked, "s"),
        Figure(f"payouts: {MANY} lines proposed", many, "s"),
        Figure(f"payouts: memory of checking {MANY} lines", drafted - before, "MB"),
        Figure(
            f"payouts: memory of running {MANY} lines",
            max(0.0, _memory(connector.pid) - drafted),
            "MB",
            16,
            "lower",
        ),
    ]


async def _paid(caller: httpx2.AsyncClient, bank: Bank, count: int) -> list[Figure]:
    await asyncio.sleep(WINDOW + 1)  # so that all of the rate is there
    before = await bank.requests()
    took, payout = await _run(caller, bank, count, "PAY")
    assert payout["refused"]["count"] == payout["undecided"]["count"] == 0, payout
    requests = await bank.requests() - before
    bound = max(1, math.ceil(requests / RATE) - 1) * WINDOW
    return [
        Figure(f"payouts: {count} lines paid", took, "s"),
        Figure("payouts: requests for each of them", requests / count, ""),
        Figure("payouts: what Qonto's rates allow at best", bound, "s"),
        Figure("payouts: time against that", took / bound, "x", 1.1, "lower"),
    ]


async def _run(
    caller: httpx2.AsyncClient, bank: Bank, count: int, mode: str
) -> tuple[float, dict[str, Any]]:
    _, payout = await _timed_draft(caller, bank, count)
    took = await _confirmed(caller, payout, mode)
    return took, (await caller.get(f"/accounting/payouts/{payout['id']}")).json()["data"]


async def _timed_draft(
    caller: httpx2.AsyncClient, bank: Bank, count: int
) -> tuple[float, dict[str, Any]]:
    at, payees = time.time_ns(), bank.payees
    rows = [
        ";".join((*payees[number % len(payees)], "0,01", f"{at} {number}"))
        for number in range(count)
    ]
    content = "\n".join(["name;iban;amount;reference", *rows]).encode()
    began = time.perf_counter()
    answer = await caller.post(
        "/accounting/payouts", files={"file": ("bench.csv", content, "text/csv")}
    )
    assert answer.status_code == 201, answer.text
    return time.perf_counter() - began, answer.json()["data"]


async def _confirmed(caller: httpx2.AsyncClient, payout: dict[str, Any], mode: str) -> float:
    body = {"total": payout["total"], "count": payout["count"], "mode": mode}
    path = f"/accounting/payouts/{payout['id']}"
    began = time.perf_counter()
    answer = await caller.post(f"{path}/confirm", json=body)
    assert answer.status_code == 200, answer.text
    while True:
        await asyncio.sleep(0.25)
        now = (await caller.get(path)).json()["data"]
        if now["status"] != "RUNNING":
            assert now["status"] == "DONE", now
            return time.perf_counter() - began


def _memory(pid: int) -> float:
    """Return what a process has in memory, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


async def _allow(url: str) -> None:
    """Let the vendor pay."""
    database = Database(StorageSettings(url=url))
    async with UnitOfWork(database).writing() as tx:
        for tenant in await tx.tenants.all():
            await tx.payment_settings.put(PaymentSettings(tenant.id, system_clock(), enabled=True))
    await database.close()


@asynccontextmanager
async def _simulated() -> AsyncGenerator[Bank]:
    """Run the simulator in a process of its own, with Qonto's rates."""
    command = str(Path(sys.executable).with_name("qonto-simulator"))
    process = await asyncio.create_subprocess_exec(
        *(command, "serve", "--port", "0", "--json"), stdout=PIPE, stderr=DEVNULL, stdin=DEVNULL
    )
    try:
        assert process.stdout
        told = json.loads(await process.stdout.readline())
        address = told["url"]
        async with httpx2.AsyncClient() as http:
            payees = [await _payee(http, address, number) for number in range(PAYEES)]
        yield Bank(address, told["accessToken"], payees)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _payee(http: httpx2.AsyncClient, address: str, number: int) -> tuple[str, str]:
    """Let a bank know an account's holder, and the organisation trust it; name and IBAN."""
    name, account = f"Payee {number}", f"37040044{number:010}"
    digits = 98 - int(f"{account}131400") % 97
    iban = f"DE{digits:02}{account}"
    for path, body in (
        ("payees", {"iban": iban, "holder": name}),
        ("beneficiaries", {"iban": iban, "name": name, "trusted": True}),
    ):
        (await http.post(f"{address}/_simulator/{path}", json=body)).raise_for_status()
    return name, iban
