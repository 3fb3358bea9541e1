"""What every request passes on its way in: journal, faults, staging gate, rate limits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import msgspec
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import refuse
from .faults import Fault, Faults
from .journal import Entry, Journal
from .limits import Limits
from .pages import page
from .tally import Tally
from .world import World

STAGING_HEADER = b"x-qonto-staging-token"
TRACE_HEADER = b"x-tyk-trace-id"
LOGIN_PAGE = "https://qonto.onelogin.com/login"
_PROGRAM_PATHS = ("/v2", "/oauth2/token", "/oauth2/revoke", "/files/")
_LARGEST = 32 * 1024 * 1024
"""Twice the largest upload; what is longer is read and thrown away."""
_LIMITED_PATHS = ("/v2", "/oauth2/token", "/oauth2/revoke")


class _Captured:
    """A whole answer, held back until it is known whether it may go out."""

    def __init__(self) -> None:
        self.start: Message = {"type": "http.response.start", "status": 500, "headers": []}
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    @property
    def status(self) -> int:
        return int(self.start["status"])

    def set_header(self, name: bytes, value: bytes) -> None:
        kept = [pair for pair in self.start.get("headers", []) if pair[0] != name]
        self.start["headers"] = [*kept, (name, value)]

    def cut(self) -> None:
        """Leaves half of the body, with a length that fits."""
        self.body = self.body[: max(1, len(self.body) // 2)]
        self.set_header(b"content-length", str(len(self.body)).encode())

    async def release(self, send: Send) -> None:
        await send(self.start)
        await send({"type": "http.response.body", "body": self.body})


class Edge:
    """The outermost layer of the application.

    Control calls and the human page pass untouched. The staging gate stands before every path that
    programs use, not before the pages for browsers.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        world: World,
        journal: Journal,
        tally: Tally,
        faults: Faults,
        limits: Limits,
        staging_token: str | None,
    ) -> None:
        self._app = app
        self._world = world
        self._journal = journal
        self._tally = tally
        self._faults = faults
        self._limits = limits
        self._staging_token = staging_token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(("/v2", "/oauth2", "/files/")):
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        self._tally.asked(scope["method"], scope["path"])
        entry = self._note(scope, body or b"")
        try:
            await self._answer(scope, receive, send, body, entry)
        finally:
            self._tally.answered(entry.status)

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, body: bytes | None, entry: Entry
    ) -> None:
        fault = self._faults.take(scope["method"], scope["path"])
        if fault is not None:
            entry.fault = fault.kind
            await asyncio.sleep(fault.latency)
            if fault.kind == "drop":
                await _drop(receive, send)
                return
        trace_id = self._world.traces.hexadecimal(32)
        scope.setdefault("state", {})["trace_id"] = trace_id
        answer = _Captured()
        early = _failing(fault, trace_id) or self._stop(scope)
        if body is None:
            early = early or _too_large(scope["path"], trace_id)
        await (early or self._app)(scope, _replay(body or b"", receive), answer)
        if answer.status == 401 and scope["path"].startswith(_LIMITED_PATHS):
            self._tally.unauthorized()
            self._limits.refused(_address(scope), self._world.clock.now())
        if scope["path"].startswith("/v2"):
            answer.set_header(TRACE_HEADER, trace_id.encode())
        if fault is not None and fault.kind == "lost_response":
            await _drop(receive, send)
            return
        if fault is not None and fault.kind == "malformed":
            answer.cut()
        entry.status = answer.status
        await answer.release(send)

    def _stop(self, scope: Scope) -> Response | None:
        """The answer for a request that gets no further than the gate or the limits."""
        path: str = scope["path"]
        if self._staging_token is not None and path.startswith(_PROGRAM_PATHS):
            given = dict(scope["headers"]).get(STAGING_HEADER, b"")
            if given != self._staging_token.encode():
                if self._world.quirks.gate_redirects:
                    return RedirectResponse(LOGIN_PAGE, status_code=302)
                return page("gate.html")
        quirks = self._world.quirks
        if not quirks.rate_limits or not path.startswith(_LIMITED_PATHS):
            return None
        if self._limits.admit(_address(scope), self._world.clock.now()):
            return None
        wait = quirks.retry_after
        headers = {} if wait is None else {"Retry-After": str(wait)}
        return JSONResponse({"error": "API rate limit exceeded"}, 429, headers)

    def _note(self, scope: Scope, body: bytes) -> Entry:
        return self._journal.open(
            at=self._world.clock.now(),
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            headers=[(n.decode("latin-1"), v.decode("latin-1")) for n, v in scope["headers"]],
            body=body,
            client=_address(scope),
        )


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


async def _read(receive: Receive) -> bytes | None:
    """The whole body; ``None`` when it is larger than anything that could be meant, or when the
    caller went away before its end."""
    body, size = bytearray(), 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size <= _LARGEST:
            body += part
        if message["type"] == "http.disconnect":
            return None
        if not message.get("more_body", False):
            return bytes(body) if size <= _LARGEST else None


def _too_large(path: str, trace_id: str) -> Response:
    if not path.startswith("/v2"):
        return PlainTextResponse("Bad Request", 400)
    refusal = refuse(400, "invalid_body", f"the body is larger than {_LARGEST} bytes")
    return JSONResponse(refusal.document(trace_id), 400)


def _replay(body: bytes, receive: Receive) -> Callable[[], Awaitable[Message]]:
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _failing(fault: Fault | None, trace_id: str) -> Response | None:
    """The answer that a fault gives instead of the work."""
    if fault is None or fault.kind not in ("status", "html"):
        return None
    if fault.kind == "html":
        html = f"<!doctype html><html><body><h1>{fault.status}</h1></body></html>"
        return Response(html, fault.status, fault.headers, "text/html")
    if isinstance(fault.body, str):
        return PlainTextResponse(fault.body, fault.status, fault.headers)
    document = fault.body or {
        "errors": [{"code": "unknown", "detail": "Unknown error"}],
        "trace_id": trace_id,
    }
    content = msgspec.json.encode(document)
    return Response(content, fault.status, fault.headers, "application/json")


async def _drop(receive: Receive, send: Send) -> None:
    """Closes the connection without an answer, and waits until the server has noticed.

    A server's connection is found behind its ``send``; without one the request came in-process,
    and the caller gets the error that its own client library raises for a closed connection.
    """
    transport: Any = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise httpx2.RemoteProtocolError("Server disconnected without sending a response.")
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
