"""uvicorn's HTTP connection, with what a server without a proxy before it needs.

The parser takes headers of any length, requests of any slowness and any number of requests at once.
Here each of these ends: what can still be answered is answered in the envelope that every failure
has, and the connection is closed.
"""

import asyncio
import secrets
from typing import Any, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from connector.app import errors
from connector.app.addresses import plain
from connector.app.doorman import Doorman
from connector.app.edge import HEADERS, error_response
from storage.errors import ServiceError

_LINGER_SECONDS = 2.0
"""How long a client may go on sending after it was refused, so that it gets to read why."""

_AT_ONCE = 8 * 1024
"""Bytes of headers that are parsed before anything is counted again."""

_MOST_IGNORED = 8 * 1024 * 1024
"""Bytes of that, and of a body that was answered before it had come."""

_MOST_HELD = 64 * 1024
"""Bytes of an answer that are held until the turn of the loop is over."""

_ANSWERS: dict[str, ServiceError] = {
    "headers": errors.HeadersTooLarge(),
    "malformed": errors.MalformedRequest(),
    "slow_headers": errors.RequestTooSlow("headers"),
    "slow_body": errors.RequestTooSlow("body"),
    "address": errors.TooManyRequests("connections"),
    "full": errors.ServerBusy(),
}
"""What is answered for which reason; for any other the connection is closed without a word."""


class _TooManyHeaders(Exception):
    pass


class _TooManyRequests(Exception):
    pass


class _Answering:
    """A transport that is closed gently while its client is still sending.

    What is written in one turn of the loop leaves in one piece: an answer's head and its body would
    else be two calls of the system, and wake up the client twice.
    """

    def __init__(self, protocol: "GuardedProtocol") -> None:
        self._protocol = protocol
        self._transport = protocol.transport
        self._held: list[bytes] = []
        self._size = 0
        self.is_closing = protocol.transport.is_closing

    def write(self, data: bytes) -> None:
        if not self._held:
            self._protocol.loop.call_soon(self.flush)
        self._held.append(data)
        self._size += len(data)
        if self._size > _MOST_HELD:
            self.flush()

    def flush(self) -> None:
        """Send what is held."""
        held, self._held, self._size = self._held, [], 0
        if held and not self._transport.is_closing():
            self._transport.writelines(held)

    def close(self) -> None:
        self.flush()
        self._protocol.part()


