"""Writing end to end: drafts of invoices through `serve` as it ships, and one issued at a time.

Three processes: the simulated Qonto, the connector on SQLite, and this one as the caller. Drafts
are made with 32 under way at once, through the connector and straight at the simulator with the
same client, in rounds that take turns; beside the clock it's told what processor time the connector
took, and what the client took without it. What an `issue` adds is its wall time less that of the
requests that it makes, made one after the other straight at the simulator.
"""

import asyncio
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from storage.sealing import KeyRing, MasterKey
from tests.bench.bulk_upload import bulk_upload
from tests.bench.figures import Figure
from tests.bench.linking import Headers, link
from tests.bench.programs import Served, served
from tests.support import databases

AT_ONCE = 32
DRAFTS, ROUNDS = 200, 5
"""Drafts of a round on each side: a thousand in all."""
ISSUES = 15
UNLIMITED = {"RATE__TEN_SECONDS": "0", "RATE__TEN_MINUTES": "0"}
SCOPES = frozenset(
    {
        "offline_access",
        "organization.read",
        "client.read",
        "client.write",
        "client_invoices.read",
        "client_invoice.write",
        "attachment.read",
        "attachment.write",
        "einvoicing.read",
        "supplier_invoice.read",
        "supplier_invoice.write",
    }
)
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Qonto:
    """The simulator, and what it takes to write there."""

    address: str
    token: str
    client_id: str
    iban: str

    @property
    def headers(self) -> Headers:
        return {"Authorization": f"Bearer {self.token}"}


async def run(_long: bool) -> Sequence[Figure]:
    """Measure drafts with many at once, and invoices issued one by one."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        url = databases.new_sqlite(databases.sqlite_template(folder), folder)
        key = MasterKey.generate("bench")
        async with _simulated() as qonto, httpx2.AsyncClient(timeout=60) as caller:
            (account,) = await link(url, KeyRing([key]), 1, access=qonto.token, scopes=SCOPES)
            settings = {"QONTO__API_URL": qonto.address, **UNLIMITED}
            async with served(url, key, **settings) as connector:
                figures = await _drafts(caller, qonto, connector, account)
                figures += await _issues(caller, qonto, connector, account)
                figures += await bulk_upload(caller, connector.address, account, connector.pid)
    return figures


async def _drafts(
    caller: httpx2.AsyncClient, qonto: Qonto, connector: Served, account: Headers
) -> list[Figure]:
    async def direct() -> None:
        answer = await caller.post(
            f"{qonto.address}/v2/client_invoices", json=_direct(qonto), headers=qonto.headers
        )
        assert answer.status_code == 200, answer.text

    async def through() -> None:
        number = next(_numbers)
        answer = await caller.post(
            f"{connector.address}/accounting/invoices",
            json=_unified(qonto, number),
            headers={**account, "Idempotency-Key": f"draft-{number}"},
        )
        assert answer.status_code == 201, answer.text

    await _many(direct, AT_ONCE)
    await _many(through, AT_ONCE)
    times: dict[str, list[float]] = {"direct": [], "through": []}
    ours = client = 0.0
    for _ in range(ROUNDS):
        before = time.process_time()
        times["direct"].append(await _many(direct, DRAFTS))
        client += time.process_time() - before
        before = _processor(connector.pid)
        times["through"].append(await _many(through, DRAFTS))
        ours += _processor(connector.pid) - before
    ratios = [one / other for one, other in zip(times["through"], times["direct"], strict=True)]
    many = f"{AT_ONCE} at once"
    return [
        Figure(f"writes: drafts, {many}", DRAFTS / statistics.median(times["through"]), "/s"),
        Figure(f"writes: direct, {many}", DRAFTS / statistics.median(times["direct"]), "/s"),
        Figure(
            f"writes: time against the same made directly, {many}",
            statistics.median(ratios),
            "x",
            1.5,
            "lower",
        ),
        Figure("writes: processor time of a draft", 1000 * ours / DRAFTS / ROUNDS, "ms"),
        Figure(
            "writes: that of the client of one made directly",
            1000 * client / DRAFTS / ROUNDS,
            "ms",
        ),
    ]


async def _issues(
    caller: httpx2.AsyncClient, qonto: Qonto, connector: Served, account: Headers
) -> list[Figure]:
    """Time issued invoices, and the same requests made directly; files are there at once."""

    async def through() -> None:
        answer = await caller.post(
            f"{connector.address}/accounting/invoices/issue",
            json=_unified(qonto, next(_numbers)),
            headers=account,
        )
        assert answer.status_code == 201, answer.text

    async def direct() -> None:
        base, headers = f"{qonto.address}/v2/client_invoices", qonto.headers
        made = (await caller.post(base, json=_direct(qonto), headers=headers)).json()
        one = f"{base}/{made['client_invoice']['id']}"
        await caller.get(one, headers=headers)  # its totals, before they are final
        await caller.post(f"{one}/finalize", headers=headers)
        invoice = (await caller.get(one, headers=headers)).json()["client_invoice"]
        file = f"{qonto.address}/v2/attachments/{invoice['attachment_id']}"
        attachment = (await caller.get(file, headers=headers)).json()["attachment"]
        (await caller.get(attachment["url"])).raise_for_status()

    await through()
    await direct()
    took: dict[str, list[float]] = {"through": [], "direct": []}
    ours = 0.0
    for _ in range(ISSUES):
        before = _processor(connector.pid)
        took["through"].append(await _timed(through))
        ours += _processor(connector.pid) - before
        took["direct"].append(await _timed(direct))
    added = [
        1000 * (one - other) for one, other in zip(took["through"], took["direct"], strict=True)
    ]
    return [
        Figure("writes: issue in one call", 1000 * statistics.median(took["through"]), "ms"),
        Figure(
            "writes: its requests, made directly", 1000 * statistics.median(took["direct"]), "ms"
        ),
        Figure("writes: what an issue adds", statistics.median(added), "ms", 10, "lower"),
        Figure("writes: processor time of an issue", 1000 * ours / ISSUES, "ms"),
    ]


async def _many(one: Callable[[], Awaitable[None]], count: int) -> float:
    """Return how long it takes to do it so often, with some at once."""
    left = iter(range(count))

    async def worker() -> None:
        for _ in left:
            await one()

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return time.perf_counter() - began


def _processor(pid: int) -> float:
    """Return the seconds of processor time that a process has taken, the kernel's part too."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _timed(one: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await one()
    return time.perf_counter() - began


