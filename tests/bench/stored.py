"""What the relay's benchmarks find stored: accounts, subscriptions, backlogs and history."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from qonto_simulator.ids import IdSource
from sqlalchemy import bindparam, text

from storage.base import UtcDateTime
from storage.clock import system_clock
from storage.engine import Database, StorageSettings
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.repositories.deliveries import Delivery
from storage.repositories.events import Event
from storage.repositories.subscriptions import Subscription
from storage.repositories.tenants import Tenant
from storage.repositories.upstream_subscriptions import UpstreamSubscription
from storage.sealing import KeyRing, MasterKey
from storage.unit_of_work import UnitOfWork
from tests.support.accounts import add_account

ids = IdSource(secrets.token_hex(8))
"""Numbers events and records as Qonto does: by time."""


@dataclass(frozen=True, slots=True)
class Route:
    """One account: where its events are posted, how they're signed, and who is told."""

    account_id: str
    subscription_id: str
    code: str
    upstream_secret: str


async def routes(
    url: str, key: MasterKey, secret: bytes, callback_urls: Sequence[str]
) -> list[Route]:
    """Store an account with one subscription for each callback URL, all with the same secret."""
    ring = KeyRing([key])
    now = system_clock() - timedelta(minutes=1)
    tenant = new_id("ten", now)
    made: list[Route] = []
    database = Database(StorageSettings(url=url))
    async with UnitOfWork(database).writing() as tx:
        await tx.tenants.add(Tenant(tenant, "Bench", now))
        for callback_url in callback_urls:
            account_id, upstream_id = new_id("acct", now), new_id("ups", now)
            subscription_id = new_id("whk", now)
            route = Route(
                account_id, subscription_id, secrets.token_urlsafe(24), secrets.token_hex(32)
            )
            made.append(route)
            await add_account(
                tx,
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
                ),
            )
            await tx.subscriptions.add(
                Subscription(
                    id=subscription_id,
                    tenant_id=tenant,
                    account_id=account_id,
                    resource="INVOICE",
                    callback_url=callback_url,
                    secret=ring.seal(
                        secret, associated_data=f"subscriptions.secret:{subscription_id}"
                    ),
                    created_at=now,
                    updated_at=now,
                )
            )
            await tx.upstream_subscriptions.add(
                UpstreamSubscription(
                    id=upstream_id,
                    connection_id=account_id,
                    purpose="RESOURCES",
                    code=route.code,
                    secret=ring.seal(
                        route.upstream_secret,
                        associated_data=f"upstream_subscriptions.secret:{upstream_id}",
                    ),
                    types="v1/client-invoices",
                    state="ACTIVE",
                    upstream_id="upstream",
                    created_at=now,
                    updated_at=now,
                )
            )
    await database.close()
    return made


async def backlog(work: UnitOfWork, route: Route, count: int) -> None:
    """Store deliveries that are due now and nobody's, each with an event of its own."""
    now = system_clock()
    events = [_event(route, now) for _ in range(count)]
    async with work.hot() as tx:
        await tx.events.add_new(events)
        await tx.deliveries.add(
            [
                Delivery(
                    id=new_id("dlv", now),
                    account_id=route.account_id,
                    event_id=event.id,
                    subscription_id=route.subscription_id,
                    notice_id=None,
                    status="PENDING",
                    attempts=0,
                    due_at=now,
                    lease_owner=None,
                    lease_until=None,
                    created_at=now,
                    completed_at=None,
                )
                for event in events
            ]
        )


def _event(route: Route, now: datetime) -> Event:
    return Event(
        id=new_id("evt", now),
        account_id=route.account_id,
        upstream_event_id=ids.uuid7(now),
        resource="INVOICE",
        resource_id=ids.uuid7(now),
        event_type="UPDATED",
        occurred_at=now,
        received_at=now,
        body_sha256=sha256(route.account_id.encode()).hexdigest(),
    )


async def history(work: UnitOfWork, route: Route, count: int, *, status: str = "DELIVERED") -> None:
    """Store events of a month ago with a delivery each, and an attempt unless they're PENDING.

    Written by the database itself, half a million at a time.
    """
    at = system_clock() - timedelta(days=30 if status == "DELIVERED" else 0)
    for first in range(0, count, 500_000):
        last = min(first + 500_000, count)
        async with work.writing() as tx:
            numbers = _NUMBERS[tx.connection.dialect.name]
            for statement in (_EVENTS, _DELIVERIES, _ATTEMPTS)[: 3 if status == "DELIVERED" else 2]:
                query = text(statement.format(numbers=numbers))
                values = {
                    "first": first + 1,
                    "last": last,
                    "at": at,
                    "account": route.account_id,
                    "subscription": route.subscription_id,
                    "status": status,
                }
                wanted = query.compile().params
                await tx.connection.execute(
                    query.bindparams(bindparam("at", type_=UtcDateTime)),
                    {name: value for name, value in values.items() if name in wanted},
                )


_NUMBERS = {
    "sqlite": (
        "(WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last)"
        " SELECT i, substr(CAST(100000000 + i AS TEXT), 2) AS d FROM n) AS n"
    ),
    "postgresql": (
        "(SELECT i, substr(CAST(100000000 + i AS TEXT), 2) AS d"
        " FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS s(i)) AS n"
    ),
}
_EVENTS = """
INSERT INTO events (id, account_id, upstream_event_id, resource, resource_id, event_type,
    occurred_at, received_at, body_sha256, source)
SELECT 'evt_0' || substr(:account, 20) || d, :account, 'up-' || d, 'INVOICE',
    'inv-' || substr(:account, 20) || d, 'UPDATED', :at, :at,
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'POLL'
FROM {numbers}
"""
_DELIVERIES = """
INSERT INTO deliveries (id, account_id, event_id, subscription_id, status, origin, attempts,
    due_at, created_at, completed_at)
SELECT 'dlv_0' || substr(:account, 20) || d, :account, 'evt_0' || substr(:account, 20) || d,
    :subscription, :status, 'EVENT', 0, :at, :at, NULL
FROM {numbers}
"""
_ATTEMPTS = """
INSERT INTO attempts (delivery_id, number, started_at, duration_ms, status_code)
SELECT 'dlv_0' || substr(:account, 20) || d, 1, :at, 12, 204 FROM {numbers}
"""
