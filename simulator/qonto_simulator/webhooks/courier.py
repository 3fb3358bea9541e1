"""Carries events to their callbacks: one second to answer, then again later, for a few days."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import datetime, timedelta

import httpx2

from qonto_simulator.records.subscription import Attempt, Delivery
from qonto_simulator.world import World

from .signing import HEADER, signature

_POLL = 0.05
_TRIPLINGS = 12
_LONGEST = timedelta(days=30)
"""No wait is longer, whatever the quirks say."""


class Courier:
    """Delivers what is due, and runs as a background task while the simulator is started.

    Any 2xx within the time allowed (one real second, unless the quirks say otherwise) is an
    acknowledgement. The wait after a failure starts at ``retry_base`` seconds of simulator time and
    triples; after ``delivery_attempts`` the event is dropped for good. The signature is made anew
    for every attempt.
    """

    def __init__(self, world: World, transport: httpx2.AsyncBaseTransport | None) -> None:
        self._world = world
        self._hub = world.hub
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
                return self._hub.waiting
            await asyncio.wait(self._posts, return_when=asyncio.FIRST_COMPLETED)

    async def _run(self) -> None:
        while True:
            self._hub.wake.clear()
            self._dispatch()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause()):
                    await self._hub.wake.wait()

    def _pause(self) -> float | None:
        """How long nothing can happen by itself; for ever while time stands still."""
        moments = (self._hub.next_due, self._world.agenda.next_due)
        due = min((moment for moment in moments if moment is not None), default=None)
        if due is None:
            return None
        if self._world.clock.runs_by_itself:
            return max(_POLL, (due - self._world.now()).total_seconds())
        return _POLL if self._world.clock.may_jump else None

    def _dispatch(self) -> None:
        """Puts what is due on the wire, a few at a time for each subscription."""
        now, room = self._world.now(), self._world.quirks.parallel_deliveries
        for id in self._hub.lines:
            while self._busy.get(id, 0) < room and (one := self._hub.take(id, now)) is not None:
                self._busy[id] = self._busy.get(id, 0) + 1
                one.state = "sending"
                post = asyncio.create_task(self._post(one, now))
                self._posts.add(post)
                post.add_done_callback(self._posts.discard)

    async def _post(self, delivery: Delivery, now: datetime) -> None:
        try:
            attempt = await self._attempt(delivery, now)
        finally:
            self._busy[delivery.subscription_id] -= 1
        delivery.attempts.append(attempt)
        quirks = self._world.quirks
        if attempt.status is not None and 200 <= attempt.status < 300:
            delivery.state = "delivered"
        elif len(delivery.attempts) >= quirks.delivery_attempts:
            delivery.state = "dropped"
        else:
            wait = quirks.retry_base * 3 ** min(len(delivery.attempts) - 1, _TRIPLINGS)
            delivery.due = now + min(timedelta(seconds=wait), _LONGEST)
            delivery.state = "pending"
            self._hub.schedule(delivery)
        self._hub.wake.set()

    async def _attempt(self, delivery: Delivery, now: datetime) -> Attempt:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Qonto-Webhooks/1.0",
            HEADER: signature(delivery.secret, delivery.body, now),
        }
        status, error = None, None
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._world.quirks.delivery_timeout):
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
