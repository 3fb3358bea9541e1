"""What must be refused, with which code, and that nothing is stored by it."""

import hmac
import json
import time
import uuid

import httpx2
import pytest
from sqlalchemy import text

from connector.app.sandbox import Sandbox, ok, walk
from storage.errors import StorageUnavailable

pytestmark = pytest.mark.loopback


def problem(answer: httpx2.Response, status: int, code: str) -> dict:
    """Check the envelope of a refusal; return its `errors`."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body["data"] is None
    assert body["errors"]["code"] == code
    assert body["errors"]["message"]
    assert body["errors"]["requestId"] == answer.headers["X-Request-Id"]
    assert "Traceback" not in answer.text
    return body["errors"]


async def counts(running: Sandbox) -> dict[str, int]:
    """Count the rows of every table that a request may fill."""
    found: dict[str, int] = {}
    async with running.container.storage.database.reading() as connection:
        for table in (
            "accounts",
            "account_keys",
            "tokens",
            "subscriptions",
            "events",
            "deliveries",
        ):
            row = await connection.execute(text(f"SELECT count(*) FROM {table}"))  # noqa: S608
            found[table] = row.scalar_one()
    return found


async def other_tenant(running: Sandbox) -> str:
    """Make a second vendor; return its API key."""
    return (await running.container.oauth.tenants.create("Another vendor")).api_key


@pytest.mark.covers("MAE-19")
async def test_keys_are_checked_and_tenants_kept_apart(running: Sandbox) -> None:
    account_key = await running.link("qonto")
    stranger = await other_tenant(running)
    async with httpx2.AsyncClient(base_url=running.api) as http:
        path = "/accounting/invoices"
        problem(await http.get(path), 403, "UNAUTHORIZED_API_KEY")
        wrong = {"X-API-KEY": "sk_wrong", "X-ACCOUNT-KEY": account_key}
        problem(await http.get(path, headers=wrong), 403, "UNAUTHORIZED_API_KEY")
        mine = {"X-API-KEY": running.api_key}
        missing = problem(await http.get(path, headers=mine), 401, "UNAUTHORIZED_ACCOUNT_KEY")
        unknown = problem(
            await http.get(path, headers={**mine, "X-ACCOUNT-KEY": "acc_unknown"}),
            401,
            "UNAUTHORIZED_ACCOUNT_KEY",
        )
        foreign = problem(
            await http.get(path, headers={"X-API-KEY": stranger, "X-ACCOUNT-KEY": account_key}),
            401,
            "UNAUTHORIZED_ACCOUNT_KEY",
        )
        async with running.container.storage.work.writing() as tx:
            account = (await tx.accounts.all())[0]
            for key in await tx.accounts.keys_of([account.id]):
                await tx.accounts.revoke_key(key.id, running.container.storage.clock())
        revoked = problem(
            await http.get(path, headers={**mine, "X-ACCOUNT-KEY": account_key}),
            401,
            "UNAUTHORIZED_ACCOUNT_KEY",
        )
        assert missing["message"] == unknown["message"] == foreign["message"] == revoked["message"]


async def test_unknown_targets_paths_and_ids(running: Sandbox) -> None:
    async with running.client(await running.link("qonto")) as client:
        problem(await client.get("/auth/datev"), 405, "TARGET_SYSTEM_UNKNOWN")
        page = await client.get("/auth/callback/datev?state=x")
        assert page.status_code == 405
        assert "TARGET_SYSTEM_UNKNOWN" in page.text
        problem(await client.get("/nowhere"), 404, "NOT_FOUND")
        problem(await client.put("/webhooks"), 405, "METHOD_NOT_ALLOWED")
        for path in ("invoices", "bills", "bookingProposals"):
            for unknown in (str(uuid.uuid4()), "not-a-uuid", "..%2Forganization"):
                problem(await client.get(f"/accounting/{path}/{unknown}"), 404, "NOT_FOUND")


async def test_an_invalid_body_names_each_field(running: Sandbox) -> None:
    async with running.client(await running.link("qonto")) as client:
        errors = problem(await client.post("/webhooks", json={}), 400, "VALIDATION_FAILED")
        assert {one["field"] for one in errors["validationErrors"]} == {"callbackUrl", "resource"}
        for body in (b"", b"[]", b"{", b'{"callbackUrl": 7, "resource": null}', b"\xff\xfe"):
            problem(await client.post("/webhooks", content=body), 400, "VALIDATION_FAILED")
        errors = problem(
            await client.get("/accounting/invoices?limit=7&page=0"), 400, "VALIDATION_FAILED"
        )
        assert {one["field"] for one in errors["validationErrors"]} == {"limit", "page"}
    assert (await counts(running))["subscriptions"] == 0


async def test_a_callback_url_that_may_not_be_called_is_refused(running: Sandbox) -> None:
    async with running.client(await running.link("qonto")) as client:
        for url in (
            "ftp://vendor.example/x",
            "https://user:pass@vendor.example/",
            "https://10.0.0.7/x",
            "http://169.254.169.254/latest/meta-data",
            "https://[fd00::1]/",
            "https://0x0a000007/",
            "//vendor.example",
            "not a url",
            "",
        ):
            wish = {"callbackUrl": url, "resource": "INVOICE"}
            answer = await client.post("/webhooks", json=wish)
            errors = problem(answer, 400, "CALLBACK_URL_REFUSED")
            assert errors["validationErrors"][0]["field"] == "callbackUrl", url
    assert (await counts(running))["subscriptions"] == 0


async def test_a_state_works_once_unchanged_and_at_its_own_target(running: Sandbox) -> None:
    async with running.client() as client:
        url = (await ok(client.get("/auth/qonto"))).text
        other = (await ok(client.get("/auth/qonto-sandbox"))).text
    state = httpx2.URL(url).params["state"]
    callback = f"{running.api}/auth/callback/qonto"
    async with httpx2.AsyncClient() as browser:
        for forged in (state[:-2], state + "x", "x" * 40, "", httpx2.URL(other).params["state"]):
            page = await browser.get(callback, params={"state": forged, "code": "ory_ac_x"})
            assert page.status_code == 400
            assert "STATE_INVALID" in page.text
        page = await browser.get(callback, params={"code": "<script>alert(1)</script>"})
        assert page.status_code == 400
        assert "<script>" not in page.text
        await walk(url)
        replayed = await browser.get(callback, params={"state": state, "code": "ory_ac_x"})
        assert replayed.status_code == 400
        assert "STATE_REPLAYED" in replayed.text
    assert (await counts(running))["accounts"] == 1


async def test_a_refusal_leads_back_to_the_vendor(running: Sandbox) -> None:
    async with running.client() as client:
        url = (await ok(client.get("/auth/qonto"))).text
    landed = httpx2.URL(await walk(url, allow=False)).params
    assert landed["error"] == "access_denied"
    assert "code" not in landed
    assert (await counts(running))["accounts"] == 0


async def test_events_are_taken_only_with_a_right_and_fresh_signature(running: Sandbox) -> None:
    async with running.client(await running.link("qonto")) as client:
        await ok(
            client.post(
                "/webhooks",
                json={"callbackUrl": "http://127.0.0.1:9/x", "resource": "INVOICE"},
            )
        )
    container = running.container
    async with container.storage.work.reading() as tx:
        account = (await tx.accounts.all())[0]
        upstream = await tx.upstream_subscriptions.of_account(account.id, "RESOURCES")
    assert upstream is not None
    secret = container.storage.ring.open_text(
        upstream.secret, associated_data=upstream.associated_data
    )
    address = f"{running.api}/events/callback/{upstream.code}"
    body = json.dumps(
        {
            "id": str(uuid.uuid4()),
            "type": "v1/client-invoices",
            "created_at": "2026-11-20T10:00:00Z",
            "data": {"id": str(uuid.uuid4()), "event": "updated"},
        }
    ).encode()

    def signed(at: float, key: str = secret, content: bytes = body) -> dict[str, str]:
        moment = str(int(at))
        digest = hmac.digest(key.encode(), f"{moment}.".encode() + content, "sha256").hex()
        return {"X-Qonto-Signature": f"t={moment},v1={digest}"}

    now = time.time()
    async with httpx2.AsyncClient() as qonto:
        problem(await qonto.post(address, content=body), 401, "SIGNATURE_INVALID")
        forged = await qonto.post(address, content=body, headers=signed(now, "another"))
        problem(forged, 401, "SIGNATURE_INVALID")
        changed = await qonto.post(address, content=body + b" ", headers=signed(now))
        problem(changed, 401, "SIGNATURE_INVALID")
        stale = await qonto.post(address, content=body, headers=signed(now - 400))
        problem(stale, 400, "EVENT_STALE")
        unknown = await qonto.post(f"{address}x", content=body, headers=signed(now))
        problem(unknown, 404, "NOT_FOUND")
        garbage = b'{"id": 7'
        unreadable = await qonto.post(
            address, content=garbage, headers=signed(now, content=garbage)
        )
        problem(unreadable, 400, "VALIDATION_FAILED")
        large = b"x" * (1024 * 1024 + 1)
        problem(
            await qonto.post(address, content=large, headers=signed(now, content=large)),
            413,
            "BODY_TOO_LARGE",
        )
        assert (await counts(running))["events"] == 0
        assert (await qonto.post(address, content=body, headers=signed(now))).status_code == 202
        assert (await counts(running))["events"] == 1


async def test_a_database_that_is_away_is_told_honestly(
    running: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with Retry-After, so that clients and Qonto try again."""
    async with running.client() as client:

        def away() -> None:
            raise StorageUnavailable("the database can't be used right now; try again")

        monkeypatch.setattr(running.container.storage.database, "reading", away)
        answer = await client.get("/auth/qonto")
        problem(answer, 503, "STORAGE_UNAVAILABLE")
        assert answer.headers["Retry-After"] == "5"


async def test_a_given_request_id_is_kept_and_a_strange_one_is_not(running: Sandbox) -> None:
    async with running.client() as client:
        kept = await client.get("/health", headers={"X-Request-Id": "trace-0123456789"})
        assert kept.headers["X-Request-Id"] == "trace-0123456789"
        made = await client.get("/health", headers={"X-Request-Id": "a b<c>"})
        assert made.headers["X-Request-Id"].startswith("req_")
