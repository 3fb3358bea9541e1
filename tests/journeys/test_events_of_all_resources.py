"""Every resource with events, with Qonto's webhooks and without them, against the simulator."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import httpx2
import pytest
from qonto_simulator import Simulator
from qonto_simulator.control.control import Control

from connector.app.sandbox import Sandbox, ok, sandbox
from connector.app.settings import PollingGroup
from tests.journeys.conftest import QUICK
from tests.support.vendor import Vendor

pytestmark = pytest.mark.loopback

OFTEN = PollingGroup(
    shortest_seconds=1,
    longest_seconds=1,
    announced_shortest_seconds=1,
    announced_longest_seconds=1,
)
ANNOUNCED = {
    "INVOICE": {"v1/client-invoices"},
    "CUSTOMER": {"v1/clients"},
    "CONTACT": {"v1/clients"},
    "ITEM": {"v1/products"},
    "TRANSACTION": {"v1/transactions"},
    "EXPENSE": {"v1/transactions"},
    "PAYMENT": {"v1/client-invoices"},
    "BOOKING_PROPOSAL": {"v1/client-invoices"},
    "BANK_ACCOUNT": {"v1/accounts"},
    "USER": {"v1/memberships"},
}
POLLED = ("BILL", "CREDIT_NOTE", "OFFER")

Event = tuple[str, str, str]
"""Resource, type, record."""


@pytest.fixture
async def busy(database_url: str) -> AsyncIterator[Sandbox]:
    """A sandbox that asks Qonto for changes every second, and may read everything."""
    async with sandbox(database=database_url, delivery=QUICK, polling=OFTEN) as up:
        yield up


async def subscribe(
    running: Sandbox, key: str, vendor: Vendor, *resources: str
) -> dict[str, dict[str, Any]]:
    """Subscribe to each; return what was said, by resource."""
    said: dict[str, dict[str, Any]] = {}
    async with running.client(key) as client:
        for resource in resources:
            wish = {"callbackUrl": f"{vendor.address}/{resource}", "resource": resource}
            answer = await client.post("/webhooks", json=wish)
            assert answer.status_code == 201, answer.text
            said[resource] = answer.json()
    return said


async def types(simulator: Simulator) -> list[set[str]]:
    """List the types of each resource subscription that stands at Qonto."""
    headers = {"Authorization": f"Bearer {simulator.issue_access_token()}"}
    async with httpx2.AsyncClient(base_url=simulator.base_url, headers=headers) as qonto:
        found = (await ok(qonto.get("/v2/webhook_subscriptions"))).json()["subscriptions"]
    return [set(one["types"]) for one in found if one["types"] != ["v1/consent-revocations"]]


async def first_readings(running: Sandbox) -> None:
    """Wait until all that is subscribed to has been read once, to be compared with later."""
    async with asyncio.timeout(60):
        while True:
            async with running.container.storage.work.reading() as tx:
                (account,) = await tx.accounts.all()
                marks = await tx.watermarks.of_account(account.id)
            if marks and all(mark.polled_at for mark in marks):
                return
            await asyncio.sleep(0.05)


class Happenings:
    """What happens at Qonto, and which events that makes."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.control = Control(simulator)

    async def all(self) -> set[Event]:
        """Let something happen to a record of each kind; return the events it must lead to."""
        control, events = self.control, set[Event]()
        invoice = control.create_invoice(unit_price="100.00")["id"]
        events |= {("INVOICE", "CREATED", invoice), ("BOOKING_PROPOSAL", "CREATED", invoice)}
        bill = control.receive_supplier_invoice()["id"]
        events |= {("BILL", "CREATED", bill), ("BOOKING_PROPOSAL", "CREATED", bill)}
        moved = control.bank_transaction(amount="12.00", side="debit")["id"]
        events.add(("TRANSACTION", "CREATED", moved))
        spent = control.bank_transaction(amount="8.00", side="debit", operation_type="card")["id"]
        events |= {("TRANSACTION", "CREATED", spent), ("EXPENSE", "CREATED", spent)}
        events.add(("USER", "UPDATED", control.change_member()["id"]))
        async with self.api() as qonto:
            client = await self.post(qonto, "clients", self.client, "client")
            events |= {("CUSTOMER", "CREATED", client), ("CONTACT", "CREATED", client)}
            events.add(
                ("ITEM", "CREATED", await self.post(qonto, "products", self.product, "product"))
            )
            (quote, *_) = (
                await ok(qonto.get("/v2/quotes?filter[status]=pending_approval"))
            ).json()["quotes"]
            (account, *_) = (await ok(qonto.get("/v2/bank_accounts"))).json()["bank_accounts"]
        control.decide_quote(quote["id"], "approved")
        events.add(("OFFER", "UPDATED", quote["id"]))
        control.rename_account(account["id"], "Compte courant")
        events.add(("BANK_ACCOUNT", "UPDATED", account["id"]))
        return events

    client: Mapping[str, Any] = {
        "kind": "company",
        "name": "Fleurs de Lys",
        "currency": "EUR",
        "locale": "FR",
        "billing_address": {
            "street_address": "1 rue de la Paix",
            "city": "Paris",
            "zip_code": "75002",
            "country_code": "FR",
        },
    }
    product: Mapping[str, Any] = {
        "title": "Conseil",
        "type": "service",
        "unit_price": {"value": "80.00", "currency": "EUR"},
        "vat_rate": "0.2",
    }

    def api(self) -> httpx2.AsyncClient:
        key = {"Authorization": f"{self.simulator.login}:{self.simulator.secret}"}
        return httpx2.AsyncClient(base_url=self.simulator.base_url, headers=key)

    async def post(
        self, qonto: httpx2.AsyncClient, path: str, body: Mapping[str, Any], name: str
    ) -> str:
        answer = await ok(qonto.post(f"/v2/{path}", json=dict(body)))
        return str(answer.json()[name]["id"])


