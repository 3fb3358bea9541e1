"""No value breaks the service, wherever it is put: each described parameter, header and field.

Each operation gets a request as it should be with one thing in it replaced. What is answered is
checked elsewhere; here nothing may be answered with 500. Requests are made of bytes, since clients
mend much of this.
"""

import asyncio
import copy
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest
from pytest_asyncio import fixture as async_fixture

from connector.app.operations import document
from tests.support import databases
from tests.support.described import API, CALLBACK, TARGET, InProcess, in_process
from tests.support.described_calls import Walk
from tests.support.described_dispatch import prepare

DOCUMENT = document(API)
BREAKERS = {"NUL": "%00", "a lone surrogate": "%ED%A0%80", "no UTF-8": "%FF%FE"}
ENCODED = {
    **BREAKERS,
    "nothing": "",
    "a blank": "+",
    "half an escape": "%",
    "a long text": "x" * 5_000,
    "a huge number": "9" * 400,
    "more than 64 bits": "18446744073709551616",
    "a negative number": "-1",
    "not a number": "NaN",
    "an exponent": "1e400",
    "other digits": quote("١٢٣"),
    "the first moment": quote("0001-01-01T00:00:00+23:59"),
    "the last moment": quote("9999-12-31T23:59:59-23:59"),
    "the first day": "0001-01-01",
    "the last day": "9999-12-31",
    "no date": "2026-02-30",
    "a leap second": quote("2026-06-30T23:59:60Z"),
    "steps up": "..%2F..%2Fetc",
    "a break": "%0D%0AX:%20y",
    "an emoji": quote("💣"),
    "a right-to-left mark": quote("\u202e"),
    "brackets": quote("[](){}<>'\"`;--"),
}
"""As they're put into a path or a query."""

HEADERS = [
    b"",
    b"\xff\xfe",
    b"x" * 5_000,
    "ü".encode(),
    b"1" * 400,
    b";q=,;=",
    b"*/*;q=9e999",
    b'W/"',
]
RAW_JSON = {
    "NUL": r'"a\u0000b"',
    "a lone surrogate": r'"a\ud800b"',
    "a long text": '"' + "x" * 20_000 + '"',
    "a huge number": "9" * 400,
    "more than 64 bits": "18446744073709551616",
    "a negative number": "-1",
    "an exponent": "1e400",
    "null": "null",
    "true": "true",
    "nothing": '""',
    "a list": "[1, null, {}]",
    "an object": '{"a": {"b": null}}',
    "the first moment": '"0001-01-01T00:00:00+23:59"',
    "the last moment": '"9999-12-31T23:59:59-23:59"',
    "brackets": json.dumps("https://[::1/%00?\"<'"),
    "a name": '"https://' + "ü" * 300 + '.example/x"',
}
BODIES = [
    *(b"", b"null", b"[]", b'"x"', b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b"{", b"\x00"),
    b"[" * 50_000,
    b'{"a":' * 50_000,
]
AGAIN = ("NUL", "more than 64 bits", "the first moment", "the last moment")
"""Tried where a parameter appears that another operation has as well, and reads alike."""
READS_HEADERS = (
    *("/accounting/invoices/{invoiceId}/document", "/webhooks", "/events/callback/{code}"),
    *("/link/{token}", "/health/details", "/api/templates"),
)
"""One of each way that headers are read."""
MADE = ("clients", "client_invoices", "supplier_invoices", "quotes", "products")
MARK = "--here--"
DESTROYS = re.compile(r"^DELETE ")
Headers = list[tuple[bytes, bytes]]


