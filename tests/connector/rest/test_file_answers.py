"""Opened files as answers: whole, broken off, unwanted and too large."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from connector.app.serving import bind, serving
from connector.errors import DocumentTooLarge, DownstreamUnavailable, NotAcceptable
from connector.faces.rest import file_answers
from connector.faces.rest.file_answers import LARGEST_IN_JSON, answer_file

PDF = "application/pdf"


@dataclass
class Opened:
    """A Download that notes how far it was read and whether it was closed."""

    parts: list[bytes | Exception] = field(default_factory=lambda: [b"%PDF", b"-1.7"])
    size: int | None = 8
    id: str = "file-1"
    file_name: str | None = "Façture.pdf"
    content_type: str = PDF
    read: int = 0
    closed: int = 0

    async def chunks(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            if isinstance(part, Exception):
                raise part
            self.read += 1
            yield part

    async def close(self) -> None:
        self.closed += 1


class Endless(Opened):
    """A file without an end."""

    async def chunks(self) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0)
            self.read += 1
            yield b"x" * 1024


def app(opened: Opened) -> Any:
    async def serve(scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        request.state.request_id = "req-1"
        await (await answer_file(request, opened))(scope, receive, send)

    return serve


async def get(opened: Opened, accept: str) -> httpx2.Response:
    transport = httpx2.ASGITransport(app(opened))
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get("/", headers={"Accept": accept})


async def test_json_has_the_bytes_in_base64() -> None:
    opened = Opened()
    answer = await get(opened, "*/*")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Vary"] == "Accept"
    body = json.loads(answer.text)
    assert list(body) == ["data", "meta", "rawData", "errors"]
    assert body["data"] == {
        "id": "file-1",
        "base64Encoded": True,
        "content": base64.b64encode(b"%PDF-1.7").decode(),
        "contentType": PDF,
        "fileName": "Façture.pdf",
    }
    assert opened.closed == 1


async def test_bytes_come_with_headers_that_make_them_harmless() -> None:
    opened = Opened()
    answer = await get(opened, PDF)
    assert answer.content == b"%PDF-1.7"
    assert answer.headers["Content-Type"] == PDF
    assert answer.headers["Content-Length"] == "8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"Facture.pdf\"; filename*=UTF-8''Fa%C3%A7ture.pdf"
    )
    assert answer.headers["Vary"] == "Accept"
    assert opened.closed == 1


async def test_a_file_of_unknown_size_has_no_length() -> None:
    answer = await get(Opened(size=None), PDF)
    assert "Content-Length" not in answer.headers
    assert answer.content == b"%PDF-1.7"


async def test_text_is_sent_as_it_is_without_a_guessed_charset() -> None:
    answer = await get(Opened(content_type="text/xml"), "text/xml")
    assert answer.headers["Content-Type"] == "text/xml"


async def test_a_form_that_there_is_not_is_refused_and_the_file_closed() -> None:
    opened = Opened()
    with pytest.raises(NotAcceptable, match=PDF):
        await get(opened, "image/png")
    assert (opened.read, opened.closed) == (0, 1)


async def test_a_file_that_breaks_off_is_no_json() -> None:
    opened = Opened(parts=[b"%PDF", DownstreamUnavailable("broke off")])
    with pytest.raises(DownstreamUnavailable):
        await get(opened, "application/json")
    assert opened.closed == 1


async def test_a_file_that_breaks_off_is_not_ended_as_if_it_were_whole() -> None:
    """The error leaves after the first bytes, so that the server breaks the connection off."""
    opened = Opened(parts=[b"%PDF", DownstreamUnavailable("broke off")], size=None)
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    with pytest.raises(DownstreamUnavailable):
        await app(opened)(_scope(PDF), _forever, send)
    assert [message.get("body") for message in sent] == [None, b"%PDF"]
    assert sent[-1]["more_body"] is True
    assert opened.closed == 1


@pytest.mark.loopback
@pytest.mark.parametrize("size", [None, 100])
async def test_a_client_sees_that_a_file_broke_off(size: int | None) -> None:
    """Through a real server: whether a length was announced or not."""
    parts: list[bytes | Exception] = [b"x" * 50, DownstreamUnavailable("broke off")]
    opened = Opened(parts=parts, size=size)
    inner = app(opened)

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await Starlette()(scope, receive, send)
        else:
            await inner(scope, receive, send)

    async with serving(serve, bind("127.0.0.1", 0)) as address, httpx2.AsyncClient() as client:
        with pytest.raises(httpx2.RemoteProtocolError):
            await client.get(address, headers={"Accept": PDF})
    assert opened.closed == 1


@pytest.mark.parametrize("size", [None, LARGEST_IN_JSON + 1])
async def test_a_file_too_large_for_json_says_how_to_get_it(size: int | None) -> None:
    """Whether its size is told or only shows while it is read."""
    part = b"x" * (1024 * 1024)
    opened = Opened(parts=[part] * 30, size=size)
    with pytest.raises(DocumentTooLarge, match="application/octet-stream"):
        await get(opened, "application/json")
    assert opened.closed == 1
    assert opened.read <= 26


async def test_a_file_is_closed_when_the_client_goes_away() -> None:
    opened = Endless(size=None)
    gone = asyncio.Event()
    count = 0

    async def send(_message: dict[str, Any]) -> None:
        nonlocal count
        count += 1
        if count == 5:
            gone.set()

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    await asyncio.wait_for(app(opened)(_scope(PDF), receive, send), 30)
    assert opened.closed == 1
    assert 4 <= opened.read < 100


async def test_a_client_that_does_not_read_on_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_answers, "_SECONDS_TO_SEND", 0.05)
    opened = Endless(size=None)

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body":
            await asyncio.sleep(60)

    with pytest.raises(file_answers.DownstreamTimeout):
        await app(opened)(_scope(PDF), _forever, send)
    assert opened.closed == 1


async def test_no_more_than_a_part_is_held() -> None:
    """The next part is read when the one before it was taken."""
    opened = Opened(parts=[b"a", b"b", b"c"], size=None)
    ahead: list[int] = []
    taken = 0

    async def send(message: dict[str, Any]) -> None:
        nonlocal taken
        if message.get("body"):
            taken += 1
            ahead.append(opened.read - taken)

    await app(opened)(_scope(PDF), _forever, send)
    assert ahead == [0, 0, 0]


def _scope(accept: str) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [(b"accept", accept.encode())],
    }


async def _forever() -> dict[str, Any]:
    await asyncio.sleep(60)
    raise AssertionError
