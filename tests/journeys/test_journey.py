"""The main job, end to end: link, read, subscribe, change, deliver, retry, unsubscribe."""

import asyncio
import hmac
import json
import re

import httpx2
import pytest
from qonto_simulator import Simulator

from connector.app.sandbox import TARGETS, Sandbox, ok, walk
from tests.support.vendor import Vendor

pytestmark = pytest.mark.loopback

UTC_MILLIS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


async def upstream(simulator: Simulator) -> list[dict]:
    """List the webhook subscriptions that stand at Qonto."""
    headers = {"Authorization": f"Bearer {simulator.issue_access_token()}"}
    if simulator.sandbox:
        headers["X-Qonto-Staging-Token"] = simulator.staging_token
    async with httpx2.AsyncClient(base_url=simulator.base_url, headers=headers) as qonto:
        return (await ok(qonto.get("/v2/webhook_subscriptions"))).json()["subscriptions"]


def event(kind: str, resource_id: str) -> dict:
    return {
        "eventType": kind,
        "filterDate": None,
        "resource": "INVOICE",
        "resourceId": resource_id,
        "userId": None,
    }


@pytest.mark.covers("MAE-01", "MAE-02", "MAE-07", "MAE-08")
@pytest.mark.parametrize("target", TARGETS)
async def test_a_customer_links_each_target_system(running: Sandbox, target: str) -> None:
    """The link URL leads to the target's own host and back through its own redirect URI."""
    simulator = running.simulators[target]
    async with running.client() as vendor:
        answer = await ok(
            vendor.get(f"/auth/{target}", params={"callbackUrl": "http://127.0.0.1/linked"})
        )
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    url = httpx2.URL(answer.text)
    assert str(url).startswith(f"{simulator.base_url}/oauth2/auth?")
    assert url.params["redirect_uri"] == f"{running.api}/auth/callback/{target}"
    assert url.params["code_challenge_method"] == "S256"
    landed = httpx2.URL(await walk(answer.text))
    assert set(landed.params) == {"code"}
    async with running.client() as vendor:
        exchanged = (
            await ok(vendor.post("/auth/exchange", json={"code": landed.params["code"]}))
        ).json()["data"]
    assert exchanged["targetSystem"] == target
    async with running.client(exchanged["accountKey"]) as vendor:
        assert (await vendor.get("/accounting/invoices")).status_code == 200
        again = await vendor.post("/auth/exchange", json={"code": landed.params["code"]})
    assert again.status_code == 400
    assert again.json()["errors"]["code"] == "CODE_INVALID"


async def test_an_unregistered_redirect_uri_is_refused_by_qonto(running: Sandbox) -> None:
    async with running.client() as vendor:
        url = httpx2.URL((await ok(vendor.get("/auth/qonto"))).text)
    changed = url.copy_set_param("redirect_uri", f"{running.api}/auth/callback/other")
    async with httpx2.AsyncClient() as browser:
        assert (await browser.get(changed)).status_code == 404


async def kept_bodies(running: Sandbox) -> list[bytes | None]:
    """What is left of the notices' bodies, which hold account keys."""
    async with running.container.storage.work.reading() as tx:
        rows = await tx.connection.exec_driver_sql("SELECT body FROM notices")
        return [row[0] for row in rows]


async def test_the_key_arrives_by_signed_webhook(running: Sandbox, vendor: Vendor) -> None:
    async with running.client() as client:
        secret = (await ok(client.post("/tenants/signing-secret"))).json()["data"]["signingSecret"]
        vendor.receiver.secret = secret
        answer = await ok(
            client.post(
                "/auth/qonto",
                json={
                    "callBackUrl": "http://127.0.0.1/linked",
                    "webhookCallbackUrl": f"{vendor.address}/keys",
                    "reference": "customer-42",
                },
            )
        )
        assert answer.status_code == 201
    landed = httpx2.URL(await walk(answer.text))
    assert "code" not in landed.params
    assert "accountKey" not in landed.params
    notice = await vendor.next()
    assert notice.problem is None
    assert notice.body["eventType"] == "ACCOUNT_LINKED"
    assert notice.body["targetSystem"] == "qonto"
    assert notice.body["reference"] == "customer-42"
    async with running.client(notice.body["accountKey"]) as client:
        assert (await client.get("/accounting/invoices")).status_code == 200
    for _ in range(100):  # the vendor has it a moment before that is written down
        if await kept_bodies(running) == [None]:
            break
        await asyncio.sleep(0.05)
    assert await kept_bodies(running) == [None], "the sealed key outlived its delivery"


