"""What dispatching by template adds to issuing in one call, side by side in one run.

Three processes: the simulated Qonto, the connector on SQLite, and this one as the caller. The same
invoice of the same organisation, both linked by the same API key, is issued through
`POST /accounting/invoices/issue` and dispatched through `POST /api/invoicing`, by API key, by token
and by password; the four take turns. Told is the time that a quarter of the calls stayed below,
which says more than the median on a machine that has other things to do.
"""

import asyncio
import itertools
import json
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from connector.api.operation import Permission
from oauth.settings import OAuthSettings
from oauth.tenants import NewTenant, Tenancy
from oauth.user_tokens import UserTokens
from oauth.users import Users
from storage.clock import system_clock
from storage.engine import Database, StorageSettings
from storage.sealing import KeyRing, MasterKey
from storage.unit_of_work import UnitOfWork
from tests.bench.figures import Figure
from tests.bench.programs import served
from tests.support import databases

ROUNDS, WARMING = 40, 4
ISSUE = "issue"
LEAST = 5.0
"""Milliseconds that a door may always add; or a tenth of what it leads to, if that is more."""
UNLIMITED = {"RATE__TEN_SECONDS": "0", "RATE__TEN_MINUTES": "0"}
EMAIL, PASSWORD = "books@bench.example", "correct horse battery"
TEMPLATE = {
    "contactId": "{{ customer }}",
    "invoiceDate": "{{ today }}",
    "paymentTermDuration": 30,
    "reference": "{{ reference }}",
    "lineItems": {
        "$each": "items",
        "$value": {
            "name": "{{ item.name }}",
            "quantity": "{{ item.quantity }}",
            "unitAmount": "{{ item.price }}",
            "taxRatePercentage": 20,
        },
    },
}
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class BenchedQonto:
    """The simulator, its organisation's API key, and a customer there."""

    address: str
    login: str
    secret: str
    customer: str


async def run(_long: bool) -> Sequence[Figure]:
    """Measure one invoice at a time, through each door."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        url = databases.new_sqlite(databases.sqlite_template(folder), folder)
        key = MasterKey.generate("bench")
        async with _simulated() as qonto, httpx2.AsyncClient(timeout=60) as caller:
            made = await _vendor(url, KeyRing([key]))
            settings = {"QONTO__API_URL": qonto.address, **UNLIMITED}
            async with served(url, key, **settings) as connector:
                caller.base_url = connector.address
                ways = await _ways(caller, qonto, made.api_key)
                return await _measured(caller, qonto, ways, connector.pid)


async def _measured(
    caller: httpx2.AsyncClient,
    qonto: BenchedQonto,
    ways: Mapping[str, Mapping[str, str]],
    pid: int,
) -> list[Figure]:
    took: dict[str, list[float]] = {way: [] for way in ways}
    busy: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(ROUNDS + WARMING):
        # whoever begins has it harder: each in turn
        turn = number % len(ways)
        order = [*ways, *ways][turn : turn + len(ways)]
        for way in order:
            before = _processor(pid)
            seconds = await _issued(caller, qonto, ways[way], is_door=way != ISSUE)
            if number >= WARMING:
                took[way].append(1000 * seconds)
                busy[way].append(1000 * (_processor(pid) - before))
    base = _undisturbed(took[ISSUE])
    most = max(LEAST, base / 10)
    figures = [
        Figure("doors: issue in one call", base, "ms"),
        Figure("doors: its processor time", _undisturbed(busy[ISSUE]), "ms"),
    ]
    for way in [one for one in ways if one != ISSUE]:
        added = _added(took, way)
        figures += [
            Figure(f"doors: dispatched {way}", _undisturbed(took[way]), "ms"),
            Figure(f"doors: what dispatching {way} adds", added, "ms", most, "lower"),
            Figure(f"doors: what it adds {way}, processor time", _added(busy, way), "ms"),
        ]
    return figures


def _added(taken: Mapping[str, Sequence[float]], way: str) -> float:
    """Compare calls that nothing disturbed: a quarter of each was faster."""
    return _undisturbed(taken[way]) - _undisturbed(taken[ISSUE])


def _undisturbed(taken: Sequence[float]) -> float:
    return statistics.quantiles(taken, n=4)[0]


def _processor(pid: int) -> float:
    """Return the seconds of processor time that all threads of a process have taken."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((one / "schedstat").read_text().split()[0]) for one in tasks) / 1e9


