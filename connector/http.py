"""One HTTP client for a target system's API: access, deadlines, careful retries, metrics.

What an answer means is decided in `connector.outcomes`; here it is acted on. Redirects are never
followed, cookies never kept, answers are read up to a size, and no error holds a header or a body.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol, assert_never, cast

import httpx2

from connector import proxies
from connector.budget import AccessGate, RateBudget, Shown
from connector.errors import (
    AccessRefused,
    CallsSuspended,
    DocumentNotFound,
    DownstreamError,
    DownstreamRefused,
    DownstreamTimeout,
    DownstreamUnavailable,
    NotReached,
    RateLimited,
)
from connector.outcomes import (
    Dialect,
    Fail,
    Outcome,
    ProviderAnswer,
    RenewAccess,
    Retry,
    Succeed,
    classify,
)
from connector.transport.client import ProviderHttp
from connector.transport.kept import KeptConnections
from oauth.tokens import Access, AccessSource
from storage.clock import Clock, system_clock
from storage.errors import ServiceError

Observe = Callable[[str, str, int | None, float], None]
"""Told of every attempt: method, route, status (None when no answer came), seconds."""

USER_AGENT = "qonto-connector"

_CONNECTIONS = 100
_KEPT = 50
"""Of the connections those that are kept when nothing goes over them."""

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much a call may take; times in seconds.

    `total` bounds a call with all its retries, `longest_wait` a single wait that the server asks
    for. Retries are made for GET only, since asking twice for a write may write twice, and for
    writes that the target system knows again by a key. A streamed body has a second more for each
    `upload_rate` bytes.
    """

    connect: float = 5.0
    read: float = 15.0
    total: float = 30.0
    retries: int = 2
    first_wait: float = 0.25
    longest_wait: float = 5.0
    max_bytes: int = 32 * 1024 * 1024
    upload_rate: int = 256 * 1024


class StreamedBody(Protocol):
    """A body that is read while it is sent, and can be read again."""

    @property
    def content_type(self) -> str: ...

    @property
    def size(self) -> int:
        """How many bytes there are."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """Stream them, from the beginning each time."""
        ...


@dataclass(frozen=True, slots=True)
class ProviderCall:
    """One request to make. `route` is the path's pattern, for metrics; `scope` the consent needed.

    `body` is JSON unless it's streamed. `headers` come on top of those of every call, and can't
    replace the access's. `is_keyed` says that the target system knows the request again by a key in
    it, so that asking twice is asking once. `wanted` are the statuses besides success whose answers
    the caller reads by itself. `repr` hides the body.
    """

    method: str
    path: str
    route: str
    params: tuple[tuple[str, str], ...] = ()
    body: bytes | StreamedBody | None = field(default=None, repr=False)
    scope: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    is_keyed: bool = False
    wanted: tuple[int, ...] = ()

    @property
    def is_repeatable(self) -> bool:
        """Asking twice has the same effect as asking once."""
        return self.method == "GET" or self.is_keyed


class FixedAccess:
    """An AccessSource with a single access, for calls made before an account exists."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def get(self, account_id: str) -> Access:
        return self._access

    async def renew(self, account_id: str, refused: Access) -> Access:
        raise AccessRefused("The target system refused the access it had just granted. Link again.")


def provider_http(
    transport: httpx2.AsyncBaseTransport | None = None, *, direct: bool = False
) -> ProviderHttp:
    """Open the HTTP client that all target systems share; whoever opens it closes it.

    It goes through the proxies that the environment names, unless `direct`, and never to this
    machine. Raises ProxyUnusable.
    """
    if not direct:
        proxies.check()
    if transport is None and (direct or not proxies.named()):
        transport = KeptConnections(
            most=_CONNECTIONS,
            most_idle=_KEPT,
            tls=lambda: httpx2.create_ssl_context(trust_env=not direct),
        )
    return ProviderHttp(
        transport=transport,
        mounts={f"all://{host}": None for host in proxies.HERE},
        trust_env=not direct,
        follow_redirects=False,
        limits=httpx2.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_KEPT),
        headers={"User-Agent": USER_AGENT},
    )


