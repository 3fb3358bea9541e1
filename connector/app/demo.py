"""The whole journey, unattended: link, read, subscribe, change, deliver, retry, unsubscribe.

Everything is real but the bank: two HTTP servers, real OAuth, real signatures, on loopback.
"""

import asyncio
import json
import time
from collections import deque
from typing import Any

import httpx2
from qonto_simulator import Simulator
from rich.console import Console
from rich.text import Text

from connector.app.listen import Received, Receiver
from connector.app.sandbox import TARGETS, Sandbox, ok, sandbox, walk
from connector.app.serving import bind, serving

PATIENCE = 20.0
"""Seconds to wait for an event; the first retry comes after about five."""


class DemoFailed(Exception):
    """A step did not end as it should."""


class Inbox:
    """The vendor's events, in the order they arrived."""

    def __init__(self) -> None:
        self.received: deque[Received] = deque()
        self._arrived = asyncio.Event()

    def heard(self, received: Received) -> None:
        self.received.append(received)
        self._arrived.set()

    async def next(self) -> Received:
        """Wait for the next genuine event. Raises DemoFailed when none comes, or a forged one."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not self.received:
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            raise DemoFailed(f"no event arrived within {PATIENCE:.0f} s") from None
        received = self.received.popleft()
        if received.problem is not None:
            raise DemoFailed(f"an event arrived that isn't genuine: {received.problem}")
        return received

    async def stays_empty(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if self.received:
            raise DemoFailed("an event arrived that should not have been sent")


async def play(out: Console) -> None:
    """Play the journey and print it. Raises DemoFailed when anything isn't as it should be."""
    started = time.monotonic()
    say = Teller(out)
    say.title("qonto-connector: the whole journey, offline")
    inbox = Inbox()
    receiver = Receiver(heard=inbox.heard)
    async with (
        sandbox() as running,
        serving(receiver.app, bind("127.0.0.1", 0)) as vendor_address,
    ):
        say.note(f"connector {running.api}, vendor {vendor_address}")
        for target, simulator in running.simulators.items():
            say.note(f"simulated Qonto for {target}: {simulator.base_url}")
        account_key = await _link(running, receiver, inbox, vendor_address, say)
        async with running.client(account_key) as vendor:
            await _read(vendor, say)
            webhook_id = await _subscribe(vendor, receiver, vendor_address, say)
            await _relay(running, vendor, receiver, inbox, say)
            await _unsubscribe(running, vendor, webhook_id, inbox, say)
    say.title(f"Done in {time.monotonic() - started:.0f} s. Everything above really happened.")
    say.note("Next: `make sandbox` keeps it running for you, `make test` proves it.")


async def _link(
    running: Sandbox, receiver: Receiver, inbox: Inbox, vendor_address: str, say: "Teller"
) -> str:
    say.step("1", "A customer links a Qonto account (OAuth2, PKCE, login, code, consent)")
    account_key = ""
    for target in TARGETS:
        account_key = await running.link(target)
        say.done(f"{target}: one-time code exchanged for an account key, {account_key[:8]}…")

    callback = f"{vendor_address}/linked"
    async with running.client() as vendor:
        await ok(vendor.post("/tenants/add-callback-urls", json={"callbackUrl": callback}))
        secret = (await ok(vendor.post("/tenants/signing-secret"))).json()["data"]["signingSecret"]
        receiver.secret = secret
        asked = {
            "callBackUrl": callback,
            "webhookCallbackUrl": f"{vendor_address}/keys",
            "reference": "customer-42",
        }
        url = (await ok(vendor.post("/auth/qonto-sandbox", json=asked))).text
        await walk(url)
        notice = await inbox.next()
        _expect(notice.body.get("eventType"), "ACCOUNT_LINKED")
        say.done("qonto-sandbox again: key delivered server to server, signed, never in a URL")

        container = running.container
        tenant = (await container.oauth.tenants.all())[0]
        await container.oauth.tenants.opt_in_to_key_in_redirect(tenant)
        parameters = {"callbackUrl": callback, "include_signature": "true"}
        url = (await ok(vendor.get("/auth/qonto-sandbox", params=parameters))).text
        landed = httpx2.URL(await walk(url))
        say.done(f"qonto-sandbox once more: Maesn's way, {sorted(landed.params)} in the redirect")
        await container.oauth.tenants.opt_in_to_key_in_redirect(tenant, False)
    return account_key


async def _read(vendor: httpx2.AsyncClient, say: "Teller") -> None:
    say.step("2", "The vendor reads through Maesn's contract")
    for path, number, total in (
        ("invoices", "invoiceNumber", "totalAmount"),
        ("bills", "billNumber", "totalGrossAmount"),
        ("bookingProposals", "number", "totalGrossAmount"),
    ):
        page = _exact(await ok(vendor.get(f"/accounting/{path}", params={"limit": 20})))
        first = next(item for item in page["data"] if item[total] and item["status"] != "DRAFT")
        single = _exact(
            await ok(vendor.get(f"/accounting/{path}/{first['id']}", params={"rawData": "true"}))
        )
        _expect(single["data"]["id"], first["id"])
        if not isinstance(single["rawData"], dict):
            raise DemoFailed("rawData is missing")
        say.done(
            f"{path}: {page['meta']['pagination']['total']} in all; one is "
            f"{first[number]}, {first[total]} {first['currency']}, {first['status']}"
        )