async def test_an_opted_in_tenant_gets_the_key_in_the_redirect(running: Sandbox) -> None:
    tenant = (await running.container.oauth.tenants.all())[0]
    await running.container.oauth.tenants.opt_in_to_key_in_redirect(tenant)
    async with running.client() as client:
        secret = (await ok(client.post("/tenants/signing-secret"))).json()["data"]["signingSecret"]
        answer = await ok(client.get("/auth/qonto", params={"include_signature": "true"}))
    landed = httpx2.URL(await walk(answer.text)).params
    signed = f"{landed['accountKey']}.{landed['timestamp']}".encode()
    assert landed["signature"] == hmac.digest(secret.encode(), signed, "sha256").hex()
    async with running.client(landed["accountKey"]) as client:
        assert (await client.get("/accounting/invoices")).status_code == 200


AMOUNTS = {
    "invoices": "totalAmount",
    "bills": "totalGrossAmount",
    "bookingProposals": "totalGrossAmount",
}


@pytest.mark.parametrize("target", TARGETS)
async def test_documents_are_read_with_exact_amounts_and_paging(
    running: Sandbox, target: str
) -> None:
    account_key = await running.link(target)
    for path, amount in AMOUNTS.items():
        await read_with_exact_amounts_and_paging(running, account_key, path, amount)


