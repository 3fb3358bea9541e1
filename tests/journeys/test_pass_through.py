"""Calls in Qonto's own words, through the app to the simulator."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from pydantic import SecretStr

from connector.app.container import assemble
from connector.app.sandbox import Sandbox
from connector.app.settings import DatabaseGroup, QontoGroup, SealingGroup, Settings
from connector.pass_through import Mode
from connector.providers.qonto.session.pass_through import QontoPassThrough
from storage.sealing import MasterKey
from tests.connector.providers.qonto.test_pass_through import SPELLINGS

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]

PATH = "/accounting/passThrough"


@pytest.fixture(scope="module")
def lasting_scopes() -> str:
    return "default"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def linked(lasting: Sandbox) -> AsyncIterator[httpx2.AsyncClient]:
    async with lasting.client(await lasting.link("qonto")) as client:
        yield client


@pytest.fixture
def up(lasting: Sandbox, linked: httpx2.AsyncClient) -> Sandbox:
    """An account is linked, Qonto hasn't been asked for anything and fails at nothing."""
    control = lasting.simulators["qonto"].control
    control.clear_faults()
    control.clear_journal()
    return lasting


@pytest.fixture
def vendor(up: Sandbox, linked: httpx2.AsyncClient) -> httpx2.AsyncClient:
    return linked


def asked(up: Sandbox) -> list[Any]:
    return up.simulators["qonto"].recorder.entries()