def _unified(qonto: Qonto, number: int) -> dict[str, Any]:
    return {
        "contactId": qonto.client_id,
        "invoiceDate": "2026-11-20",
        "dueDate": "2026-12-20",
        "reference": f"bench {number}",
        "lineItems": [
            {"name": "Consulting", "quantity": 2, "unitAmount": 600, "taxRatePercentage": 20}
        ],
    }


def _direct(qonto: Qonto) -> dict[str, Any]:
    line = {
        "title": "Consulting",
        "quantity": "2",
        "unit_price": {"value": "600", "currency": "EUR"},
        "vat_rate": "0.2",
    }
    return {
        "client_id": qonto.client_id,
        "status": "draft",
        "currency": "EUR",
        "issue_date": "2026-11-20",
        "due_date": "2026-12-20",
        "payment_methods": {"iban": qonto.iban},
        "purchase_order": f"bench {next(_numbers)}",
        "items": [line],
    }


@asynccontextmanager
async def _simulated() -> AsyncGenerator[Qonto]:
    """Run the simulator in a process of its own, without limits, and with files made at once."""
    command = str(Path(sys.executable).with_name("qonto-simulator"))
    process = await asyncio.create_subprocess_exec(
        *(command, "serve", "--port", "0", "--json"), stdout=PIPE, stderr=DEVNULL, stdin=DEVNULL
    )
    try:
        assert process.stdout
        told = json.loads(await process.stdout.readline())
        address, token = told["url"], told["accessToken"]
        async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http:
            quirks = {"rate_limits": False, "pdf_delay": 0}
            (await http.post(f"{address}/_simulator/quirks", json=quirks)).raise_for_status()
            clients = (await http.get(f"{address}/v2/clients")).json()["clients"]
            organization = (await http.get(f"{address}/v2/organization")).json()["organization"]
        client = next(one for one in clients if one["name"] == "Brasserie du Parc SARL")
        iban = organization["bank_accounts"][0]["iban"]
        yield Qonto(address, token, client["id"], iban)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
