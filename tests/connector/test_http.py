"""The provider client: access, retries, deadlines, size, and what it never does."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import httpx2
import pytest

from connector.errors import (
    AccessRefused,
    CallsSuspended,
    DownstreamError,
    DownstreamTimeout,
    DownstreamUnavailable,
    RateLimited,
)
from connector.http import FixedAccess, Limits, ProviderCall, ProviderClient, provider_http
from connector.outcomes import Dialect, Refusal
from oauth.tokens import Access

DIALECT = Dialect("Bank", gated=False, trace_header="X-Trace", read_refusal=lambda *_: Refusal())
GET = ProviderCall("GET", "/v2/things", "/v2/things", params=(("filter[a]", "b c"),))
POST = ProviderCall("POST", "/v2/things", "/v2/things", body=b'{"a":1}')
SECRET = "ory_at_very_secret"

Handler = Callable[[httpx2.Request], httpx2.Response]


class Accesses:
    """Hands out numbered accesses and remembers which were refused."""

    def __init__(self) -> None:
        self.refused: list[int] = []

    async def get(self, account_id: str) -> Access:
        return self._access(1)

    async def renew(self, account_id: str, refused: Access) -> Access:
        self.refused.append(refused.version)
        return self._access(refused.version + 1)

    def _access(self, version: int) -> Access:
        return Access({"Authorization": f"Bearer {SECRET}{version}"}, frozenset(), None, version)


class Script:
    """Answers requests one after another and keeps them."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self._answers = list(answers)
        self.requests: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Harness:
    """A client over a script, with the waits and observations it made."""

    def __init__(
        self, handler: Handler, accesses: Accesses | None = None, limits: Limits | None = None
    ) -> None:
        self.waits: list[float] = []
        self.observed: list[tuple[str, str, int | None]] = []
        self.http = provider_http(httpx2.MockTransport(handler))
        self.client = ProviderClient(
            self.http,
            accesses or Accesses(),
            "https://api.bank.example/",
            DIALECT,
            limits=limits,
            observe=lambda method, route, status, _: self.observed.append((method, route, status)),
            clock=lambda: datetime(2026, 11, 20, tzinfo=UTC),
            sleep=self._sleep,
        )

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def send(self, call: ProviderCall = GET) -> bytes:
        async with self.http:
            return (await self.client.send("acct_1", call)).body


async def test_a_call_carries_the_accounts_access_and_its_parameters() -> None:
    """Base URL, path, encoded parameters, JSON both ways, and the access's headers."""
    script = Script(httpx2.Response(201, json={"ok": True}))
    assert await Harness(script).send(POST) == b'{"ok":true}'
    (request,) = script.requests
    assert str(request.url) == "https://api.bank.example/v2/things"
    assert request.headers["Authorization"] == f"Bearer {SECRET}1"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Accept"] == "application/json"
    assert request.content == b'{"a":1}'
    listed = Script(httpx2.Response(200, json={}))
    await Harness(listed).send(GET)
    assert dict(listed.requests[0].url.params) == {"filter[a]": "b c"}


async def test_a_refused_access_is_renewed_once_for_any_method() -> None:
    """A refused call did nothing, so even a write may be sent again."""
    for call in (GET, POST):
        accesses = Accesses()
        script = Script(httpx2.Response(401, json={}), httpx2.Response(200, json={}))
        harness = Harness(script, accesses)
        await harness.send(call)
        assert accesses.refused == [1]
        assert script.requests[1].headers["Authorization"] == f"Bearer {SECRET}2"
        assert [status for _, _, status in harness.observed] == [401, 200]


async def test_a_second_refusal_is_told_as_temporary() -> None:
    """Never a third attempt: refused calls are counted against everyone's address."""
    accesses = Accesses()
    script = Script(httpx2.Response(401, json={}), httpx2.Response(401, json={}))
    with pytest.raises(CallsSuspended):
        await Harness(script, accesses).send()
    assert len(script.requests) == 2


async def test_reads_are_retried_twice_at_most() -> None:
    """With growing waits; then the failure is told."""
    script = Script(*(httpx2.Response(503) for _ in range(3)))
    harness = Harness(script)
    with pytest.raises(DownstreamUnavailable):
        await harness.send()
    assert len(script.requests) == 3
    first, second = harness.waits
    assert 0 < first <= 0.375
    assert first / 1.5 < second <= 0.75


