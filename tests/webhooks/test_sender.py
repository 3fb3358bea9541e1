"""One HTTP attempt against receivers that behave in every way they can."""

import asyncio
import gzip
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.egress import EgressPolicy
from tests.webhooks.receivers import OK, Identity, Received, running, says
from tests.webhooks.relay import START
from webhooks.schedule import Answered, Failed
from webhooks.sender import HttpSender, OutgoingRequest, SenderSettings, _retry_after

pytestmark = pytest.mark.loopback

INSIDE = EgressPolicy.of(("127.0.0.0/8", "::1/128"), allow_http=True)
OUTSIDE = EgressPolicy(allow_http=True)
SHORT = SenderSettings(deadline=0.3)
PATIENT = SenderSettings(deadline=30)
BODY = b'{"eventType":"CREATED"}'


@pytest.fixture
async def sender() -> AsyncIterator[HttpSender]:
    opened = HttpSender(INSIDE, PATIENT)
    yield opened
    await opened.close()


@pytest.fixture
async def hasty() -> AsyncIterator[HttpSender]:
    """Gives a receiver 0.3 s."""
    opened = HttpSender(INSIDE, SHORT)
    yield opened
    await opened.close()


@pytest.fixture
async def strict() -> AsyncIterator[HttpSender]:
    """Calls nothing that isn't public."""
    opened = HttpSender(OUTSIDE, PATIENT)
    yield opened
    await opened.close()


