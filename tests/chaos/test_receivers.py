"""Receivers that do their worst, beside some that behave: each gets what it deserves.

One `serve` as it ships delivers to all of them at once. What one attempt makes of each of them is
tested in `tests/webhooks/test_sender.py`; here it is whether they stay alone with their trouble.
"""

import asyncio
import json
import struct
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from random import Random
from socket import SO_LINGER, SOL_SOCKET
from statistics import median

import pytest

from storage.unit_of_work import UnitOfWork
from tests.chaos.conftest import FULL, SEED
from tests.chaos.patience import until
from tests.chaos.processes import Nursery, environment, nursery, server
from tests.chaos.qonto import Qonto
from tests.chaos.records import outcomes
from tests.chaos.vendor import Subscribed, Vendor
from tests.chaos.verdict import violations
from tests.chaos.world import populate
from tests.webhooks import receivers
from tests.webhooks.receivers import Identity, Received, Respond, says
from tests.webhooks.relay import on_sqlite

pytestmark = pytest.mark.loopback

DEADLINE = 10.0 if FULL else 4.0
SECONDS = 60.0 if FULL else 2.0
ASKED_TO_WAIT = 3
METADATA = "http://169.254.169.254/latest/meta-data/"
TRAPPED = "127.0.0.3"
"""Stands for an address inside; the policy lets 127.0.0.1 be called, and nothing else."""
NAMES = {
    "trusted.example": ["127.0.0.1"],
    "expired.example": ["127.0.0.1"],
    "rebinding.example": ["127.0.0.1"],
    "two-faced.example": [TRAPPED, "127.0.0.1"],
}
REBOUND = {"rebinding.example": [TRAPPED], "two-faced.example": [TRAPPED]}

EXPECTED = {
    "healthy": {"OK"},
    "tls": {"OK"},
    "hanging": {"TIMEOUT"},
    "dripping": {"OK"},  # it said 200, and the deadline ends the rest
    "endless": {"OK"},  # it said 200; the rest is not read
    "endless-head": {"OK"},
    "resetting": {"CONNECTION_LOST"},
    "failing": {"HTTP_500", "OK"},
    "busy": {"HTTP_429", "OK"},
    "redirecting": {"HTTP_302"},
    "redirecting-inside": {"HTTP_307"},
    "rebinding": {"ADDRESS_REFUSED", "OK"},
    "two-faced": {"ADDRESS_REFUSED", "OK"},  # of two addresses the public one is taken
    "expired": {"CERTIFICATE_INVALID"},
}
"""By path: what attempts come to, all of it and nothing else."""


