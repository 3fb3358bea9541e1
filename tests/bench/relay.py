"""The relay end to end: signed events posted in, signed events posted out and verified.

`serve` runs as it ships, in a process of its own, on SQLite and on PostgreSQL in turn; this process
plays Qonto and the vendor. Everything is on loopback, one account, one subscription.
"""

import asyncio
import hmac
import json
import secrets
import statistics
import tempfile
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiohttp

from connector.app.serving import bind, serving
from storage.clock import iso_millis, system_clock
from storage.engine import Database, StorageSettings
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.repositories.subscriptions import Subscription
from storage.repositories.tenants import Tenant
from storage.repositories.upstream_subscriptions import UpstreamSubscription
from storage.sealing import KeyRing, MasterKey
from storage.unit_of_work import UnitOfWork
from tests.bench.figures import Figure
from tests.bench.served import served
from tests.support import databases

ROUNDS = 3
EVENTS = 4_000
CONCURRENCY = 64


@dataclass(frozen=True, slots=True)
class Route:
    """One upstream subscription: where events are posted, and how they're signed."""

    code: str
    upstream_secret: str
    secret: bytes


class Vendor:
    """Verifies and counts what arrives; `arrived` is set when `wanted` events have."""

    def __init__(self, secret: bytes) -> None:
        self._key = secret.hex().encode()
        self.arrivals: dict[str, float] = {}
        self.forged = 0
        self.wanted = 0
        self.arrived = asyncio.Event()

    async def __call__(self, scope: dict, receive, send) -> None:  # type: ignore[no-untyped-def,type-arg]
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": f"{message['type']}.complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        given = dict(scope["headers"]).get(b"x-maesn-signature", b"").decode()
        if hmac.compare_digest(given, hmac.digest(self._key, body, "sha256").hex()):
            self.arrivals.setdefault(json.loads(body)["resourceId"], time.perf_counter())
        else:
            self.forged += 1
        if len(self.arrivals) >= self.wanted:
            self.arrived.set()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def run(_long: bool) -> Sequence[Figure]:
    """Measure events per second, and the latency of a lone event, on both databases."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        template = databases.sqlite_template(folder)
        with databases.postgres_server() as server:
            pg_template = databases.postgres_template(server)
            rates: dict[str, list[float]] = {"SQLite": [], "PostgreSQL": []}
            lone: dict[str, list[float]] = {"SQLite": [], "PostgreSQL": []}
            for _ in range(ROUNDS):
                for kind in rates:
                    url = (
                        databases.new_sqlite(template, folder)
                        if kind == "SQLite"
                        else await databases.new_postgres(server, pg_template)
                    )
                    rate, latency = await _round(url)
                    rates[kind].append(rate)
                    lone[kind].append(latency)
                    print(f"  {kind}: {rate:,.0f} events/s", flush=True)
    figures: list[Figure] = []
    for kind, values in rates.items():
        figures.append(Figure(f"relay: end to end, {kind}", statistics.median(values), "events/s"))
        figures.append(
            Figure(
                f"relay: lone event, POST in to POST received, {kind}",
                statistics.median(lone[kind]) * 1000,
                "ms",
                better="lower",
            )
        )
    return figures


async def _round(url: str) -> tuple[float, float]:
    """Serve on this database; answer events/s under load and the median latency of lone events."""
    key = MasterKey.generate("bench")
    vendor_socket = bind("127.0.0.1", 0)
    vendor_url = f"http://127.0.0.1:{vendor_socket.getsockname()[1]}/events"
    route = await _prepare(url, KeyRing([key]), vendor_url)
    vendor = Vendor(route.secret)
    async with (
        serving(vendor, vendor_socket),
        served(
            url, key, EGRESS__ALLOWED_NETWORKS="127.0.0.0/8", EGRESS__ALLOW_HTTP="true"
        ) as connector,
    ):
        address = f"{connector.address}/events/callback/{route.code}"
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONCURRENCY)
        ) as qonto:
            await _post(qonto, address, route, 200, vendor)  # warm
            latencies: list[float] = []
            for _ in range(50):
                latencies += (await _post(qonto, address, route, 1, vendor))[1]
            took, _ = await _post(qonto, address, route, EVENTS, vendor)
    if vendor.forged:
        raise RuntimeError(f"{vendor.forged} events arrived with a wrong signature")
    return EVENTS / took, statistics.median(latencies)


async def _post(
    qonto: aiohttp.ClientSession, address: str, route: Route, count: int, vendor: Vendor
) -> tuple[float, list[float]]:
    """Post events and wait until all have arrived; answer the time taken and each one's latency."""
    bodies = [_event() for _ in range(count)]
    vendor.arrivals.clear()
    vendor.arrived.clear()
    vendor.wanted = count
    sent: dict[str, float] = {}
    queue = iter(bodies)

    async def post() -> None:
        for resource_id, body in queue:
            stamp = str(int(time.time()))
            signature = hmac.digest(
                route.upstream_secret.encode(), f"{stamp}.".encode() + body, "sha256"
            ).hex()
            sent[resource_id] = time.perf_counter()
            async with qonto.post(
                address,
                data=body,
                headers={
                    "Content-Type": "application/json",
                    "X-Qonto-Signature": f"t={stamp},v1={signature}",
                },
            ) as response:
                if response.status != 202:
                    raise RuntimeError(f"an event was answered with {response.status}")

    began = time.perf_counter()
    async with asyncio.timeout(60):
        await asyncio.gather(*(post() for _ in range(min(CONCURRENCY, count))))
        await vendor.arrived.wait()
    took = max(vendor.arrivals.values()) - began
    return took, [vendor.arrivals[one] - sent[one] for one in sent]


