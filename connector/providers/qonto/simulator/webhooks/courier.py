"""Carries events to their callbacks: one second to answer, then again later, for a few days."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import httpx2

from connector.providers.qonto.simulator.clock import Clock
from connector.providers.qonto.simulator.quirks import Quirks
from connector.providers.qonto.simulator.records.subscription import Attempt, Delivery

from .hub import Hub
from .signing import HEADER, signature

_POLL = 0.05


class Courier:
    """Delivers what is due, and runs as a background task while the simulator is started.

    Any 2xx within the time allowed (one real second, unless the quirks say otherwise) is an
    acknowledgement. The wait after a failure starts at ``retry_base`` seconds of simulator time and
    triples; after ``delivery_attempts`` the event is dropped for good. The signature is made anew
    for every attempt.
    """

    def __init__(
        self,
        hub: Hub,
        clock: Clock,
        quirks: Callable[[], Quirks],
        transport: httpx2.AsyncBaseTransport | None,
    ) -> None:
        self._hub = hub
        self._clock = clock
        self._quirks = quirks
        self._transport = transport
        self._busy: dict[str, int] = {}
        self._posts: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._client: httpx2.AsyncClient | None = None

    def start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="qonto-simulator-courier")

    async def stop(self) -> None:
        task, self._task = self._task, None
        tasks = [*([task] if task else []), *self._posts]
        for one in tasks:
            one.cancel()
        for one in tasks:
            with suppress(asyncio.CancelledError):
                await one
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def settle(self) -> int:
        """Waits until nothing is due or on the wire; returns how many events wait for a retry."""
        while True:
            self._dispatch()
            if not self._posts:
                return len(self._hub.pending)
            await asyncio.wait(self._posts)

    async def _run(self) -> None:
        while True:
            self._hub.wake.clear()
            self._dispatch()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause()):
                    await self._hub.wake.wait()

    def _pause(self) -> float | None:
        """How long nothing can become due; for ever while time stands still."""
        waiting = [one.due for one in self._hub.pending if one.state == "pending"]
        if self._clock.runs_by_itself and waiting:
            return max(_POLL, (min(waiting) - self._clock.now()).total_seconds())
        return _POLL if waiting and self._clock.may_jump else None

    def _dispatch(self) -> None:
        """Puts what is due on the wire, a few at a time for each subscription."""
        now, room = self._clock.now(), self._quirks().parallel_deliveries
        for one in list(self._hub.pending):
            if one.state != "pending" or one.due > now:
                continue
            if self._busy.get(one.subscription_id, 0) >= room:
                continue
            self._busy[one.subscription_id] = self._busy.get(one.subscription_id, 0) + 1
            one.state = "sending"
            post = asyncio.create_task(self._post(one, now))
            self._posts.add(post)
            post.add_done_callback(self._posts.discard)

    async def _post(self, delivery: Delivery, now: datetime) -> None:
        attempt = await self._attempt(delivery, now)
        delivery.attempts.append(attempt)
        quirks = self._quirks()
        if attempt.status is not None and 200 <= attempt.status < 300:
            self._finish(delivery, "delivered")
        elif len(delivery.attempts) >= quirks.delivery_attempts:
            self._finish(delivery, "dropped")
        else:
            wait = quirks.retry_base * 3 ** (len(delivery.attempts) - 1)
            delivery.due = now + timedelta(seconds=wait)
            delivery.state = "pending"
        self._busy[delivery.subscription_id] -= 1
        self._hub.wake.set()

    def _finish(self, delivery: Delivery, state: str) -> None:
        delivery.state = state
        with suppress(ValueError):
            self._hub.pending.remove(delivery)

    async def _attempt(self, delivery: Delivery, now: datetime) -> Attempt:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Qonto-Webhooks/1.0",
            HEADER: signature(delivery.secret, delivery.body, now),
        }
        status, error = None, None
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._quirks().delivery_timeout):
                response = await self._http().post(
                    delivery.callback_url, content=delivery.body, headers=headers
                )
                status = response.status_code
        except TimeoutError:
            error = "no answer in time"
        except Exception as problem:  # whatever a receiver does, the courier goes on
            error = f"{type(problem).__name__}: {problem}"
        return Attempt(now, status, error, time.monotonic() - began)

    def _http(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = httpx2.AsyncClient(
                transport=self._transport, trust_env=False, follow_redirects=False, timeout=None
            )
        return self._client
