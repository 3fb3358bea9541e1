"""Connections to receivers: opened over a route, verified, kept for a while and used again."""

import asyncio
import socket
import ssl
from collections import deque
from functools import cache
from typing import Protocol, cast

from storage.egress import AddressRefused
from webhooks.answer_reader import AnswerReader
from webhooks.callback_target import CallbackTarget
from webhooks.names import NameUnknown, is_address

IDLE_FOR = 15.0
"""Seconds after which a connection isn't used again: receivers let go of theirs, too."""


class NotConnected(Exception):
    """No connection was made; `error` is what the attempt ends with."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class Route(Protocol):
    """How sockets get to receivers."""

    async def connect(self, target: CallbackTarget) -> socket.socket:
        """Return a connected socket, which is the caller's.

        Raises NotConnected, AddressRefused, NameUnknown, OSError, and ValueError for a host that
        can't be called.
        """
        ...

    async def asked_for(self, target: CallbackTarget) -> tuple[str, dict[str, str]]:
        """Return what a request line asks for, and headers that the route adds."""
        ...


class HttpConnection(asyncio.Protocol):
    """One connection, which carries one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._reader: AnswerReader | None = None
        self._answered: asyncio.Future[None] | None = None
        self.lost = asyncio.get_running_loop().create_future()
        self.idle_since = 0.0

    @property
    def is_usable(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    async def exchange(self, request: bytes, reader: AnswerReader) -> None:
        """Send a request; return once `reader` has all that comes."""
        if self._transport is None or self._transport.is_closing():
            return
        self._reader = reader
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            await self._answered
        finally:
            self._reader = self._answered = None

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._reader is None:
            self.abort()  # nobody asked: it would be taken for the next answer
        elif self._reader.feed(data):
            self._reader = None
            self._end()

    def eof_received(self) -> bool:
        self._end()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        if not self.lost.done():
            self.lost.set_result(None)

    def _end(self) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_result(None)


class ConnectionPool:
    """Opens connections and keeps them by origin; `most` requests are under way at once."""

    def __init__(self, route: Route, *, most: int, tls: ssl.SSLContext | None = None) -> None:
        self._route = route
        self._most = most
        self._slots = asyncio.Semaphore(most)
        self._tls = tls or verifying()
        self._idle: dict[tuple[bool, str, int], deque[HttpConnection]] = {}
        self._all: set[HttpConnection] = set()
        self._sweep: asyncio.TimerHandle | None = None

    async def exchange(self, target: CallbackTarget, request: bytes, reader: AnswerReader) -> None:
        """Send a request over a connection that is idle, else over a new one.

        Returns when `reader` has what came; raises what opening a connection does.
        """
        async with self._slots:
            kept = self._take(target)
            if kept is not None:
                await self._exchange(target, kept, request, reader)
                if not reader.is_untouched:
                    return
                # Whoever lets go of an idle connection may do so just as it is used again.
            await self._exchange(target, await self._open(target), request, reader)

    async def _exchange(
        self,
        target: CallbackTarget,
        connection: HttpConnection,
        request: bytes,
        reader: AnswerReader,
    ) -> None:
        try:
            await connection.exchange(request, reader)
        finally:
            if reader.keeps_open and connection.is_usable:
                self._keep(target, connection)
            else:
                connection.abort()

    async def close(self) -> None:
        """Close all, also those in use."""
        if self._sweep is not None:
            self._sweep.cancel()
        self._idle.clear()
        left = list(self._all)
        for connection in left:
            connection.abort()
        await asyncio.gather(*(connection.lost for connection in left))

    async def _open(self, target: CallbackTarget) -> HttpConnection:
        loop = asyncio.get_running_loop()
        try:
            sock = await self._route.connect(target)
            try:
                _, connection = await loop.create_connection(
                    HttpConnection,
                    sock=sock,
                    ssl=self._tls if target.is_tls else None,
                    server_hostname=_name_in_certificate(target) if target.is_tls else None,
                )
            except BaseException:
                sock.close()
                raise
        except (NotConnected, AddressRefused, NameUnknown):
            raise
        except ssl.CertificateError as error:
            raise NotConnected("CERTIFICATE_INVALID") from error
        except ssl.SSLError as error:
            raise NotConnected("TLS_FAILED") from error
        except OSError as error:
            raise NotConnected("CONNECTION_FAILED") from error
        self._all.add(connection)
        connection.lost.add_done_callback(lambda _: self._all.discard(connection))
        return connection

    def _take(self, target: CallbackTarget) -> HttpConnection | None:
        """Return the connection to an origin that was used last, if it's fresh."""
        idle = self._idle.get(target.origin)
        if idle is None:
            return None
        oldest = asyncio.get_running_loop().time() - IDLE_FOR
        while idle:
            connection = idle.pop()
            if connection.is_usable and connection.idle_since >= oldest:
                return connection
            connection.abort()
        del self._idle[target.origin]
        return None

    def _keep(self, target: CallbackTarget, connection: HttpConnection) -> None:
        loop = asyncio.get_running_loop()
        connection.idle_since = loop.time()
        self._idle.setdefault(target.origin, deque()).append(connection)
        if self._sweep is None:
            self._sweep = loop.call_later(IDLE_FOR, self._close_idle)

    def _close_idle(self) -> None:
        """Close what has been idle for too long, and look again while some are left."""
        loop = asyncio.get_running_loop()
        oldest = loop.time() - IDLE_FOR
        for origin, idle in list(self._idle.items()):
            while idle and (idle[0].idle_since < oldest or not idle[0].is_usable):
                idle.popleft().abort()
            if not idle:
                del self._idle[origin]
        self._sweep = loop.call_later(IDLE_FOR, self._close_idle) if self._idle else None


@cache
def verifying() -> ssl.SSLContext:
    """Return what checks certificates and names; made once, since it reads all roots."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _name_in_certificate(target: CallbackTarget) -> str:
    return target.host if is_address(target.host) else target.host.rstrip(".")