async def test_a_read_survives_a_lost_connection() -> None:
    """Refused, reset and timed out alike."""
    script = Script(
        httpx2.ConnectError("refused"), httpx2.ReadError("reset"), httpx2.Response(200, json={})
    )
    harness = Harness(script)
    assert await harness.send() == b"{}"
    assert [status for _, _, status in harness.observed] == [None, None, 200]


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (httpx2.Response(503), DownstreamUnavailable),
        (httpx2.Response(429, headers={"Retry-After": "1"}), RateLimited),
        (httpx2.ReadError("reset"), DownstreamUnavailable),
        (httpx2.ReadTimeout("slow"), DownstreamTimeout),
    ],
)
async def test_writes_are_never_sent_twice(
    failure: httpx2.Response | Exception, error: type[DownstreamError]
) -> None:
    """Whether the first one did something isn't known."""
    script = Script(failure)
    with pytest.raises(error):
        await Harness(script).send(POST)
    assert len(script.requests) == 1


async def test_a_wait_the_server_asks_for_is_kept_if_it_is_short() -> None:
    """A longer one is handed to the caller, who can wait better."""
    short = Script(httpx2.Response(429, headers={"Retry-After": "2"}), httpx2.Response(200))
    harness = Harness(short)
    await harness.send()
    assert harness.waits == [2]
    for seconds in ("10", "600"):
        long = Script(httpx2.Response(429, headers={"Retry-After": seconds}))
        with pytest.raises(RateLimited) as caught:
            await Harness(long).send()
        assert caught.value.retry_after == float(seconds)


async def test_the_deadline_covers_the_body_too() -> None:
    """A server that drips is not waited for."""

    async def drip() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(30)
        yield b"}"

    def slow(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=drip())

    harness = Harness(slow, limits=Limits(total=0.05))
    with pytest.raises(DownstreamTimeout):
        await harness.send()
    assert harness.observed == [("GET", "/v2/things", None)]


async def test_an_answer_has_a_largest_size() -> None:
    """Counted after unpacking, and not read on beyond it."""
    script = Script(httpx2.Response(200, content=b"x" * 2000))
    with pytest.raises(DownstreamError, match="larger than 1000 bytes"):
        await Harness(script, limits=Limits(max_bytes=1000)).send()


async def test_what_one_account_was_told_is_not_sent_for_another() -> None:
    """Cookies of a shared client stay unsent."""
    script = Script(
        httpx2.Response(200, headers={"Set-Cookie": "session=one; Path=/"}, json={}),
        httpx2.Response(200, json={}),
    )
    harness = Harness(script)
    async with harness.http:
        await harness.client.send("acct_1", GET)
        await harness.client.send("acct_2", GET)
    assert "Cookie" not in script.requests[1].headers


async def test_redirects_are_not_followed() -> None:
    """The access would go along."""
    script = Script(httpx2.Response(302, headers={"Location": "https://elsewhere.example/"}))
    with pytest.raises(DownstreamError):
        await Harness(script).send()
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    "failure",
    [
        httpx2.Response(500, text=SECRET),
        httpx2.Response(401),
        httpx2.ConnectError(SECRET),
        httpx2.ReadTimeout(SECRET),
        httpx2.DecodingError(SECRET),
    ],
)
async def test_no_error_knows_the_access_or_the_body(failure: httpx2.Response | Exception) -> None:
    """Neither its text nor anything it was caused by."""

    def fail(request: httpx2.Request) -> httpx2.Response:
        if isinstance(failure, Exception):
            raise failure
        return failure

    with pytest.raises(DownstreamError) as caught:
        await Harness(fail, limits=Limits(retries=0)).send()
    error: BaseException | None = caught.value
    while error is not None:
        assert SECRET not in repr(error)
        assert SECRET not in str(vars(error))
        error = error.__cause__ or error.__context__
    assert "body" not in repr(POST)


async def test_a_fixed_access_is_not_renewed() -> None:
    """Before an account exists there is nothing to renew with."""
    access = Access({"Authorization": "Bearer x"}, frozenset(), None)
    fixed = FixedAccess(access)
    assert await fixed.get("") is access
    with pytest.raises(AccessRefused):
        await fixed.renew("", access)
