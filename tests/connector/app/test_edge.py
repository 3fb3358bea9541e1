"""What the edge lets through, refuses, slows down and writes down."""

import asyncio
import gc
import json
import weakref
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

import httpx2
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from pydantic import SecretStr
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.testing import capture_logs

from connector.api.routing import OperationRoute
from connector.app.edge import Edge
from connector.app.errors import TooManyBadKeys
from connector.app.factory import create_app
from connector.app.metrics import HttpMetrics
from connector.app.refusals import KeyRefusals, hint_of
from connector.app.settings import LogGroup
from storage.errors import Invalid
from tests.support.described import API, CALLBACK, InProcess, in_process
from tests.support.gates import LetIn
from webhooks.intake import Intake
from webhooks.operations import TAKE_IN

MB = 1024 * 1024
BAD = "sk_" + "x" * 43


@pytest.fixture
async def up(tmp_path: Path) -> AsyncIterator[InProcess]:
    async with in_process(tmp_path) as entered:
        yield entered


def through(up: InProcess, log: LogGroup | None = None, **server: object) -> httpx2.AsyncClient:
    """A vendor that calls a service with settings of its own."""
    return calling(app(up, log, **server), up)


def app(up: InProcess, log: LogGroup | None = None, **server: object) -> ASGIApp:
    """The same service with other settings of the server."""
    settings = up.container.settings
    changed: dict[str, object] = {"server": settings.server.model_copy(update=server)}
    if log is not None:
        changed["log"] = log
    container = replace(up.container, settings=settings.model_copy(update=changed))
    return create_app(container, worker=False)


def calling(service: ASGIApp, up: InProcess, address: str = "192.0.2.7") -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(service, client=(address, 40000)),
        base_url=API,
        headers={"X-API-KEY": up.api_key},
    )


def counted(up: InProcess, name: str) -> float:
    value = up.container.metrics.registry.get_sample_value
    kind, _, reason = name.partition(":")
    return value(f"qonto_connector_{kind}_total", {"reason": reason}) or 0.0


# -- bodies ---------------------------------------------------------------------------------------