async def arrivals(
    vendor: Vendor, wanted: set[Event], *, within: float = 60, quiet: float = 3.0
) -> list[Event]:
    """Collect what arrives until all that is wanted has, and a while longer."""
    found: list[Event] = []

    def missing() -> set[Event]:
        return wanted - set(found)

    async with asyncio.timeout(within):
        while missing():
            event = await vendor.next(within=within)
            found.append(_named(event.body))
    while not await vendor.stays_quiet(quiet):
        found.append(_named((await vendor.next()).body))
    return found


def _named(body: Mapping[str, Any]) -> Event:
    return body["resource"], body["eventType"], body["resourceId"]


Hinder = Callable[[Simulator], None]


def not_at_all(simulator: Simulator) -> None:
    """Webhooks come."""


def hold_back(simulator: Simulator) -> None:
    """Webhooks are made, and none of them arrives."""
    Control(simulator).hold_deliveries()


@pytest.mark.covers("GUIDE-03", "QX-12")
@pytest.mark.parametrize("hinder", [not_at_all, hold_back])
async def test_every_resource_tells_its_changes_once(
    busy: Sandbox, vendor: Vendor, hinder: Hinder
) -> None:
    """The same events whether Qonto's webhooks come or not."""
    simulator = busy.simulators["qonto"]
    key = await busy.link("qonto")
    resources = (*ANNOUNCED, *POLLED)
    said = await subscribe(busy, key, vendor, *(one for one in resources if one != "PAYMENT"))
    assert all(answer["meta"] == {} for answer in said.values())
    assert await types(simulator) == [set().union(*ANNOUNCED.values())]
    hinder(simulator)
    await first_readings(busy)
    happenings = Happenings(simulator)
    wanted = await happenings.all()
    found = await arrivals(vendor, wanted)
    assert wanted <= set(found)
    twice = [event for event in set(found) if found.count(event) > 1]
    assert twice == [], found


