"""Receivers that hang, drip, never end, reset and redirect: as specified, at nobody's cost."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from storage.egress import EgressPolicy
from storage.repositories.subscriptions import Subscription
from tests.webhooks.backlog import queue, state
from tests.webhooks.receivers import Received, Receiver, Respond, running, says
from tests.webhooks.relay import START, Relay, on_sqlite, until
from tests.webhooks.test_dispatch import all_are
from webhooks.schedule import Outcome
from webhooks.sender import HttpSender, OutgoingRequest, SenderSettings

pytestmark = [pytest.mark.loopback, on_sqlite]


async def hang(_: Received, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def drip(_: Received, writer: asyncio.StreamWriter) -> None:
    for byte in b"HTTP/1.1 200 OK\r\n":
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(1)


async def drip_after(_: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX: ")
    for _byte in range(1_000):
        writer.write(b"y")
        await writer.drain()
        await asyncio.sleep(0.02)


async def endless(_: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
        await writer.drain()


async def reset(_: Received, writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def status(line: str, *headers: str) -> Respond:
    return says("\r\n".join((f"HTTP/1.1 {line}", *headers, "Content-Length: 0", "", "")).encode())


IN_10_MINUTES = "Retry-After: Fri, 20 Nov 2026 10:10:00 GMT"
METADATA = "Location: http://169.254.169.254/latest/meta-data/"

WAYS: dict[str, tuple[Respond, str | None, str, timedelta]] = {
    "hang": (hang, "TIMEOUT", "PENDING", timedelta(seconds=5)),
    "drip": (drip, "TIMEOUT", "PENDING", timedelta(seconds=5)),
    "drip after": (drip_after, None, "DELIVERED", timedelta()),
    "endless": (endless, None, "DELIVERED", timedelta()),
    "reset": (reset, "CONNECTION_LOST", "PENDING", timedelta(seconds=5)),
    "500": (status("500 X"), "HTTP_500", "PENDING", timedelta(seconds=5)),
    "429": (status("429 X", "Retry-After: 90"), "HTTP_429", "PENDING", timedelta(seconds=90)),
    "429 soon": (status("429 X", "Retry-After: 1"), "HTTP_429", "PENDING", timedelta(seconds=5)),
    "503 dated": (status("503 X", IN_10_MINUTES), "HTTP_503", "PENDING", timedelta(minutes=10)),
    "redirect": (status("302 X", METADATA), "HTTP_302", "PENDING", timedelta(seconds=5)),
    "410": (status("410 X"), "HTTP_410", "GIVEN_UP", timedelta()),
}


SLOW = ("hang", "drip", "drip after")
"""Those that a sender's deadline ends."""


class Patient:
    """A Sender through real sockets. Its deadline is short for receivers that are waited for in
    vain, and else so long that no machine is too slow for it.
    """

    def __init__(self, relay: Relay) -> None:
        policy = EgressPolicy.of(("127.0.0.0/8",), allow_http=True)
        self.slow: set[str] = set()
        """The URLs of such receivers."""
        self._usual, self._short = (
            HttpSender(policy, SenderSettings(deadline=seconds), relay.clock) for seconds in (50, 4)
        )

    async def send(self, request: OutgoingRequest) -> Outcome:
        sender = self._short if request.url in self.slow else self._usual
        return await sender.send(request)

    async def close(self) -> None:
        await self._usual.close()
        await self._short.close()


@pytest.fixture
async def sender(relay: Relay) -> AsyncIterator[Patient]:
    sender = Patient(relay)
    yield sender
    await sender.close()


@pytest.fixture
def sent(relay: Relay, sender: Patient) -> Relay:
    """A relay that sends through real sockets."""
    relay.sender = sender
    return relay


async def test_each_fares_as_specified_and_none_disturbs_a_healthy_neighbour(
    sent: Relay, sender: Patient
) -> None:
    account = await sent.account()
    async with AsyncExitStack() as stack:
        receivers: dict[str, tuple[Receiver, Subscription]] = {}
        for name, (respond, *_) in WAYS.items():
            receiver = await stack.enter_async_context(running(respond))
            subscription = await sent.subscription(account, receiver.url())
            await queue(sent, subscription, ["a"])
            receivers[name] = receiver, subscription
            if name in SLOW:
                sender.slow.add(receiver.url())
        good = await stack.enter_async_context(running())
        healthy = await sent.subscription(account, good.url())
        await queue(sent, healthy, [str(n) for n in range(40)])
        await sent.start(at_once=16)
        await all_are(sent, healthy, "DELIVERED")
        assert {one.attempts for one in await sent.of(healthy)} == {1}
        for name, (_, error, expected, wait) in WAYS.items():
            receiver, subscription = receivers[name]

            async def attempted(one: Subscription = subscription) -> bool:
                return (await sent.one(one)).attempts == 1

            await until(attempted)
            delivery = await sent.one(subscription)
            (attempt,) = await sent.attempts(delivery)
            assert (delivery.status, attempt.error) == (expected, error), name
            assert delivery.due_at == START + wait, name
            assert len(receiver.requests) == 1, name
            if name == "endless":
                assert attempt.response_body == "x" * 2048
        _, gone = receivers["410"]

        async def disabled() -> bool:
            return (await state(sent, gone)).state == "DISABLED"

        await until(disabled)
        assert len(good.requests) == 40


async def test_an_hour_of_errors_is_waited_out(sent: Relay) -> None:
    async with running(status("500 X")) as receiver:
        subscription = await sent.subscription(await sent.account(), receiver.url())
        await queue(sent, subscription, ["a"])
        await sent.start()
        while sent.clock() < START + timedelta(hours=1):
            attempts = len(receiver.requests)
            sent.clock.now = max(sent.clock.now, (await sent.one(subscription)).due_at)

            async def recorded(before: int = attempts) -> bool:
                return (await sent.one(subscription)).attempts > before

            if sent.clock() < START + timedelta(hours=1):
                await until(recorded)
        receiver.respond = status("200 OK")
        await all_are(sent, subscription, "DELIVERED")
    assert (await sent.one(subscription)).attempts == 6
