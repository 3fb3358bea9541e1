"""How links end: by the customer at Qonto, and by the vendor here."""

import httpx2
import pytest

from connector.app.sandbox import Sandbox, ok
from tests.support.vendor import Vendor

pytestmark = [pytest.mark.loopback, pytest.mark.both_databases]


@pytest.mark.covers("QX-08")
async def test_a_customer_who_unlinks_at_qonto_is_known_here_at_once(
    running: Sandbox, vendor: Vendor
) -> None:
    """Qonto's own event: status REVOKED, the vendor told, and no call with the dead access."""
    account_key = await running.link("qonto-sandbox")
    simulator = running.simulators["qonto-sandbox"]
    async with (
        running.client(account_key) as client,
        httpx2.AsyncClient(base_url=simulator.base_url) as qonto,
    ):
        unsigned = await client.post("/webhooks/tenant", json={"callbackUrl": vendor.address})
        assert unsigned.json()["errors"]["code"] == "SIGNING_SECRET_MISSING"
        secret = (await ok(client.post("/tenants/signing-secret"))).json()["data"]["signingSecret"]
        wish = {"callbackUrl": f"{vendor.address}/notices"}
        noticed = await client.post("/webhooks/tenant", json=wish)
        assert noticed.status_code == 201
        assert (await client.post("/webhooks/tenant", json=wish)).status_code == 409
        made = await client.post(
            "/webhooks", json={"callbackUrl": f"{vendor.address}/token", "resource": "TOKEN"}
        )
        assert made.status_code == 201
        await ok(client.get("/accounting/invoices"))
        calls = len(simulator.recorder.entries())
        await ok(qonto.post("/_simulator/consents/revoke"))
        vendor.receiver.secret = None
        bodies = [await vendor.next(), await vendor.next()]
        status = (await ok(client.get("/auth/status"))).json()["data"]
        assert status["status"] == "REVOKED"
        users = (await ok(client.get("/tenants/get-end-user-list"))).json()["data"]["endUsers"]
        assert [user["status"] for user in users] == ["REVOKED"]
        refused = await client.get("/accounting/invoices")
        assert refused.status_code == 401
        assert refused.json()["errors"]["code"] == "ACCOUNT_INACTIVE"
        assert not [
            one for one in simulator.recorder.entries()[calls:] if one.path.startswith("/v2/")
        ]
        kinds = {one.body["eventType"]: one.body for one in bodies}
        assert kinds["REVOKED"]["resource"] == "TOKEN"
        assert kinds["REVOKED"]["resourceId"] == status["accountId"]
        assert kinds["ACCOUNT_REVOKED"]["accountId"] == status["accountId"]
        assert len(secret) == 64

        webhook_id = noticed.json()["data"]["id"]
        without_key = await client.delete("/webhooks/tenant", headers={"X-ACCOUNT-KEY": ""})
        assert without_key.status_code in (401, 404)
        assert (await client.delete(f"/webhooks/tenant/{webhook_id}")).status_code == 200
        assert (await client.delete(f"/webhooks/tenant/{webhook_id}")).status_code == 404


async def test_linking_again_after_the_end_watches_and_relays_again(
    running: Sandbox, vendor: Vendor
) -> None:
    account_key = await running.link("qonto-sandbox")
    simulator = running.simulators["qonto-sandbox"]
    async with (
        running.client(account_key) as client,
        httpx2.AsyncClient(base_url=simulator.base_url) as qonto,
    ):
        made = await ok(
            client.post(
                "/webhooks", json={"callbackUrl": f"{vendor.address}/1", "resource": "INVOICE"}
            )
        )
        vendor.receiver.secret = made.json()["data"]["secret"]
        await ok(qonto.post("/_simulator/consents/revoke"))
        async with running.container.storage.work.reading() as tx:
            (account,) = await tx.accounts.all()
        while account.status != "REVOKED":
            async with running.container.storage.work.reading() as tx:
                (account,) = await tx.accounts.all()
        await running.link("qonto-sandbox")
        await ok(client.get("/accounting/invoices"))
        types = sorted(
            one for standing in simulator.world.hub.subscriptions.values() for one in standing.types
        )
        assert types == ["v1/client-invoices", "v1/consent-revocations"]
        await ok(qonto.post("/_simulator/invoices"))
        assert (await vendor.next()).body["eventType"] == "CREATED"


async def test_a_vendor_unlinks_and_erases_a_customer(running: Sandbox, vendor: Vendor) -> None:
    account_key = await running.link("qonto-sandbox")
    simulator = running.simulators["qonto-sandbox"]
    async with running.client(account_key) as client:
        assert (await client.delete("/tenants/delete-end-user?erase=perhaps")).status_code == 400
        await ok(
            client.post(
                "/webhooks", json={"callbackUrl": f"{vendor.address}/1", "resource": "INVOICE"}
            )
        )
        account_id = (await ok(client.get("/auth/status"))).json()["data"]["accountId"]
        answer = await client.delete("/tenants/delete-end-user", params={"erase": "true"})
        assert answer.status_code == 200
        told = answer.json()
        assert told["message"] == "The account is unlinked and its data erased."
        assert told["accountId"] == account_id
        assert told["complete"] is True
        assert told["erased"]["accounts"] == 1
        assert (await client.get("/auth/status")).status_code == 401
        assert (await client.delete("/tenants/delete-end-user")).status_code == 401
    assert simulator.world.hub.subscriptions == {}
    asked = [(one.method, one.path) for one in simulator.recorder.entries()]
    assert asked.count(("DELETE", "/v2/oauth2/consents")) == 1
    async with running.client() as client:
        assert (await client.delete("/tenants/delete-end-user")).status_code == 401
        users = (await ok(client.get("/tenants/get-end-user-list"))).json()["data"]["endUsers"]
        assert users == []