@dataclass
class Calls:
    """A service with a linked account, and the answers that were no answers."""

    up: InProcess
    keys: Headers
    values: dict[str, list[str]]
    broken: list[str] = field(default_factory=list[str])
    there: frozenset[str] = frozenset()
    """The ids of the records that were there before any value was tried."""

    def records(self) -> Iterator[tuple[Any, Any]]:
        """Yield each of Qonto's records that writes may make, after what it's in."""
        books = self.up.simulator.world.first
        for name in MADE:
            collection = getattr(books, name)
            yield from ((collection, one) for one in list(collection))

    def tidy(self) -> None:
        """Take out what was made meanwhile: reading it again and again takes minutes."""
        for collection, one in self.records():
            if one.id not in self.there:
                collection.remove(one)

    async def call(
        self, told: str, method: str, path: str, query: str, body: bytes, headers: Headers
    ) -> int:
        scope: dict[str, Any] = {
            **{"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1"},
            **{"method": method, "scheme": "https", "root_path": ""},
            "path": _decoded(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [*headers, (b"content-length", str(len(body)).encode())],
            "client": ("192.0.2.7", 4000),
            "server": ("connect.example.com", 443),
        }
        status = 0
        given = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if given:
                return given.pop()
            await asyncio.sleep(60)
            raise AssertionError("nobody waits that long")

        async def send(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)

        with suppress(TimeoutError):
            async with asyncio.timeout(30):
                await self.up.app(scope, receive, send)
        if status >= 500 or status == 0:
            self.broken.append(f"{method} {path[:80]} {told}: {status}")
        return status


def _decoded(path: str) -> str:
    """Decode a path as the server does."""
    return unquote(path)


async def world(folder: Path, url: str | None) -> AsyncIterator[Calls]:
    async with in_process(folder, url) as up:
        up.simulator.control.set_quirks(pdf_delay=0, file_delay=0)  # its clock stands still
        await up.register()
        key = await up.link()
        walk = Walk(up, account_key=key)
        await walk.call("POST", "/tenants/signing-secret")
        await walk.call("POST", "/webhooks", body={"callbackUrl": CALLBACK, "resource": "INVOICE"})
        await walk.read()
        values = {"target": [TARGET], "targetSystem": [TARGET], **await prepare(walk)}
        for made in walk.made:
            for name, value in made.values.items():
                values.setdefault(name, []).append(value)
        keys = [(b"x-api-key", up.api_key.encode()), (b"x-account-key", key.encode())]
        calls = Calls(up, keys, values)
        calls.there = frozenset(one.id for _, one in calls.records())
        yield calls


@async_fixture(scope="module", loop_scope="module")
async def sqlite(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Calls]:
    async for calls in world(tmp_path_factory.mktemp("hostile"), None):
        yield calls


@async_fixture(scope="module", loop_scope="module")
async def postgres(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: str, postgres_template: str
) -> AsyncIterator[Calls]:
    url = await databases.new_postgres(postgres_server, postgres_template)
    async for calls in world(tmp_path_factory.mktemp("hostile"), url):
        yield calls
    await databases.drop_postgres(postgres_server, url)


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    described: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def parameters(self, place: str) -> list[str]:
        return [one["name"] for one in self.described["parameters"] if one["in"] == place]

    def is_first(self, name: str) -> bool:
        """Say whether no operation before this one has such a parameter."""
        own = next(one for one in self.described["parameters"] if one["name"] == name)
        for path, methods in DOCUMENT["paths"].items():
            for method, described in methods.items():
                if (method.upper(), path) == (self.method, self.path):
                    return True
                if own in described["parameters"]:
                    return False
        raise AssertionError(self.name)

    def filled(self, calls: Calls, changed: str = "", value: str = "") -> str:
        """Write the path with ids that exist, and one parameter as given."""

        def fill(found: re.Match[str]) -> str:
            name = found.group(1)
            return value if name == changed else quote(calls.values.get(name, ["x"])[0])

        return re.sub(r"{(\w+)}", fill, self.path)

    def body(self) -> Any:
        content = self.described.get("requestBody", {}).get("content", {})
        one = content.get("application/json", {})
        return copy.deepcopy(one.get("example", {})) if one else None


OPERATIONS = [
    Operation(method.upper(), path, described)
    for path, methods in DOCUMENT["paths"].items()
    for method, described in methods.items()
]


def fields(schema: dict[str, Any], depth: int = 3) -> Iterator[tuple[str, ...]]:
    """List the fields of a body, nested ones too."""
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for one in schema.get("anyOf", []):
        yield from fields(one, depth)
    for name, inner in schema.get("properties", {}).items():
        yield (name,)
        if depth:
            yield from ((name, *rest) for rest in fields(inner, depth - 1))


def replaced(body: Any, where: tuple[str, ...], raw: str) -> bytes:
    """Write a body with one field replaced by what is no value."""
    changed = body if isinstance(body, dict) else {}
    at: dict[str, Any] = changed
    for name in where[:-1]:
        if not isinstance(at.get(name), dict):
            at[name] = {}
        at = at[name]
    at[where[-1]] = MARK
    return json.dumps(changed).replace(json.dumps(MARK), raw).encode()


async def try_all(
    operation: Operation, calls: Calls, encoded: dict[str, str], raw: dict[str, str]
) -> None:
    """Put each value everywhere in one operation's request."""
    body = operation.body()
    whole = json.dumps(body).encode() if body is not None else b""
    plain = operation.filled(calls)

    async def send(
        told: str,
        path: str = plain,
        query: str = "",
        body: bytes = whole,
        extra: Headers = [],  # noqa: B006
    ) -> None:
        await calls.call(told, operation.method, path, query, body, [*calls.keys, *extra])

    for told, value in encoded.items():
        for name in operation.parameters("path"):
            if operation.is_first(name) or told in AGAIN:
                await send(f"with {told} as {name}", operation.filled(calls, name, value))
        for name in operation.parameters("query"):
            if operation.is_first(name) or told in AGAIN:
                await send(f"with {told} as ?{name}", query=f"{quote(name)}={value}")
    await send("with a name that is none", query="%00=1&%ED%A0%80=1&%FF=1&=1&&;&a[b]=1")
    for name in operation.parameters("query"):
        if operation.is_first(name):
            await send(f"with ?{name} twice", query=urlencode([(name, "1"), (name, "2")]))
    if body is None:
        return
    schema = operation.described["requestBody"]["content"]["application/json"]["schema"]
    for where in fields(schema):
        for told, value in raw.items():
            sent = replaced(operation.body(), where, value)
            await send(f"with {told} as {'.'.join(where)}", body=sent)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
async def test_no_value_is_answered_with_500(operation: Operation, sqlite: Calls) -> None:
    if DESTROYS.match(operation.name):
        sqlite.values = {**sqlite.values, "webhookId": ["x"]}
    calls = sqlite
    if DESTROYS.match(operation.name):  # what comes after them needs these
        gone = {"templateId": ["x"], "configurationId": ["x"]}
        calls = replace(sqlite, values={**sqlite.values, **gone})
    await try_all(operation, calls, ENCODED, RAW_JSON)
    sqlite.tidy()
    broken, sqlite.broken = sqlite.broken, []
    assert broken == []


@pytest.mark.asyncio(loop_scope="module")
async def test_what_postgresql_cant_store_is_refused(postgres: Calls) -> None:
    """It takes neither NUL nor half a surrogate pair, where SQLite takes the one."""
    raw = {name: RAW_JSON[name] for name in ("NUL", "a lone surrogate", "more than 64 bits")}
    encoded = {**BREAKERS, "more than 64 bits": ENCODED["more than 64 bits"]}
    for operation in OPERATIONS:
        if operation.path.startswith("/accounting"):
            continue  # what is given there goes to Qonto, and into no table
        await try_all(operation, postgres, encoded, raw)
    assert postgres.broken == []


@pytest.mark.asyncio(loop_scope="module")
async def test_no_header_and_no_body_is_answered_with_500(sqlite: Calls) -> None:
    names = [
        "Accept",
        "Accept-Language",
        "Authorization",
        "Content-Type",
        "Cookie",
        "Host",
        "Range",
    ]
    names += ["If-None-Match", "X-API-KEY", "X-ACCOUNT-KEY", "X-Request-Id", "X-Qonto-Signature"]
    names += ["Content-Length", "X-Forwarded-For", "Idempotency-Key"]
    for operation in OPERATIONS:
        path = operation.filled(sqlite)
        for name in names if operation.path in READS_HEADERS else operation.parameters("header"):
            for value in HEADERS:
                header = (name.lower().encode(), value)
                told = f"with {name}: {value[:20]!r}"
                await sqlite.call(told, operation.method, path, "", b"", [header, *sqlite.keys])
        if operation.body() is None:
            continue
        for body in BODIES:
            told = f"with the body {body[:20]!r}"
            await sqlite.call(told, operation.method, path, "", body, sqlite.keys)
    broken, sqlite.broken = sqlite.broken, []
    assert broken == []


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("path", ["/%00", "/" + "x" * 60_000, "/accounting/%00", "//", "/%2e%2e"])
async def test_no_path_is_answered_with_500(sqlite: Calls, path: str) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "NONSENSE"):
        await sqlite.call("", method, path, "", b"", sqlite.keys)
    broken, sqlite.broken = sqlite.broken, []
    assert broken == []
