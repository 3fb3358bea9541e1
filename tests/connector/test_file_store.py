"""Files by their links: what the store is told, and what its answers mean."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

import httpx2
import pytest

from connector.app import logs
from connector.app.settings import LogGroup
from connector.errors import (
    DocumentNotFound,
    DocumentTooLarge,
    DownstreamError,
    DownstreamTimeout,
    DownstreamUnavailable,
    RateLimited,
)
from connector.file_store import FileLinkRefused, FileStore, StoreLimits
from connector.http import provider_http
from oauth.errors import SandboxTokenMissing

LINK = "https://store.example/bucket/file.pdf?X-Amz-Signature=topsecret"


class Body(httpx2.AsyncByteStream):
    """A body in parts; an exception among them is raised in its place."""

    def __init__(self, *parts: bytes | Exception) -> None:
        self._parts = parts
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            if isinstance(part, Exception):
                raise part
            yield part

    async def aclose(self) -> None:
        self.closed = True


class Store:
    """A FileStore whose other end is a function; `asked` are the requests that reached it."""

    def __init__(
        self,
        respond: Callable[[httpx2.Request], httpx2.Response],
        *,
        gated: bool = False,
        plain_http: bool = False,
        limits: StoreLimits | None = None,
    ) -> None:
        self.asked: list[httpx2.Request] = []
        self.observed: list[tuple[str, str, int | None]] = []
        self._respond = respond
        self.http = provider_http(httpx2.MockTransport(self._answer))
        self.files = FileStore(
            self.http,
            "Qonto",
            gated=gated,
            plain_http=plain_http,
            limits=limits,
            observe=lambda method, route, status, _: self.observed.append((method, route, status)),
        )

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        return self._respond(request)

    async def read(self, link: str = LINK) -> bytes:
        opened = await self.files.open(link, {})
        try:
            return b"".join([chunk async for chunk in opened.chunks()])
        finally:
            await opened.close()


async def test_a_file_is_opened_with_its_type_and_size() -> None:
    body = Body(b"%PDF", b"-1.7")
    headers = {"Content-Type": "Application/PDF; x=y", "Content-Length": "8"}
    store = Store(lambda _: httpx2.Response(200, headers=headers, stream=body))
    opened = await store.files.open(LINK, {"X-Qonto-Staging-Token": "staging"})
    assert (opened.content_type, opened.size) == ("application/pdf", 8)
    assert [chunk async for chunk in opened.chunks()] == [b"%PDF", b"-1.7"]
    await opened.close()
    assert body.closed
    (request,) = store.asked
    assert str(request.url) == LINK
    assert request.headers["X-Qonto-Staging-Token"] == "staging"
    assert request.headers["Accept-Encoding"] == "identity"
    assert store.observed == [("GET", "/files/{link}", 200)]


async def test_the_store_gets_neither_credentials_nor_cookies() -> None:
    """The client is shared, and another answer may have left a cookie in it."""
    store = Store(lambda _: httpx2.Response(200, content=b"x"))
    store.http.cookies.set("session", "of somebody", domain="store.example")
    store.http.headers["Authorization"] = "Bearer of-the-api"
    await store.read()
    assert not {"authorization", "cookie"} & set(store.asked[0].headers)


@pytest.mark.parametrize(
    "link",
    [
        "http://store.example/file",
        "ftp://store.example/file",
        "file:///etc/passwd",
        "//store.example/file",
        "/v2/attachments",
        "https://",
        "https://user@store.example/file",
        "https://user:secret@store.example/file",
        "https://[::1/file",
        "https://store.example:port/file",
        "javascript:alert(1)",
        " ",
    ],
)
async def test_only_https_links_are_followed(link: str) -> None:
    store = Store(lambda _: httpx2.Response(200, content=b"x"))
    with pytest.raises(DownstreamError) as caught:
        await store.read(link)
    assert link.strip() == "" or link not in str(caught.value)
    assert store.asked == []


async def test_http_is_taken_where_the_api_itself_is_at_http() -> None:
    store = Store(lambda _: httpx2.Response(200, content=b"x"), plain_http=True)
    assert await store.read("http://127.0.0.1/file") == b"x"


@pytest.mark.parametrize(
    ("status", "content_type", "error"),
    [
        (403, "application/xml", FileLinkRefused),
        (404, "application/xml", DocumentNotFound),
        (400, "application/xml", DownstreamError),
        (204, "", DownstreamError),
        (206, "application/pdf", DownstreamError),
        (429, "", DownstreamUnavailable),
        (500, "text/html", DownstreamUnavailable),
        (503, "application/xml", DownstreamUnavailable),
        (200, "text/html; charset=utf-8", DownstreamError),
        (302, "", DownstreamError),
    ],
)
async def test_what_the_store_refuses_is_an_error_without_the_link(
    status: int, content_type: str, error: type[Exception]
) -> None:
    """Neither the link nor what the store said is told on, and the connection is let go."""
    body = Body(b"<Error><Message>topsecret</Message></Error>")
    headers = {"Content-Type": content_type, "Location": "https://elsewhere.example/?topsecret"}
    store = Store(lambda _: httpx2.Response(status, headers=headers, stream=body))
    with pytest.raises(error) as caught:
        await store.read()
    assert type(caught.value) is error
    assert "topsecret" not in repr(caught.value) + str(caught.value.__context__)
    assert body.closed
    assert len(store.asked) == 1


@pytest.mark.parametrize("status", [200, 302, 403])
async def test_a_page_of_the_gate_says_that_the_staging_token_is_missing(status: int) -> None:
    store = Store(
        lambda _: httpx2.Response(status, headers={"Content-Type": "text/html"}), gated=True
    )
    with pytest.raises(SandboxTokenMissing):
        await store.read()


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (httpx2.ConnectError(LINK), DownstreamUnavailable),
        (httpx2.ReadTimeout(LINK), DownstreamTimeout),
        (httpx2.PoolTimeout(LINK), DownstreamTimeout),
    ],
)
async def test_a_store_that_can_not_be_reached_is_no_link_in_an_error(
    failure: Exception, error: type[Exception]
) -> None:
    def fail(_: httpx2.Request) -> httpx2.Response:
        raise failure

    store = Store(fail)
    with pytest.raises(error) as caught:
        await store.read()
    assert "topsecret" not in str(caught.value)
    assert caught.value.__suppress_context__
    assert store.observed == [("GET", "/files/{link}", None)]


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (httpx2.RemoteProtocolError(LINK), DownstreamUnavailable),
        (httpx2.ReadTimeout(LINK), DownstreamTimeout),
    ],
)
async def test_a_file_that_breaks_off_is_never_taken_for_a_whole_one(
    failure: Exception, error: type[Exception]
) -> None:
    body = Body(b"%PDF", failure)
    store = Store(lambda _: httpx2.Response(200, stream=body))
    with pytest.raises(error) as caught:
        await store.read()
    assert "topsecret" not in str(caught.value)
    assert body.closed


async def test_a_file_that_says_it_is_too_large_is_not_read() -> None:
    body = Body(b"x" * 11)
    limits = StoreLimits(largest=10)
    store = Store(
        lambda _: httpx2.Response(200, headers={"Content-Length": "11"}, stream=body),
        limits=limits,
    )
    with pytest.raises(DocumentTooLarge):
        await store.files.open(LINK, {})
    assert body.closed


async def test_a_file_that_does_not_say_its_size_is_read_no_further_than_allowed() -> None:
    body = Body(b"x" * 6, b"x" * 6, b"never read")
    store = Store(lambda _: httpx2.Response(200, stream=body), limits=StoreLimits(largest=10))
    opened = await store.files.open(LINK, {})
    assert opened.size is None
    chunks = opened.chunks()
    assert await anext(chunks) == b"x" * 6
    with pytest.raises(DocumentTooLarge):
        await anext(chunks)
    await opened.close()


async def test_a_packed_file_has_no_known_size() -> None:
    """Its length is that of the packed bytes, while plain ones are sent on."""
    packed = httpx2.Response(200, headers={"Content-Encoding": "identity", "Content-Length": "3"})
    store = Store(lambda _: packed)
    opened = await store.files.open(LINK, {})
    assert opened.size is None
    await opened.close()


async def test_only_so_many_files_are_open_at_once() -> None:
    """A place comes free when a file is closed, and closing it twice frees one place only."""
    limits = StoreLimits(at_once=1, queue=0.05)
    store = Store(lambda _: httpx2.Response(200, content=b"x"), limits=limits)
    first = await store.files.open(LINK, {})
    with pytest.raises(RateLimited):
        await store.files.open(LINK, {})
    await first.close()
    await first.close()
    second = await store.files.open(LINK, {})
    with pytest.raises(RateLimited):
        await store.files.open(LINK, {})
    await second.close()


async def test_a_refused_file_leaves_its_place() -> None:
    limits = StoreLimits(at_once=1, queue=0.05)
    store = Store(lambda _: httpx2.Response(403), limits=limits)
    for _ in range(3):
        with pytest.raises(FileLinkRefused):
            await store.read()


async def test_giving_up_while_waiting_for_the_store_leaves_the_place() -> None:
    entered = asyncio.Event()

    class Silent(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            entered.set()
            await asyncio.sleep(60)
            raise AssertionError

    files = FileStore(provider_http(Silent()), "Qonto", limits=StoreLimits(at_once=1, queue=0.05))
    task = asyncio.create_task(files.open(LINK, {}))
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    entered.clear()
    again = asyncio.create_task(files.open(LINK, {}))
    await asyncio.wait_for(entered.wait(), 30)
    again.cancel()


async def test_a_link_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The HTTP library logs addresses unless it is told not to, which `logs` does."""
    handlers = logging.getLogger().handlers[:]
    logs.configure(LogGroup(level="debug"))
    logging.getLogger().handlers[:] = handlers
    caplog.set_level(logging.DEBUG)
    await Store(lambda _: httpx2.Response(200, content=b"x")).read()
    assert "topsecret" not in caplog.text
