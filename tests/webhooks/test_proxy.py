"""Through a proxy: it is asked for vetted addresses only, and receivers see no difference."""

import asyncio
import base64
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr

from connector.app.container import assemble
from connector.app.settings import DatabaseGroup, EgressGroup, SealingGroup, Settings
from storage.egress import AddressRefused, EgressPolicy
from storage.sealing import MasterKey
from tests.support import databases
from tests.webhooks.receivers import Identity, Received, Receiver, running, says
from webhooks.names import Names, NameUnknown
from webhooks.proxy import check_proxy
from webhooks.schedule import Answered, Failed
from webhooks.sender import HttpSender, OutgoingRequest, SenderSettings

pytestmark = pytest.mark.loopback

PUBLIC = EgressPolicy(allow_http=True)
SECRET = "canary-of-the-proxy"


@dataclass
class Proxy:
    """Brings whatever it is asked for to one receiver, or refuses with `refusal`."""

    receiver: Receiver
    refusal: dict[str, int] = field(default_factory=dict[str, int])
    """Statuses by what is asked for; the rest is let through."""
    port: int = 0
    asked: list[str] = field(default_factory=list[str])
    heads: list[str] = field(default_factory=list[str])

    @property
    def url(self) -> str:
        return f"http://vendor:{SECRET}@127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head.decode())
            method, target, _ = head.decode().split(" ", 2)
            self.asked.append(f"{method} {target}")
            if target in self.refusal:
                writer.write(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % self.refusal[target])
                writer.close()
                return
            theirs, ours = await asyncio.open_connection("127.0.0.1", self.receiver.port)
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                ours.write(head)
            try:
                await asyncio.gather(_pump(reader, ours), _pump(theirs, writer))
            finally:
                ours.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def proxied(receiver: Receiver) -> AsyncGenerator[Proxy]:
    proxy, serving = Proxy(receiver), set[asyncio.Task[None]]()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        with suppress(asyncio.CancelledError):
            await proxy.serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(accepted, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        await asyncio.sleep(0)


@asynccontextmanager
async def sending(
    proxy: str, policy: EgressPolicy = PUBLIC, identity: Identity | None = None
) -> AsyncGenerator[HttpSender]:
    sender = HttpSender(
        policy,
        SenderSettings(deadline=30, proxy=proxy),
        tls=None if identity is None else identity.trusting,
    )
    yield sender
    await sender.close()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """A DNS of our own: what is written here is what names lead to."""
    known: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def lookup(host: str, port: int, *args: object, **kwargs: object) -> object:
        if host in known:
            return [found for one in known[host] for found in real(one, port, *args, **kwargs)]  # type: ignore[arg-type]
        with suppress(OSError):
            socket.inet_aton(host)
            return real(host, port, *args, **kwargs)  # type: ignore[arg-type]
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return known


def post(url: str) -> OutgoingRequest:
    return OutgoingRequest(url, {"Content-Type": "application/json"}, b'{"eventType":"CREATED"}')


# -- what the proxy sees, and the receiver ----------------------------------------------------


async def test_the_proxy_is_asked_for_the_vetted_address_and_the_receiver_sees_its_name(
    tmp_path: Path, names: dict[str, list[str]]
) -> None:
    names["hooks.example"] = ["93.184.216.34"]
    identity = Identity.made(tmp_path, name="hooks.example")
    async with (
        running(tls=identity.server) as receiver,
        proxied(receiver) as proxy,
        sending(proxy.url, identity=identity) as sender,
    ):
        for _ in range(2):
            assert await sender.send(post("https://hooks.example/a%2Fb?c=%20d")) == Answered(200)
    assert proxy.asked == ["CONNECT 93.184.216.34:443"], "and its tunnel is used again"
    credentials = base64.b64encode(f"vendor:{SECRET}".encode()).decode()
    assert f"Proxy-Authorization: Basic {credentials}" in proxy.heads[0]
    for request in receiver.requests:
        assert request.line == "POST /a%2Fb?c=%20d HTTP/1.1"
        assert request.all("host") == ["hooks.example"]
        assert request.body == b'{"eventType":"CREATED"}'
        assert not request.all("proxy-authorization"), "the receiver has no use for it"
    assert len(receiver.requests) == 2


async def test_a_certificate_for_another_name_is_refused_even_at_the_same_address(
    tmp_path: Path, names: dict[str, list[str]]
) -> None:
    """One tunnel's certificate vouches for one name, though both lead to one address."""
    names.update({"hooks.example": ["93.184.216.34"], "other.example": ["93.184.216.34"]})
    identity = Identity.made(tmp_path, name="hooks.example")
    async with (
        running(tls=identity.server) as receiver,
        proxied(receiver) as proxy,
        sending(proxy.url, identity=identity) as sender,
    ):
        assert await sender.send(post("https://hooks.example/")) == Answered(200)
        refused = await sender.send(post("https://other.example/"))
    assert refused == Failed("CERTIFICATE_INVALID")
    assert len(receiver.requests) == 1


async def test_plain_http_is_asked_for_by_address_too(names: dict[str, list[str]]) -> None:
    names["hooks.example"] = ["93.184.216.34"]
    async with running() as receiver, proxied(receiver) as proxy, sending(proxy.url) as sender:
        assert await sender.send(post("http://hooks.example:8080/x")) == Answered(200)
    assert proxy.asked == ["POST http://93.184.216.34:8080/x"]
    assert receiver.requests[0].all("host") == ["hooks.example:8080"]


# -- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "leads_to", ["127.0.0.1", "10.0.0.8", "169.254.169.254", "::1", "::ffff:10.0.0.8", "64:ff9b::1"]
)
async def test_a_name_that_leads_inside_never_reaches_the_proxy(
    names: dict[str, list[str]], leads_to: str
) -> None:
    names["hooks.example"] = [leads_to]
    async with running() as receiver, proxied(receiver) as proxy, sending(proxy.url) as sender:
        for scheme in ("https", "http"):
            outcome = await sender.send(post(f"{scheme}://hooks.example/"))
            assert outcome == Failed("ADDRESS_REFUSED")
    assert proxy.asked == []


