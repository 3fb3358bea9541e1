"""Qonto: posts signed events as fast as they are taken, or at a given rate.

Written on bare connections, so that it costs a fraction of what it measures.
"""

import asyncio
import hmac
import json
import time
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from storage.clock import iso_millis, system_clock
from tests.bench.stored import Route, ids

_ACCEPTED = 202


@dataclass(frozen=True, slots=True)
class Posting:
    """One signed event as the bytes of its request."""

    resource_id: str
    request: bytes


def postings(routes: Sequence[Route], count: int, *, age: int = 0) -> list[Posting]:
    """Sign that many events of about the size Qonto sends, for the routes in turn.

    `age` is how many seconds ago they were signed.
    """
    return [_posting(routes[number % len(routes)], age) for number in range(count)]


def _posting(route: Route, age: int) -> Posting:
    made_at = system_clock()
    now = iso_millis(made_at)
    resource_id = ids.uuid7(made_at)
    event = {
        "id": ids.uuid7(made_at),
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
    body = json.dumps(event).encode()
    stamp = str(int(time.time()) - age)
    signature = hmac.digest(
        route.upstream_secret.encode(), f"{stamp}.".encode() + body, "sha256"
    ).hex()
    head = (
        f"POST /events/callback/{route.code} HTTP/1.1\r\n"
        "Host: connector.example\r\n"
        "Content-Type: application/json\r\n"
        f"X-Qonto-Signature: t={stamp},v1={signature}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return Posting(resource_id, head.encode() + body)


class Qonto:
    """Connections to one server. Each posts one event at a time and raises unless it's taken."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        assert parts.hostname and parts.port
        self._host, self._port = parts.hostname, parts.port
        self._idle: list[_Connection] = []
        self._all: list[_Connection] = []

    async def rate(
        self,
        events: Sequence[Posting],
        *,
        connections: int,
        seconds: float,
        expected: int = _ACCEPTED,
    ) -> float:
        """Post for so long, or until there are no more; return how many were taken in a second."""
        left = iter(events)
        taken = 0
        began = time.perf_counter()
        until = began + seconds

        async def keep_posting() -> None:
            nonlocal taken
            connection = await self._connection()
            for event in left:
                await connection.post(event.request, expected)
                taken += 1
                if time.perf_counter() >= until:
                    break
            self._idle.append(connection)

        await asyncio.gather(*(keep_posting() for _ in range(connections)))
        return taken / (time.perf_counter() - began)

    async def steadily(self, events: Sequence[Posting], per_second: float) -> dict[str, float]:
        """Post at this rate whether or not answers come; return when each was to be sent.

        A post that starts late counts from its planned moment: waiting is part of latency.
        """
        began = time.perf_counter()
        planned: dict[str, float] = {}
        async with asyncio.TaskGroup() as group:
            for number, event in enumerate(events):
                planned[event.resource_id] = moment = began + number / per_second
                if (early := moment - time.perf_counter()) > 0:
                    await asyncio.sleep(early)
                group.create_task(self._post(event))
        return planned

    async def answers(self, events: Sequence[Posting], per_second: float) -> list[float]:
        """Post at this rate; return the seconds from each planned moment to its answer."""
        began = time.perf_counter()

        async def post(event: Posting, planned: float) -> float:
            await self._post(event)
            return time.perf_counter() - planned

        async with asyncio.TaskGroup() as group:
            tasks: list[asyncio.Task[float]] = []
            for number, event in enumerate(events):
                planned = began + number / per_second
                if (early := planned - time.perf_counter()) > 0:
                    await asyncio.sleep(early)
                tasks.append(group.create_task(post(event, planned)))
        return [task.result() for task in tasks]

    async def burst(self, events: Sequence[Posting]) -> list[float]:
        """Post all at once, each on a new connection; return the seconds until each was taken."""
        began = time.perf_counter()

        async def post(event: Posting) -> float:
            connection = await self._connect()
            await connection.post(event.request)
            return time.perf_counter() - began

        return await asyncio.gather(*(post(event) for event in events))

    def close(self) -> None:
        for connection in self._all:
            connection.close()

    async def _post(self, event: Posting) -> None:
        connection = await self._connection()
        await connection.post(event.request)
        self._idle.append(connection)

    async def _connection(self) -> "_Connection":
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed:  # a server lets go of those that were idle for long
                return connection
        return await self._connect()

    async def _connect(self) -> "_Connection":
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(_Connection, self._host, self._port)
        self._all.append(connection)
        return connection


@asynccontextmanager
async def qonto(address: str) -> AsyncGenerator[Qonto]:
    """Post to this server; its connections are closed at the end."""
    poster = Qonto(address)
    try:
        yield poster
    finally:
        poster.close()


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[int] | None = None
        self._buffer = b""
        self.closed = False

    async def post(self, request: bytes, expected: int = _ACCEPTED) -> None:
        """Send one request and wait for its answer. Raises RuntimeError unless it's `expected`."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        status = await self._answer
        if status != expected:
            raise RuntimeError(f"an event was answered with {status}")

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        _, _, length = head.lower().partition(b"content-length: ")
        if len(body) < int(length.split(b"\r\n", 1)[0] or 0):
            return
        self._buffer = b""
        self._settle(int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self._settle(0)

    def _settle(self, status: int) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(status)
