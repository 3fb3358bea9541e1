"""What `doctor` says of the way in, from Qonto, and of the way out, to vendors."""

import asyncio
import os
import socket
from pathlib import Path

import pytest
from pydantic import SecretStr

from connector.app import doctor
from connector.app.doctor import Finding, examine
from connector.app.settings import DatabaseGroup, EgressGroup, SealingGroup, ServerGroup, Settings
from storage.sealing import MasterKey
from tests.support import databases

pytestmark = pytest.mark.loopback

SECRET = "canary-of-the-proxy"


@pytest.fixture(autouse=True)
def _no_ambient_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> str:
    return databases.new_sqlite(sqlite_template, tmp_path)


async def findings(
    database: str,
    subject: str,
    *,
    public_url: str = "https://127.0.0.1",
    server: ServerGroup | None = None,
    **egress: str,
) -> list[Finding]:
    """Examine a deployment; return what was found about one subject."""
    settings = Settings(
        public_url=public_url,
        database=DatabaseGroup(url=SecretStr(database)),
        sealing=SealingGroup(keys=SecretStr(MasterKey.generate("2026-11").reveal())),
        egress=EgressGroup.model_validate(egress),
        server=server or ServerGroup(),
    )
    return [one async for one in examine(settings) if one.subject == subject]


@pytest.mark.covers("QX-16")
@pytest.mark.parametrize(
    ("leads_to", "verdict", "words"),
    [
        ("93.184.216.34", "ok", "resolves to a public address"),
        ("192.168.1.10", "warning", "leads to a private address; Qonto can only post"),
        ("127.0.0.1", "warning", "leads to a private address; Qonto can only post"),
        (None, "warning", "doesn't resolve"),
    ],
)
async def test_an_address_that_qonto_cant_reach_is_warned_of(
    database: str,
    monkeypatch: pytest.MonkeyPatch,
    leads_to: str | None,
    verdict: str,
    words: str,
) -> None:
    def lookup(host: str, *_: object, **__: object) -> object:
        assert host == "connect.example"
        if leads_to is None:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (leads_to, 443))]

    monkeypatch.setattr("socket.getaddrinfo", lookup)
    told = await findings(database, "public address", public_url="https://connect.example")
    assert any(one.verdict == verdict and words in one.message for one in told), told


async def test_networks_inside_are_named_and_those_with_credentials_warned_of(
    database: str,
) -> None:
    assert await findings(database, "callbacks") == []
    (told,) = await findings(database, "callbacks", allowed_networks="10.20.0.0/16, fd12::/16")
    assert (told.verdict, told.message) == ("ok", "webhooks may go to 10.20.0.0/16, fd12::/16.")
    (told,) = await findings(database, "callbacks", allowed_networks="169.254.0.0/16")
    assert told.verdict == "warning"
    assert "169.254.169.254" in told.message
    _, told = await findings(
        database, "callbacks", allowed_networks="10.0.0.0/8", denied_networks="10.9.0.0/16",
        denied_hosts="corp.example",
    )  # fmt: skip
    assert told == Finding("ok", "callbacks", "webhooks never go to 10.9.0.0/16, corp.example.")


async def test_the_proxy_for_webhooks_is_tried_and_its_password_not_told(database: str) -> None:
    assert await findings(database, "proxy") == []
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        proxy = f"http://vendor:{SECRET}@127.0.0.1:{port}"
        (told,) = await findings(database, "proxy", proxy=proxy)
    where = f"the proxy at 127.0.0.1:{port}"
    assert told == Finding("ok", "proxy", f"webhooks go through {where}")
    (told,) = await findings(database, "proxy", proxy=proxy)
    message = f"{where} can't be reached, and no webhook goes around it."
    assert told == Finding("warning", "proxy", message)


async def test_a_proxy_that_hangs_does_not_hold_doctor_up(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(doctor, "PROXY_WITHIN", 0.05)
    monkeypatch.setattr("asyncio.open_connection", never)
    (told,) = await findings(database, "proxy", proxy="http://10.0.0.1:3128")
    assert told.verdict == "warning"


async def test_the_environments_proxies_are_told_by_their_variables(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://u:{SECRET}@10.0.0.1:3128")
    (told,) = await findings(database, "proxy")
    assert told == Finding("ok", "proxy", "Qonto is called through what HTTPS_PROXY names")
    monkeypatch.setenv("ALL_PROXY", f"socks5://u:{SECRET}@10.0.0.1:1080")
    (told,) = await findings(database, "proxy")
    assert (told.verdict, told.message[:30]) == ("problem", "ALL_PROXY names a socks5 proxy")
    assert SECRET not in told.message


async def warned(database: str, **server: object) -> str:
    """Return what is said of the server, all warnings together."""
    told = await findings(database, "server", server=ServerGroup.model_validate(server))
    assert {one.verdict for one in told} == {"warning"}
    return " ".join(one.message for one in told)


async def test_a_server_with_nothing_to_mend(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.app.descriptors.allowed", lambda: 8192)
    server = ServerGroup(trusted_proxies="10.0.0.2", monitoring_token=SecretStr("x"))
    (told,) = await findings(database, "server", server=server)
    assert told.verdict == "ok"


async def test_what_can_be_wrong_with_the_server(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.app.descriptors.allowed", lambda: 1024)
    assert "4537 descriptors are needed" in await warned(database)
    assert "and 1024 are allowed" in await warned(database)
    assert "trusts no proxy" in await warned(database)
    assert "any caller can say" in await warned(database, trusted_proxies="*")
    assert "closes idle connections after 60 s" in await warned(database, keep_alive_seconds=60)
    assert "/metrics and /health/details are open" in await warned(database)
