"""A key does what it was made for, and nothing else, at every address of the running app."""

import pytest

from connector.api.operation import Permission
from connector.app.sandbox import Sandbox, ok

pytestmark = pytest.mark.loopback


async def test_a_key_is_refused_what_it_was_not_made_for(running: Sandbox) -> None:
    account_key = await running.link("qonto")
    callers = running.container.oauth.callers
    tenant = await callers.authenticate(running.api_key)
    calls = {
        Permission.READ: ("GET", "/accounting/invoices"),
        Permission.WRITE: ("DELETE", "/webhooks/whk_unknown"),
        Permission.ADMIN: ("GET", "/tenants/get-callback-url"),
    }
    for permission in Permission:
        made = await running.container.oauth.tenant_keys.create(tenant, permission, [permission])
        async with running.client(account_key) as client:
            client.headers["X-API-KEY"] = made.secret
            for needed, (method, path) in calls.items():
                answer = await client.request(method, path)
                if needed is permission:
                    assert answer.status_code in (200, 404)
                    continue
                assert answer.status_code == 403
                error = answer.json()["errors"]
                assert error["code"] == "PERMISSION_DENIED"
                assert f"permission {needed}" in error["message"]


async def test_a_vendor_makes_and_ends_keys_of_its_own(running: Sandbox) -> None:
    async with running.client() as client:
        body = {"name": "reports", "permissions": ["read"]}
        answer = await ok(client.post("/tenants/api-keys", json=body))
        assert answer.status_code == 201
        made = answer.json()["data"]
        assert made["permissions"] == ["read"]
        listed = (await ok(client.get("/tenants/api-keys"))).json()["data"]["apiKeys"]
        assert [key["name"] for key in listed] == ["first", "reports"]
        assert made["apiKey"] not in str(listed)
        wrong = await client.post("/tenants/api-keys", json={"name": "x", "permissions": ["all"]})
        assert wrong.status_code == 400
        gone = await ok(client.delete(f"/tenants/api-keys/{made['keyId']}"))
        assert gone.json()["data"] == {"keyId": made["keyId"]}
        own = await client.delete(f"/tenants/api-keys/{listed[0]['keyId']}")
        assert own.status_code == 409
        assert (await client.delete("/tenants/api-keys/key_unknown")).status_code == 404
        everyone = await client.get("/tenants/get-all-active-end-users")
        assert (everyone.status_code, everyone.json()["errors"]["code"]) == (404, "NOT_SUPPORTED")
