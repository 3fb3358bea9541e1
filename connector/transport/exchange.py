"""One connection, which carries one request at a time. Raises what httpx2 names."""

import asyncio
import select
from collections import deque
from collections.abc import AsyncIterator
from typing import cast

import httptools
import httpx2

MOST_HEAD = 100 * 1024
"""Bytes of an answer's head."""

_HIGH, _LOW = 256 * 1024, 64 * 1024
"""Bytes of a body that wait to be taken, above and below which reading stops and goes on."""

_NO_ANSWER = "The server disconnected without sending a response."
_BROKE_OFF = "The server disconnected in the middle of its response."


class ProviderConnection(asyncio.Protocol):
    """A connection, and the answer that it reads at the moment."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._poll: select.poll | None = None
        self.lost = self._loop.create_future()
        self.idle_since = 0.0
        self._is_writable = asyncio.Event()
        self._is_writable.set()
        self._waiting: asyncio.Future[None] | None = None
        self._begin(is_head=False)
        self._is_idle = True

    def _begin(self, *, is_head: bool) -> None:
        """Forget the answer before."""
        self._parser = httptools.HttpResponseParser(self)
        self._is_idle = False
        self._is_head = is_head
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self._head_size = 0
        self._has_head = self._is_done = self._is_sent = False
        self._has_end = False
        """Whether the head says where the body ends."""
        self._keeps_open = False
        self._error: Exception | None = None
        self._body: deque[bytes] = deque()
        self._held = 0

    # what is done with it

    @property
    def is_usable(self) -> bool:
        """Whether the next request may go over it: nothing has come that nobody asked for."""
        transport = self._transport
        if not self._is_idle or transport is None or transport.is_closing():
            return False
        # the loop may not have seen yet that the other side has closed it
        return self._poll is None or not self._poll.poll(0)

    @property
    def is_reusable(self) -> bool:
        """Whether all was in order, so that it may be kept."""
        is_over = self._is_done and self._is_sent and self._keeps_open and self._error is None
        return is_over and self._transport is not None and not self._transport.is_closing()

    async def ask(self, request: httpx2.Request) -> None:
        """Send a request; return once the answer's head has come."""
        assert self._transport is not None
        limits = request.extensions.get("timeout", {})
        self._begin(is_head=request.method == "HEAD")
        head = _head(request)
        if isinstance(request.stream, httpx2.ByteStream):
            # whole in memory; in one piece, it's one packet and one call of the system
            self._transport.write(head + request.content)
            self._is_sent = True
        else:
            self._transport.write(head)
            await self._stream(request, limits.get("write"))
        while not self._has_head:
            await self._more(limits.get("read"))

    async def chunks(self, seconds: float | None) -> AsyncIterator[bytes]:
        """Yield the body as it comes."""
        while True:
            while self._body:
                chunk = self._body.popleft()
                self._held -= len(chunk)
                if self._transport is not None and self._held < _LOW:
                    self._transport.resume_reading()
                yield chunk
            if self._is_done:
                return
            await self._more(seconds)

    def release(self) -> None:
        """Have it carry another request."""
        self._is_idle = True
        self.idle_since = self._loop.time()

    def abort(self) -> None:
        """Close it at once."""
        if self._transport is not None:
            self._transport.abort()

    async def _stream(self, request: httpx2.Request, seconds: float | None) -> None:
        """Send the body in pieces, unless it is answered before."""
        assert self._transport is not None
        length = request.headers.get("Content-Length")
        left = None if length is None else int(length)
        assert isinstance(request.stream, httpx2.AsyncByteStream)
        async for chunk in request.stream:
            if self._has_head or self._error is not None or self._transport.is_closing():
                return
            if not chunk:
                continue
            if left is not None:
                left -= len(chunk)
                if left < 0:
                    raise httpx2.LocalProtocolError("The body is longer than was announced.")
                self._transport.write(chunk)
            else:
                self._transport.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            if not self._is_writable.is_set():
                await self._drained(seconds)
        if left:
            raise httpx2.LocalProtocolError("The body is shorter than was announced.")
        if left is None:
            self._transport.write(b"0\r\n\r\n")
        self._is_sent = True

    async def _drained(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._is_writable.wait()
        except TimeoutError:
            raise httpx2.WriteTimeout("The server takes no more of the request.") from None

    async def _more(self, seconds: float | None) -> None:
        """Wait until something has come. Raises what went wrong."""
        if self._error is not None:
            raise self._error
        waiting = self._waiting = self._loop.create_future()
        late = None if seconds is None else self._loop.call_later(seconds, self._late)
        try:
            await waiting
        finally:
            self._waiting = None
            if late is not None:
                late.cancel()
        if self._error is not None and not self._body:
            raise self._error

    def _late(self) -> None:
        self._fail(httpx2.ReadTimeout("The server did not answer in time."))

    def _fail(self, error: Exception) -> None:
        if self._error is None and not self._is_done:
            self._error = error
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    # what the event loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        sock = transport.get_extra_info("socket")
        if sock is not None and hasattr(select, "poll"):
            self._poll = select.poll()
            self._poll.register(sock.fileno(), select.POLLIN)

    def data_received(self, data: bytes) -> None:
        if self._is_idle or self._is_done:
            self._keeps_open = False
            self.abort()  # nobody asked: it would be taken for the next answer
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.abort()
            self._fail(httpx2.RemoteProtocolError(f"The response breaks a rule: {error}"))
        if self._held > _HIGH and self._transport is not None:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self._closed()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed(exc)
        self._is_writable.set()
        if not self.lost.done():
            self.lost.set_result(None)

    def pause_writing(self) -> None:
        self._is_writable.clear()

    def resume_writing(self) -> None:
        self._is_writable.set()

    def _closed(self, error: Exception | None = None) -> None:
        self._keeps_open = False
        if self._is_idle or self._is_done:
            return
        if self._has_head and not self._has_end and error is None:
            self._is_done = True  # such a body ends with the connection
            self._wake()
        elif error is not None:
            self._fail(httpx2.ReadError(str(error)))
        else:
            self._fail(httpx2.RemoteProtocolError(_BROKE_OFF if self._has_head else _NO_ANSWER))

    # what the parser tells

    def on_message_begin(self) -> None:
        if self._is_done:
            self._keeps_open = False  # more came than was asked for

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_size += len(name) + len(value)
        if self._head_size > MOST_HEAD:
            raise ValueError("its head is too large")
        if not self._is_done:
            self.headers.append((name, value))
            self._has_end |= name.lower() in (b"content-length", b"transfer-encoding")

    def on_headers_complete(self) -> None:
        if self._is_done:
            return
        self.status = self._parser.get_status_code()
        if self.status >= 200:
            self._has_head = True
            self._is_done = self._is_head

    def on_body(self, body: bytes) -> None:
        if not self._is_done:
            self._body.append(body)
            self._held += len(body)

    def on_message_complete(self) -> None:
        if self._is_done:
            return
        if self.status < 200:  # an interim answer
            self.headers, self._has_end = [], False
            return
        self._is_done = True
        self._keeps_open = self._parser.should_keep_alive()


def _head(request: httpx2.Request) -> bytes:
    """Write a request's head. Raises LocalProtocolError for what would end a line early."""
    parts = [b"%b %b HTTP/1.1\r\n" % (request.method.encode(), request.url.raw_path)]
    for name, value in request.headers.raw:
        parts.append(b"%b: %b\r\n" % (name, value))
    parts.append(b"\r\n")
    head = b"".join(parts)
    if head.count(b"\n") != len(parts) or head.count(b"\r") != len(parts) or b"\0" in head:
        raise httpx2.LocalProtocolError("A header has characters that it can't have.")
    return head