@lru_cache(maxsize=512)
def _address(url: str) -> httpx2.URL:
    return httpx2.URL(url)


def _unobserved(outcome: str) -> None:
    del outcome


def ignore(method: str, route: str, status: int | None, seconds: float) -> None:
    """Observe nothing."""
    del method, route, status, seconds


class ProviderClient:
    """Calls one target system's API for its linked accounts."""

    def __init__(
        self,
        http: ProviderHttp,
        access: AccessSource,
        base_url: str,
        dialect: Dialect,
        *,
        limits: Limits | None = None,
        budget: RateBudget | None = None,
        observe: Observe = ignore,
        clock: Clock = system_clock,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._http = http
        self._access = access
        self._base_url = base_url.rstrip("/")
        self._dialect = dialect
        self._limits = limits or Limits()
        self._timeout = httpx2.Timeout(self._limits.read, connect=self._limits.connect).as_dict()
        self._budget = budget
        self._gate = budget.gate if budget else AccessGate(dialect.name, observe=_unobserved)
        self._observe = observe
        self._clock = clock
        self._sleep = sleep

    async def send(self, account_id: str, call: ProviderCall) -> ProviderAnswer:
        """Make a call for an account and answer its 2xx answer.

        Every attempt waits for its part of the rate budget. Raises what `connector.errors` lists
        below DownstreamError, DocumentNotFound for 404, and whatever the access source raises when
        the account can't be used.
        """
        deadline = time.monotonic() + self._limits.total + self._extra(call)
        access = await self._within(deadline, self._access.get(account_id))
        renewed = False
        retries = 0
        doubt: ServiceError | None = None  # of an attempt that may have had its effect
        while True:
            outcome = await self._let_through(account_id, call, access, deadline)
            match outcome:
                case Succeed(answer):
                    return answer
                case Fail(error):
                    raise doubt or error
                case RenewAccess(trace_id):
                    if renewed:
                        may_end = access.is_renewable
                        raise doubt or self._gate.refusal(account_id, trace_id, may_end=may_end)
                    access = await self._within(deadline, self._access.renew(account_id, access))
                    renewed = True
                case Retry(after, error):
                    wait = self._wait(after, retries)
                    if (
                        not call.is_repeatable
                        or retries >= self._limits.retries
                        or wait > self._limits.longest_wait
                        or time.monotonic() + wait >= deadline
                    ):
                        raise doubt or error
                    retries += 1
                    if not isinstance(error, NotReached | RateLimited):
                        doubt = None if call.method == "GET" else error
                    await self._sleep(wait)
                case _:
                    assert_never(outcome)

    def _extra(self, call: ProviderCall) -> float:
        """Return the seconds that a streamed body takes besides."""
        if call.body is None or isinstance(call.body, bytes):
            return 0.0
        return call.body.size / self._limits.upload_rate

    async def _within(self, deadline: float, access: Coroutine[Any, Any, Access]) -> Access:
        """Wait for an access that may have to be renewed, as long as the call may take."""
        try:
            async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                return await access
        except TimeoutError:
            raise CallsSuspended(
                f"This account's access to {self._dialect.name} is still being renewed. Try again.",
                retry_after=5.0,
            ) from None

    async def _let_through(
        self, account_id: str, call: ProviderCall, access: Access, deadline: float
    ) -> Outcome:
        """Make an attempt when the account's access isn't in doubt, and the budget allows it."""
        may_end = access.is_renewable
        if not await self._gate.enter(account_id, access.version, deadline, may_end=may_end):
            return RenewAccess()
        shown = Shown.NOTHING
        try:
            outcome = await self._within_budget(account_id, call, access, deadline)
            shown = _shown(outcome)
            return outcome or RenewAccess()
        finally:
            self._gate.leave(account_id, access.version, shown)

    async def _within_budget(
        self, account_id: str, call: ProviderCall, access: Access, deadline: float
    ) -> Outcome | None:
        """Make an attempt; None when its access was refused while it waited."""
        budget = self._budget
        if budget is None:
            return await self._attempt(call, access, deadline)
        permit = await budget.acquire(account_id, deadline)
        if self._gate.is_refused(account_id, access.version):
            budget.give_back(permit)
            return None
        try:
            outcome = await self._attempt(call, access, deadline)
        finally:
            budget.ended(permit)
        match outcome:
            case RenewAccess():
                budget.refused()
            case Retry(after, RateLimited()):
                budget.pause(after)
            case _:
                pass
        return outcome

    def _wait(self, after: float | None, retries: int) -> float:
        if after is not None:
            return after
        return self._limits.first_wait * 2**retries * random.uniform(0.5, 1.5)  # noqa: S311

    async def _attempt(self, call: ProviderCall, access: Access, deadline: float) -> Outcome:
        started = time.monotonic()
        status: int | None = None
        try:
            async with asyncio.timeout(max(0.0, deadline - started)):
                answer = await self._exchange(call, access)
            status = answer.status
        # the outcome keeps no cause: that would hold the request, and with it the access
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout):
            return Retry(
                None, NotReached(f"{self._dialect.name} can't be reached. Try again later.")
            )
        except (TimeoutError, httpx2.TimeoutException):
            return Retry(
                None, DownstreamTimeout(f"{self._dialect.name} did not answer in time. Try again.")
            )
        except httpx2.DecodingError:
            return Fail(DownstreamError(f"{self._dialect.name}'s answer can't be unpacked."))
        except httpx2.RequestError:
            return Retry(
                None,
                DownstreamUnavailable(f"{self._dialect.name} can't be reached. Try again later."),
            )
        finally:
            self._observe(call.method, call.route, status, time.monotonic() - started)
        if answer.status in call.wanted:
            return Succeed(answer)
        return classify(answer, dialect=self._dialect, now=self._clock(), scope=call.scope)

    async def _exchange(self, call: ProviderCall, access: Access) -> ProviderAnswer:
        headers = {
            "User-Agent": USER_AGENT,
            "Accept-Encoding": "gzip, deflate",
            **dict(call.headers),
            "Accept": "application/json",
            **access.headers,
        }
        content: bytes | AsyncIterator[bytes] | None = None
        if isinstance(call.body, bytes):
            content, headers["Content-Type"] = call.body, "application/json"
        elif call.body is not None:
            content, headers["Content-Type"] = call.body.chunks(), call.body.content_type
            headers["Content-Length"] = str(call.body.size)
        request = httpx2.Request(
            call.method,
            _address(self._base_url + call.path),
            params=call.params or None,
            content=content,
            headers=headers,
            extensions={"timeout": self._timeout},
        )
        response = await self._http.ask(request)
        try:
            body = await self._read(response)
        finally:
            await response.aclose()
        return ProviderAnswer(
            status=response.status_code,
            body=body,
            content_type=response.headers.get("Content-Type", ""),
            retry_after=response.headers.get("Retry-After"),
            trace_id=response.headers.get(self._dialect.trace_header),
        )

    async def _read(self, response: httpx2.Response) -> bytes:
        chunks: list[bytes] = []
        size = 0
        is_packed = "Content-Encoding" in response.headers
        stream = response.aiter_bytes() if is_packed else response.stream
        async for chunk in cast(AsyncIterable[bytes], stream):
            size += len(chunk)
            if size > self._limits.max_bytes:
                raise DownstreamError(
                    f"{self._dialect.name}'s answer is larger than {self._limits.max_bytes} bytes.",
                    status=response.status_code,
                )
            chunks.append(chunk)
        return b"".join(chunks)


def _shown(outcome: Outcome | None) -> Shown:
    """Say what an outcome shows of the access: a refusal for another reason shows that it works."""
    match outcome:
        case Succeed() | Fail(DocumentNotFound() | DownstreamRefused()):
            return Shown.ACCEPTED
        case RenewAccess():
            return Shown.REFUSED
        case _:
            return Shown.NOTHING
