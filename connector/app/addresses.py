"""Whose address counts: proxies that are trusted, and how callers are told apart."""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

_OWN_BITS = 64
"""What of an IPv6 address is its owner's network; whoever has one has all addresses in it."""


def plain(host: str) -> str:
    """Write an IPv4 address that came through an IPv6 socket as what it is."""
    return host[7:] if host.startswith("::ffff:") and "." in host else host


@lru_cache(4096)
def owner_of(host: str) -> str:
    """Name who is counted together: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        address = ip_address(plain(host))
    except ValueError:
        return host[:64]
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((int(address), _OWN_BITS), strict=False))


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """The proxies whose X-Forwarded-* headers count."""

    text: str = ""
    """As it was set, without blanks; what the server's own middleware takes."""
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "TrustedProxies":
        """Read addresses and networks with commas between, or a single `*` for everybody.

        Raises ValueError for anything else, such as a name, which would never match.
        """
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if parts == ["*"]:
            return cls("*", (ip_network("0.0.0.0/0"), ip_network("::/0")))
        networks: list[IPv4Network | IPv6Network] = []
        for part in parts:
            try:
                networks.append(ip_network(part))
            except ValueError:
                raise ValueError(
                    f"{part!r} is neither an address nor a network; write 10.0.0.5 or 10.0.0.0/24"
                ) from None
        return cls(",".join(parts), tuple(networks))

    def __contains__(self, host: str) -> bool:
        try:
            address: IPv4Address | IPv6Address = ip_address(plain(host))
        except ValueError:
            return False
        return any(address in network for network in self.networks)