def let(up: Sandbox, mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set what is let through as the setting would."""
    provider = up.container.registry.get("qonto")
    passing = provider.pass_through
    assert isinstance(passing, QontoPassThrough)
    changed = replace(provider, pass_through=QontoPassThrough(passing._http, mode))
    monkeypatch.setitem(up.container.registry._providers, "qonto", changed)


async def code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"]["code"]


async def test_a_call_is_answered_with_qontos_own_document(
    up: Sandbox, vendor: httpx2.AsyncClient
) -> None:
    """Under `data` as it came; with its parameters, of which a list is repeated."""
    query = {"per_page": 2, "exclude_imported": False, "filter[status][]": ["paid", "unpaid"]}
    body = {"method": "GET", "path": "/v2/client_invoices", "query": query}
    answer = await vendor.post(PATH, json=body)
    assert answer.status_code == 201
    assert list(answer.json()) == ["data", "meta", "rawData", "errors"]
    assert answer.json()["rawData"] is None
    assert answer.json()["meta"]["warnings"] == []
    assert len(answer.json()["data"]["client_invoices"]) == 2
    (entry,) = asked(up)
    assert entry.query == {
        "per_page": ["2"],
        "exclude_imported": ["false"],
        "filter[status][]": ["paid", "unpaid"],
    }
    one = answer.json()["data"]["client_invoices"][0]["id"]
    single = await vendor.post(PATH, json={"method": "GET", "path": f"v2/client_invoices/{one}"})
    assert single.json()["data"]["client_invoice"]["id"] == one


async def test_no_spelling_of_a_path_reaches_qonto(up: Sandbox, vendor: httpx2.AsyncClient) -> None:
    for path in SPELLINGS:
        answer = await vendor.post(PATH, json={"method": "GET", "path": path})
        assert await code(answer) == (400, "VALIDATION_FAILED"), path
    for path in ("/v2/webhook_subscriptions", "/v2/sepa/transfers"):
        for method in ("GET", "POST", "DELETE"):
            answer = await vendor.post(PATH, json={"method": method, "path": path})
            assert await code(answer) == (403, "PASS_THROUGH_REFUSED")
    assert asked(up) == []


async def test_of_the_callers_headers_only_the_harmless_one_is_passed_on(
    up: Sandbox, vendor: httpx2.AsyncClient
) -> None:
    """What is left out is said in a warning, by its name."""
    headers = {
        "Authorization": "Bearer stolen",
        "Host": "evil.example",
        "Cookie": "a=b",
        "Accept": "text/html",
        "X-Forwarded-For": "127.0.0.1",
        "X-Qonto-Staging-Token": "x",
        "Content-Length": "1",
        "X-QONTO-IDEMPOTENCY-KEY": "5f3a2c1e",
    }
    body = {"method": "GET", "path": "/v2/clients", "headers": headers}
    answer = await vendor.post(PATH, json=body)
    assert answer.status_code == 201
    assert len(answer.json()["meta"]["warnings"]) == len(headers) - 1
    assert "stolen" not in answer.text
    (entry,) = asked(up)
    assert entry.headers["x-qonto-idempotency-key"] == "5f3a2c1e"
    assert entry.headers["accept"] == "application/json"
    assert entry.headers["host"] == up.simulators["qonto"].base_url.removeprefix("http://")
    assert not {"cookie", "x-forwarded-for", "x-qonto-staging-token"} & set(entry.headers)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"method": "OPTIONS"}, "method"),
        ({"method": "get"}, "method"),
        ({"path": None}, "path"),
        ({"path": 7}, "path"),
        ({"query": ["a"]}, "query"),
        ({"query": {"a": {"b": 1}}}, "query.a"),
        ({"query": {"a": None}}, "query.a"),
        ({"query": {"a": [["b"]]}}, "query.a"),
        ({"query": {"a": "x" * 1001}}, "query.a"),
        ({"query": {"a": "line\nbreak"}}, "query.a"),
        ({"query": {"a&b": "x"}}, "query.a&b"),
        ({"query": {"": "x"}}, "query."),
        ({"query": {"a": ["x"] * 101}}, "query"),
        ({"headers": {"a": 1}}, "headers[...]"),
        ({"headers": {"X-Qonto-Idempotency-Key": "a\r\nB: c"}}, "headers.x-qonto-idempotency-key"),
        ({"headers": {"X-Qonto-Idempotency-Key": ""}}, "headers.x-qonto-idempotency-key"),
        ({"body": {"a": 1}}, "body"),
        ({"body": [1]}, "body"),
        ({"body": "text"}, "body"),
    ],
)
async def test_what_can_not_be_passed_on_is_named(
    up: Sandbox, vendor: httpx2.AsyncClient, changes: dict[str, Any], field: str
) -> None:
    body = {"method": "GET", "path": "/v2/clients", **changes}
    answer = await vendor.post(PATH, json=body)
    assert await code(answer) == (400, "VALIDATION_FAILED")
    assert [one["field"] for one in answer.json()["errors"]["validationErrors"]] == [field]
    assert asked(up) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff",
        b'{"path":"/v2/clients"}',
        b'{"method":"GET"}',
        b"[" * 100_000,
        b'{"method":"GET","path":"/v2/clients","query":{"a":' + b"1" * 5000 + b"}}",
        b'{"method":"GET","path":"/v2/clients","query":{"a":1e999999999}}',
    ],
)
async def test_a_body_that_is_no_call_is_refused(vendor: httpx2.AsyncClient, body: bytes) -> None:
    answer = await vendor.post(PATH, content=body)
    if b"1e999999999" in body:
        assert answer.status_code in (201, 400)
        return
    assert await code(answer) == (400, "VALIDATION_FAILED")


async def test_only_reading_is_passed_through_unless_the_operator_allows_more(
    up: Sandbox, vendor: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"method": "POST", "path": "/v2/clients", "body": {"kind": "company", "name": "New"}}
    read = {"method": "GET", "path": "/v2/clients"}
    assert await code(await vendor.post(PATH, json=body)) == (403, "PASS_THROUGH_REFUSED")
    let(up, "off", monkeypatch)
    assert await code(await vendor.post(PATH, json=read)) == (403, "PASS_THROUGH_REFUSED")
    assert asked(up) == []
    let(up, "write", monkeypatch)
    answer = await vendor.post(PATH, json=body)
    # the consent of this account doesn't cover it, which Qonto tells and we name
    assert await code(answer) == (403, "MISSING_SCOPE")
    assert "client.write" in answer.json()["errors"]["message"]
    assert answer.json()["errors"]["traceId"]


async def test_what_is_written_arrives_digit_for_digit(
    up: Sandbox, vendor: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    let(up, "write", monkeypatch)
    sent = '{"name": "é", "price": 10.10, "large": 12345678901234567890.000, "e": 1e2}'
    content = f'{{"method": "POST", "path": "/v2/products", "body": {sent}}}'
    await vendor.post(PATH, content=content.encode())
    (entry,) = asked(up)
    assert entry.body == sent


async def test_qontos_errors_come_in_the_usual_way(up: Sandbox, vendor: httpx2.AsyncClient) -> None:
    simulator = up.simulators["qonto"]
    unknown = "/v2/client_invoices/019d07ca-0000-7000-8000-000000000001"
    answer = await vendor.post(PATH, json={"method": "GET", "path": unknown})
    assert await code(answer) == (404, "NOT_FOUND")
    assert answer.json()["errors"]["traceId"]
    wrong = {"method": "GET", "path": "/v2/client_invoices", "query": {"per_page": "many"}}
    simulator.control.fault("/v2/client_invoices", "status", status=422)
    answer = await vendor.post(PATH, json=wrong)
    assert await code(answer) == (400, "DOWNSTREAM_REFUSED")
    assert answer.json()["errors"]["downstreamErrors"]
    simulator.control.fault("/v2/client_invoices", "malformed")
    answer = await vendor.post(PATH, json={"method": "GET", "path": "/v2/client_invoices"})
    assert await code(answer) == (502, "DOWNSTREAM_ERROR")


@pytest.mark.parametrize(
    ("came", "data"),
    [
        ([1, 2], {"value": [1, 2]}),
        ("text", {"value": "text"}),
        ({"a": {"b": 1.10}}, {"a": {"b": 1.10}}),
    ],
)
async def test_data_is_always_an_object(
    up: Sandbox, vendor: httpx2.AsyncClient, came: Any, data: Any
) -> None:
    """Strict clients take nothing else; what isn't one is under `value`."""
    up.simulators["qonto"].control.fault("/v2/clients", "status", status=200, body=json.dumps(came))
    answer = await vendor.post(PATH, json={"method": "GET", "path": "/v2/clients"})
    assert answer.status_code == 201
    assert answer.json()["data"] == data


async def test_an_empty_answer_is_an_empty_object(up: Sandbox, vendor: httpx2.AsyncClient) -> None:
    simulator = up.simulators["qonto"]
    simulator.control.fault("/v2/clients", "status", status=200, body=" ")
    answer = await vendor.post(PATH, json={"method": "GET", "path": "/v2/clients"})
    assert (answer.status_code, answer.json()["data"]) == (201, {})


async def test_it_needs_both_keys(up: Sandbox) -> None:
    async with up.client() as client:
        answer = await client.post(PATH, json={"method": "GET", "path": "/v2/clients"})
        assert answer.status_code == 401


@pytest.mark.parametrize("mode", ["off", "read", "write"])
async def test_the_setting_decides_for_both_target_systems(tmp_path: Path, mode: Mode) -> None:
    settings = Settings(
        environment="development",
        public_url="http://127.0.0.1",
        database=DatabaseGroup(url=SecretStr(f"sqlite:///{tmp_path / 'connector.db'}")),
        sealing=SealingGroup(keys=SecretStr(MasterKey.generate("test").reveal())),
        qonto=QontoGroup(pass_through=mode),
    )
    container = assemble(settings)
    for target in container.registry.targets():
        passing = container.registry.get(target).pass_through
        assert isinstance(passing, QontoPassThrough)
        assert passing._mode == mode
    await container.close()