def _event() -> tuple[str, bytes]:
    """Write an event of about the size Qonto sends."""
    resource_id = str(uuid.uuid4())
    now = iso_millis(system_clock())
    event = {
        "id": str(uuid.uuid4()),
        "subscription_id": str(uuid.uuid4()),
        "organization_id": str(uuid.uuid4()),
        "membership_id": str(uuid.uuid4()),
        "type": "v1/client-invoices",
        "created_at": now,
        "data": {
            "event": "updated",
            "id": resource_id,
            "number": "F-2026-042",
            "status": "unpaid",
            "created_at": now,
            "terms_and_conditions": "x" * 600,
        },
    }
    return resource_id, json.dumps(event).encode()


async def _prepare(url: str, ring: KeyRing, vendor_url: str) -> Route:
    """Store a tenant, an account and a subscription, as linking and subscribing would have."""
    database = Database(StorageSettings(url=url))
    now = system_clock() - timedelta(minutes=1)
    tenant, account_id = new_id("ten", now), new_id("acct", now)
    subscription_id, upstream_id = new_id("whk", now), new_id("ups", now)
    secret, upstream_secret, code = secrets.token_bytes(32), secrets.token_hex(32), "bench-code"
    async with UnitOfWork(database).writing() as tx:
        await tx.tenants.add(Tenant(tenant, "Bench", now))
        await tx.accounts.put(
            Account(
                id=account_id,
                tenant_id=tenant,
                target="qonto",
                organization_id=str(uuid.uuid4()),
                organization_name=None,
                membership_id=None,
                status="ACTIVE",
                reference=None,
                linked_at=now,
                updated_at=now,
            )
        )
        await tx.subscriptions.add(
            Subscription(
                id=subscription_id,
                tenant_id=tenant,
                account_id=account_id,
                resource="INVOICE",
                callback_url=vendor_url,
                secret=ring.seal(secret, place=f"subscriptions.secret:{subscription_id}"),
                created_at=now,
                updated_at=now,
            )
        )
        await tx.upstream_subscriptions.add(
            UpstreamSubscription(
                id=upstream_id,
                account_id=account_id,
                purpose="RESOURCES",
                code=code,
                secret=ring.seal(
                    upstream_secret, place=f"upstream_subscriptions.secret:{upstream_id}"
                ),
                types="v1/client-invoices",
                state="ACTIVE",
                upstream_id="upstream",
                created_at=now,
                updated_at=now,
            )
        )
    await database.close()
    return Route(code, upstream_secret, secret)