def post(url: str, **headers: str) -> OutgoingRequest:
    return OutgoingRequest(url, {"Content-Type": "application/json", **headers}, BODY)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A DNS of our own: what is written here is what names resolve to."""
    known: dict[str, str] = {}
    real = socket.getaddrinfo

    def lookup(host: str, port: int, *args: object, **kwargs: object) -> object:
        if host not in known:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return real(known[host], port, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return known


# -- what arrives -----------------------------------------------------------------------------


async def test_the_body_and_headers_arrive_as_they_are_and_nothing_is_added(
    sender: HttpSender,
) -> None:
    async with running() as receiver:
        outcome = await sender.send(post(receiver.url("/h%2Fk?t=a%2Bb%20c&x=1"), **{"X-A": "b"}))
    assert outcome == Answered(200)
    (request,) = receiver.requests
    assert request.line == "POST /h%2Fk?t=a%2Bb%20c&x=1 HTTP/1.1"
    assert request.body == BODY
    assert dict(request.headers) == {
        "host": f"127.0.0.1:{receiver.port}",
        "content-type": "application/json",
        "x-a": "b",
        "user-agent": "qonto-connector",
        "accept": "*/*",
        "content-length": str(len(BODY)),
    }
    assert len(request.headers) == 6, "no header comes twice"


async def test_one_connection_serves_many_messages(sender: HttpSender) -> None:
    async with running() as receiver:
        for _ in range(5):
            assert await sender.send(post(receiver.url())) == Answered(200)
    assert len(receiver.requests) == 5
    assert receiver.connections == 1


async def test_a_connection_that_the_receiver_closed_meanwhile_is_not_used_again(
    sender: HttpSender,
) -> None:
    async def close_after(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await writer.drain()
        writer.close()

    async with running(close_after) as receiver:
        for _ in range(3):
            assert await sender.send(post(receiver.url())) == Answered(200)
            receiver.closed.clear()
            await asyncio.sleep(0.01)
    assert receiver.connections == 3


async def test_cookies_are_not_sent_back(sender: HttpSender) -> None:
    answer = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 0\r\n\r\n"
    async with running(says(answer)) as receiver:
        for _ in range(2):
            await sender.send(post(receiver.url()))
    assert [request.all("cookie") for request in receiver.requests] == [[], []]


async def test_no_proxy_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running() as receiver, running() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url(""))
        monkeypatch.delenv("NO_PROXY", raising=False)
        sender = HttpSender(INSIDE, PATIENT)
        assert await sender.send(post(receiver.url())) == Answered(200)
        await sender.close()
    assert (len(receiver.requests), proxy.connections) == (1, 0)


# -- answers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 204, 304, 400, 404, 410, 429, 500, 503, 599])
async def test_the_status_is_told(sender: HttpSender, status: int) -> None:
    length = b"" if status in (204, 304) else b"Content-Length: 0\r\n"
    async with running(says(b"HTTP/1.1 %d X\r\n%s\r\n" % (status, length))) as receiver:
        assert await sender.send(post(receiver.url())) == Answered(status)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed_anywhere(sender: HttpSender, status: int) -> None:
    async with running() as other:
        for goal in ("http://169.254.169.254/latest/meta-data/", other.url(), "/elsewhere"):
            answer = f"HTTP/1.1 {status} X\r\nLocation: {goal}\r\nContent-Length: 0\r\n\r\n"
            async with running(says(answer.encode())) as receiver:
                assert await sender.send(post(receiver.url())) == Answered(status)
                assert len(receiver.requests) == 1
    assert other.connections == 0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("Fri, 20 Nov 2026 10:02:00 GMT", 120.0),
        ("Friday, 20-Nov-26 10:02:00 GMT", 120.0),
        ("Fri Nov 20 10:02:00 2026", 120.0),
        ("Fri, 20 Nov 2026 09:00:00 GMT", 0.0),
        ("Fri, 20 Nov 2026 99:00:00 GMT", None),
        ("Fri, 20 Nov 10000 10:00:00 GMT", None),
        ("²", None),
        ("٣", None),
        ("9" * 400, None),
        ("1e9", None),
        ("inf", None),
        ("nan", None),
    ],
)
async def test_retry_after_is_read_in_seconds_or_as_a_date(
    header: str, seconds: float | None
) -> None:
    answer = f"HTTP/1.1 503 X\r\nRetry-After: {header}\r\nContent-Length: 0\r\n\r\n"
    sender = HttpSender(INSIDE, PATIENT, lambda: START)
    async with running(says(answer.encode())) as receiver:
        assert await sender.send(post(receiver.url())) == Answered(503, seconds)
    await sender.close()


@given(
    st.text(max_size=20)
    | st.text("0123456789²٣ ", max_size=400)
    | st.text("Fri, 20Nov6:GMT+-9", max_size=40)
)
def test_no_retry_after_breaks_the_reader(header: str) -> None:
    read = _retry_after(header, START)
    assert read is None or 0 <= read < 1e12


async def test_an_endless_body_is_cut_and_its_connection_dropped(sender: HttpSender) -> None:
    written = 0

    async def endless(_: Received, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
            await writer.drain()
            written += 0x4000

    async with running(endless) as receiver:
        assert await sender.send(post(receiver.url())) == Answered(200)
        async with asyncio.timeout(30):
            await receiver.closed.wait()
        assert written < 32 * 1024 * 1024
        receiver.respond = says(OK)
        assert await sender.send(post(receiver.url())) == Answered(200)
        assert receiver.connections == 2


async def test_a_body_announced_as_huge_is_not_waited_for(sender: HttpSender) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 200_000
    async with running(says(head)) as receiver:
        assert await sender.send(post(receiver.url())) == Answered(200)


async def test_a_gzip_bomb_is_not_inflated(sender: HttpSender) -> None:
    """Its 30 kB are read and its connection used again, which 30 MB would not allow."""
    bomb = gzip.compress(bytes(30_000_000))
    assert len(bomb) < 64 * 1024
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    async with running(says(head + bomb)) as receiver:
        for _ in range(2):
            assert await sender.send(post(receiver.url())) == Answered(200)
    assert receiver.connections == 1
    assert receiver.requests[0].all("accept-encoding") == []


# -- receivers that take their time -----------------------------------------------------------


async def test_a_receiver_that_hangs_costs_the_deadline(hasty: HttpSender) -> None:
    async def hang(_: Received, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with running(hang) as receiver:
        assert await hasty.send(post(receiver.url())) == Failed("TIMEOUT")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"", Failed("TIMEOUT")),
        (b"HTTP/1.1 20", Failed("TIMEOUT")),
        (b"HTTP/1.1 200 OK\r\nX-Padding: ", Answered(200)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", Answered(200)),
        (b"HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n", Answered(500)),
    ],
    ids=["nothing", "status", "headers", "body", "chunk"],
)
async def test_dripping_bytes_do_not_stretch_the_deadline(
    hasty: HttpSender, head: bytes, expected: Answered | Failed
) -> None:
    async def drip(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        for _byte in range(1_000):
            writer.write(b"0")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with running(drip) as receiver:
        async with asyncio.timeout(10):
            outcome = await hasty.send(post(receiver.url()))
    assert outcome in (expected, Failed("CONNECTION_LOST")) if head == b"" else outcome == expected


async def test_interim_answers_without_end_do_not_stretch_the_deadline(hasty: HttpSender) -> None:
    async def interim(_: Received, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"HTTP/1.1 102 Processing\r\n\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with running(interim) as receiver:
        assert await hasty.send(post(receiver.url())) == Failed("TIMEOUT")


async def test_a_receiver_that_never_accepts_costs_the_deadline(hasty: HttpSender) -> None:
    """A backlog that is full swallows the connection."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        port = deaf.getsockname()[1]
        outcomes = await asyncio.gather(
            *(hasty.send(post(f"http://127.0.0.1:{port}/")) for _ in range(4))
        )
    assert set(outcomes) == {Failed("TIMEOUT")}