class GuardedProtocol(HttpToolsProtocol):
    """One connection, and the deadline of what it is doing."""

    cycle: RequestResponseCycle | None  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(
        self,
        doorman: Doorman,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.host = ""
        self._doorman = doorman
        self._limits = doorman.limits
        self._deadline: float | None = None
        self._stuck_since: float | None = None
        self._is_over = False
        self._in_message = False
        self._in_body = False
        self._unseen = 0  # bytes since the parser last told of something that is whole
        self._head = 0
        self._ignored = 0

    # -- the connection's beginning and end -------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.client is not None:
            self.client = (plain(self.client[0]), self.client[1])
            self.host = self.client[0]
        self._answering = _Answering(self)
        reason = self._doorman.admit(self)
        if reason is not None:
            self._doorman.observe(reason)
            self._is_over = True
            self.transport.write(_written(reason, self.server_state.default_headers))
            self.transport.close()
            return
        self._deadline = self.loop.time() + self._limits.header_seconds

    def connection_lost(self, exc: Exception | None) -> None:
        self._doorman.left(self)
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    # -- what comes in ----------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self._is_over:
            self._ignore(len(data))
            return
        self._unset_keepalive_if_required()
        if self._deadline is None and not self._in_message:
            self._deadline = self.loop.time() + self._limits.header_seconds
        start, most = 0, self._limits.header_bytes
        while start < len(data):
            # what the parser sees at once it takes in at once, so headers are shown bit by bit
            size = most if self._in_body else _AT_ONCE
            part = data if start == 0 and len(data) <= size else data[start : start + size]
            start += len(part)
            self._unseen += len(part)
            self._feed(part)
            if self._is_over:
                return
            if self._unseen > most:
                self._refuse("headers")
                return

    def _feed(self, data: bytes) -> None:
        assert self.parser is not None
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # nothing here speaks another protocol: the request is answered, and that's all
            if self.cycle is not None:
                self.cycle.keep_alive = False
        except httptools.HttpParserError as error:
            match error.__context__:
                case _TooManyHeaders():
                    self._refuse("headers")
                case _TooManyRequests():
                    self._refuse("pipelined")
                case _:
                    self._refuse("malformed")

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= self._limits.pipelined:
            raise _TooManyRequests
        super().on_message_begin()
        self._in_message, self._in_body = True, False
        self._unseen = self._head = 0
        self._deadline = self.loop.time() + self._limits.header_seconds

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        if len(self.headers) >= self._limits.header_lines:
            raise _TooManyHeaders
        if self._in_body:
            return  # a trailer: it came after what decided on the request
        # blanks around a value are no part of it; the parser takes away those before it
        super().on_header(name, value.rstrip(b" \t"))

    def _count(self, size: int) -> None:
        self._head += size
        if self._head > self._limits.header_bytes:
            raise _TooManyHeaders

    def on_headers_complete(self) -> None:
        self._in_body = True
        self._unseen = self._ignored = 0
        self._deadline = self.loop.time() + self._limits.body_seconds
        super().on_headers_complete()
        assert self.cycle is not None
        self.cycle.transport = cast(asyncio.Transport, self._answering)

    def on_body(self, body: bytes) -> None:
        assert self.cycle is not None
        self._unseen = 0
        if self.cycle.response_complete:
            self._ignore(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_message = self._in_body = False
        self._unseen = 0
        self._deadline = None
        super().on_message_complete()
        assert self.cycle is not None
        if self.cycle.response_complete:
            self._doorman.idle(self)
        else:
            self._doorman.busy(self)

    def _ignore(self, size: int) -> None:
        self._ignored += size
        if self._ignored > _MOST_IGNORED:
            self.transport.abort()

    # -- what goes out ----------------------------------------------------------------------------

    def on_response_complete(self) -> None:
        if self._is_over:
            self.server_state.total_requests += 1
            return
        super().on_response_complete()
        if self.pipeline or self.transport.is_closing():
            return
        if not self._in_message:
            self._doorman.idle(self)
        elif not self._in_body:
            self._deadline = self.loop.time() + self._limits.header_seconds

    def pause_writing(self) -> None:
        self._stuck_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._stuck_since = None
        super().resume_writing()

    def part(self) -> None:
        """Close the connection; if its client is still sending, let it read the answer first."""
        if not self._in_message or self.transport.is_closing():
            self.transport.close()
            return
        self._is_over = True
        self._deadline = self.loop.time() + _LINGER_SECONDS
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def shutdown(self) -> None:
        self._answering.flush()
        super().shutdown()

    # -- what the doorman asks --------------------------------------------------------------------

    def overdue(self, now: float) -> str | None:
        """Name the deadline that has passed, if one has."""
        if self._stuck_since is not None:
            return "slow_reader" if now - self._stuck_since >= self._limits.write_seconds else None
        if self.transport.is_closing():
            # what was written before isn't being read; closing waits for that
            self._stuck_since = now
            return None
        if self._deadline is None or now < self._deadline:
            return None
        if self._is_over:
            return "lingering"
        if self._is_working() or self.flow.read_paused:
            return None  # it's for us to go on
        return "slow_body" if self._in_body else "slow_headers"

    def end(self, reason: str) -> None:
        """Close the connection, saying why if that can still be said."""
        if self._is_over:
            self.transport.abort()
        else:
            self._refuse(reason)

    def _refuse(self, reason: str) -> None:
        self._doorman.observe(reason)
        self._is_over = True
        is_said = reason in _ANSWERS and (self._in_message or reason != "slow_headers")
        if not is_said or not self._may_answer():
            self.transport.abort()
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._answering.flush()
        self.transport.write(_written(reason, self.server_state.default_headers))
        self._in_message = True  # more may be on its way
        self.part()

    def _may_answer(self) -> bool:
        """Say whether the next answer on this connection is to the request that's coming in."""
        if self.cycle is None:
            return True
        if self._in_body:
            return not self.pipeline and not self.cycle.response_started
        return self.cycle.response_complete

    def _is_working(self) -> bool:
        """Say whether a request that has come in whole is being answered."""
        if self.cycle is None or self.cycle.response_complete:
            return False
        return bool(self.pipeline) or not self.cycle.more_body


def _written(reason: str, default_headers: list[tuple[bytes, bytes]]) -> bytes:
    request_id = f"req_{secrets.token_hex(12)}"
    response = error_response(_ANSWERS[reason], request_id)
    headers = [
        *default_headers,
        *response.raw_headers,
        *HEADERS,
        (b"x-request-id", request_id.encode()),
        (b"connection", b"close"),
    ]
    head = b"".join(b"%b: %b\r\n" % header for header in headers)
    return b"%b%b\r\n%b" % (STATUS_LINE[response.status_code], head, bytes(response.body))