async def many(times: int) -> AsyncIterator[bytes]:
    for _ in range(times):
        yield b" " * (MB // 8)


@pytest.mark.parametrize("path", ["/webhooks", "/accounting/passThrough", "/events/callback/code"])
@pytest.mark.parametrize("key", ["good", "bad", "none"])
async def test_a_body_that_says_it_is_too_large_is_refused_unread(
    up: InProcess, path: str, key: str
) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        read += 1
        yield b" "

    headers = {"Content-Length": str(100 * MB)}
    headers |= {"good": {}, "bad": {"X-API-KEY": BAD}, "none": {"X-API-KEY": ""}}[key]
    async with through(up) as vendor:
        answer = await vendor.post(path, content=body(), headers=headers)
    assert (answer.status_code, answer.json()["errors"]["code"]) == (413, "BODY_TOO_LARGE")
    assert answer.headers["Connection"] == "close"
    assert read == 0


@pytest.mark.parametrize("path", ["/tenants/register-system", "/tenants/api-keys"])
async def test_a_body_that_doesnt_say_how_long_it_is_is_counted(up: InProcess, path: str) -> None:
    async with through(up) as vendor:
        answer = await vendor.post(path, content=many(100))
    assert (answer.status_code, answer.json()["errors"]["code"]) == (413, "BODY_TOO_LARGE")


async def test_a_body_of_a_megabyte_is_read(up: InProcess) -> None:
    body = json.dumps({"name": "till"}).encode()
    async with through(up) as vendor:
        answer = await vendor.post("/tenants/api-keys", content=body + b" " * (MB - len(body)))
    assert answer.status_code == 201, answer.text


async def test_only_some_requests_bring_large_bodies_at_once(
    up: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.app.bodies._LARGE_AT_ONCE", 1)
    monkeypatch.setattr("connector.app.bodies._WAIT", 0.05)
    first_has_begun, first_may_end = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b" " * (MB // 2)
        first_has_begun.set()
        await first_may_end.wait()
        yield b'{"name": "till"}'

    async with through(up) as vendor:
        first = asyncio.create_task(vendor.post("/tenants/api-keys", content=slowly()))
        await first_has_begun.wait()
        second = await vendor.post("/tenants/api-keys", content=many(2))
        assert (second.status_code, second.json()["errors"]["code"]) == (503, "SERVER_BUSY")
        small = await vendor.post("/tenants/api-keys", json={"name": "other"})
        assert small.status_code == 201
        first_may_end.set()
        assert (await first).status_code == 201


# -- keys -----------------------------------------------------------------------------------------


async def test_an_unknown_key_leaves_a_trace_that_doesnt_hold_it(up: InProcess) -> None:
    async with through(up) as vendor:
        with capture_logs() as logs:
            refused = await vendor.get("/tenants/api-keys", headers={"X-API-KEY": BAD})
            account = await vendor.get("/webhooks", headers={"X-ACCOUNT-KEY": "my password"})
    assert (refused.status_code, account.status_code) == (403, 401)
    told = [one for one in logs if one["event"] == "auth.refused"]
    assert [(one["key_hint"], one["code"]) for one in told] == [
        ("sk_xxxx", "UNAUTHORIZED_API_KEY"),
        ("not a key of this service", "UNAUTHORIZED_ACCOUNT_KEY"),
    ]
    assert {one["address"] for one in told} == {"192.0.2.7"}
    assert counted(up, "keys_refused:unknown") == 2


async def test_a_key_that_may_not_do_this_leaves_a_trace(up: InProcess) -> None:
    async with through(up) as vendor:
        made = await vendor.post("/tenants/api-keys", json={"name": "x", "permissions": ["read"]})
        reader = made.json()["data"]["apiKey"]
        with capture_logs() as logs:
            answer = await vendor.post(
                "/tenants/api-keys", json={"name": "y"}, headers={"X-API-KEY": reader}
            )
    assert answer.json()["errors"]["code"] == "PERMISSION_DENIED"
    (told,) = [one for one in logs if one["event"] == "auth.refused"]
    assert (told["key_hint"], told["code"]) == (reader[:7], "PERMISSION_DENIED")
    assert reader not in str(logs)
    assert counted(up, "keys_refused:denied") == 1


async def test_a_wrong_monitoring_token_is_a_refused_key_too(up: InProcess) -> None:
    async with through(up, bad_keys_per_minute=1, monitoring_token=SecretStr("right")) as vendor:
        answers = [
            await vendor.get("/metrics", headers={"Authorization": f"Bearer {word}"})
            for word in ("wrong", "wrong", "right")
        ]
    assert [one.status_code for one in answers] == [403, 429, 200]


async def test_who_comes_with_many_bad_keys_waits_and_good_keys_go_on(up: InProcess) -> None:
    service = app(up, bad_keys_per_minute=3)
    async with calling(service, up) as vendor, calling(service, up, "192.0.2.8") as neighbour:
        with capture_logs() as logs:
            bad = [
                await vendor.get("/tenants/api-keys", headers={"X-API-KEY": BAD}) for _ in range(6)
            ]
        good = await vendor.get("/tenants/api-keys")
        elsewhere = await neighbour.get("/tenants/api-keys", headers={"X-API-KEY": BAD})
        without = await vendor.get("/tenants/api-keys", headers={"X-API-KEY": ""})
    assert [one.status_code for one in bad] == [403] * 3 + [429] * 3
    assert bad[-1].json()["errors"]["code"] == "TOO_MANY_BAD_KEYS"
    assert 1 <= int(bad[-1].headers["Retry-After"]) <= 60
    assert good.status_code == 200
    assert elsewhere.status_code == without.status_code == 403
    events = [one["event"] for one in logs if one["event"].startswith("auth.")]
    assert events == ["auth.refused"] * 3 + ["auth.slowed"]
    assert counted(up, "keys_refused:slowed") == 3
    assert counted(up, "keys_refused:missing") == 1


def test_a_minute_later_bad_keys_are_only_refused_again() -> None:
    now, seen = 0.0, list[str]()
    refusals = KeyRefusals(1, seen.append, clock=lambda: now)
    for moment in (0.0, 59.9, 60.1):
        now = moment
        with suppress(TooManyBadKeys):
            refusals.refused("192.0.2.7", BAD, "UNAUTHORIZED_API_KEY")
    assert seen == ["unknown", "slowed", "unknown"]


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        (BAD, "sk_xxxx"),
        ("acc_" + "y" * 43, "acc_yyyy"),
        ("sk_short", "not a key of this service"),
        ("sk_" + "x" * 43 + "\n", "not a key of this service"),
        ("correct horse", "not a key of this service"),
    ],
)
def test_a_hint_holds_what_lists_show_and_nothing_of_other_secrets(key: str, hint: str) -> None:
    assert hint_of(key) == hint


# -- requests at once -----------------------------------------------------------------------------


async def test_one_address_has_so_many_requests_under_way(up: InProcess) -> None:
    began, may_end = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        began.set()
        await may_end.wait()
        yield b'{"name": "till"}'

    service = app(up, connections_per_address=1)
    async with calling(service, up) as vendor, calling(service, up, "192.0.2.8") as neighbour:
        first = asyncio.create_task(vendor.post("/tenants/api-keys", content=slowly()))
        await began.wait()
        second = await vendor.get("/tenants/api-keys")
        assert (second.status_code, second.json()["errors"]["code"]) == (429, "TOO_MANY_REQUESTS")
        assert int(second.headers["Retry-After"]) >= 1
        assert (await neighbour.get("/tenants/api-keys")).status_code == 200
        may_end.set()
        assert (await first).status_code == 201
        assert (await vendor.get("/tenants/api-keys")).status_code == 200


# -- the access log -------------------------------------------------------------------------------


async def test_the_access_log_says_who_did_what_and_how_it_ended(
    up: InProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    account_key = await _linked(up)
    capsys.readouterr()
    async with through(up, LogGroup(level="error")) as vendor:
        await vendor.get("/webhooks", headers={"X-ACCOUNT-KEY": account_key})
        await vendor.get("/health?secret=canary", headers={"X-Request-Id": "request-0001"})
        await vendor.get("/webhooks/x", headers={"X-API-KEY": BAD})
    written = capsys.readouterr().err
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    listed, health, refused = lines
    assert {one["event"] for one in lines} == {"http.request"}
    assert (listed["method"], listed["route"], listed["status"]) == ("GET", "/webhooks", 200)
    assert listed["tenant_id"] == up.tenant_id
    assert listed["key_id"].startswith("key_")
    assert listed["account_id"].startswith("acct_")
    assert listed["duration_ms"] > 0
    assert (health["request_id"], health["address"]) == ("request-0001", "192.0.2.7")
    assert (refused["status"], "key_id" in refused) == (403, False)
    assert refused["route"] == "/webhooks/{webhookId}"
    assert not [one for one in (up.api_key, account_key, BAD, "canary") if one in written]


async def test_the_access_log_in_words(up: InProcess, capsys: pytest.CaptureFixture[str]) -> None:
    async with through(up, LogGroup(format="text")) as vendor:
        await vendor.get("/health")
    (line,) = capsys.readouterr().err.splitlines()
    assert "method=GET route=/health status=200" in line
    assert "None" not in line


async def test_the_access_log_can_be_turned_off(
    up: InProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    async with through(up, LogGroup(access=False)) as vendor:
        await vendor.get("/health")
    assert capsys.readouterr().err == ""


async def _linked(up: InProcess) -> str:
    await up.register()
    return await up.link()


# -- the rest -------------------------------------------------------------------------------------


async def test_https_is_to_stay_where_the_service_is_reached_by_it(up: InProcess) -> None:
    assert up.container.settings.public_url.startswith("https://")
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(up.app)) as client:
        answer = await client.get("https://connector.example/health")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_a_client_that_leaves_is_no_error_of_ours(up: InProcess) -> None:
    sent: list[object] = []

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        sent.append(message)

    scope = {
        **{"type": "http", "method": "POST", "path": "/tenants/api-keys", "query_string": b""},
        "headers": [(b"x-api-key", up.api_key.encode()), (b"content-length", b"9")],
        "client": ("192.0.2.7", 1),
    }
    with capture_logs() as logs:
        await up.app(scope, receive, send)  # type: ignore[arg-type]
    assert sent == []
    assert not [one for one in logs if one["log_level"] == "error"]
    assert b'status="499"' in generate_latest(up.container.metrics.registry)


async def test_a_wrong_limit_has_one_code_everywhere(up: InProcess) -> None:
    account_key = await _linked(up)
    async with up.client(account_key) as vendor:
        made = await vendor.post("/webhooks", json={"callbackUrl": CALLBACK, "resource": "INVOICE"})
        hook = made.json()["data"]["id"]
        paths = ["/accounting/invoices", "/accounting/files"]
        paths += [f"/webhooks/{hook}/deliveries", f"/webhooks/{hook}/replays"]
        for path in paths:
            for limit in ("7", "many", "-5", "9" * 40):
                answer = await vendor.get(path, params={"limit": limit})
                (wrong,) = answer.json()["errors"]["validationErrors"]
                told = answer.status_code, wrong["field"], wrong["code"]
                assert told == (400, "limit", "NOT_ALLOWED"), (path, limit)


async def test_a_field_that_isnt_known_is_warned_of_as_a_parameter_is(up: InProcess) -> None:
    account_key = await _linked(up)
    hook = {"callbackUrl": CALLBACK, "resource": "INVOICE", "orderd": True}
    async with up.client(account_key) as vendor:
        await vendor.post("/tenants/signing-secret")
        for path, body in {
            "/webhooks": hook,
            "/webhooks/tenant": {"callbackUrl": CALLBACK, "orderd": True},
            "/tenants/api-keys": {"name": "till", "orderd": True},
            "/tenants/submission-page-style": {"name": "Acme", "orderd": True},
        }.items():
            answer = await vendor.post(path, json=body)
            assert answer.status_code == 201, answer.text
            warned = answer.json()["meta"]["warnings"]
            assert warned == ["'orderd' is not a field of this call's body; it was not used."]
        accept = {"Accept": "application/json"}
        started = await vendor.get("/auth/qonto?callbackURL=x&callbackUrl=", headers=accept)
        warned = started.json()["meta"].get("warnings")
        assert warned == ["'callbackURL' is not a parameter of this call; it was not used."]
        right = await vendor.post("/tenants/api-keys", json={"name": "other"})
        assert not right.json()["meta"].get("warnings")


class Kept:
    """What a frame that refuses a request still holds of it."""


async def test_a_refusal_keeps_nothing_of_the_request_alive() -> None:
    """Not even in a circle that the collector would find some day: a body may have a megabyte."""
    bodies: list[weakref.ref[Kept]] = []

    async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
        body = Kept()
        bodies.append(weakref.ref(body))
        raise Invalid("no")

    direct = OperationRoute(TAKE_IN, cast(Intake, None), LetIn())
    edge = Edge(refusing, metrics=HttpMetrics(CollectorRegistry()), direct=direct)
    scope = {"type": "http", "method": "POST", "path": "/webhooks", "headers": []}

    async def alive(message: Message) -> None:
        assert bodies[0]() is None, message["type"]

    async def nothing() -> Message:
        raise AssertionError

    gc.disable()
    try:
        await edge(scope, nothing, alive)
        assert bodies[0]() is None
    finally:
        gc.enable()
