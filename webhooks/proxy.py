"""The way through an HTTP proxy, to addresses that were vetted here.

A proxy that is given a name resolves it itself, and may be led to an address that we would refuse.
So names are looked up and judged here, and the proxy is asked for an address; the name is only in
SNI, where the receiver's certificate is checked against it, and in Host.
"""

import asyncio
import ipaddress
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from webhooks.egress import AddressRefused, EgressPolicy

_REMEMBERED_FOR = 30.0
"""Seconds that a name's addresses are believed, as without a proxy."""

_MOST_REMEMBERED = 1000

_PORTS = {"http": 80, "https": 443}


class NameUnknown(OSError):
    """The name in a callback URL leads nowhere."""


@dataclass(frozen=True, slots=True)
class Way:
    """One vetted address in the place of the name; `name` is for SNI, None where there is none."""

    url: str
    host: str
    name: str | None


def check_proxy(url: str) -> str:
    """Answer a proxy's URL if it can be used.

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


@dataclass(frozen=True)
class Ways:
    """Looks names up and vets what they lead to, before the proxy is asked."""

    policy: EgressPolicy
    tell_time: Callable[[], float] = time.monotonic
    _known: dict[tuple[str, int], tuple[float, tuple[str, ...]]] = field(
        default_factory=dict[tuple[str, int], tuple[float, tuple[str, ...]]], repr=False
    )

    async def to(self, text: str) -> list[Way]:
        """Answer the ways to a callback URL, to be tried in this order.

        Raises AddressRefused when no address may be called, NameUnknown, and ValueError for what
        is no URL with a host.
        """
        parts = urlsplit(text)
        host, usual = parts.hostname, _PORTS.get(parts.scheme)
        if not host or usual is None:
            raise ValueError("the URL has no host")
        port = parts.port or usual
        tail = "" if port == usual else f":{port}"
        name = None if _is_address(host) else host.rstrip(".")
        return [
            Way(
                parts._replace(netloc=_written(address) + tail).geturl(),
                _written(host) + tail,
                name,
            )
            for address in await self._vetted(host, port)
        ]

    async def _vetted(self, host: str, port: int) -> tuple[str, ...]:
        until, known = self._known.get((host, port), (0.0, ()))
        if self.tell_time() < until:
            return known
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
        except OSError:
            raise NameUnknown("the name leads nowhere") from None
        vetted = tuple(dict.fromkeys(str(info[4][0]) for info in found if self.policy.vets(info)))
        if not vetted:
            raise AddressRefused("the address is not a public one")
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[host, port] = (self.tell_time() + _REMEMBERED_FOR, vetted)
        return vetted


def headers_for(way: Way, headers: Mapping[str, str]) -> dict[str, str]:
    """Answer a request's headers with the receiver's own Host."""
    return {"Host": way.host, **headers}


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
