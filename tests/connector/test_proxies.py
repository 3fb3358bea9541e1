"""Proxies from the environment: used for Qonto, never for this machine, refused by name."""

import asyncio
import os

import httpx2
import pytest
from pydantic import SecretStr

from connector.app.container import assemble
from connector.app.settings import DatabaseGroup, QontoGroup, SealingGroup, Settings
from connector.http import provider_http
from connector.proxies import NAMES, ProxyUnusable, check, is_here, named
from storage.sealing import MasterKey

SECRET = "canary-of-the-proxy"
LOOPBACK = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def _no_ambient_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper() in (*NAMES, "NO_PROXY"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize("name", [*NAMES, *(name.lower() for name in NAMES)])
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (f"socks5://u:{SECRET}@10.0.0.1:1080", "a socks5 proxy"),
        ("ftp://10.0.0.1", "a ftp proxy"),
        ("http://", "no address"),
        (f"http://u:{SECRET}@[10.0.0.1", "no address"),
        ("http://10.0.0.1:99999", "no address"),
    ],
)
async def test_a_proxy_that_cant_be_used_is_told_by_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, kind: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ProxyUnusable) as caught:
        provider_http()
    assert caught.value.message.startswith(f"{name} names {kind}, ")
    assert SECRET not in caught.value.message


def test_proxies_without_a_scheme_are_http() -> None:
    check({"HTTP_PROXY": "10.0.0.1:3128", "https_proxy": "https://u:p@proxy.example:3128"})
    assert named({"HTTP_PROXY": "a", "http_proxy": "b", "ALL_PROXY": " "}) == {"http_proxy": "b"}


@pytest.mark.loopback
async def test_this_machine_is_never_called_through_a_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    for name in NAMES:
        monkeypatch.setenv(name, LOOPBACK)  # where nobody answers
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, provider_http() as http:
        for host in ("127.0.0.1", "localhost"):
            assert (await http.get(f"http://{host}:{port}/")).status_code == 200
        with pytest.raises(httpx2.ConnectError):
            await http.get("http://qonto.example/")


async def test_where_qonto_is_simulated_here_no_proxy_matters(
    monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://10.0.0.1:1080")
    settings = Settings(
        public_url="https://connect.example",
        database=DatabaseGroup(url=SecretStr(f"sqlite:///{tmp_path}/x.db")),
        sealing=SealingGroup(keys=SecretStr(MasterKey.generate("test").reveal())),
        qonto=QontoGroup(
            api_url=LOOPBACK,
            oauth_url="http://localhost:2",
            sandbox_api_url="http://[::1]:3",
            sandbox_oauth_url=LOOPBACK,
        ),
    )
    await assemble(settings).close()
    with pytest.raises(ProxyUnusable, match="ALL_PROXY"):
        assemble(settings.model_copy(update={"qonto": QontoGroup()}))
    assert is_here("http://127.9.9.9:80")
    assert not is_here("https://thirdparty.qonto.com")