async def _issued(
    caller: httpx2.AsyncClient, qonto: BenchedQonto, headers: Mapping[str, str], *, is_door: bool
) -> float:
    reference = f"bench {next(_numbers)}"
    item = {"name": "Consulting", "quantity": 2, "price": 600}
    data = {"customer": qonto.customer, "reference": reference, "items": [item]}
    whole = {
        "providerName": "qonto",
        "documentType": "INVOICE",
        "template": {"id": 1, "data": data},
    }
    line = {"name": "Consulting", "quantity": 2, "unitAmount": 600, "taxRatePercentage": 20}
    plain = {
        "contactId": qonto.customer,
        "invoiceDate": system_clock().date().isoformat(),
        "paymentTermDuration": 30,
        "reference": reference,
        "lineItems": [line],
    }
    path = "/api/invoicing" if is_door else "/accounting/invoices/issue"
    sent = {**headers, "Idempotency-Key": reference.replace(" ", "-")}
    began = time.perf_counter()
    answer = await caller.post(path, json=whole if is_door else plain, headers=sent)
    took = time.perf_counter() - began
    assert answer.status_code == 201, answer.text
    return took


async def _ways(
    caller: httpx2.AsyncClient, qonto: BenchedQonto, api_key: str
) -> dict[str, Mapping[str, str]]:
    """Link the organisation for both doors; return what each way of calling sends."""
    vendor = {"X-API-KEY": api_key}

    async def post(path: str, body: Any, headers: Mapping[str, str]) -> Any:
        answer = await caller.post(path, json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.json()

    own = {"username": qonto.login, "apiKey": qonto.secret}
    linked = await post("/auth/accounts/qonto", own, vendor)
    settings = {"qontoLogin": qonto.login, "qontoSecretKey": qonto.secret}
    await post("/api/configurations/INVOICING/providers/qonto", settings, vendor)
    template = {"name": "bench", "documentType": "INVOICE", "content": TEMPLATE}
    await post("/api/templates", template, vendor)
    basic = httpx2.BasicAuth(EMAIL, PASSWORD)._auth_header
    password = {"Authorization": basic}
    token = (await post("/api/auth/token", None, password))["data"]["token"]
    return {
        ISSUE: {**vendor, "X-ACCOUNT-KEY": linked["accountKey"]},
        "by API key": vendor,
        "by token": {"Authorization": f"Bearer {token}"},
        "by password": password,
    }


async def _vendor(url: str, ring: KeyRing) -> NewTenant:
    database = Database(StorageSettings(url=url))
    try:
        work = UnitOfWork(database)
        made = await Tenancy(work, ring, {}, OAuthSettings()).create("Bench")
        users = Users(work, UserTokens(ring, "", "", system_clock), system_clock)
        allowed = (Permission.READ, Permission.WRITE)
        await users.add(made.tenant.id, EMAIL, PASSWORD, allowed)
        return made
    finally:
        await database.close()


@asynccontextmanager
async def _simulated() -> AsyncGenerator[BenchedQonto]:
    """Run the simulator in a process of its own, without limits, and with files made at once."""
    command = str(Path(sys.executable).with_name("qonto-simulator"))
    process = await asyncio.create_subprocess_exec(
        *(command, "serve", "--port", "0", "--json"), stdout=PIPE, stderr=DEVNULL, stdin=DEVNULL
    )
    try:
        assert process.stdout
        told = json.loads(await process.stdout.readline())
        token = {"Authorization": f"Bearer {told['accessToken']}"}
        async with httpx2.AsyncClient(base_url=told["url"], headers=token) as http:
            quirks = {"rate_limits": False, "pdf_delay": 0}
            (await http.post("/_simulator/quirks", json=quirks)).raise_for_status()
            clients = (await http.get("/v2/clients")).json()["clients"]
        client = next(one for one in clients if one["name"] == "Brasserie du Parc SARL")
        yield BenchedQonto(told["url"], told["login"], told["secret"], client["id"])
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
