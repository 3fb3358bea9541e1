"""The door for assistants, if it is installed: made at its first request, so that none waits."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from importlib.util import find_spec
from typing import Any

from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from connector.api.errors import error_response
from connector.api.routing import Gate
from connector.app.container import Container
from connector.paying.paying import DEFAULT_ZONE
from storage.errors import NotFound

PATHS = (
    "/mcp",
    "/mcp/authorize",
    "/mcp/consent",
    "/mcp/register",
    "/mcp/revoke",
    "/mcp/token",
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/mcp",
)
"""Where the door is, and where people and clients get tokens for it."""

_METHODS = ("GET", "POST", "DELETE", "OPTIONS")

INSTALL = "pip install 'qonto-connector[mcp]'"


class NotInstalled(NotFound):
    """The packages that a part of the service needs aren't there."""

    code = "NOT_INSTALLED"
    meaning = "the packages that this part of the service needs aren't installed"


def is_installed() -> bool:
    """Say whether the SDK is there, without importing it."""
    return find_spec("mcp") is not None


def assistant_routes(
    container: Container, gate: Gate
) -> tuple[list[Route], "AssistantDoor | None"]:
    """Return the routes of the door; without the SDK they say what is missing."""
    if not container.settings.mcp.enabled:
        return [], None
    if not is_installed():
        return [Route(path, _not_installed, methods=_METHODS) for path in PATHS], None
    door = AssistantDoor(container, gate)
    return [Route(path, door) for path in PATHS], door


class AssistantDoor:
    """What serves all paths of the door."""

    def __init__(self, container: Container, gate: Gate) -> None:
        self._container = container
        self._gate = gate
        self._router: ASGIApp | None = None
        self._making = asyncio.Lock()
        self._close: Callable[[], Awaitable[None]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._making:
            if self._router is None:
                # beside the event loop, which others wait for: what is imported takes a second
                self._router = await asyncio.to_thread(self._made)
        await self._router(scope, receive, send)

    async def close(self) -> None:
        """End what is under way."""
        if self._close is not None:
            await self._close()

    def _made(self) -> Router:
        from connector.faces.mcp.authorization import AssistantAuthorization, authorization_routes
        from connector.faces.mcp.consent import ConsentPages
        from connector.faces.mcp.http import PATH, Addresses, Door

        container, mcp = self._container, self._container.settings.mcp
        public = container.settings.require_public_url().rstrip("/")
        hosts, origins = mcp.listed(mcp.hosts), mcp.listed(mcp.origins)
        assistants = container.oauth.assistants
        ground = container.storage.ring, container.storage.clock, public
        addresses = Addresses(public, hosts, origins)
        door = Door(tools_of(container), self._gate, assistants.verify, addresses)
        self._close = door.close
        return Router(
            [
                Route(PATH, _for_pages_of(origins, door)),
                *authorization_routes(AssistantAuthorization(assistants, *ground)),
                *ConsentPages(assistants, *ground).routes(),
            ],
            redirect_slashes=False,
        )


def _for_pages_of(origins: Sequence[str], door: ASGIApp) -> ASGIApp:
    """Let pages of these origins call the door from a browser."""
    if not origins:
        return door
    told = ["WWW-Authenticate", "X-Request-Id"]
    return CORSMiddleware(
        door, origins, allow_methods=["POST"], allow_headers=["*"], expose_headers=told
    )


def tools_of(container: Container) -> Mapping[str, Any]:
    """Return all tools, over the container's use cases."""
    from connector.app.operations import pairs
    from connector.faces.mcp.toolbox import served_by, toolbox

    zone = container.settings.zone() or DEFAULT_ZONE
    clock = container.storage.clock

    def today() -> date:
        return clock().astimezone(zone).date()

    return toolbox(container, today, served_by(pairs(container)))


async def _not_installed(request: Request) -> Response:
    message = f"The door for assistants isn't installed here. The operator installs it: {INSTALL}"
    return error_response(NotInstalled(message), request.state.request_id)
