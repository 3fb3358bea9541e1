"""The way through an HTTP proxy, to addresses that were vetted here.

A proxy that is given a name resolves it itself, and may be led to an address that we would refuse.
So names are looked up and judged here, and the proxy is asked for an address; the name is only in
SNI, where the receiver's certificate is checked against it, and in Host.
"""

import asyncio
import re
import socket
from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from webhooks.callback_target import CallbackTarget, written
from webhooks.connections import NotConnected
from webhooks.direct import reach
from webhooks.names import Names

_NOT_REACHED = frozenset({502, 503, 504})
"""What a proxy answers when it can't connect to the address it was asked for."""

_STATUS = re.compile(rb"HTTP/1\.[01] +(\d{3})[ \r]")
_LONGEST_ANSWER = 64 * 1024


def check_proxy(url: str) -> str:
    """Return a proxy's URL if it can be used.

    Raises ValueError, which doesn't repeat it, since it may hold a password.
    """
    wrong = ValueError("a proxy is written http://host:port or http://user:password@host:port")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme != "http" or not parts.hostname or port == 0:
        raise wrong
    if not url.isprintable() or " " in url:
        raise wrong
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("a proxy's address has nothing after the port")
    return url


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where a proxy is, and what it's shown."""

    host: str
    port: int
    credentials: str | None = field(repr=False)
    """The value of Proxy-Authorization."""

    @classmethod
    def at(cls, url: str) -> "Proxy":
        """Read a URL that has passed `check_proxy`."""
        parts = urlsplit(url)
        assert parts.hostname is not None
        credentials = None
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            credentials = f"Basic {b64encode(pair.encode()).decode()}"
        return cls(parts.hostname, parts.port or 80, credentials)


@dataclass(frozen=True)
class Proxied:
    """The route through a proxy; `names` hands out vetted addresses only."""

    proxy: Proxy
    names: Names
    unvetted: Names = field(default_factory=lambda: Names(None), repr=False)
    """For the proxy's own name: it may be anywhere."""

    async def connect(self, target: CallbackTarget) -> socket.socket:
        """Connect to the proxy, and through it, for https, to the first address it reaches."""
        if not target.is_tls:
            return await self._connect()
        *others, last = await self.names.addresses(target.host, target.port)
        for found in (*others, last):
            sock = await self._connect()
            try:
                status = await self._ask_for(sock, str(found[4][0]), target.port)
            except BaseException:
                sock.close()
                raise
            if 200 <= status < 300:
                return sock
            sock.close()
            if status not in _NOT_REACHED:
                raise NotConnected("PROXY_REFUSED")
        raise NotConnected("CONNECTION_FAILED")

    async def asked_for(self, target: CallbackTarget) -> tuple[str, dict[str, str]]:
        """Return a request's target, and the headers that are the proxy's."""
        if target.is_tls:
            return target.path, {}
        found, *_ = await self.names.addresses(target.host, target.port)
        address = written(str(found[4][0]), target.port, is_tls=False)
        credentials = self.proxy.credentials
        return (
            f"http://{address}{target.path}",
            {} if credentials is None else {"Proxy-Authorization": credentials},
        )

    async def _connect(self) -> socket.socket:
        try:
            found = await self.unvetted.addresses(self.proxy.host, self.proxy.port)
            return await reach(found)
        except (OSError, ValueError) as error:
            raise NotConnected("PROXY_UNREACHABLE") from error

    async def _ask_for(self, sock: socket.socket, address: str, port: int) -> int:
        """Ask for a tunnel to an address; return the status of the answer."""
        loop = asyncio.get_running_loop()
        where = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        lines = [f"CONNECT {where} HTTP/1.1", f"Host: {where}"]
        if self.proxy.credentials is not None:
            lines.append(f"Proxy-Authorization: {self.proxy.credentials}")
        answer = b""
        try:
            await loop.sock_sendall(sock, "\r\n".join((*lines, "", "")).encode())
            while b"\r\n\r\n" not in answer and len(answer) < _LONGEST_ANSWER:
                # the receiver says nothing before we do, so that nothing of its is read here
                part = await loop.sock_recv(sock, 4096)
                if not part:
                    break
                answer += part
        except OSError as error:
            raise NotConnected("PROXY_UNREACHABLE") from error
        status = _STATUS.match(answer)
        if status is None:
            raise NotConnected("PROXY_REFUSED")
        return int(status[1])
