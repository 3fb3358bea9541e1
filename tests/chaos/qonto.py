"""Qonto, as far as the relay sees it: signed events, posted until they are acknowledged."""

import asyncio
import hmac
import json
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

import aiohttp

from storage.clock import iso_millis, system_clock
from tests.chaos.world import Customer

ACKNOWLEDGED_WITHIN = 1.0
"""Seconds after which Qonto takes an event for lost, and posts it again."""


@dataclass
class Posted:
    """One event and what became of it."""

    account_id: str
    resource_id: str
    first_at: datetime
    accepted_at: datetime | None = None
    attempts: int = 0


@dataclass
class Qonto:
    """Posts to any of the addresses; `events` is by the id of the record they are about."""

    addresses: Sequence[str]
    chance: Random
    events: dict[str, Posted] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    """How often each status was answered; `none` for no answer."""
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever an event was just acknowledged; whoever waits for the next one clears it."""

    @asynccontextmanager
    async def posting(
        self, customers: Sequence[Customer], *, at_once: int, pause: float
    ) -> AsyncIterator[None]:
        """Post events while the block runs, then until the last of them is acknowledged."""
        over = asyncio.Event()
        connector = aiohttp.TCPConnector(limit=at_once)
        async with aiohttp.ClientSession(connector=connector) as http:

            async def post() -> None:
                while not over.is_set():
                    await self.post(http, self.chance.choice(customers))
                    await asyncio.sleep(pause * 2 * self.chance.random())

            posters = [asyncio.create_task(post()) for _ in range(at_once)]
            try:
                yield
                over.set()
                await asyncio.gather(*posters)
            finally:
                for poster in posters:
                    poster.cancel()
                await asyncio.gather(*posters, return_exceptions=True)

    async def post(self, http: aiohttp.ClientSession, customer: Customer) -> Posted:
        """Post one event until it's acknowledged."""
        event = Posted(customer.account_id, str(uuid.uuid4()), system_clock())
        self.events[event.resource_id] = event
        body = _body(event)
        while event.accepted_at is None:
            event.attempts += 1
            status = await self._attempt(http, customer, body)
            self.answers[status] += 1
            if status.startswith("2"):
                event.accepted_at = system_clock()
                self.acknowledged.set()
            else:
                await asyncio.sleep(min(0.1 * event.attempts, 1))
        return event

    async def _attempt(self, http: aiohttp.ClientSession, customer: Customer, body: bytes) -> str:
        stamp = str(int(time.time()))
        signature = hmac.digest(
            customer.upstream_secret.encode(), f"{stamp}.".encode() + body, "sha256"
        ).hex()
        try:
            async with http.post(
                f"{self.chance.choice(self.addresses)}/events/callback/{customer.code}",
                data=body,
                headers={
                    "Content-Type": "application/json",
                    "X-Qonto-Signature": f"t={stamp},v1={signature}",
                },
                timeout=aiohttp.ClientTimeout(total=ACKNOWLEDGED_WITHIN),
            ) as response:
                return str(response.status)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return "none"


def _body(event: Posted) -> bytes:
    now = iso_millis(event.first_at)
    return json.dumps(
        {
            "id": str(uuid.uuid4()),
            "subscription_id": str(uuid.uuid4()),
            "organization_id": str(uuid.uuid4()),
            "membership_id": str(uuid.uuid4()),
            "type": "v1/client-invoices",
            "created_at": now,
            "data": {"event": "updated", "id": event.resource_id, "created_at": now},
        }
    ).encode()
