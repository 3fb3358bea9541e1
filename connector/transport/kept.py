"""Connections by origin: opened when there is none, kept for a while, and used again."""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable
from functools import cached_property

import httpx2
from aiohappyeyeballs import (
    start_connection,  # pyright: ignore[reportUnknownVariableType] (a bare tuple in its types)
)

from connector.transport.exchange import ProviderConnection

IDLE_FOR = 5.0
"""Seconds after which a connection isn't used again: servers let go of theirs, too."""

_NEXT_ADDRESS_AFTER = 0.25
"""Seconds that one address has before the next is tried beside it (RFC 8305)."""

Origin = tuple[str, str, int]


class KeptConnections(httpx2.AsyncBaseTransport):
    """What httpx2 sends requests over: at most `most` at once, and never through a proxy.

    `tls` makes what checks certificates, once the first address asks for it. A request is never
    sent twice: what becomes of one whose connection broke is for the caller to say.
    """

    def __init__(
        self,
        *,
        most: int = 100,
        most_idle: int = 50,
        tls: Callable[[], ssl.SSLContext] = httpx2.create_ssl_context,
    ) -> None:
        self._places = asyncio.Semaphore(most)
        self._most_idle = most_idle
        self._make_tls = tls
        self._idle: dict[Origin, deque[ProviderConnection]] = {}
        self._idle_count = 0
        self._all: set[ProviderConnection] = set()
        self._sweep: asyncio.TimerHandle | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; return its answer, whose body is still to come."""
        limits = request.extensions.get("timeout", {})
        await self._enter(limits.get("pool"))
        connection: ProviderConnection | None = None
        try:
            origin = _origin(request.url)
            connection = self._take(origin) or await self._open(origin, limits.get("connect"))
            await connection.ask(request)
        except BaseException:
            if connection is not None:
                connection.abort()
            self._places.release()
            raise
        return httpx2.Response(
            connection.status,
            headers=connection.headers,
            stream=_AnswerBody(self, origin, connection, limits.get("read")),
            extensions={"http_version": b"HTTP/1.1"},
        )

    def take_back(self, origin: Origin, connection: ProviderConnection) -> None:
        """Keep a connection whose answer was read, or close it."""
        self._places.release()
        if not connection.is_reusable or self._idle_count >= self._most_idle:
            connection.abort()
            return
        connection.release()
        self._idle.setdefault(origin, deque()).append(connection)
        self._idle_count += 1
        if self._sweep is None:
            loop = asyncio.get_running_loop()
            self._sweep = loop.call_later(IDLE_FOR, self._close_idle)

    async def aclose(self) -> None:
        """Close all, also those in use."""
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        self._idle.clear()
        self._idle_count = 0
        left = list(self._all)
        for connection in left:
            connection.abort()
        await asyncio.gather(*(connection.lost for connection in left))

    async def _enter(self, seconds: float | None) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(seconds):
                await self._places.acquire()
        except TimeoutError:
            raise httpx2.PoolTimeout("All connections are in use.") from None

    def _take(self, origin: Origin) -> ProviderConnection | None:
        """Return the connection to an origin that was used last, if it still is one."""
        idle = self._idle.get(origin)
        oldest = asyncio.get_running_loop().time() - IDLE_FOR
        while idle:
            connection = idle.pop()
            self._idle_count -= 1
            if connection.idle_since >= oldest and connection.is_usable:
                return connection
            connection.abort()
        return None

    async def _open(self, origin: Origin, seconds: float | None) -> ProviderConnection:
        # causes are left out: nobody needs them, and they hold on to the request
        try:
            async with asyncio.timeout(seconds):
                connection = await self._connected(origin)
        except TimeoutError:
            raise httpx2.ConnectTimeout("The server can't be reached in time.") from None
        except (OSError, UnicodeError, RuntimeError) as error:
            # a host that can't be a name is no UTF-8 for DNS; uvloop has RuntimeErrors that are
            # OSErrors elsewhere
            raise httpx2.ConnectError(str(error)) from None
        self._all.add(connection)
        connection.lost.add_done_callback(lambda _: self._all.discard(connection))
        return connection

    async def _connected(self, origin: Origin) -> ProviderConnection:
        scheme, host, port = origin
        loop = asyncio.get_running_loop()
        addresses = await loop.getaddrinfo(host, port, type=1)
        sock = await start_connection(addresses, happy_eyeballs_delay=_NEXT_ADDRESS_AFTER)
        is_tls = scheme == "https"
        try:
            _, connection = await loop.create_connection(
                ProviderConnection,
                sock=sock,
                ssl=self._tls if is_tls else None,
                server_hostname=host if is_tls else None,
            )
        except BaseException:
            sock.close()
            raise
        return connection

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = self._make_tls()
        context.set_alpn_protocols(["http/1.1"])
        return context

    def _close_idle(self) -> None:
        """Close what has been idle for too long, and look again while some are left."""
        loop = asyncio.get_running_loop()
        oldest = loop.time() - IDLE_FOR
        for origin, idle in list(self._idle.items()):
            while idle and (idle[0].idle_since < oldest or not idle[0].is_usable):
                idle.popleft().abort()
                self._idle_count -= 1
            if not idle:
                del self._idle[origin]
        self._sweep = loop.call_later(IDLE_FOR, self._close_idle) if self._idle else None


class _AnswerBody(httpx2.AsyncByteStream):
    """An answer's body; its connection goes back when it is closed."""

    def __init__(
        self,
        kept: KeptConnections,
        origin: Origin,
        connection: ProviderConnection,
        seconds: float | None,
    ) -> None:
        self._kept = kept
        self._origin = origin
        self._connection: ProviderConnection | None = connection
        self._seconds = seconds

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._connection is not None:
            async for chunk in self._connection.chunks(self._seconds):
                yield chunk

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._kept.take_back(self._origin, connection)


def _origin(url: httpx2.URL) -> Origin:
    if url.scheme not in ("http", "https"):
        raise httpx2.UnsupportedProtocol(f"There is no way to {url.scheme!r} addresses.")
    host = url.raw_host.decode("ascii").strip("[]")
    return url.scheme, host, url.port or (443 if url.scheme == "https" else 80)