async def read_with_exact_amounts_and_paging(
    running: Sandbox, account_key: str, path: str, amount: str
) -> None:
    async with running.client(account_key) as client:
        first = json.loads(
            (await ok(client.get(f"/accounting/{path}?limit=5&page=1"))).text, parse_float=str
        )
        pagination = first["meta"]["pagination"]
        assert pagination["perPage"] == 5
        assert pagination["currentPage"] == 1
        assert pagination["totalPages"] == -(-pagination["total"] // 5)
        seen: list[str] = []
        for page in range(1, pagination["totalPages"] + 1):
            answer = await ok(client.get(f"/accounting/{path}?limit=5&page={page}"))
            seen += [item["id"] for item in answer.json()["data"]]
        assert len(seen) == len(set(seen)) == pagination["total"]
        beyond = await ok(client.get(f"/accounting/{path}?limit=5&page=999"))
        assert beyond.json()["data"] == []

        listed = next(item for item in first["data"] if item[amount] not in (None, "0.0"))
        single = await ok(client.get(f"/accounting/{path}/{listed['id']}?rawData=true"))
        found = json.loads(single.text, parse_float=str)
        assert found["data"] == listed
        raw = found["rawData"]
        source = next(iter(raw.values())) if len(raw) == 1 else raw
        assert str(listed[amount]) == source["total_amount"]["value"]
        assert found["errors"] is None


@pytest.mark.both_databases
@pytest.mark.covers("MAE-24", "MAE-25", "MAE-26", "MAE-27", "MAE-28", "MAE-30", "GUIDE-03")
@pytest.mark.parametrize("target", TARGETS)
async def test_changes_at_qonto_reach_the_vendor_signed(
    running: Sandbox, vendor: Vendor, target: str
) -> None:
    """Subscribe, create, pay, retry, duplicate, unsubscribe: the whole life of a subscription."""
    account_key = await running.link(target)
    simulator = running.simulators[target]
    async with (
        running.client(account_key) as client,
        httpx2.AsyncClient(base_url=simulator.base_url) as qonto,
    ):
        wish = {"callbackUrl": f"{vendor.address}/customer-42", "resource": "INVOICE"}
        answer = await client.post("/webhooks", json=wish)
        assert answer.status_code == 201
        assert answer.json()["meta"] == {}
        created = answer.json()["data"]
        assert isinstance(created["id"], str)
        assert re.fullmatch(r"[0-9a-f]{64}", created["secret"])
        assert created["callbackUrl"] == wish["callbackUrl"]
        assert UTC_MILLIS.fullmatch(created["createdDate"])
        assert UTC_MILLIS.fullmatch(created["updatedDate"])
        assert created["expiresDate"] == "null"
        vendor.receiver.secret = created["secret"]
        standing = [one for one in await upstream(simulator) if "client-invoices" in str(one)]
        assert [one["types"] for one in standing] == [["v1/client-invoices"]]

        listed = (await ok(client.get("/webhooks"))).json()["data"]
        assert [one["id"] for one in listed] == [created["id"]]
        assert "secret" not in listed[0]
        assert "whsecSecret" not in listed[0]

        invoice = (await ok(qonto.post("/_simulator/invoices"))).json()["client_invoice"]["id"]
        first = await vendor.next()
        assert first.problem is None
        assert first.body == event("CREATED", invoice)
        assert list(first.body) == list(event("CREATED", invoice))
        assert (await client.get(f"/accounting/invoices/{invoice}")).status_code == 200

        await ok(qonto.post(f"/_simulator/invoices/{invoice}/pay"))
        second = await vendor.next()
        assert second.problem is None
        assert second.body == event("UPDATED", invoice)

        vendor.receiver.failing = 1
        other = (await ok(qonto.post("/_simulator/invoices"))).json()["client_invoice"]["id"]
        third = await vendor.next()
        assert third.body == event("CREATED", other)
        assert vendor.receiver.failing == 0

        deliveries = (await ok(qonto.get("/_simulator/deliveries"))).json()["deliveries"]
        ours = [one for one in deliveries if one["type"] == "v1/client-invoices"]
        assert all(one["state"] == "delivered" for one in ours)
        assert all(len(one["attempts"]) == 1 for one in ours), "slower than Qonto's second"
        await ok(qonto.post(f"/_simulator/events/{ours[-1]['event_id']}/resend"))
        assert await vendor.stays_quiet(), "a duplicate was delivered"

        ended = await client.delete(f"/webhooks/{created['id']}")
        assert ended.status_code == 200
        assert isinstance(ended.json(), dict)
        assert not [one for one in await upstream(simulator) if "client-invoices" in str(one)]
        await ok(qonto.post("/_simulator/invoices"))
        assert await vendor.stays_quiet(), "an event came after the subscription had ended"
        assert (await client.delete(f"/webhooks/{created['id']}")).status_code == 404


@pytest.mark.covers("MAE-20", "MAE-21", "MAE-22", "MAE-23")
async def test_a_subscription_is_one_accounts_and_for_one_resource_only(
    running: Sandbox, vendor: Vendor
) -> None:
    first_key, second_key = await running.link("qonto-sandbox"), await running.link("qonto")
    body = {"callbackUrl": f"{vendor.address}/one", "resource": "INVOICE", "eventType": "CREATED"}
    async with running.client(first_key) as first, running.client(second_key) as second:
        refused = await first.post("/webhooks", json={**body, "resource": "FILE"})
        assert refused.status_code == 404
        assert refused.json()["errors"]["code"] == "NOT_SUPPORTED"

        answer = await ok(first.post("/webhooks", json=body))
        assert any("eventType" in text for text in answer.json()["meta"]["warnings"])
        created = answer.json()["data"]
        vendor.receiver.secret = created["secret"]
        twice = await first.post("/webhooks", json=body)
        assert twice.status_code == 409
        assert twice.json()["errors"]["code"] == "SUBSCRIPTION_EXISTS"
        assert twice.json()["errors"]["subscriptionId"] == created["id"]
        foreign = await second.delete(f"/webhooks/{created['id']}")
        assert foreign.status_code == 404
        assert (await second.get("/webhooks")).json()["data"] == []

        other = running.simulators["qonto"]
        async with httpx2.AsyncClient(base_url=other.base_url) as qonto:
            await ok(qonto.post("/_simulator/invoices"))
        assert await vendor.stays_quiet(0.5), "another account's change was delivered"

        own = running.simulators["qonto-sandbox"]
        async with httpx2.AsyncClient(base_url=own.base_url) as qonto:
            draft = await ok(qonto.post("/_simulator/invoices", json={"status": "draft"}))
            draft_id = draft.json()["client_invoice"]["id"]
            assert (await vendor.next()).body == event("CREATED", draft_id)
            headers = {
                "Authorization": f"Bearer {own.issue_access_token()}",
                "X-Qonto-Staging-Token": own.staging_token,
            }
            gone = await qonto.delete(f"/v2/client_invoices/{draft_id}", headers=headers)
            assert gone.status_code == 204
        assert await vendor.stays_quiet(0.5), "a deletion was announced"

        received = vendor.receiver
        assert received.secret == created["secret"]


@pytest.mark.covers("MAE-29")
async def test_events_name_the_account_in_headers(running: Sandbox, vendor: Vendor) -> None:
    """The body is Maesn's; what identifies the customer is beside it."""
    async with running.client() as client:
        url = (await ok(client.post("/auth/qonto", json={"reference": "customer-42"}))).text
        code = httpx2.URL(await walk(url)).params["code"]
        exchanged = (await ok(client.post("/auth/exchange", json={"code": code}))).json()["data"]
    async with running.client(exchanged["accountKey"]) as client:
        created = (
            await ok(
                client.post(
                    "/webhooks",
                    json={"callbackUrl": f"{vendor.address}/one", "resource": "INVOICE"},
                )
            )
        ).json()["data"]
        vendor.receiver.secret = created["secret"]
    async with httpx2.AsyncClient(base_url=running.simulators["qonto"].base_url) as qonto:
        await ok(qonto.post("/_simulator/invoices"))
    received = await vendor.next()
    assert received.headers["x-connector-account"].startswith("acct_")
    assert received.headers["x-connector-reference"] == "customer-42"
    assert received.headers["webhook-id"].startswith("evt_")
    assert received.headers["webhook-id"] == received.id


async def test_events_go_on_once_a_revoked_consent_is_renewed(
    running: Sandbox, vendor: Vendor
) -> None:
    """Qonto drops its subscription with the consent; linking again under the key restores it."""
    account_key = await running.link("qonto")
    simulator = running.simulators["qonto"]
    async with running.client(account_key) as client:
        wish = {"callbackUrl": f"{vendor.address}/one", "resource": "INVOICE"}
        created = (await ok(client.post("/webhooks", json=wish))).json()["data"]
        vendor.receiver.secret = created["secret"]
        simulator.control.revoke_consent()
        for _ in range(100):  # Qonto tells of it
            if (await ok(client.get("/auth/status"))).json()["data"]["status"] == "REVOKED":
                break
            await asyncio.sleep(0.05)
        assert (await ok(client.get("/auth/status"))).json()["data"]["status"] == "REVOKED"
        answer = await client.get("/accounting/invoices")
        assert answer.status_code == 401
        assert answer.json()["errors"]["code"] == "ACCOUNT_INACTIVE"

        landed = httpx2.URL(await walk((await ok(client.get("/auth/qonto"))).text))
        assert landed.params["relinked"] == "true"
        assert "code" not in landed.params
        assert (await ok(client.get("/auth/status"))).json()["data"]["status"] == "ACTIVE"
        assert (await ok(client.get("/webhooks"))).json()["data"][0]["id"] == created["id"]
    async with httpx2.AsyncClient(base_url=simulator.base_url) as qonto:
        invoice = (await ok(qonto.post("/_simulator/invoices"))).json()["client_invoice"]["id"]
    received = await vendor.next()
    assert received.problem is None
    assert received.body == event("CREATED", invoice)
