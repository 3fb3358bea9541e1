"""The vendors: they subscribe and unsubscribe through the API, and note down all that arrives."""

import asyncio
import hmac
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from random import Random

import aiohttp
from standardwebhooks import Webhook, WebhookVerificationError

from storage.clock import system_clock
from tests.chaos.patience import until
from tests.chaos.world import Customer
from tests.webhooks.receivers import Received

OK = b"HTTP/1.1 204 No Content\r\n\r\n"
CALL_TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request that came in."""

    path: str
    message_id: str
    account_id: str
    body: bytes
    resource_id: str
    at: datetime


@dataclass
class Subscribed:
    """One subscription, as the vendor knows it. Times are those of the API's answers."""

    id: str
    account_id: str
    path: str
    made_at: datetime
    ended_at: datetime | None = None
    ending: bool = False


@dataclass
class Vendor:
    """Everything that arrived, and what was subscribed to."""

    arrivals: list[Arrival] = field(default_factory=list)
    forged: list[Arrival] = field(default_factory=list)
    subscriptions: list[Subscribed] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever something has just arrived and isn't answered yet."""
    _secrets: dict[str, tuple[Webhook, bytes]] = field(default_factory=dict)
    _early: dict[str, list[tuple[Arrival, dict[str, str]]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    async def receive(self, request: Received, writer: asyncio.StreamWriter) -> None:
        """Note down a request and answer 204."""
        self.note(request)
        await asyncio.sleep(0)  # who waits for an arrival may act before it's answered
        writer.write(OK)
        await writer.drain()

    def note(self, request: Received) -> Arrival:
        """Note down a request; its signatures are checked as soon as the secret is known."""
        headers = dict(request.headers)
        path = request.line.split()[1]
        arrival = Arrival(
            path,
            headers["webhook-id"],
            headers["x-connector-account"],
            request.body,
            json.loads(request.body)["resourceId"],
            system_clock(),
        )
        self.arrivals.append(arrival)
        if path in self._secrets:
            self._check(arrival, headers)
        else:
            self._early[path].append((arrival, headers))
        self.arrived.set()
        return arrival

    def at(self, path: str) -> list[Arrival]:
        return [arrival for arrival in self.arrivals if arrival.path == path]

    def _check(self, arrival: Arrival, headers: dict[str, str]) -> None:
        webhook, key = self._secrets[arrival.path]
        try:
            webhook.verify(arrival.body, headers)
        except WebhookVerificationError:
            self.forged.append(arrival)
            return
        expected = hmac.digest(key, arrival.body, "sha256").hex()
        if not hmac.compare_digest(headers["x-maesn-signature"], expected):
            self.forged.append(arrival)

    # -- calls to the API ------------------------------------------------------------------------

    async def subscribe(self, address: str, customer: Customer, url: str) -> Subscribed | None:
        """Subscribe a URL; None when that failed, or when nobody knows whether it did."""
        try:
            async with aiohttp.ClientSession(timeout=CALL_TIMEOUT) as http:
                answer = await http.post(
                    f"{address}/webhooks",
                    json={"callbackUrl": url, "resource": "INVOICE"},
                    headers=customer.headers,
                )
                if answer.status != 201:
                    return None
                data = (await answer.json())["data"]
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None
        path = "/" + url.split("/", 3)[3]
        made = Subscribed(data["id"], customer.account_id, path, system_clock())
        self.subscriptions.append(made)
        self._secrets[path] = (Webhook(data["whsecSecret"]), data["secret"].encode())
        for arrival, headers in self._early.pop(path, []):
            self._check(arrival, headers)
        return made

    async def unsubscribe(self, address: str, customer: Customer, ending: Subscribed) -> bool:
        """End a subscription; False when nobody knows whether that was done."""
        ending.ending = True
        try:
            async with aiohttp.ClientSession(timeout=CALL_TIMEOUT) as http:
                answer = await http.delete(
                    f"{address}/webhooks/{ending.id}", headers=customer.headers
                )
                await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False
        if answer.status not in (200, 404):  # 404: an answer that was lost had ended it
            return False
        ending.ended_at = system_clock()
        return True

    async def come_and_go(
        self, addresses: Sequence[str], customers: Sequence[Customer], root: str, chance: Random
    ) -> None:
        """Subscribe and unsubscribe, over and over, until cancelled."""
        number = 0
        while True:
            number += 1
            customer = chance.choice(customers)
            url = f"{root}/passing/{number}"
            made = await self.subscribe(chance.choice(addresses), customer, url)
            await asyncio.sleep(chance.random())
            if made is None or chance.random() < 0.2:
                continue  # some stay
            await until(
                partial(self.unsubscribe, chance.choice(addresses), customer, made), every=0.2
            )
