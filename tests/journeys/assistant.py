"""An assistant: a session of the SDK's client at the door, with an account's keys."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client


@dataclass(frozen=True)
class Assistant:
    """Calls tools. The SDK's client holds every answer against the tool's output schema."""

    client: Client

    async def call(self, tool: str, /, **arguments: Any) -> tuple[bool, dict[str, Any]]:
        """Call a tool; return whether it failed, and what it answered."""
        result = await self.client.call_tool(tool, arguments)
        told = result.structured_content
        assert isinstance(told, dict)
        (text,) = result.content
        assert json.loads(text.text) == told  # the same for clients that know texts alone
        return result.is_error, told

    async def ok(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """Call a tool that must succeed."""
        failed, told = await self.call(tool, **arguments)
        assert not failed, told
        return told

    async def refused(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """Call a tool that must fail; return the error, which says what to do."""
        failed, told = await self.call(tool, **arguments)
        assert failed, told
        error: dict[str, Any] = told["error"]
        assert error["message"] and error["what_to_do"]
        return error

    async def act(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """Do what can't be undone: look first, then do it with the token and the id of that."""
        shown = await self.ok(tool, **arguments)
        assert shown["status"] == "confirmation_required", shown
        return await self.ok(tool, **agreed(shown, arguments))

    async def names(self) -> set[str]:
        """List the tools that are offered."""
        return {one.name for one in (await self.client.list_tools()).tools}


def agreed(shown: dict[str, Any], arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of the call that follows a look."""
    again = {**arguments, "confirmation_token": shown["confirmation_token"]}
    if "id" in shown:
        again = {
            name: one for name, one in again.items() if name not in ("number", "latest_of")
        } | {"id": shown["id"]}
    return again


def faults(error: dict[str, Any]) -> dict[str, str]:
    """Return what is wrong with a call, by argument."""
    return {one["argument"]: one["code"] for one in error["arguments"]}


@asynccontextmanager
async def assistant(http: httpx2.AsyncClient, mode: str = "auto") -> AsyncGenerator[Assistant]:
    """Open a session with the keys of a vendor's client."""
    door = f"{str(http.base_url).rstrip('/')}/mcp"
    transport = streamable_http_client(door, http_client=http)
    async with Client(transport, mode=mode) as client:
        yield Assistant(client)
