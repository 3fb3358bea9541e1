"""Which addresses may be called on a customer's behalf. Pure, but for the socket it hands out.

A callback URL comes from outside and is called from inside, so an address counts only when it is
globally reachable. It's judged where the connection is made, after name resolution: a name that
changes its mind, or an address in an odd spelling, meets the same check. Every URL that a vendor
hands in is judged by `check_url`, whoever will call it.
"""

import ipaddress
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, TypeAlias
from urllib.parse import urlsplit

IPAddress: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_UNICAST = ipaddress.ip_network("2000::/3")
"""All that is given out of IPv6. Outside are loopback, link-local, unique local and site-local
addresses, NAT64, and the ways to write an IPv4 address that some networks still translate."""

_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        "100.64.0.0/10",  # carrier-grade NAT
        "168.63.129.16/32",  # Azure's metadata and DNS, a public address answered by the host
        "192.0.0.0/24",  # protocol assignments, with the NAT64 and DS-Lite anchors
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",  # benchmarks
        "240.0.0.0/4",  # reserved, and broadcast
        "2001::/23",  # Teredo, ORCHID and other protocol assignments
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3fff::/20",  # documentation
    )
)
_LAST_32_BITS = tuple(
    ipaddress.ip_network(text) for text in ("64:ff9b::/96", "::/96", "::ffff:0:0:0/96")
)
"""NAT64, IPv4-compatible and IPv4-translated: an IPv4 address is at the end of these."""

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.ASCII)
_BRACKETED = re.compile(r"\[[0-9A-Fa-f:.]+\](?::\d*)?", re.ASCII)
MAX_URL = 2048


class AddressRefused(OSError):
    """The socket to this address was not made; it may not be called."""


