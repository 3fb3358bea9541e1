"""What a client can't do to the server's connections, whatever it sends and however slowly."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from starlette.types import Receive, Scope, Send

from connector.app.addresses import TrustedProxies, owner_of, plain
from connector.app.doorman import ConnectionLimits
from connector.app.serving import bind, serving

pytestmark = pytest.mark.loopback

KB = 1024
PATIENCE = 20.0
"""Seconds for what takes a fraction of one on a machine with nothing else to do."""


@dataclass
class App:
    """An app that notes what it was asked; `/read` takes the body in first, `/hold` waits."""

    asked: list[str] = field(default_factory=list[str])
    headers: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])
    disconnected: int = 0
    body: bytes = b""
    answer: bytes = b"ok"
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for kind in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{kind}.complete"})
            return
        self.asked.append(scope["path"])
        self.headers = scope["headers"]
        self.body = b""
        more = scope["path"] == "/read"
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.disconnected += 1
                return
            self.body += message["body"]
            more = message["more_body"]
        if scope["path"] == "/hold":
            await self.go_on.wait()
        length = str(len(self.answer)).encode()
        headers = [(b"content-length", length)]
        if scope["path"] == "/close":
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.answer})


@dataclass
class Up:
    app: App
    address: tuple[str, int]
    refused: list[str]
    clients: list["Client"] = field(default_factory=lambda: list[Client]())

    async def connect(self) -> "Client":
        self.clients.append(Client(*await asyncio.open_connection(*self.address)))
        return self.clients[-1]


@dataclass
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> tuple[int, bytes]:
        async with asyncio.timeout(PATIENCE):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            body = await self.reader.readexactly(length)
        return int(head.split(b" ")[1]), body

    async def ended(self) -> None:
        """Wait until the server has closed the connection."""
        async with asyncio.timeout(PATIENCE):
            try:
                while await self.reader.read(64 * KB):
                    pass
            except ConnectionError:
                pass


@asynccontextmanager
async def up(proxies: str = "", **limits: float) -> AsyncGenerator[Up]:
    app, refused = App(), list[str]()
    async with serving(
        app,
        bind("127.0.0.1", 0),
        proxies=TrustedProxies.parse(proxies),
        limits=ConnectionLimits(**limits),  # type: ignore[arg-type]
        refused=refused.append,
    ) as address:
        server = Up(app, ("127.0.0.1", int(address.rpartition(":")[2])), refused)
        try:
            yield server
        finally:
            for client in server.clients:
                client.writer.transport.abort()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)


def code(body: bytes) -> str:
    return json.loads(body)["errors"]["code"]


# -- headers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 80 * KB,
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a" * 80 * KB,
        b"GET /" + b"a" * 80 * KB,
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: %b\r\n" % (b"a" * KB) * 80,
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X:\r\n" * 250,
        b"\r\n" * 33 * KB,
    ],
    ids=["a value", "a name", "a path", "many long ones", "many lines", "nothing at all"],
)
async def test_headers_without_end_are_refused(head: bytes) -> None:
    async with up() as server:
        client = await server.connect()
        await client.say(head)
        status, body = await client.answer()
        assert (status, code(body)) == (431, "HEADERS_TOO_LARGE")
        await client.ended()
        assert server.app.asked == []
        assert server.refused == ["headers"]


async def test_headers_of_sixty_kilobytes_are_read() -> None:
    async with up() as server:
        client = await server.connect()
        for _ in range(2):
            await client.say(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 60 * KB + b"\r\n\r\n")
            assert await client.answer() == (200, b"ok")


@pytest.mark.parametrize("size", [1, 7, 8, 9, 20, 40, 63])
async def test_a_body_may_come_at_once_with_its_headers(size: int) -> None:
    """Whatever its length, beside what is parsed at once."""
    async with up() as server:
        client = await server.connect()
        for _ in range(2):
            body = b"a" * size * KB
            head = b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
            await client.say(head + body)
            assert await client.answer() == (200, b"ok")
    assert server.refused == []


@pytest.mark.parametrize("size", [9 * KB, 30 * KB, 90 * KB])
async def test_a_body_that_comes_with_its_headers_is_read_once(size: int) -> None:
    """In one piece with them, and longer than what is parsed at once."""
    async with up() as server:
        client = await server.connect()
        body = bytes(range(256)) * (size // 256)
        head = b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
        for _ in range(2):
            await client.say(head + body)
            assert await client.answer() == (200, b"ok")
            assert server.app.body == body
        assert server.refused == []


async def test_a_second_requests_headers_are_limited_too() -> None:
    async with up() as server:
        client = await server.connect()
        await client.say(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await client.answer() == (200, b"ok")
        await client.say(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 80 * KB)
        assert (await client.answer())[0] == 431


@pytest.mark.parametrize("endless", [b"1;" + b"a" * 80 * KB, b"0\r\nX: " + b"a" * 80 * KB])
async def test_what_surrounds_a_bodys_chunks_is_limited_too(endless: bytes) -> None:
    async with up() as server:
        client = await server.connect()
        await client.say(b"POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        await client.say(endless)
        assert (await client.answer())[0] == 431
        await until(lambda: server.app.disconnected == 1)


async def test_a_trailer_is_no_header() -> None:
    async with up() as server:
        client = await server.connect()
        await client.say(b"POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        await client.say(b"1\r\nx\r\n0\r\nX-API-KEY: late\r\n\r\n")
        assert (await client.answer())[0] == 200
        assert b"x-api-key" not in dict(server.app.headers)


async def test_blanks_around_a_value_are_no_part_of_it() -> None:
    async with up() as server:
        client = await server.connect()
        await client.say(b"GET / HTTP/1.1\r\nHost: x\r\nX-API-KEY: \t sk_a b \t \r\n\r\n")
        assert (await client.answer())[0] == 200
        assert dict(server.app.headers)[b"x-api-key"] == b"sk_a b"


@pytest.mark.parametrize(
    "request_bytes",
    [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n"],
)
async def test_what_is_no_request_gets_the_envelope(request_bytes: bytes) -> None:
    async with up() as server:
        client = await server.connect()
        await client.say(request_bytes)
        status, body = await client.answer()
        assert (status, code(body)) == (400, "MALFORMED_REQUEST")


async def test_another_protocol_isnt_spoken_and_the_request_is_answered(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with up() as server:
        client = await server.connect()
        await client.say(
            b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
        )
        assert (await client.answer())[0] == 200
        await client.ended()
    assert caplog.records == []


# -- time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [b"", b"\r\n"])
async def test_a_silent_connection_is_closed(sent: bytes) -> None:
    async with up(header_seconds=0.2) as server:
        client = await server.connect()
        await client.say(sent)
        assert await client.reader.read() == b""
        assert server.refused == ["slow_headers"]


@pytest.mark.parametrize("before", [0, 1], ids=["the first", "the second"])
async def test_a_request_whose_headers_never_end_is_answered_and_closed(before: int) -> None:
    async with up(header_seconds=0.2) as server:
        client = await server.connect()
        for _ in range(before):
            await client.say(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert await client.answer() == (200, b"ok")
        await client.say(b"GET / HTTP/1.1\r\nHost")
        status, body = await client.answer()
        assert (status, code(body)) == (408, "REQUEST_TIMEOUT")
        await client.ended()


async def test_headers_that_trickle_get_no_longer() -> None:
    async with up(header_seconds=0.3) as server:
        client = await server.connect()

        async def trickle() -> None:
            await client.say(b"GET / HTTP/1.1\r\n")
            while True:
                await client.say(b"X: y\r\n")
                await asyncio.sleep(0.05)

        trickling = asyncio.create_task(trickle())
        assert (await client.answer())[0] == 408
        trickling.cancel()


@pytest.mark.parametrize("framing", [b"Content-Length: 5", b"Transfer-Encoding: chunked"])
async def test_a_body_that_never_ends_is_answered_and_closed(framing: bytes) -> None:
    async with up(body_seconds=0.2) as server:
        client = await server.connect()
        await client.say(b"POST /read HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\n\r\n1")
        status, body = await client.answer()
        assert (status, code(body)) == (408, "REQUEST_TIMEOUT")
        await client.ended()
        await until(lambda: server.app.disconnected == 1)


async def test_an_answer_takes_as_long_as_it_takes() -> None:
    async with up(header_seconds=0.1, body_seconds=0.1, write_seconds=0.1) as server:
        client = await server.connect()
        await client.say(b"GET /hold HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(0.5)  # a deadline that counted here would have passed
        server.app.go_on.set()
        assert await client.answer() == (200, b"ok")


async def test_an_idle_connection_stays_for_the_next_request() -> None:
    async with up(header_seconds=0.1) as server:
        client = await server.connect()
        for _ in range(2):
            await client.say(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert await client.answer() == (200, b"ok")
            await asyncio.sleep(0.4)  # what the deadline for headers would have ended
        assert server.refused == []


async def test_an_answer_that_nobody_reads_is_given_up() -> None:
    async with up(write_seconds=0.3) as server:
        server.app.answer = b"x" * (32 * KB * KB)
        client = await server.connect()
        await client.say(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await until(lambda: server.refused == ["slow_reader"])


async def test_closing_waits_no_longer_for_a_reader_than_answering() -> None:
    async with up(write_seconds=0.3) as server:
        server.app.answer = b"x" * (32 * KB * KB)
        client = await server.connect()
        await client.say(b"GET /close HTTP/1.1\r\nHost: x\r\n\r\n")
        await until(lambda: server.refused == ["slow_reader"])


async def test_a_body_that_goes_on_after_its_answer_is_ended() -> None:
    async with up(body_seconds=0.3) as server:
        client = await server.connect()
        await client.say(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n1")
        assert await client.answer() == (200, b"ok")
        assert await client.reader.read() == b""  # no second answer


async def test_a_client_that_is_still_sending_can_read_why_it_was_refused() -> None:
    async with up() as server:
        client = await server.connect()
        await client.say(b"POST /close HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n")
        for _ in range(30):
            await client.say(b"x" * 100 * KB)
        assert await client.answer() == (200, b"ok")
        await client.ended()


# -- how many -------------------------------------------------------------------------------------


async def test_requests_at_once_on_one_connection_are_few() -> None:
    async with up() as server:
        client = await server.connect()
        await client.say(b"GET /hold HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        server.app.go_on.set()
        assert [await client.answer() for _ in range(3)] == [(200, b"ok")] * 3
        server.app.go_on.clear()
        await client.say(b"GET /hold HTTP/1.1\r\nHost: x\r\n\r\n" * 500)
        await client.ended()
        assert server.refused == ["pipelined"]
        server.app.go_on.set()


async def test_one_address_gets_so_many_connections() -> None:
    async with up(per_address=2) as server:
        held = [await server.connect() for _ in range(2)]
        third = await server.connect()
        status, body = await third.answer()
        assert (status, code(body)) == (429, "TOO_MANY_REQUESTS")
        await third.ended()
        held.pop().writer.close()

        async def gets_in() -> bool:
            client = await server.connect()
            await client.say(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            return (await client.answer())[0] == 200

        async with asyncio.timeout(PATIENCE):
            while not await gets_in():  # noqa: ASYNC110 - the server hears of the end in its time
                await asyncio.sleep(0.01)


async def test_a_trusted_proxy_gets_more_than_one_address() -> None:
    async with up(proxies="127.0.0.0/8", per_address=2) as server:
        clients = [await server.connect() for _ in range(6)]
        for client in clients:
            await client.say(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert await client.answer() == (200, b"ok")


async def test_who_waits_the_longest_makes_room_for_a_request() -> None:
    async with up(connections=3) as server:
        working = await server.connect()
        await working.say(b"GET /hold HTTP/1.1\r\nHost: x\r\n\r\n")
        await until(lambda: server.app.asked == ["/hold"])
        silent = [await server.connect() for _ in range(2)]
        client = await server.connect()
        await client.say(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await client.answer() == (200, b"ok")
        await silent[0].ended()
        assert server.refused == ["crowded_out"]
        server.app.go_on.set()
        assert await working.answer() == (200, b"ok")


async def test_nobody_gets_in_where_all_are_being_answered() -> None:
    async with up(connections=1) as server:
        working = await server.connect()
        await working.say(b"GET /hold HTTP/1.1\r\nHost: x\r\n\r\n")
        await until(lambda: server.app.asked == ["/hold"])
        client = await server.connect()
        status, body = await client.answer()
        assert (status, code(body)) == (503, "SERVER_BUSY")
        server.app.go_on.set()
        assert await working.answer() == (200, b"ok")


# -- addresses ------------------------------------------------------------------------------------


def test_addresses_of_one_network_are_counted_together() -> None:
    assert owner_of("2001:db8::1") == owner_of("2001:db8::ffff:2") != owner_of("2001:db8:0:1::1")
    assert owner_of("::ffff:192.0.2.1") == owner_of("192.0.2.1") != owner_of("192.0.2.2")
    assert plain("::ffff:192.0.2.1") == "192.0.2.1"


@pytest.mark.parametrize("text", ["proxy", "10.0.0.0/33", "10.0.0.1/24", "10.0.0.1, *"])
def test_a_proxy_that_could_never_match_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="neither an address nor a network"):
        TrustedProxies.parse(text)


def test_proxies_are_known_in_every_spelling() -> None:
    proxies = TrustedProxies.parse(" 10.0.0.0/24 ,fd00::1")
    assert "10.0.0.7" in proxies
    assert "::ffff:10.0.0.7" in proxies
    assert "fd00:0::1" in proxies
    assert "10.0.1.7" not in proxies
    assert "nonsense" not in proxies
    assert proxies.text == "10.0.0.0/24,fd00::1"
