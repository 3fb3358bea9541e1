"""An account linked by Qonto API key, against the simulator."""

from dataclasses import replace

import pytest

from connector.app.sandbox import Sandbox, sandbox
from connector.app.settings import PollingGroup
from tests.journeys.conftest import QUICK
from tests.support.vendor import Vendor

pytestmark = pytest.mark.loopback


def body_for(running: Sandbox, target: str, *, own_token: bool = False) -> dict[str, object]:
    simulator = running.simulators[target]
    body: dict[str, object] = {"username": simulator.login, "apiKey": simulator.secret}
    if own_token:
        body["customValues"] = [{"key": "stagingToken", "value": simulator.staging_token}]
    return body | {"clientName": "not used", "mandant": None}


@pytest.mark.covers("VER-10", "VER-12", "QX-05")
@pytest.mark.parametrize("target", ["qonto", "qonto-sandbox"])
async def test_an_api_key_links_and_reads_without_oauth(running: Sandbox, target: str) -> None:
    simulator = running.simulators[target]
    async with running.client() as vendor:
        await vendor.delete(f"/tenants/delete-registered-system/{target}")
        linked = await vendor.post(
            f"/auth/accounts/{target}",
            json=body_for(running, target, own_token=target == "qonto-sandbox"),
        )
        assert linked.status_code == 201, linked.text
        assert linked.json().keys() == {"accountKey"}
        key = linked.json()["accountKey"]
    async with running.client(key) as customer:
        status = (await customer.get("/auth/status")).json()["data"]
        assert (status["status"], status["renewable"]) == ("ACTIVE", False)
        answer = await customer.get("/accounting/invoices", params={"limit": 5})
        assert answer.status_code == 200
        assert answer.json()["data"]
        journal = await customer.get(f"{simulator.base_url}/_simulator/journal")
        requests = journal.json()["requests"]
        sent = [entry for entry in requests if entry["path"].startswith("/v2/")]
        assert sent
        # The journal keeps a scheme and masks the rest: here is none, and the simulator compared
        # both halves.
        assert {entry["headers"]["authorization"] for entry in sent} == {"***"}
        again = await customer.post(
            f"/auth/accounts/{target}",
            json=body_for(running, target, own_token=target == "qonto-sandbox"),
        )
        assert (again.status_code, again.json()) == (201, {"accountKey": key})


async def test_changes_are_polled_and_the_vendor_is_warned(
    database_url: str, vendor: Vendor
) -> None:
    """Qonto gives no webhooks to API keys; the subscription stands, and events come anyway."""
    often = PollingGroup(shortest_seconds=1, longest_seconds=1)
    async with sandbox(database=database_url, delivery=QUICK, polling=often) as running:
        simulator = running.simulators["qonto"]
        async with running.client() as client:
            linked = await client.post("/auth/accounts/qonto", json=body_for(running, "qonto"))
        async with running.client(linked.json()["accountKey"]) as customer:
            wish = {"callbackUrl": f"{vendor.address}/hook", "resource": "INVOICE"}
            made = await customer.post("/webhooks", json=wish)
            assert made.status_code == 201
            (warning,) = made.json()["meta"]["warnings"]
            assert "asks for them instead" in warning
            vendor.receiver.secret = made.json()["data"]["secret"]
            invoice = simulator.control.create_invoice()["id"]
            event = await vendor.next()
            assert event.problem is None
            assert (event.body["eventType"], event.body["resourceId"]) == ("CREATED", invoice)
            simulator.control.pay_invoice(str(invoice))
            assert (await vendor.next()).body["eventType"] == "UPDATED"
        paths = [entry["path"] for entry in simulator.control.journal()]
        assert "/v2/webhook_subscriptions" not in paths


async def test_a_wrong_key_links_nothing(running: Sandbox) -> None:
    async with running.client() as vendor:
        wrong = body_for(running, "qonto") | {"apiKey": "wrong"}
        refused = await vendor.post("/auth/accounts/qonto", json=wrong)
        assert refused.status_code == 401
        for field, value in (("username", "a:b"), ("apiKey", "a\r\nb"), ("apiKey", "")):
            broken = body_for(running, "qonto") | {field: value}
            answer = await vendor.post("/auth/accounts/qonto", json=broken)
            assert answer.status_code == 400
            assert answer.json()["errors"]["validationErrors"][0]["field"] == field
        assert (await vendor.get("/tenants/get-end-user-list")).json()["data"]["endUsers"] == []


async def test_a_key_replaced_at_qonto_must_be_given_anew(running: Sandbox) -> None:
    simulator = running.simulators["qonto"]
    async with running.client() as vendor:
        linked = await vendor.post("/auth/accounts/qonto", json=body_for(running, "qonto"))
    books = simulator.world.first
    books.organisation = replace(books.organisation, secret_key="regenerated")
    async with running.client(linked.json()["accountKey"]) as customer:
        answer = await customer.get("/accounting/invoices")
        assert answer.status_code == 401
        assert answer.json()["errors"]["code"] == "ACCOUNT_REAUTH_REQUIRED"
        status = (await customer.get("/auth/status")).json()["data"]
        assert status["status"] == "REAUTH_REQUIRED"


async def test_an_account_by_api_key_is_unlinked_and_never_watched(running: Sandbox) -> None:
    """There is no consent to be told of, and none to revoke; everything kept is erased."""
    async with running.client() as vendor:
        linked = await vendor.post("/auth/accounts/qonto", json=body_for(running, "qonto"))
    upstream = running.container.relay.subscriptions.upstream
    async with running.container.storage.work.reading() as tx:
        (account,) = await tx.accounts.all()
        trail = [(one.action, one.actor) for one in await tx.audit.list()]
    told = dict(trail)
    assert told["account.linked"].startswith("key_")
    assert told["account_key.issued"].startswith("key_")
    await upstream.watch(account.id)
    await upstream.watch(account.id)
    async with running.container.storage.work.reading() as tx:
        watched = await tx.upstream_subscriptions.all_of(account.connection_id)
    assert [one.state for one in watched] == ["REFUSED"], "it would be asked for again and again"
    async with running.client(linked.json()["accountKey"]) as customer:
        answer = await customer.delete("/tenants/delete-end-user", params={"erase": "true"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["complete"] is True
    async with running.container.storage.work.reading() as tx:
        assert await tx.accounts.all() == []


async def test_one_answer_401_that_was_not_meant_ends_nothing(running: Sandbox) -> None:
    """The key still works, so the customer notices nothing; trouble at the check is temporary."""
    control = running.simulators["qonto"].control
    async with running.client() as vendor:
        linked = await vendor.post("/auth/accounts/qonto", json=body_for(running, "qonto"))
    async with running.client(linked.json()["accountKey"]) as customer:
        control.fault("/v2/client_invoices", status=401)
        answer = await customer.get("/accounting/invoices")
        assert answer.status_code == 200, answer.text
        control.fault("/v2/client_invoices", status=401)
        answer = await customer.get("/accounting/invoices", params={"limit": 10})
        assert answer.status_code == 503, "it was checked within the minute"
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        status = (await customer.get("/auth/status")).json()["data"]
        assert status["status"] == "ACTIVE"
