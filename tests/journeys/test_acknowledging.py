"""What Qonto gets to hear of us, and what vendors get where it can't reach us at all."""

import asyncio
import hashlib
import hmac
import json
import time
import uuid

import httpx2
import pytest

from connector.app.sandbox import Sandbox, ok, sandbox
from connector.app.settings import PollingGroup
from connector.providers.qonto.provider import FULL_SCOPES
from storage.repositories.upstream_subscriptions import UpstreamSubscription
from tests.journeys.conftest import QUICK
from tests.journeys.test_events_of_all_resources import OFTEN, Happenings, arrivals, subscribe
from tests.support.vendor import Vendor
from webhooks.upstream import RESOURCES

pytestmark = pytest.mark.loopback

EVENTS = 100
ROUNDS = 3
"""Something else on the machine may have its say in one, hardly in three."""


async def upstream_of(running: Sandbox) -> UpstreamSubscription:
    async with running.container.storage.work.reading() as tx:
        (account,) = await tx.accounts.all()
        found = await tx.upstream_subscriptions.of_account(account.id, RESOURCES)
    assert found is not None
    return found


async def everything_is_known(running: Sandbox) -> None:
    """Wait until each list was read once: what changes before that is no change to tell of."""
    async with asyncio.timeout(30):
        while True:
            async with running.container.storage.work.reading() as tx:
                (account,) = await tx.accounts.all()
                marks = await tx.watermarks.of_account(account.id)
            if all(one.polled_at is not None for one in marks):
                return
            await asyncio.sleep(0.1)


class Qonto:
    """Posts signed events, and takes the time of each answer."""

    def __init__(self, running: Sandbox, upstream: UpstreamSubscription) -> None:
        self._path = f"/events/callback/{upstream.code}"
        self._secret = running.container.storage.ring.open_text(
            upstream.secret, associated_data=upstream.associated_data
        )
        self._http = httpx2.AsyncClient(base_url=running.api)

    async def post(self, event_id: str) -> float:
        """Post one event, stored or known after that; return how many seconds it took."""
        event = {
            "id": event_id,
            "type": "v1/client-invoices",
            "data": {"id": str(uuid.uuid5(uuid.NAMESPACE_OID, event_id)), "event": "updated"},
        }
        body, moment = json.dumps(event).encode(), str(int(time.time()))
        signed = hmac.new(self._secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
        headers = {"X-Qonto-Signature": f"t={moment},v1={signed.hexdigest()}"}
        started = time.perf_counter()
        answer = await self._http.post(self._path, content=body, headers=headers)
        took = time.perf_counter() - started
        assert answer.status_code == 202, answer.text
        return took

    async def look(self) -> float:
        """Ask for nothing much; return how many seconds even that takes on this machine now."""
        started = time.perf_counter()
        await ok(self._http.get("/health"))
        return time.perf_counter() - started

    async def close(self) -> None:
        await self._http.aclose()


def _p99(times: list[float]) -> float:
    return sorted(times)[len(times) * 99 // 100 - 1]


@pytest.mark.both_databases
@pytest.mark.covers("QX-15")
async def test_with_every_receiver_down_qonto_hears_within_100_ms_and_each_event_counts_once(
    database_url: str,
) -> None:
    """p99, beyond what any answer takes just then; what Qonto repeats is known, and what it never
    posts is found by asking.
    """
    seldom = PollingGroup(announced_shortest_seconds=5, announced_longest_seconds=5)
    async with sandbox(database=database_url, polling=seldom) as running:
        simulator = running.simulators["qonto"]
        async with running.client(await running.link("qonto")) as client:
            wish = {"callbackUrl": "http://127.0.0.1:1/down", "resource": "INVOICE"}
            made = (await ok(client.post("/webhooks", json=wish))).json()["data"]
            qonto = Qonto(running, await upstream_of(running))
            await qonto.post("warm-up")
            number, stored, idle, posted = 0, 1.0, 0.0, list[str]()
            while stored >= 0.1 + idle and number < ROUNDS:
                number += 1
                posted = [f"{number}-{n}" for n in range(EVENTS)]
                times = [(await qonto.post(event_id), await qonto.look()) for event_id in posted]
                stored = _p99([one for one, _ in times])
                idle = _p99([one for _, one in times])
            assert stored < 0.1 + idle
            for event_id in posted:
                await qonto.post(event_id)
            await qonto.close()

            async def planned() -> list[str]:
                path, found, cursor = f"/webhooks/{made['id']}/deliveries", list[str](), ""
                while True:
                    page = await ok(client.get(f"{path}?limit=100{cursor}"))
                    found += [one["resourceId"] for one in page.json()["data"]]
                    if page.json()["meta"]["nextCursor"] is None:
                        return found
                    cursor = f"&cursor={page.json()['meta']['nextCursor']}"

            assert len(await planned()) == 1 + number * EVENTS
            simulator.control.hold_deliveries()
            invoice = simulator.control.create_invoice(unit_price="100.00")["id"]
            deadline = time.monotonic() + 60
            while invoice not in await planned():
                assert time.monotonic() < deadline, "nobody asked"


@pytest.mark.covers("QX-16", "GUIDE-03")
@pytest.mark.parametrize("is_asked", [True, False], ids=["refused", "not asked"])
async def test_where_qonto_cant_reach_us_polls_tell_the_same(
    database_url: str, vendor: Vendor, is_asked: bool
) -> None:
    """Behind NAT: a warning instead of an error, and every change all the same, once."""
    scopes = " ".join(one for one in FULL_SCOPES if is_asked or one != "webhook")
    async with sandbox(
        database=database_url, delivery=QUICK, polling=OFTEN, scopes=scopes
    ) as running:
        simulator = running.simulators["qonto"]
        async with httpx2.AsyncClient(base_url=simulator.base_url) as qonto:
            await ok(qonto.post("/_simulator/quirks", json={"strict_callbacks": True}))
        key = await running.link("qonto")
        resources = ("INVOICE", "BILL", "CUSTOMER", "ITEM", "TRANSACTION", "USER", "BANK_ACCOUNT")
        parts = ("CONTACT", "EXPENSE", "BOOKING_PROPOSAL")
        said = await subscribe(running, key, vendor, *resources, *parts, "OFFER")
        for resource in ("INVOICE", "CUSTOMER", "TRANSACTION", *parts):
            (warning,) = said[resource]["meta"]["warnings"]
            assert "asks for them instead" in warning
        async with httpx2.AsyncClient(base_url=simulator.base_url) as qonto:
            asked = await ok(qonto.get("/_simulator/journal?path=/v2/webhook_subscriptions"))
        # the end of the consent is asked about once in any case
        assert (len(asked.json()["requests"]) > 1) is is_asked
        await everything_is_known(running)
        wanted = await Happenings(simulator).all()
        found = await arrivals(vendor, wanted)
        assert sorted(found) == sorted(set(found))
        assert wanted <= set(found)