async def test_of_several_addresses_only_public_ones_are_asked_for_until_one_is_reached(
    names: dict[str, list[str]],
) -> None:
    names["hooks.example"] = ["10.0.0.8", "93.184.216.34", "93.184.216.35"]
    async with running() as receiver, proxied(receiver) as proxy:
        proxy.refusal = {"93.184.216.34:443": 502, "93.184.216.35:443": 504}
        async with sending(proxy.url) as sender:
            assert await sender.send(post("https://hooks.example/")) == Failed("CONNECTION_FAILED")
    assert proxy.asked == ["CONNECT 93.184.216.34:443", "CONNECT 93.184.216.35:443"]


@pytest.mark.parametrize("status", [403, 407])
async def test_a_proxy_that_refuses_is_told_apart_from_the_receiver(
    names: dict[str, list[str]], status: int
) -> None:
    names["hooks.example"] = ["93.184.216.34", "93.184.216.35"]
    async with running() as receiver, proxied(receiver) as proxy:
        proxy.refusal = {"93.184.216.34:443": status}
        async with sending(proxy.url) as sender:
            outcome = await sender.send(post("https://hooks.example/"))
    assert outcome == Failed("PROXY_REFUSED")
    assert len(proxy.asked) == 1


async def test_a_proxy_that_is_away_is_told_and_nothing_goes_around_it(
    names: dict[str, list[str]],
) -> None:
    async with running() as receiver:
        names["hooks.example"] = ["127.0.0.1"]
        inside = EgressPolicy.of(("127.0.0.0/8",), allow_http=True)
        for proxy in (f"http://u:{SECRET}@127.0.0.1:1", f"http://u:{SECRET}@proxy.example:3128"):
            async with sending(proxy, inside) as sender:
                outcome = await sender.send(post(receiver.url(host="hooks.example")))
            assert outcome == Failed("PROXY_UNREACHABLE")
            assert SECRET not in repr(outcome) + repr(SenderSettings(proxy=proxy))
    assert receiver.connections == 0


