"""Nothing that is sent gets a 500, a page of HTML, or another shape than the back office's."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import httpx2
import pytest
from starlette.types import Message

from connector.api.operation import Operation
from connector.faces.backoffice import OPERATIONS
from connector.faces.backoffice.office import SHELVES
from tests.connector.app.test_hostile_values import BODIES, ENCODED, RAW_JSON
from tests.connector.backoffice.conftest import Office

pytestmark = pytest.mark.asyncio(loop_scope="module")

TAKEN = {
    **dict.fromkeys(("page", "limit", "rawData", "lastModifiedAt"), "transactions"),
    **dict.fromkeys(("orderField", "orderDir"), "invoices"),
    **{one.name: shelf.path for shelf in SHELVES for one in shelf.resource.filters},
}
"""Parameters, and a list that takes each."""
HEADERS = ("Idempotency-Key", "Confirmation-Token", "X-Request-Id", "Content-Type", "Accept")
UNKNOWN = "01890000-0000-7000-8000-000000000000"


class Raw:
    """Calls made of bytes: clients mend much of what is wrong with a request."""

    def __init__(self, office: Office) -> None:
        self._app = office.app()

    async def get(self, path: str, query: str = "", method: str = "GET") -> httpx2.Response:
        sent: dict[str, Any] = {"status": 0, "headers": [], "body": b""}
        scope: dict[str, Any] = {
            **{"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1"},
            **{"method": method, "scheme": "http", "root_path": "", "path": unquote(path)},
            **{"raw_path": path.encode(), "query_string": query.encode()},
            **{"headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 4000)},
        }

        async def receive() -> Message:
            return {"type": "http.request", "body": b"{}", "more_body": False}

        async def send(message: Message) -> None:
            sent.update(message, body=sent["body"] + message.get("body", b""))

        await self._app(scope, receive, send)
        return httpx2.Response(sent["status"], headers=sent["headers"], content=sent["body"])


def check(answer: httpx2.Response, told: str) -> None:
    """Fail unless this is an answer of the back office's, whatever it says."""
    assert 200 <= answer.status_code < 500, f"{told}: {answer.text[:300]}"
    kind = answer.headers["content-type"]
    if kind == "application/pdf":
        return
    assert kind == "application/json", told
    body = answer.json()
    assert body["success"] is (answer.status_code < 400), told
    if not body["success"]:
        assert re.fullmatch(r"[a-z_]+", body["error"]["code"]), told
        assert body["error"]["message"], told


def with_id(one: Operation[Any], wanted: str) -> str:
    return re.sub(r"\{\w+\}", lambda _: wanted, one.path)


@pytest.mark.parametrize("told", ENCODED)
async def test_no_path_breaks_it(office: Office, told: str) -> None:
    raw, value = Raw(office), ENCODED[told]
    for one in OPERATIONS:
        if "{" in one.path:
            path = with_id(one, value)
            check(await raw.get(path, method=one.method), f"{one.method} {path[:80]}")
    for path in (f"/api/qonto/{value}", f"/api/qonto/invoices/x/{value}"):
        check(await raw.get(path), path[:80])


@pytest.mark.parametrize("name", sorted(TAKEN))
async def test_no_parameter_breaks_a_list(office: Office, name: str) -> None:
    raw = Raw(office)
    for told, value in ENCODED.items():
        check(await raw.get(f"/api/qonto/{TAKEN[name]}", f"{name}={value}"), f"{name} {told}")


@pytest.mark.parametrize("name", ["dryRun", "confirm", "unknown"])
async def test_no_parameter_breaks_a_write(office: Office, name: str) -> None:
    raw = Raw(office)
    for told, value in ENCODED.items():
        check(await raw.get("/api/qonto/quotes", f"{name}={value}", "POST"), f"{name} {told}")


async def test_no_header_breaks_it(office: Office) -> None:
    async with office.client() as caller:
        for name in HEADERS:
            for value in (b"", b"\xff\xfe", b"x" * 5_000, b"1" * 400, b"*/*;q=9e999"):
                for path in ("balance", "invoices", f"invoices/{UNKNOWN}/pdf"):
                    headers = {name.encode(): value}
                    check(await caller.get(f"/api/qonto/{path}", headers=headers), name)
                answer = await caller.post("/api/qonto/quotes", headers=headers, content=b"{}")
                check(answer, name)


def values() -> Iterator[bytes]:
    for raw in RAW_JSON.values():
        for field in ("contactId", "offerDate", "lineItems", "currency"):
            yield f'{{"{field}": {raw}}}'.encode()
        for field in ("name", "quantity", "unitAmount", "itemId"):
            yield f'{{"contactId": "x", "lineItems": [{{"{field}": {raw}}}]}}'.encode()


async def test_no_body_breaks_a_write_and_none_makes_anything(office: Office) -> None:
    books = office.simulator.world.first
    before = len(books.client_invoices), len(books.quotes)
    every = [
        (one.method, with_id(one, UNKNOWN), raw)
        for one in OPERATIONS
        for raw in BODIES
        if one.method in ("POST", "PATCH")
    ]
    service = [("POST", "/api/qonto/quotes/service", raw) for raw in values()]
    async with office.client() as caller:
        for method, path, raw in [*every, *service]:
            answer = await caller.request(method, path, content=raw)
            check(answer, f"{path} {raw[:60]!r}")
            assert answer.status_code >= 400, raw[:60]
    assert (len(books.client_invoices), len(books.quotes)) == before


async def test_a_body_that_is_too_large_and_other_methods_are_told_alike(office: Office) -> None:
    async with office.client() as caller:
        large = await caller.post("/api/qonto/quotes", content=b" " * (1024 * 1024 + 1))
        check(large, "large")
        assert (large.status_code, large.json()["error"]["code"]) == (413, "body_too_large")
        for method in ("PUT", "OPTIONS", "TRACE", "PURGE"):
            other = await caller.request(method, "/api/qonto/invoices")
            assert (other.status_code, other.json()["error"]["code"]) == (405, "method_not_allowed")
            assert other.headers["Allow"] == "GET, POST"
        for path in ("/api/qonto", "/api/qonto/", "/api/qonto/invoices/", "/api/qonto/a/b/c/d"):
            missing = await caller.get(path)
            assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")
        repeated = await caller.get("/api/qonto/transactions?page=1&page=2")
        assert repeated.json()["error"]["fields"][0]["code"] == "REPEATED"
