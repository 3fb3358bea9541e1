"""What the page on assistants shows to paste works: each is read, and a session opened by it."""

import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from connector.app.assistants import tools_of
from connector.app.sandbox import Sandbox, sandbox
from connector.app.settings import McpGroup
from connector.faces.mcp.tool import Who
from oauth.assistants import AccessWish
from storage.sealing import MasterKey
from tests.docs.showing import BIN, GUIDES, files
from tests.support.commands import run
from tests.support.described import in_process

PAGE = GUIDES / "assistants.md"
SHOWN = files(PAGE)

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]


@dataclass(frozen=True)
class Installed:
    """A connector on this machine with an account, and what stands for it in the page."""

    up: Sandbox
    account_id: str
    account_key: str
    environment: dict[str, str]

    def filled(self, text: str) -> Any:
        """Put what is here in the place of what the page has."""
        told = {
            "https://connect.example.com": self.up.api,
            "acct_01K9...": self.account_id,
            "sk_...": self.up.api_key,
            "acc_...": self.account_key,
            "sqlite:////srv/qonto/connector.db": self.environment["CONNECTOR_DATABASE__URL"],
            "/srv/qonto/sealing": self.environment["CONNECTOR_SEALING__KEYS_FILE"],
        }
        for shown, real in told.items():
            text = text.replace(shown, real)
        return json.loads(text)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def installed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installed]:
    folder = tmp_path_factory.mktemp("installed")
    key, url = MasterKey.generate("test").reveal(), f"sqlite:///{folder / 'connector.db'}"
    (folder / "sealing").write_text(key)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONNECTOR_SEALING__KEYS", key)
        async with sandbox(database=url) as up:
            account_key = await up.link("qonto")
            async with up.container.storage.work.reading() as tx:
                (account,) = await tx.accounts.all()
            qonto = up.simulators["qonto"].base_url
            environment = {
                "CONNECTOR_DATABASE__URL": url,
                "CONNECTOR_SEALING__KEYS_FILE": str(folder / "sealing"),
                "CONNECTOR_ENVIRONMENT": "development",
                "CONNECTOR_QONTO__API_URL": qonto,
                "CONNECTOR_QONTO__OAUTH_URL": qonto,
            }
            yield Installed(up, account.id, account_key, environment)


def servers(config: dict[str, Any]) -> dict[str, Any]:
    """Return the one server of a client's configuration."""
    return (config.get("mcpServers") or config["servers"])["qonto"]


async def test_a_client_that_starts_the_command_gets_the_tools(installed: Installed) -> None:
    """Nothing but messages comes out of standard output, whatever is logged."""
    shown = servers(installed.filled(SHOWN["claude_desktop_config.json"]))
    started = StdioServerParameters(
        command=str(BIN / shown["command"]),
        args=shown["args"],
        env={
            **installed.environment,
            **shown["env"],
            "PATH": os.environ["PATH"],
            "CONNECTOR_LOG__LEVEL": "debug",
        },
    )
    async with Client(stdio_client(started)) as client:
        assert len((await client.list_tools()).tools) == 44
        assert not (await client.call_tool("list_products", {"per_page": 1})).is_error


