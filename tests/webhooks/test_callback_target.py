"""A callback URL is called as it was registered: the receiver sees what the vendor wrote."""

from collections.abc import AsyncIterator
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.egress import EgressPolicy
from tests.webhooks.receivers import running
from tests.webhooks.test_proxy import proxied
from webhooks.callback_target import CallbackTarget, target_of
from webhooks.schedule import Answered
from webhooks.sender import HttpSender, OutgoingRequest, SenderSettings

INSIDE = EgressPolicy.of(("127.0.0.0/8",), allow_http=True)

AS_WRITTEN = (
    "/hook",
    "/hook/",
    "/",
    "/a%2Cb%3Ac%2Fd",
    "/a%2cb%3ac%2fd",
    "/a,b:c;d=e",
    "/a+b%20c%2B",
    "/hook?q=%2C%3A%2F%2c%3a%2f",
    "/hook?q=a+b%20c%2Bd",
    "/hook?",
    "/hook??",
    "/hook?a=1&a=2&b&=c&",
    "/hook?next=https://app.example/?x=1",
    "/hook?u=%7Euser&v=~user&w=%41",
    "/hook?filter[]=a&b={}".replace("{}", "%7B%7D"),
    "/caf%C3%A9/%e2%82%ac",
    "/%00%0d%0a",
    "/100%",
    "/a/./b/../c",
    "/a//b",
    "//a",
    "/.",
    "/a@b!$&'()*",
    "/" + "x" * 2000,
)


def post(url: str) -> OutgoingRequest:
    return OutgoingRequest(url, {}, b"{}")


@pytest.fixture
async def sender() -> AsyncIterator[HttpSender]:
    opened = HttpSender(INSIDE, SenderSettings(deadline=30))
    yield opened
    await opened.close()


@pytest.mark.loopback
@pytest.mark.parametrize("path", AS_WRITTEN, ids=lambda path: path[:30])
async def test_path_and_query_arrive_as_they_were_registered(sender: HttpSender, path: str) -> None:
    async with running() as receiver:
        INSIDE.check_url(receiver.url(path)[:2048])
        assert await sender.send(post(receiver.url(path))) == Answered(200)
    assert receiver.requests[0].line == f"POST {path} HTTP/1.1"


@pytest.mark.loopback
async def test_they_arrive_so_through_a_proxy() -> None:
    async with running() as receiver, proxied(receiver) as proxy:
        through = HttpSender(INSIDE, SenderSettings(deadline=30, proxy=proxy.url))
        for path in AS_WRITTEN:
            assert await through.send(post(receiver.url(path))) == Answered(200)
        await through.close()
    asked = [request.line for request in receiver.requests]
    assert asked == [f"POST {receiver.url(path)} HTTP/1.1" for path in AS_WRITTEN]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://hooks.example", CallbackTarget(True, "hooks.example", 443, "/")),
        ("https://hooks.example?a=b", CallbackTarget(True, "hooks.example", 443, "/?a=b")),
        ("HTTPS://Hooks.Example/A", CallbackTarget(True, "hooks.example", 443, "/A")),
        ("http://hooks.example:/x", CallbackTarget(False, "hooks.example", 80, "/x")),
        ("http://hooks.example:8080/x", CallbackTarget(False, "hooks.example", 8080, "/x")),
        ("https://xn--exmple-cua.com/x", CallbackTarget(True, "xn--exmple-cua.com", 443, "/x")),
        ("https://[2001:DB8::1]:8443/x", CallbackTarget(True, "2001:db8::1", 8443, "/x")),
        ("https://hooks.example./x", CallbackTarget(True, "hooks.example.", 443, "/x")),
    ],
)
def test_a_url_is_taken_apart(url: str, expected: CallbackTarget) -> None:
    assert target_of(url) == expected


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://hooks.example/", "hooks.example"),
        ("https://hooks.example:443/", "hooks.example"),
        ("http://hooks.example:443/", "hooks.example:443"),
        ("https://hooks.example:8443/", "hooks.example:8443"),
        ("https://hooks.example./", "hooks.example"),
        ("https://[2001:db8::1]/", "[2001:db8::1]"),
        ("https://[2001:db8::1]:80/", "[2001:db8::1]:80"),
    ],
)
def test_the_host_is_named_as_receivers_know_it(url: str, host: str) -> None:
    assert target_of(url).authority == host


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/été", "/%C3%A9t%C3%A9"),
        ("/?q=€", "/?q=%E2%82%AC"),
        ('/"<>\\^`{|}', "/%22%3C%3E%5C%5E%60%7B%7C%7D"),
        ("/a b", "/a%20b"),
    ],
)
def test_only_what_cant_stand_in_a_url_is_escaped(path: str, sent: str) -> None:
    assert target_of(f"https://hooks.example{path}").path == sent


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "https://", "https:///x", "ftp://a.example/", "https://u:p@a.example/",
     "https://u@a.example/", "https://été.example/", "https://a.example:99999/",
     "https://a.example:x/", "https://[::1/"],
)  # fmt: skip
def test_what_cant_be_called_is_a_value_error(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (any will do)
        target_of(url)


@given(st.text(max_size=60))
def test_no_path_ends_the_line_it_stands_in(path: str) -> None:
    try:
        sent = target_of(f"https://hooks.example/{path}").path
    except ValueError:
        return
    assert sent.isascii()
    assert sent.isprintable()
    assert " " not in sent
    assert "#" not in sent
    assert unquote(sent) == unquote(f"/{path.partition('#')[0]}")