async def hangs(_: Received, __: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def drips(_: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.2)


async def never_ends(_: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x" * 16 * 1024)
        await writer.drain()


async def never_begins(_: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: " + b"x" * 4000 + b"\r\n")
        await writer.drain()


async def resets(_: Received, writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    raw.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def at_first(times: int, answer: bytes, vendor: Vendor) -> Respond:
    """Give this answer to the first requests, then behave; all are noted down."""
    left = [answer] * times

    async def respond(request: Received, writer: asyncio.StreamWriter) -> None:
        vendor.note(request)
        writer.write(left.pop() if left else receivers.OK)
        await writer.drain()

    return respond


def answer(status: str, *headers: str) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", *headers, "Content-Length: 0", "", "")).encode()


@asynccontextmanager
async def trap(host: str, port: int = 0) -> AsyncIterator[tuple[int, list[object]]]:
    """Listen where nobody may ever call; return the port and who did."""
    callers: list[object] = []

    async def caught(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        callers.append(writer.get_extra_info("peername"))
        writer.close()

    async with await asyncio.start_server(caught, host, port) as listening:
        yield listening.sockets[0].getsockname()[1], callers


@on_sqlite
@pytest.mark.timeout(300 if FULL else 240)
async def test_receivers_at_their_worst_disturb_nobody_else(
    work: UnitOfWork,
    database_url: str,
    tmp_path: Path,
    figure: Callable[[str, object], None],
) -> None:
    customers = await populate(database_url, 2)
    names, vendor = tmp_path / "names.json", Vendor()
    trusted = Identity.made(tmp_path, name="trusted.example")
    expired = Identity.made(tmp_path, name="expired.example", days=-1)
    authorities = tmp_path / "authorities.pem"
    authorities.write_bytes(trusted.file.read_bytes() + expired.file.read_bytes())
    names.write_text(json.dumps(NAMES))
    env = environment(
        database_url,
        CHAOS_NAMES=str(names),
        SSL_CERT_FILE=str(authorities),
        CONNECTOR_DELIVERY__DEADLINE_SECONDS=str(DEADLINE),
    )
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        born = await enter(nursery())
        relay = server(born, tmp_path, env)
        assert relay.address
        await relay.start()
        healthy = await enter(receivers.running(vendor.receive))
        secure = await enter(receivers.running(vendor.receive, trusted.server))
        stale = await enter(receivers.running(vendor.receive, expired.server))
        fickle = await enter(
            receivers.running(at_first(1_000_000, answer("200 OK", "Connection: close"), vendor))
        )
        inside, lured = await enter(trap("127.0.0.1"))
        _, rebound = await enter(trap(TRAPPED, fickle.port))
        urls = {
            "healthy": healthy.url("/healthy"),
            "tls": secure.url("/tls", scheme="https", host="trusted.example"),
            "expired": stale.url("/expired", scheme="https", host="expired.example"),
            "rebinding": fickle.url("/rebinding", host="rebinding.example"),
            "two-faced": f"http://two-faced.example:{fickle.port}/two-faced",
        }
        lure = f"http://127.0.0.1:{inside}/"
        for name, respond in {
            "hanging": hangs,
            "dripping": drips,
            "endless": never_ends,
            "endless-head": never_begins,
            "resetting": resets,
            "failing": at_first(2, answer("500 Broken"), vendor),
            "busy": at_first(1, answer("429 Busy", f"Retry-After: {ASKED_TO_WAIT}"), vendor),
            "redirecting": says(answer("302 Found", f"Location: {METADATA}")),
            "redirecting-inside": says(answer("307 Moved", f"Location: {lure}")),
        }.items():
            urls[name] = (await enter(receivers.running(respond))).url(f"/{name}")
        await relay.ready()

        qonto = Qonto([relay.address], Random(SEED))
        calm: dict[str, Subscribed] = {}
        for number, customer in enumerate(customers):
            made = await vendor.subscribe(
                relay.address, customer, healthy.url(f"/healthy-{number}")
            )
            assert made
            calm[made.path] = made
        async with qonto.posting(customers, at_once=4, pause=0.2):
            await asyncio.sleep(SECONDS / 3)
        alone = await waits(qonto, vendor, calm)

        hostile: dict[str, Subscribed] = {}
        for name, url in urls.items():
            made = await vendor.subscribe(relay.address, customers[0], url)
            assert made, name
            hostile[name] = made
        before = len(qonto.events)
        async with qonto.posting(customers, at_once=4, pause=0.2):
            await until(lambda: vendor.at("/rebinding"))
            await asyncio.sleep(SECONDS / 2)
            names.write_text(json.dumps(NAMES | REBOUND))
            # names are believed for a second, so that some events still go to where they led
            await asyncio.sleep(SECONDS / 2 + 1.5)
        among = await waits(qonto, vendor, calm, skip=before)

        async def found(name: str) -> Counter[str]:
            return await outcomes(work, hostile[name].id)

        async def seen() -> bool:
            return all([EXPECTED[name] <= set(await found(name)) for name in EXPECTED])

        with suppress(TimeoutError):  # the assertions below tell more
            await until(seen)
        # whom trouble has left gets everything
        mended = [hostile[name] for name in ("healthy", "tls", "endless", "failing", "busy")]
        noted = [one for one in mended if one.path != "/endless"] + list(calm.values())
        posted = qonto.events.values()
        await until(lambda: not violations(posted, noted, vendor.arrivals))
        results = {name: await found(name) for name in EXPECTED}
        assert await relay.kill()

    for name, expected in EXPECTED.items():
        assert set(results[name]) == expected, name
    assert lured == []
    assert rebound == []
    assert not vendor.forged
    assert max(among) < DEADLINE * 0.75, "a healthy one waited for somebody's deadline"
    again = [one.at for one in vendor.at("/busy")]
    assert first_return(vendor) >= ASKED_TO_WAIT, again
    figure("deliveries to healthy neighbours", len(among))
    figure("attempts at the others", sum(sum(one.values()) for one in results.values()))
    figure("median wait alone, ms", round(median(alone) * 1000))
    figure("median wait among the others, ms", round(median(among) * 1000))
    figure("longest wait among the others, ms", round(max(among) * 1000))


async def waits(
    qonto: Qonto, vendor: Vendor, calm: dict[str, Subscribed], *, skip: int = 0
) -> list[float]:
    """Wait until all has arrived there; return how long each event took, from its acceptance."""
    events = list(qonto.events.values())[skip:]
    await until(lambda: not violations(events, list(calm.values()), vendor.arrivals))
    first = {one.resource_id: one.at for one in reversed(vendor.arrivals) if one.path in calm}
    return [
        (first[event.resource_id] - event.accepted_at).total_seconds()
        for event in events
        if event.accepted_at
    ]


def first_return(vendor: Vendor) -> float:
    """Return the seconds until the event came again that was answered with 429."""
    arrivals = vendor.at("/busy")
    refused = arrivals[0]
    (_, again, *_) = [one.at for one in arrivals if one.message_id == refused.message_id]
    return (again - refused.at).total_seconds()


@on_sqlite
@pytest.mark.timeout(240)
async def test_hanging_receivers_with_backlogs_can_not_take_every_slot(
    born: Nursery,
    database_url: str,
    tmp_path: Path,
    figure: Callable[[str, object], None],
) -> None:
    """Six that hang, each with more to do than it may have under way, and 32 slots in all."""
    (customer,) = await populate(database_url, 1)
    env = environment(
        database_url,
        CONNECTOR_DELIVERY__DEADLINE_SECONDS=str(DEADLINE),
        CONNECTOR_DELIVERY__AT_ONCE="32",
        CONNECTOR_DELIVERY__PER_ENDPOINT="8",
    )
    relay, vendor = server(born, tmp_path, env), Vendor()
    assert relay.address
    await relay.start()
    async with receivers.running(hangs) as black_hole, receivers.running(vendor.receive) as healthy:
        await relay.ready()
        for number in range(6):
            assert await vendor.subscribe(relay.address, customer, black_hole.url(f"/{number}"))
        made = await vendor.subscribe(relay.address, customer, healthy.url("/healthy"))
        assert made
        qonto = Qonto([relay.address], Random(SEED))
        async with qonto.posting([customer], at_once=4, pause=0.05):
            await asyncio.sleep(SECONDS)
        took = await waits(qonto, vendor, {made.path: made})
        await relay.kill()
    figure("deliveries to the healthy one", len(took))
    figure("median wait, ms", round(median(took) * 1000))
    figure("longest wait, ms", round(max(took) * 1000))
    assert max(took) < DEADLINE * 0.75, "it waited for somebody's deadline"