async def test_the_command_only_reads_unless_it_is_told_to_write(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[Who] = []

    async def serve(tools: object, who: Who) -> None:
        served.append(who)

    monkeypatch.setattr("connector.faces.mcp.stdio.serve", serve)
    environment = {**installed.environment, "CONNECTOR_PUBLIC_URL": installed.up.api}
    for more in ((), ("--write",)):
        code, _, said = await run("mcp", "--account", installed.account_id, *more, env=environment)
        assert code == 0, said
    assert [sorted(one.caller.permissions) for one in served] == [["read"], ["read", "write"]]


async def test_the_operator_sees_and_ends_what_was_allowed(installed: Installed) -> None:
    environment = {**installed.environment, "CONNECTOR_PUBLIC_URL": installed.up.api}
    assistants = installed.up.container.oauth.assistants
    wish = AccessWish("digest", "Desk", "http://127.0.0.1:9/", "challenge")
    code = await assistants.allow(
        wish, installed.up.api_key, installed.account_key, may_write=False
    )
    command = ("account", "assistant", "list", installed.account_id, "--json")
    _, told, _ = await run(*command, env=environment)
    (grant,) = json.loads(told)
    assert (grant["client"], grant["permissions"], grant["state"]) == ("Desk", "read", "live")
    for id, status in ((grant["id"], 0), ("agr_unknown", 1)):
        code_, _, _ = await run("account", "assistant", "revoke", id, env=environment)
        assert code_ == status
    assert await assistants.find(code, "CODE", "digest") is None
    _, told, _ = await run(*command, env=environment)
    assert json.loads(told)[0]["state"] == "revoked"
    _, trail, _ = await run("audit", "list", "--json", env=environment)
    assert "assistant.allowed" in trail and "assistant.revoked" in trail


@pytest.mark.parametrize("name", ["cursor-keys.json"])
async def test_a_client_that_sends_keys_gets_in(installed: Installed, name: str) -> None:
    shown = servers(installed.filled(SHOWN[name]))
    async with (
        httpx2.AsyncClient(headers=shown["headers"], trust_env=False, timeout=30) as http,
        Client(streamable_http_client(shown["url"], http_client=http)) as client,
    ):
        assert len((await client.list_tools()).tools) == 44


@pytest.mark.parametrize("name", ["cursor.json", "vscode.json"])
async def test_a_client_with_the_address_alone_is_told_where_to_go(
    installed: Installed, name: str
) -> None:
    url = servers(installed.filled(SHOWN[name]))["url"]
    async with httpx2.AsyncClient(trust_env=False) as http:
        answer = await http.post(url, json={})
        assert answer.status_code == 401
        where = answer.headers["WWW-Authenticate"].partition('resource_metadata="')[2].rstrip('"')
        assert (await http.get(where)).json()["resource"] == url


async def test_the_page_names_every_tool(installed: Installed) -> None:
    text = PAGE.read_text()
    assert all(f"`{name}`" in text for name in tools_of(installed.up.container))


async def test_without_the_extra_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the command and at the door; the service serves all the rest."""
    monkeypatch.setattr("connector.app.assistants.find_spec", lambda name: None)
    code, _, said = await run("mcp", "--account", "acct_1", env=os.environ)
    assert code == 1 and "pip install 'qonto-connector[mcp]'" in said
    async with in_process(tmp_path) as up, up.client() as client:
        door = await client.post("/mcp", json={})
        assert (door.status_code, door.json()["errors"]["code"]) == (404, "NOT_INSTALLED")
        assert (await client.get("/health")).status_code == 200


async def test_pages_of_other_origins_get_in_where_the_operator_says(tmp_path: Path) -> None:
    page, asks = "https://desk.example", {"Access-Control-Request-Method": "POST"}
    group = McpGroup(origins=page, hosts="inner.example:8080")
    async with in_process(tmp_path, mcp=group) as up, up.client() as client:
        answer = await client.options("/mcp", headers={"Origin": page, **asks})
        assert answer.headers["Access-Control-Allow-Origin"] == page
        other = await client.options("/mcp", headers={"Origin": "https://evil.example", **asks})
        assert other.status_code == 400 and "Access-Control-Allow-Origin" not in other.headers
        await up.register()
        client.headers["X-ACCOUNT-KEY"] = await up.link()
        for host, status in (("inner.example:8080", 200), ("inner.example", 421)):
            ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
            accepts = {"Host": host, "Accept": "application/json, text/event-stream"}
            assert (await client.post("/mcp", json=ping, headers=accepts)).status_code == status


async def test_a_closed_door_is_none(tmp_path: Path) -> None:
    async with in_process(tmp_path, mcp=McpGroup(enabled=False)) as up, up.client() as client:
        assert (await client.post("/mcp", json={})).json()["errors"]["code"] == "NOT_FOUND"