@pytest.mark.parametrize("hinder", [not_at_all, hold_back])
async def test_what_is_paid_on_invoices_and_bills_is_told_as_payments(
    busy: Sandbox, vendor: Vendor, hinder: Hinder
) -> None:
    simulator = busy.simulators["qonto"]
    control = simulator.control
    key = await busy.link("qonto")
    async with Happenings(simulator).api() as qonto:
        unpaid = await ok(qonto.get("/v2/supplier_invoices?filter[status][]=to_pay"))
    found = next(one for one in unpaid.json()["supplier_invoices"] if not one["is_credit_note"])
    bill, amount = found["id"], found["total_amount"]["value"]
    invoice = str(control.create_invoice(unit_price="100.00")["id"])
    await subscribe(busy, key, vendor, "PAYMENT")
    await first_readings(busy)
    hinder(simulator)
    control.pay_invoice(invoice, amount="10.00")
    control.bank_transaction(amount=amount, side="debit", reference=found["invoice_number"])
    first = {("PAYMENT", "CREATED", invoice), ("PAYMENT", "CREATED", bill)}
    assert sorted(await arrivals(vendor, first)) == sorted(first)
    control.touch_invoice(invoice, footer="seen")
    assert await vendor.stays_quiet(5.0), "nothing was paid"
    control.pay_invoice(invoice)
    more = {("PAYMENT", "UPDATED", invoice)}
    assert await arrivals(vendor, more) == [*more]


async def test_what_goes_is_told_by_each_name_to_who_asks_for_it(
    busy: Sandbox, vendor: Vendor
) -> None:
    """A client is a customer and a contact; a declined payment by card is no expense any more."""
    simulator = busy.simulators["qonto"]
    key = await busy.link("qonto")
    happenings = Happenings(simulator)
    async with happenings.api() as qonto:
        client = await happenings.post(qonto, "clients", happenings.client, "client")
        pending = simulator.control.bank_transaction(
            amount="8.00", side="debit", operation_type="card", status="pending"
        )["id"]
        async with busy.client(key) as ours:
            for resource in ("CUSTOMER", "CONTACT", "TRANSACTION", "EXPENSE"):
                for asks in (True, False):
                    wish = {"callbackUrl": f"{vendor.address}/{resource}/{asks}"}
                    wish |= {"resource": resource, "deletions": asks}  # type: ignore[dict-item]
                    assert (await ours.post("/webhooks", json=wish)).status_code == 201
        await first_readings(busy)
        await ok(qonto.delete(f"/v2/clients/{client}"))
        simulator.control.conclude_transaction(pending, status="declined")
    gone = {
        ("CUSTOMER", "DELETED", client),
        ("CONTACT", "DELETED", client),
        ("EXPENSE", "DELETED", pending),
    }
    update = ("TRANSACTION", "UPDATED", pending)
    found = await arrivals(vendor, {*gone, update}, quiet=0.5)
    assert sorted(one for one in found if one[1] == "DELETED") == sorted(gone)
    assert found.count(update) == 2, "it is no deletion, so that both are told"


@pytest.mark.covers("MAE-20", "QX-10")
async def test_what_can_be_subscribed_to_follows_the_consent(
    database_url: str, vendor: Vendor
) -> None:
    """Other resources are 404, those that can't be read 403, those not announced a warning."""
    scopes = "offline_access webhook client_invoices.read client.read"
    async with sandbox(database=database_url, delivery=QUICK, scopes=scopes) as running:
        key = await running.link("qonto")
        async with running.client(key) as client:

            async def ask(resource: str) -> httpx2.Response:
                wish = {"callbackUrl": f"{vendor.address}/{resource}", "resource": resource}
                return await client.post("/webhooks", json=wish)

            unknown = await ask("FILE")
            assert (unknown.status_code, unknown.json()["errors"]["code"]) == (404, "NOT_SUPPORTED")
            for resource in (*ANNOUNCED, *POLLED, "TOKEN"):
                assert resource in unknown.json()["errors"]["message"]
            for resource in ("BILL", "TRANSACTION", "EXPENSE", "ITEM", "USER", "BANK_ACCOUNT"):
                refused = await ask(resource)
                code = refused.json()["errors"]["code"]
                assert (refused.status_code, code) == (403, "MISSING_SCOPE")
            for resource in ("CUSTOMER", "CONTACT"):
                clients = await ask(resource)
                assert clients.status_code == 201
                assert len(clients.json()["meta"]["warnings"]) == 1
            for resource in ("INVOICE", "BOOKING_PROPOSAL"):
                invoices = await ask(resource)
                assert (invoices.status_code, invoices.json()["meta"]) == (201, {})
        assert await types(running.simulators["qonto"]) == [{"v1/client-invoices"}]
