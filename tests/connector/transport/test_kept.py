"""The transport below httpx2: answers of every shape, connections kept, and what goes wrong."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx2
import pytest

from connector.transport import kept
from connector.transport.client import ProviderHttp
from connector.transport.exchange import MOST_HEAD
from connector.transport.kept import KeptConnections
from tests.webhooks.receivers import Identity

pytestmark = pytest.mark.loopback

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n"
WAIT = httpx2.Timeout(30)

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Bank:
    """A server that answers with what it is given, and counts."""

    def __init__(self, answer: bytes | Answer) -> None:
        self._answer = answer
        self.address = ""
        self.connections = 0
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._serve(reader, writer)
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                if not isinstance(self._answer, bytes):
                    await self._answer(reader, writer)
                    continue
                length = [
                    int(line.partition(b":")[2])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length")
                ]
                self.bodies.append(await reader.readexactly(sum(length)))
                writer.write(self._answer)
                if b"close" in self._answer:
                    break


@asynccontextmanager
async def bank(answer: bytes | Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[Bank]:
    made = Bank(answer)
    tasks: set[asyncio.Task[None]] = set()

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(made.serve(reader, writer)))

    server = await asyncio.start_server(accepted, "127.0.0.1", 0, ssl=tls)
    host = "127.0.0.1" if tls is None else "localhost"
    port = server.sockets[0].getsockname()[1]
    made.address = f"http{'' if tls is None else 's'}://{host}:{port}/v2/things"
    try:
        yield made
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


def client(**options: int) -> ProviderHttp:
    return ProviderHttp(transport=KeptConnections(**options), timeout=WAIT, trust_env=False)


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (OK, 200, b"ok"),
        (CHUNKED, 200, b"ok"),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK, 200, b"ok"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200, b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404, b""),
    ],
)
async def test_answers_of_every_shape_are_read_and_the_connection_is_kept(
    answer: bytes, status: int, body: bytes
) -> None:
    async with bank(answer) as server, client() as http:
        for _ in range(3):
            read = await http.post(server.address, content=b"{}")
            assert (read.status_code, read.content) == (status, body)
        assert server.connections == 1
        assert server.bodies == [b"{}"] * 3


async def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    async with bank(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it") as server:
        async with client() as http:
            for _ in range(2):
                assert (await http.get(server.address)).content == b"all of it"
        assert server.connections == 2


async def test_packed_answers_are_unpacked() -> None:
    packed = gzip.compress(b"plain")
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    async with bank(head + packed) as server, client() as http:
        assert (await http.get(server.address)).content == b"plain"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: close\r\n\r\n5\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\nX: close\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nX: close\r\nX: " + b"x" * (MOST_HEAD + 1) + b"\r\n\r\n",
        b"SSH-2.0-close\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: close\r\nConnection: Upgrade\r\n\r\n",
    ],
)
async def test_what_breaks_a_rule_is_an_error_of_the_other_side(answer: bytes) -> None:
    async with bank(answer) as server, client() as http:
        with pytest.raises(httpx2.RemoteProtocolError):
            await http.get(server.address)


async def test_no_answer_at_all_is_told_and_the_request_isnt_sent_again() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with bank(hang_up) as server, client() as http:
        with pytest.raises(httpx2.RemoteProtocolError, match="without sending"):
            await http.post(server.address, content=b"{}")
        await asyncio.sleep(0.05)
        assert len(server.heads) == 1


async def test_a_connection_that_was_closed_while_idle_isnt_used_again() -> None:
    """Whether the loop has seen the end of it, or it still waits in the socket."""

    async def once(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await writer.drain()
        writer.close()

    async with bank(once) as server, client() as http:
        for number in range(1, 6):
            assert (await http.get(server.address)).content == b"ok"
            assert server.connections == number
            if number % 2:
                await asyncio.sleep(0.05)


async def test_more_than_was_asked_for_ends_the_connection() -> None:
    async with bank(OK + OK) as server, client() as http:
        for number in range(1, 4):
            assert (await http.get(server.address)).content == b"ok"
            assert server.connections == number


async def test_connections_are_let_go_of_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "IDLE_FOR", 0.05)
    async with bank(OK) as server, client() as http:
        await http.get(server.address)
        await asyncio.sleep(0.3)
        await http.get(server.address)
        assert server.connections == 2


async def test_no_more_requests_than_allowed_are_under_way_at_once() -> None:
    under_way = most = 0

    async def slow(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.02)
        under_way -= 1
        writer.write(OK)

    async with bank(slow) as server, client(most=3, most_idle=2) as http:
        answers = await asyncio.gather(*(http.get(server.address) for _ in range(12)))
        assert {one.content for one in answers} == {b"ok"}
        assert most == 3
        with pytest.raises(httpx2.PoolTimeout):
            await asyncio.gather(
                *(http.get(server.address, timeout=httpx2.Timeout(30, pool=0.01)) for _ in "1234")
            )


async def test_who_waits_too_long_is_told_and_the_connection_ends() -> None:
    async def never(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with bank(never) as server, client() as http:
        with pytest.raises(httpx2.ReadTimeout):
            await http.get(server.address, timeout=httpx2.Timeout(30, read=0.05))


async def test_a_request_that_is_cancelled_ends_its_connection() -> None:
    arrived = asyncio.Event()

    async def never(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        arrived.set()
        await asyncio.sleep(60)

    async with bank(never) as server, client(most=1) as http:
        task = asyncio.create_task(http.get(server.address))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(httpx2.ReadTimeout):  # its place is free again
            await http.get(server.address, timeout=httpx2.Timeout(30, read=0.05, pool=1))
        assert server.connections == 2


async def test_nobody_there_is_told_as_such() -> None:
    async with bank(OK) as server:
        pass
    async with client() as http:
        with pytest.raises(httpx2.ConnectError):
            await http.get(server.address)
        with pytest.raises(httpx2.ConnectError):
            await http.get("http://a-name.invalid/")
        with pytest.raises(httpx2.UnsupportedProtocol):
            await http.get("ftp://127.0.0.1/")


async def _pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "600003"}])
async def test_a_streamed_body_arrives_whole(headers: dict[str, str]) -> None:
    got: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if headers:
            got.append(await reader.readexactly(600_003))
        else:
            while size := int(await reader.readline(), 16):
                got.append(await reader.readexactly(size))
                await reader.readline()
            await reader.readline()
        writer.write(OK)

    sent = _pieces(b"abc", b"", b"x" * 600_000)
    async with bank(take) as server, client() as http:
        assert (await http.post(server.address, content=sent, headers=headers)).content == b"ok"
        assert b"".join(got) == b"abc" + b"x" * 600_000
        assert server.connections == 1


@pytest.mark.parametrize("length", ["2", "4"])
async def test_a_body_of_another_length_than_announced_is_our_own_error(length: str) -> None:
    async with bank(OK) as server, client() as http:
        with pytest.raises(httpx2.LocalProtocolError):
            await http.post(
                server.address, content=_pieces(b"abc"), headers={"Content-Length": length}
            )


async def test_a_body_that_is_refused_early_isnt_sent_to_its_end() -> None:
    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        await asyncio.sleep(60)

    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * 1000
            await asyncio.sleep(0.001)

    async with bank(refuse) as server, client() as http, asyncio.timeout(30):
        assert (await http.post(server.address, content=endless())).status_code == 413
        seen = sent
        await asyncio.sleep(0.05)
        assert sent == seen


async def test_a_large_answer_waits_for_its_reader() -> None:
    size, written = 30_000_000, 0

    async def pour(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        while written < size:
            writer.write(b"x" * 100_000)
            written += 100_000
            await writer.drain()

    async with bank(pour) as server, client() as http:
        request = http.build_request("GET", server.address)
        answer = await http.ask(request)
        await asyncio.sleep(0.2)
        assert written < size
        assert sum([len(one) async for one in answer.aiter_bytes()]) == size
        await answer.aclose()


@pytest.mark.parametrize("value", ["a\r\nX-Other: b", "a\nb", "a\0b"])
async def test_no_header_can_end_a_line(value: str) -> None:
    async with bank(OK) as server, client() as http:
        with pytest.raises(httpx2.LocalProtocolError):
            await http.get(server.address, headers={"X-One": value})
        assert server.heads == []


async def test_certificates_are_checked(tmp_path: Path) -> None:
    identity = Identity.made(tmp_path)
    async with bank(OK, identity.server) as server:
        transport = KeptConnections(tls=lambda: identity.trusting)
        async with ProviderHttp(transport=transport, timeout=WAIT, trust_env=False) as http:
            for _ in range(2):
                assert (await http.get(server.address)).content == b"ok"
            assert server.connections == 1
            with pytest.raises(httpx2.ConnectError):
                await http.get(server.address.replace("localhost", "127.0.0.1"))
        async with client() as http:
            with pytest.raises(httpx2.ConnectError):
                await http.get(server.address)
