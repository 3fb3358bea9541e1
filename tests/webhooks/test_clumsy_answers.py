"""Receivers whose status line is good and whose answer isn't: the status is the outcome."""

import asyncio
import gzip
import socket
import struct
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from storage.egress import EgressPolicy
from tests.webhooks.receivers import OK, Identity, Received, Respond, running, says
from tests.webhooks.relay import START
from webhooks.schedule import Answered, Failed
from webhooks.sender import HttpSender, OutgoingRequest, SenderSettings

pytestmark = pytest.mark.loopback

INSIDE = EgressPolicy.of(("127.0.0.0/8",), allow_http=True)
NINE_KB = b"y" * 9_000

# What follows the status line, and whether the connection is in order afterwards.
CLUMSY: dict[str, bytes] = {
    "a header of 9 KB": b"X: " + NINE_KB + b"\r\nContent-Length: 2\r\n\r\nok",
    "140 headers": b"X: y\r\n" * 140 + b"Content-Length: 2\r\n\r\nok",
    "5,000 headers": b"X: y\r\n" * 5_000 + b"Content-Length: 2\r\n\r\nok",
    "headers without end": b"X: y\r\n" * 50_000,
    "a header without end": b"X: " + b"y" * 500_000,
    "no header and no end": b"",
    "half a header": b"Content-Le",
    "a body shorter than announced": b"Content-Length: 100\r\n\r\nshort",
    "a length below zero": b"Content-Length: -1\r\n\r\nok",
    "a length that is none": b"Content-Length: two\r\n\r\nok",
    "a length in other digits": b"Content-Length: \xd9\xa3\r\n\r\nok",
    "a length beyond reason": b"Content-Length: " + b"9" * 400 + b"\r\n\r\nok",
    "an empty length": b"Content-Length:\r\n\r\nok",
    "two lengths": b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a length twice": b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok",
    "a length as a list": b"Content-Length: 2, 2\r\n\r\nok",
    "a length beside chunks": (
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    ),
    "chunks of no size": b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
    "chunks cut off": b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
    "a chunk longer than it says": b"Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
    "chunks without the last": b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
    "a coding nobody knows": b"Transfer-Encoding: lzma\r\n\r\nok",
    "a space before the colon": b"Content-Length : 2\r\n\r\nok",
    "a name with a zero": b"X\x00Y: z\r\nContent-Length: 2\r\n\r\nok",
    "a value with a zero": b"X: y\x00z\r\nContent-Length: 2\r\n\r\nok",
    "a value that isn't UTF-8": b"X: \xff\xfe\r\nContent-Length: 2\r\n\r\nok",
    "a line that is no header": b"what?\r\nContent-Length: 2\r\n\r\nok",
    "a header without a name": b": y\r\nContent-Length: 2\r\n\r\nok",
    "a folded header": b"X: a\r\n b\r\nContent-Length: 2\r\n\r\nok",
    "a fold before any header": b" a\r\nContent-Length: 2\r\n\r\nok",
    "bare line feeds": b"X: y\nContent-Length: 2\n\nok",
    "a bare carriage return": b"X: a\rb\r\nContent-Length: 2\r\n\r\nok",
    "bytes after the body": b"Content-Length: 2\r\n\r\nok, and much more",
    "another answer after the body": b"Content-Length: 2\r\n\r\nok" + OK,
    "no length": b"\r\nok",
    "compressed rubbish": b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok",
    "compressed and cut": b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"x" * 999)[:20],
    "a charset nobody knows": b"Content-Type: a; charset=\xff\r\nContent-Length: 2\r\n\r\nok",
    "a location that is none": b"Location: http://[\r\nContent-Length: 2\r\n\r\nok",
    "a cookie that is none": b"Set-Cookie: \x01=\r\nContent-Length: 2\r\n\r\nok",
    "an upgrade": b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
}
STATUS_LINES: dict[str, tuple[bytes, int]] = {
    "200": (b"HTTP/1.1 200 OK\r\n", 200),
    "503": (b"HTTP/1.1 503 Busy\r\n", 503),
}
ODD_STATUS_LINES: dict[str, tuple[bytes, int]] = {
    "no reason": (b"HTTP/1.1 200\r\n", 200),
    "no reason but a space": (b"HTTP/1.1 200 \r\n", 200),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\n", 200),
    "HTTP/0.9": (b"HTTP/0.9 200 OK\r\n", 200),
    "HTTP/2": (b"HTTP/2 200\r\n", 200),
    "HTTP/2.0": (b"HTTP/2.0 202 Accepted\r\n", 202),
    "lower case": (b"http/1.1 201 created\r\n", 201),
    "a bare line feed": (b"HTTP/1.1 200 OK\n", 200),
    "two spaces": (b"HTTP/1.1  200  OK\r\n", 200),
    "a tab": (b"HTTP/1.1\t200\tOK\r\n", 200),
    "empty lines before": (b"\r\n\r\nHTTP/1.1 200 OK\r\n", 200),
    "a reason in Latin-1": (b"HTTP/1.1 200 D\xe9j\xe0 vu\r\n", 200),
    "a long reason": (b"HTTP/1.1 500 " + b"x" * 20_000 + b"\r\n", 500),
    "no such status": (b"HTTP/1.1 299 Odd\r\n", 299),
    "beyond 599": (b"HTTP/1.1 799 Odd\r\n", 799),
    "101": (b"HTTP/1.1 101 Switching\r\n", 101),
    "100 before": (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", 200),
    "102 and 103 before": (
        b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n"
        b"HTTP/1.1 422 No\r\n",
        422,
    ),
    "100 without its empty line": (b"HTTP/1.1 100 Continue\r\nHTTP/1.1 200 OK\r\n", 200),
    "20 interim answers": (b"HTTP/1.1 100 Continue\r\n\r\n" * 20 + b"HTTP/1.1 200 OK\r\n", 200),
}


@pytest.fixture
async def sender() -> AsyncIterator[HttpSender]:
    opened = HttpSender(INSIDE, SenderSettings(deadline=30), lambda: START)
    yield opened
    await opened.close()


def post(url: str) -> OutgoingRequest:
    return OutgoingRequest(url, {"Content-Type": "application/json"}, b"{}")


def says_and_closes(answer: bytes) -> Respond:
    async def respond(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.close()

    return respond


def says_and_resets(answer: bytes) -> Respond:
    async def respond(_: Received, writer: asyncio.StreamWriter) -> None:
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.write(answer)
        await writer.drain()
        await asyncio.sleep(0.05)  # a reset that overtakes the answer would take it away
        writer.transport.abort()

    return respond


@pytest.mark.parametrize("status", STATUS_LINES)
@pytest.mark.parametrize("rest", CLUMSY)
async def test_the_status_counts_whatever_follows_it(
    sender: HttpSender, rest: str, status: str
) -> None:
    line, code = STATUS_LINES[status]
    async with running(says_and_closes(line + CLUMSY[rest])) as receiver:
        assert await sender.send(post(receiver.url())) == Answered(code)
        receiver.respond = says(OK)
        await receiver.closed.wait()
        await asyncio.sleep(0.01)  # the sender sees it, too
        assert await sender.send(post(receiver.url())) == Answered(200), "the next is unharmed"


@pytest.mark.parametrize("line", ODD_STATUS_LINES)
async def test_an_odd_status_line_is_read(sender: HttpSender, line: str) -> None:
    raw, code = ODD_STATUS_LINES[line]
    async with running(says_and_closes(raw + b"Content-Length: 2\r\n\r\nok")) as receiver:
        assert await sender.send(post(receiver.url())) == Answered(code)


@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_that_has_no_body_may_have_one(sender: HttpSender, status: int) -> None:
    """It comes late, on a connection that isn't used again, so nobody takes it for an answer."""
    late = OK.replace(b"200", b"500")

    async def respond(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(late)))
        await writer.drain()
        writer.write(late)
        await writer.drain()

    async with running(respond) as receiver:
        for number in (1, 2, 3):
            assert await sender.send(post(receiver.url())) == Answered(status)
            assert receiver.connections == number


@pytest.mark.parametrize("after", [b"", b"Content-Length: 100\r\n\r\nab"], ids=["line", "body"])
async def test_a_reset_after_the_status_line_takes_nothing_back(
    sender: HttpSender, after: bytes
) -> None:
    async with running(says_and_resets(b"HTTP/1.1 200 OK\r\n" + after)) as receiver:
        assert await sender.send(post(receiver.url())) == Answered(200)
        assert len(receiver.requests) == 1


@pytest.mark.parametrize("make", [says_and_closes, says_and_resets], ids=["closed", "reset"])
async def test_half_a_status_is_none(sender: HttpSender, make: Callable[[bytes], Respond]) -> None:
    async with running(make(b"HTTP/1.1 20")) as receiver:
        assert await sender.send(post(receiver.url())) == Failed("CONNECTION_LOST")


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        (b"Retry-After: 90\r\nX: " + NINE_KB + b"\r\n\r\n", 90.0),
        (b"X: " + NINE_KB + b"\r\nRetry-After: 90\r\n\r\n", 90.0),
        (b"X: y\r\n" * 140 + b"Retry-After: 90\r\n\r\n", 90.0),
        (b"Retry-After: 90\r\nwhat?\r\n\r\n", 90.0),
        (b"Retry-After: 90\r\nX\x00: y", 90.0),
        (b"Retry-After: soon\r\nretry-after: 90\r\n\r\n", 90.0),
        (b"Retry-After: Fri, 20 Nov 2026\r\n 10:02:00 GMT\r\n\r\n", 120.0),
        (b"Retry-After: 9", None),  # and perhaps a zero
        (b"X: " + b"y" * 70_000 + b"\r\nRetry-After: 90\r\n\r\n", None),
    ],
)
async def test_retry_after_is_read_where_its_header_could_be(
    sender: HttpSender, headers: bytes, wait: float | None
) -> None:
    async with running(says_and_closes(b"HTTP/1.1 429 Wait\r\n" + headers)) as receiver:
        assert await sender.send(post(receiver.url())) == Answered(429, wait)