async def test_the_deadline_covers_the_proxy(names: dict[str, list[str]]) -> None:
    names["hooks.example"] = ["93.184.216.34"]

    async def hang(_: Received, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with running(hang) as silent:
        proxy = f"http://127.0.0.1:{silent.port}"
        sender = HttpSender(PUBLIC, SenderSettings(deadline=0.3, proxy=proxy))
        async with asyncio.timeout(30):
            assert await sender.send(post("https://hooks.example/")) == Failed("TIMEOUT")
        await sender.close()


async def test_a_redirect_is_not_followed_through_a_proxy_either(
    names: dict[str, list[str]],
) -> None:
    names["hooks.example"] = ["93.184.216.34"]
    answer = b"HTTP/1.1 307 Go\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    async with (
        running(says(answer)) as receiver,
        proxied(receiver) as proxy,
        sending(proxy.url) as sender,
    ):
        assert await sender.send(post("http://hooks.example/")) == Answered(307)
    assert proxy.asked == ["POST http://93.184.216.34/"]


# -- names ------------------------------------------------------------------------------------


async def test_a_name_is_looked_up_again_after_half_a_minute(names: dict[str, list[str]]) -> None:
    """A rebinding name gets no further than a new check."""
    now = 0.0
    known = Names(PUBLIC, lambda: now)
    names["hooks.example"] = ["93.184.216.34"]
    await known.addresses("hooks.example", 443)
    names["hooks.example"] = ["10.0.0.8"]
    (found,) = await known.addresses("hooks.example", 443)
    assert found[4] == ("93.184.216.34", 443)
    now = 30.0
    with pytest.raises(AddressRefused):
        await known.addresses("hooks.example", 443)
    del names["hooks.example"]
    with pytest.raises(NameUnknown):
        await known.addresses("hooks.example", 443)


async def test_a_name_is_looked_up_once_for_all_that_wait(
    names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    names["hooks.example"] = ["93.184.216.34"]
    lookups: list[str] = []
    real = socket.getaddrinfo

    def counted(host: str, *args: object, **kwargs: object) -> object:
        lookups.append(host)
        return real(host, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", counted)
    known = Names(PUBLIC)
    await asyncio.gather(*(known.addresses("hooks.example", 443) for _ in range(20)))
    assert lookups == ["hooks.example"]


@pytest.mark.parametrize(
    "url",
    [
        "proxy:3128",
        "https://proxy:3128",
        "socks5://proxy:1080",
        "http://",
        "http://proxy:0",
        "http://proxy:99999",
        "http://proxy:3128/path",
        "http://proxy:3128/?a=b",
        "http://pro xy:3128",
        f"ftp://user:{SECRET}@proxy:3128",
        f"http://user:{SECRET}@proxy:x",
    ],
)
def test_what_is_no_proxy_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="proxy") as caught:
        check_proxy(url)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://proxy:3128", "http://u:p@10.0.0.1:8080/", "http://[::1]:1"]
)
def test_a_proxy_may_have_a_password_and_may_be_inside(url: str) -> None:
    assert check_proxy(url) == url


async def test_the_setting_reaches_what_sends(
    sqlite_template: Path, tmp_path: Path, names: dict[str, list[str]]
) -> None:
    names["hooks.example"] = ["93.184.216.34"]
    async with running() as receiver, proxied(receiver) as proxy:
        container = assemble(
            Settings(
                public_url="https://connect.example",
                database=DatabaseGroup(
                    url=SecretStr(databases.new_sqlite(sqlite_template, tmp_path))
                ),
                sealing=SealingGroup(keys=SecretStr(MasterKey.generate("2026-11").reveal())),
                egress=EgressGroup(proxy=SecretStr(proxy.url), allow_http=True),
            )
        )
        try:
            assert await container.relay.sender.send(post("http://hooks.example/")) == Answered(200)
        finally:
            await container.close()
    assert proxy.asked == ["POST http://93.184.216.34/"]
