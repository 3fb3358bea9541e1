"""Sessions over HTTP: POST /mcp, stateless, with keys like every call or with a token.

A request says by itself who calls and for which account, so that any process can answer it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from connector.api.routing import Gate
from connector.faces.mcp.server import make_server
from connector.faces.mcp.tool import Tool, Who
from oauth.admitted import account_of, admit, caller_of
from oauth.callers import Caller
from storage.repositories.accounts import Account

PATH = "/mcp"
METADATA_PATH = "/.well-known/oauth-protected-resource/mcp"

Admitted = tuple[Caller, Account]
Verify = Callable[[str], Awaitable[Admitted | None]]
"""Returns who a bearer token stands for, None for nobody."""

_LARGEST = 64 * 1024 * 1024
"""The service's edge bounds bodies closer than this."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the door is, and from where else it may be called: hosts and origins of browsers."""

    public_url: str
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()

    @property
    def metadata_url(self) -> str:
        """Where clients learn how to get a token."""
        return f"{self.public_url}{METADATA_PATH}"

    def security(self) -> TransportSecuritySettings:
        """Return what Host and Origin may be: a page of another site mustn't reach this one."""
        parts = urlsplit(self.public_url)
        return TransportSecuritySettings(
            allowed_hosts=[parts.netloc, *self.hosts],
            allowed_origins=[f"{parts.scheme}://{parts.netloc}", *self.origins],
        )


class Door:
    """The ASGI app at /mcp. It opens with the first request, and is closed with the service."""

    def __init__(
        self, tools: Mapping[str, Tool[Any]], gate: Gate, verify: Verify, addresses: Addresses
    ) -> None:
        self._sessions = StreamableHTTPSessionManager(
            make_server(tools, who_called),
            json_response=True,
            stateless=True,
            security_settings=addresses.security(),
            max_request_body_size=_LARGEST,
        )
        self._gate = gate
        self._verify = verify
        self._challenge = (
            f'Bearer error="invalid_token", resource_metadata="{addresses.metadata_url}"'
        )
        self._opened = asyncio.Event()
        self._closing = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if request.method != "POST":
            # there is nothing to be told without a question, and no session to end
            response = Response(status_code=405, headers={"Allow": "POST"})
        elif await self._admits(request):
            await self._open()
            await self._sessions.handle_request(scope, receive, send)
            return
        else:
            response = self._unauthorized()
        await response(scope, receive, send)

    async def close(self) -> None:
        """End what is under way."""
        self._closing.set()
        if self._running is not None:
            await self._running

    async def _admits(self, request: Request) -> bool:
        """Note who calls; False when nobody does. Raises what the gate raises for wrong keys."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            found = await self._verify(token.strip())
            if found is None:
                return False
            admit(request, *found)
            return True
        if "X-API-KEY" not in request.headers:
            return False
        await self._gate.admit(request, "account", None)
        return True

    def _unauthorized(self) -> Response:
        """Say how to get in: clients read the header, people the words."""
        told = {
            "error": "invalid_token",
            "error_description": (
                "Send X-API-KEY and X-ACCOUNT-KEY, or a bearer token that is still good."
            ),
        }
        return JSONResponse(told, 401, {"WWW-Authenticate": self._challenge})

    async def _open(self) -> None:
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        await self._opened.wait()

    async def _run(self) -> None:
        async with self._sessions.run():
            self._opened.set()
            await self._closing.wait()


def who_called(context: Any) -> Who:
    """Return who called, as it was noted on the request."""
    request: Request = context.request
    return Who(caller_of(request), account_of(request), request.state.request_id)