async def test_what_could_be_read_is_kept(sender: HttpSender) -> None:
    answer = (
        b"HTTP/1.1 200 OK\r\nX-Long: " + NINE_KB + b"\r\nnonsense\r\nX-Folded: a\r\n\tb\r\n"
        b"Content-Length: 100\r\n\r\nshort"
    )
    async with running(says_and_closes(answer)) as receiver:
        outcome = await sender.send(post(receiver.url()))
    assert isinstance(outcome, Answered)
    assert dict(outcome.headers) == {
        "X-Long": NINE_KB.decode(),
        "X-Folded": "a b",
        "Content-Length": "100",
    }
    assert outcome.body == b"short"


async def test_a_kept_connection_that_speaks_unasked_is_not_used_again(sender: HttpSender) -> None:
    """What it says would else be taken for the answer to the next message."""
    async with running(says(OK)) as receiver:
        assert await sender.send(post(receiver.url())) == Answered(200)

        async def late(_: Received, writer: asyncio.StreamWriter) -> None:
            writer.write(OK)
            await writer.drain()
            await asyncio.sleep(0.02)
            writer.write(OK.replace(b"200", b"500"))
            await writer.drain()

        receiver.respond = late
        assert await sender.send(post(receiver.url())) == Answered(200)
        async with asyncio.timeout(10):
            await receiver.closed.wait()
        receiver.respond = says(OK)
        assert await sender.send(post(receiver.url())) == Answered(200)
        assert receiver.connections == 2