class UrlRefused(ValueError):
    """A URL that must not be called; `reason` goes on from "it can't be used:"."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """`allowed` are networks that may be called although they aren't public (loopback, a VPC).

    What is denied isn't called although it's public or allowed; a denied host is denied with all
    names below it.
    """

    allowed: tuple[Network, ...] = ()
    allow_http: bool = False
    denied: tuple[Network, ...] = ()
    denied_hosts: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        networks: tuple[str, ...],
        *,
        allow_http: bool,
        denied: tuple[str, ...] = (),
        denied_hosts: tuple[str, ...] = (),
    ) -> "EgressPolicy":
        """Read networks such as `127.0.0.0/8`, and names. Raises ValueError."""
        return cls(
            tuple(ipaddress.ip_network(text) for text in networks),
            allow_http,
            tuple(ipaddress.ip_network(text) for text in denied),
            tuple(_denied_host(text) for text in denied_hosts),
        )

    def permits(self, address: IPAddress) -> bool:
        """Say whether a connection to this address may be made."""
        if isinstance(address, IPv6Address):
            if address.scope_id is not None:
                return False
            if address.ipv4_mapped is not None:
                return self.permits(address.ipv4_mapped)
        if self.denied and any(_within(one, self.denied) for one in (address, *_carried(address))):
            return False
        if _within(address, self.allowed):
            return True
        if isinstance(address, IPv6Address) and address not in _UNICAST:
            return False
        return address.is_global and not address.is_multicast and not _within(address, _NEVER)

    def permits_name(self, host: str) -> bool:
        """Say whether a name isn't denied, whatever it leads to."""
        name = host.rstrip(".").lower()
        return not any(name == one or name.endswith(f".{one}") for one in self.denied_hosts)

    def vets(self, info: Any) -> bool:
        """Say the same of an address as `getaddrinfo` answers it."""
        family, _, _, _, where = info
        if family == socket.AF_INET6 and len(where) == 4 and where[3]:
            return False  # a zone of this machine
        try:
            address = ipaddress.ip_address(str(where[0]))
        except ValueError:
            return False  # a spelling that the C library may read otherwise than we do
        return self.permits(address)

    def socket_factory(self) -> Callable[[Any], socket.socket]:
        """Return the function that makes sockets for aiohttp, one per address about to be called.

        It sees literal addresses and resolved names alike. Raises AddressRefused.
        """

        def make(info: Any) -> socket.socket:
            if not self.vets(info):
                raise AddressRefused("the address is not a public one")
            family, kind, protocol, *_ = info
            return socket.socket(family, kind, protocol)

        return make

    def check_url(self, url: str) -> None:
        """Refuse a callback URL that is wrong in itself. Raises UrlRefused.

        A name is not looked up here; what it leads to is judged at each connection.
        """
        if len(url) > MAX_URL:
            raise UrlRefused("URL_TOO_LONG", f"it has more than {MAX_URL} characters")
        if " " in url or "\\" in url or not url.isprintable():
            raise UrlRefused("URL_INVALID", "it has characters that a URL can't have")
        if "#" in url:
            raise UrlRefused("URL_INVALID", "it has a #fragment")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise UrlRefused("URL_INVALID", "it can't be read as a URL") from None
        if parts.scheme not in ("https", "http") or not host:
            raise UrlRefused("URL_INVALID", "it doesn't start with https:// and a host")
        if "@" in parts.netloc:
            raise UrlRefused("URL_HAS_CREDENTIALS", "it has a user name or a password")
        if port == 0 or ("[" in parts.netloc and not _BRACKETED.fullmatch(parts.netloc)):
            raise UrlRefused("URL_INVALID", "its host or port can't be called")
        self._check_host(host)
        if parts.scheme == "http" and not self.allow_http:
            raise UrlRefused("HTTPS_REQUIRED", "it is not https")

    def _check_host(self, host: str) -> None:
        if not host.isascii():
            raise UrlRefused("URL_INVALID", "its international host name isn't in the xn-- form")
        literal = literal_address(host)
        if literal is not None and not self.permits(literal):
            raise UrlRefused("ADDRESS_NOT_PUBLIC", "it points to an address that is not public")
        if isinstance(literal, IPv4Address) and host != str(literal):
            raise UrlRefused("URL_INVALID", "its IPv4 address isn't four decimal numbers with dots")
        if literal is not None:
            return
        if not _is_name(host):
            raise UrlRefused("URL_INVALID", "its host is not a host name")
        if _is_local_name(host) and not self.allowed:
            raise UrlRefused("ADDRESS_NOT_PUBLIC", "it points to this machine or its network")
        if not self.permits_name(host):
            raise UrlRefused("HOST_DENIED", "its host is one that this service may not call")


def _within(address: IPAddress, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks if network.version == address.version)


def _is_name(host: str) -> bool:
    """Say whether this is a host name; one that ends in a number is a damaged IPv4 address."""
    labels = host.removesuffix(".").split(".")
    return (
        len(host) <= 253
        and all(_LABEL.fullmatch(label) for label in labels)
        and not _NUMBER.fullmatch(labels[-1])
    )


def _is_local_name(host: str) -> bool:
    name = host.rstrip(".").lower()
    last = name.rsplit(".", 1)[-1]
    local = ("localhost", "local", "internal", "localdomain", "home", "lan")
    return "." not in name or last in local


def literal_address(host: str) -> IPAddress | None:
    """Read a host that is an address, in any spelling a C library takes; None when it's a name.

    `127.1`, `0x7f000001`, `017700000001` and `2130706433` are all 127.0.0.1.
    """
    bare = host.rstrip(".")
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(bare))
    except OSError:
        return None


def _denied_host(text: str) -> str:
    name = text.lower().removeprefix("*").strip(".")
    if literal_address(name) is not None or not _is_name(name):
        raise ValueError(f"{text!r} is not a host name; addresses belong to the denied networks")
    return name


def _carried(address: IPAddress) -> tuple[IPv4Address, ...]:
    """List the IPv4 addresses that an IPv6 one may be translated to on its way."""
    if isinstance(address, IPv4Address):
        return ()
    carried: list[IPv4Address] = []
    if address.sixtofour is not None:
        carried.append(address.sixtofour)
    if address.teredo is not None:
        carried += address.teredo
    if any(address in network for network in _LAST_32_BITS):
        carried.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return tuple(carried)