async def test_hanging_receivers_do_not_hold_up_a_healthy_one(sender: HttpSender) -> None:
    async def hang(_: Received, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with running(hang) as slow, running() as healthy:
        hanging = [asyncio.create_task(sender.send(post(slow.url()))) for _ in range(20)]
        for _ in range(20):
            assert await sender.send(post(healthy.url())) == Answered(200)
        assert not any(task.done() for task in hanging)
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)


# -- receivers that break ---------------------------------------------------------------------


async def test_a_reset_connection_is_lost(sender: HttpSender) -> None:
    async def reset(_: Received, writer: asyncio.StreamWriter) -> None:
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async with running(reset) as receiver:
        assert await sender.send(post(receiver.url())) == Failed("CONNECTION_LOST")
        assert len(receiver.requests) == 1, "a POST is not repeated behind our back"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200",
        b"HTTP/1.1 ABC OK\r\n\r\n",
        b"HTTP/1.1 099 Low\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 200OK\r\n\r\n",
        b"<html>HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 " + b" " * 100 + b"200 OK\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nnot an answer",
        b"\xff" * 100,
    ],
    ids=lambda answer: ascii(answer)[:40],
)
async def test_an_answer_that_is_not_http_is_a_lost_connection(
    sender: HttpSender, answer: bytes
) -> None:
    async def garbage(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with running(garbage) as receiver:
        assert await sender.send(post(receiver.url())) == Failed("CONNECTION_LOST")


async def test_a_closed_port_is_a_failed_connection(sender: HttpSender) -> None:
    async with running() as receiver:
        url = receiver.url()
    assert await sender.send(post(url)) == Failed("CONNECTION_FAILED")


async def test_a_receiver_is_called_again_after_it_broke(sender: HttpSender) -> None:
    async with running(says(b"\xff")) as receiver:
        await sender.send(post(receiver.url()))
        receiver.respond = says(OK)
        assert await sender.send(post(receiver.url())) == Answered(200)


# -- TLS --------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [1, -1], ids=["self-signed", "expired"])
async def test_a_certificate_nobody_vouches_for_is_refused(
    sender: HttpSender, tmp_path: Path, days: int
) -> None:
    identity = Identity.made(tmp_path, days=days)
    async with running(tls=identity.server) as receiver:
        outcome = await sender.send(post(receiver.url(scheme="https", host="localhost")))
    assert outcome == Failed("CERTIFICATE_INVALID")
    assert receiver.requests == []


async def test_a_trusted_certificate_counts_for_its_name_and_while_it_lasts(
    tmp_path: Path, names: dict[str, str]
) -> None:
    names.update({"hooks.example": "127.0.0.1", "other.example": "127.0.0.1"})
    for days, host, expected in (
        (1, "hooks.example", Answered(200)),
        (1, "other.example", Failed("CERTIFICATE_INVALID")),
        (1, "127.0.0.1", Failed("CERTIFICATE_INVALID")),
        (-1, "hooks.example", Failed("CERTIFICATE_INVALID")),
    ):
        identity = Identity.made(tmp_path, days=days, name="hooks.example")
        sender = HttpSender(INSIDE, PATIENT, tls=identity.trusting)
        async with running(tls=identity.server) as receiver:
            outcome = await sender.send(post(receiver.url(scheme="https", host=host)))
            await sender.close()
            assert outcome == expected, (days, host)
            if receiver.requests:
                assert receiver.requests[0].all("host") == [f"{host}:{receiver.port}"]


async def test_a_port_that_speaks_no_tls_is_a_failure(sender: HttpSender) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read(10_000)
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        outcome = await sender.send(post(f"https://127.0.0.1:{port}/"))
    assert outcome in (Failed("TLS_FAILED"), Failed("CONNECTION_LOST"))


# -- addresses --------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost"])
async def test_a_private_address_is_not_connected_to(strict: HttpSender, host: str) -> None:
    async with running() as receiver:
        outcome = await strict.send(post(receiver.url(host=host)))
    assert outcome == Failed("ADDRESS_REFUSED")
    assert receiver.connections == 0


async def test_a_name_that_leads_to_a_private_address_is_not_called(
    strict: HttpSender, names: dict[str, str]
) -> None:
    names["hooks.example"] = "127.0.0.1"
    async with running() as receiver:
        url = receiver.url(host="hooks.example")
        OUTSIDE.check_url(url)
        assert await strict.send(post(url)) == Failed("ADDRESS_REFUSED")
    assert receiver.connections == 0


@pytest.mark.parametrize("scheme", ["http", "HTTP"])
async def test_plain_http_is_not_called_once_it_is_no_longer_allowed(scheme: str) -> None:
    """Subscriptions made while it was allowed stand, and are told why nothing comes."""
    sender = HttpSender(EgressPolicy.of(("127.0.0.0/8",), allow_http=False), PATIENT)
    async with running() as receiver:
        outcome = await sender.send(post(receiver.url(scheme=scheme)))
        assert outcome == Failed("HTTPS_REQUIRED")
    await sender.close()
    assert receiver.connections == 0


async def test_a_denied_host_is_not_called_and_not_looked_up(names: dict[str, str]) -> None:
    """Subscriptions may be older than the setting."""
    policy = EgressPolicy.of(("127.0.0.0/8",), allow_http=True, denied_hosts=("hooks.example",))
    sender = HttpSender(policy, SHORT)
    async with running() as receiver:
        names["other.example"] = "127.0.0.1"
        for host in ("hooks.example", "a.hooks.example", "HOOKS.example."):
            outcome = await sender.send(post(receiver.url(host=host)))
            assert outcome == Failed("ADDRESS_REFUSED")
        assert await sender.send(post(receiver.url(host="other.example"))) == Answered(200)
    await sender.close()


async def test_a_denied_address_is_not_connected_to(names: dict[str, str]) -> None:
    names["hooks.example"] = "127.0.0.1"
    policy = EgressPolicy.of(("127.0.0.0/8",), allow_http=True, denied=("127.0.0.1/32",))
    sender = HttpSender(policy, SHORT)
    async with running() as receiver:
        for host in ("hooks.example", "127.0.0.1"):
            outcome = await sender.send(post(receiver.url(host=host)))
            assert outcome == Failed("ADDRESS_REFUSED")
    await sender.close()
    assert receiver.connections == 0


async def test_a_name_that_changes_its_mind_is_judged_anew(
    names: dict[str, str],
) -> None:
    """The second answer of a rebinding DNS meets the same check as the first."""
    names["hooks.example"] = "127.0.0.1"
    policy = EgressPolicy.of(("127.0.0.1/32",), allow_http=True)
    sender = HttpSender(policy, PATIENT)
    close = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    async with running(says(close)) as receiver:
        url = receiver.url(host="hooks.example")
        assert await sender.send(post(url)) == Answered(200)
        await sender.close()
        names["hooks.example"] = "127.0.0.2"
        sender = HttpSender(policy, SHORT)
        assert await sender.send(post(url)) == Failed("ADDRESS_REFUSED")
        assert receiver.connections == 1
    await sender.close()


async def test_a_name_nobody_knows_is_told_so(sender: HttpSender, names: dict[str, str]) -> None:
    assert await sender.send(post("http://hooks.example/")) == Failed("NAME_NOT_RESOLVED")


@pytest.mark.parametrize(
    "url",
    [
        "http://" + "a" * 64 + ".example/",
        "http://a..example/",
        "http://127.1/",
        "http://127.0.0.1./",
        "http://[::1/",
        "http://127.0.0.1:99999/",
        "nonsense",
        "",
    ],
)
async def test_a_url_that_cant_be_called_is_given_up_and_raises_nothing(
    sender: HttpSender, url: str
) -> None:
    assert await sender.send(post(url)) == Failed("URL_INVALID", retryable=False)


@pytest.mark.parametrize("value", ["a\r\nX-B: c", "a\nb", "a\x00b"])
async def test_a_header_that_cant_be_sent_raises_nothing(sender: HttpSender, value: str) -> None:
    async with running() as receiver:
        outcome = await sender.send(post(receiver.url(), **{"X-A": value}))
    assert isinstance(outcome, Failed)
    assert all("x-b" not in dict(request.headers) for request in receiver.requests)


def test_a_request_does_not_show_its_body() -> None:
    assert "account-key" not in repr(OutgoingRequest("https://a.example/", {}, b"account-key"))