async def _subscribe(
    vendor: httpx2.AsyncClient, receiver: Receiver, vendor_address: str, say: "Teller"
) -> str:
    say.step("3", "It subscribes to invoice changes")
    body = {"callbackUrl": f"{vendor_address}/events/customer-42", "resource": "INVOICE"}
    created = (await ok(vendor.post("/webhooks", json=body))).json()["data"]
    receiver.secret = created["secret"]
    say.done(
        f"POST /webhooks: 201, id {created['id']}, secret of {len(created['secret'])} hex digits"
    )
    listed = (await ok(vendor.get("/webhooks"))).json()["data"]
    if "secret" in listed[0]:
        raise DemoFailed("the list shows the secret")
    say.done("GET /webhooks: lists it, without the secret")
    return str(created["id"])


async def _relay(
    running: Sandbox, vendor: httpx2.AsyncClient, receiver: Receiver, inbox: Inbox, say: "Teller"
) -> None:
    say.step("4", "Qonto announces changes; the vendor gets signed events")
    simulator = running.simulators["qonto-sandbox"]
    async with httpx2.AsyncClient(
        base_url=simulator.base_url, timeout=30, trust_env=False
    ) as qonto:
        began = time.perf_counter()
        invoice_id = await _create_invoice(qonto)
        created = await inbox.next()
        took = (time.perf_counter() - began) * 1000
        _expect(created.body, _event("CREATED", invoice_id))
        say.done(f"invoice created: {created.body['eventType']} arrived in {took:.0f} ms, verified")

        read = await ok(vendor.get(f"/accounting/invoices/{invoice_id}"))
        say.done(f"and can be read at once: {read.json()['data']['invoiceNumber']}")

        await ok(qonto.post(f"/_simulator/invoices/{invoice_id}/pay"))
        paid = await inbox.next()
        _expect(paid.body, _event("UPDATED", invoice_id))
        say.done("invoice paid: UPDATED arrived, both signatures verified")

        receiver.failing = 1
        second = await _create_invoice(qonto)
        say.note("the receiver is down for one event (503) ...")
        retried = await inbox.next()
        _expect(retried.body, _event("CREATED", second))
        say.done("the retry brought it")

        deliveries = (await ok(qonto.get("/_simulator/deliveries"))).json()["deliveries"]
        again = deliveries[-1]["event_id"]
        await ok(qonto.post(f"/_simulator/events/{again}/resend"))
        await inbox.stays_empty(1.0)
        say.done("Qonto sent an event twice: delivered once")


async def _unsubscribe(
    running: Sandbox, vendor: httpx2.AsyncClient, webhook_id: str, inbox: Inbox, say: "Teller"
) -> None:
    say.step("5", "It unsubscribes")
    simulator = running.simulators["qonto-sandbox"]
    before = await _upstream(simulator)
    await ok(vendor.delete(f"/webhooks/{webhook_id}"))
    after = await _upstream(simulator)
    if (before, after) != (1, 0):
        raise DemoFailed(f"Qonto had {before} subscriptions before and {after} after")
    async with httpx2.AsyncClient(
        base_url=simulator.base_url, timeout=30, trust_env=False
    ) as qonto:
        await _create_invoice(qonto)
    await inbox.stays_empty(1.0)
    say.done("DELETE /webhooks: 200; no later event, and Qonto's own subscription is gone")


async def _upstream(simulator: Simulator) -> int:
    """Count the subscriptions for invoices that stand at Qonto, by asking its API."""
    headers = {
        "Authorization": f"Bearer {simulator.issue_access_token()}",
        "X-Qonto-Staging-Token": simulator.staging_token,
    }
    async with httpx2.AsyncClient(
        base_url=simulator.base_url, headers=headers, trust_env=False
    ) as qonto:
        listed = (await ok(qonto.get("/v2/webhook_subscriptions"))).json()["subscriptions"]
    return sum("v1/client-invoices" in one["types"] for one in listed)


async def _create_invoice(qonto: httpx2.AsyncClient) -> str:
    answer = (await ok(qonto.post("/_simulator/invoices"))).json()
    return str(answer["client_invoice"]["id"])


def _exact(response: httpx2.Response) -> Any:
    """Read JSON with amounts as they are written, not as floats."""
    return json.loads(response.text, parse_float=str)


def _event(kind: str, invoice_id: str) -> dict[str, Any]:
    return {
        "eventType": kind,
        "filterDate": None,
        "resource": "INVOICE",
        "resourceId": invoice_id,
        "userId": None,
    }


def _expect(found: object, wanted: object) -> None:
    if found != wanted:
        raise DemoFailed(f"expected {wanted}, and got {found}")


class Teller:
    """Prints the story: colours on a terminal, plain text elsewhere."""

    def __init__(self, out: Console) -> None:
        self._out = out

    def title(self, text: str) -> None:
        self._out.print(Text(f"\n{text}", "bold"))

    def step(self, number: str, text: str) -> None:
        self._out.print(Text.assemble("\n", (number, "bold cyan"), "  ", (text, "bold")))

    def done(self, text: str) -> None:
        self._out.print(Text.assemble("   ", ("✓", "green"), f" {text}"), soft_wrap=True)

    def note(self, text: str) -> None:
        self._out.print(Text(f"     {text}", "dim"))