async def test_a_kept_connection_that_ends_without_a_word_costs_no_attempt(
    sender: HttpSender,
) -> None:
    """A receiver lets go of an idle connection at the very moment at which it is used again."""
    async with running(says(OK)) as receiver:
        assert await sender.send(post(receiver.url())) == Answered(200)

        async def leave(_: Received, writer: asyncio.StreamWriter) -> None:
            receiver.respond = says(OK)
            writer.close()

        receiver.respond = leave
        assert await sender.send(post(receiver.url())) == Answered(200)
        assert receiver.connections == 2


async def test_a_new_connection_that_ends_without_a_word_is_lost(sender: HttpSender) -> None:
    async with running(says_and_closes(b"")) as receiver:
        assert await sender.send(post(receiver.url())) == Failed("CONNECTION_LOST")
        assert receiver.connections == 1


async def test_clumsy_answers_over_tls_count_too(tmp_path: Path) -> None:
    identity = Identity.made(tmp_path)
    sender = HttpSender(INSIDE, SenderSettings(deadline=30), tls=identity.trusting)
    for rest in ("a header of 9 KB", "a body shorter than announced", "two lengths"):
        answer = says_and_closes(b"HTTP/1.1 200 OK\r\n" + CLUMSY[rest])
        async with running(answer, tls=identity.server) as receiver:
            url = receiver.url(scheme="https", host="127.0.0.2").replace("127.0.0.2", "localhost")
            assert await sender.send(post(url)) == Answered(200), rest
    await sender.close()
