"""The registries of special addresses, range by range: their edges, and what lies between."""

import ipaddress
import socket
from ipaddress import IPv4Address, IPv6Address, ip_network
from random import Random

import pytest

from storage.egress import EgressPolicy, UrlRefused, literal_address

POLICY = EgressPolicy(allow_http=True)

SPECIAL_V4 = (
    "0.0.0.0/8",  # this network
    "10.0.0.0/8",
    "100.64.0.0/10",  # carrier-grade NAT
    "127.0.0.0/8",
    "168.63.129.16/32",  # Azure's own
    "169.254.0.0/16",  # link-local, metadata
    "172.16.0.0/12",
    "192.0.0.0/24",  # protocol assignments, Oracle's metadata
    "192.0.2.0/24",  # documentation
    "192.88.99.0/24",  # 6to4 relays
    "192.168.0.0/16",
    "198.18.0.0/15",  # benchmarks
    "198.51.100.0/24",  # documentation
    "203.0.113.0/24",  # documentation
    "224.0.0.0/4",  # multicast
    "240.0.0.0/4",  # reserved, broadcast
)

SPECIAL_V6 = (
    "::/128",
    "::1/128",
    "::/96",  # IPv4-compatible
    "::ffff:0:0:0/96",  # IPv4-translated
    "64:ff9b::/96",  # NAT64
    "64:ff9b:1::/48",
    "100::/64",  # discard
    "100:0:0:1::/64",
    "2001::/23",  # Teredo, ORCHID, benchmarks
    "2001:db8::/32",
    "2002::/16",  # 6to4
    "3fff::/20",
    "5f00::/16",  # segment routing
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
)

WRAPPERS = (
    ("::ffff:0:0", 0),  # IPv4-mapped
    ("::", 0),
    ("::ffff:0:0:0", 0),
    ("64:ff9b::", 0),
    ("64:ff9b:1::", 0),
    ("2002::", 80),
)
"""Ways to write an IPv4 address as an IPv6 one: prefix, and how far it is shifted."""


def refused(host: str) -> bool:
    try:
        POLICY.check_url(f"http://{host}/")
    except UrlRefused:
        return True
    return False


def members(network: str, count: int = 20) -> list[IPv4Address | IPv6Address]:
    """Both edges, their neighbours inside, and some in between."""
    net, chance = ip_network(network), Random(network)
    last = net.num_addresses - 1
    picked = {0, min(1, last), max(last - 1, 0), last}
    picked |= {chance.randint(0, last) for _ in range(count)}
    return [net[number] for number in sorted(picked)]


def spellings(address: IPv4Address) -> list[str]:
    """Write it in the ways that inet_aton, and so many a library, reads."""
    number = int(address)
    a, b, c, d = address.packed
    plain = [
        f"{number}",
        f"{number:#x}",
        f"{number:#X}",
        f"0{number:o}",
        f"{a}.{number & 0xFFFFFF}",
        f"{a:#x}.{number & 0xFFFFFF}",
        f"0{a:o}.0{number & 0xFFFFFF:o}",
        f"{a}.{b}.{number & 0xFFFF}",
        f"{a:#x}.{b:#x}.{c:#x}.{d:#x}",
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        f"{a:#x}.{b}.0{c:o}.{d}",
        f"000{a:o}.{b}.{c}.{d}",
    ]
    dotted = [f"{a}.{b}.{c}.{d}"]
    dotted += [text.replace(".", dot) for text in dotted for dot in ("。", "．", "｡")]
    return [text for one in plain + dotted for text in (one, f"{one}.", f"{one}..")]


@pytest.mark.parametrize("network", SPECIAL_V4)
def test_no_member_of_a_special_ipv4_range_is_called_in_any_spelling(network: str) -> None:
    for address in members(network):
        assert isinstance(address, IPv4Address)
        assert not POLICY.permits(address)
        for text in spellings(address):
            assert refused(text), text
            for disguise in (f"user@{text}", f"user:pass@{text}", f"example.com@{text}"):
                assert refused(disguise), disguise


@pytest.mark.parametrize("network", SPECIAL_V4)
def test_no_member_of_a_special_ipv4_range_is_called_inside_an_ipv6_address(network: str) -> None:
    for address in members(network):
        for prefix, shift in WRAPPERS:
            wrapped = IPv6Address(int(IPv6Address(prefix)) | (int(address) << shift))
            assert not POLICY.permits(wrapped), wrapped
            assert refused(f"[{wrapped}]")
            assert refused(f"[{wrapped.exploded}]")


@pytest.mark.parametrize("network", SPECIAL_V6)
def test_no_member_of_a_special_ipv6_range_is_called(network: str) -> None:
    for address in members(network):
        assert isinstance(address, IPv6Address)
        assert not POLICY.permits(address)
        for text in (str(address), address.exploded, str(address).upper()):
            assert refused(f"[{text}]"), text
            assert refused(f"user@[{text}]")
            for zone in ("%eth0", "%25eth0", "%1", "%251"):
                assert refused(f"[{text}{zone}]")


@pytest.mark.parametrize("network", SPECIAL_V4)
def test_every_spelling_that_the_c_library_reads_is_read_alike_here(network: str) -> None:
    for address in members(network):
        for text in spellings(address):
            try:
                read = IPv4Address(socket.inet_aton(text))
            except (OSError, UnicodeError):
                continue
            assert literal_address(text) == read == address, text


def test_what_lies_just_outside_is_called() -> None:
    """So that the ranges above are refused for what they are, and not because all is."""
    outside = [
        edge
        for net in map(ip_network, SPECIAL_V4)
        for edge in (int(net[0]) - 1, int(net[-1]) + 1)
        if 0 <= edge < 2**32
    ]
    specials = [ip_network(text) for text in SPECIAL_V4]
    public = [
        address
        for address in map(IPv4Address, outside)
        if not any(address in net for net in specials)
    ]
    assert len(public) > 15
    for address in public:
        assert POLICY.permits(address), address
        assert not refused(str(address)), address


def test_there_are_many_of_them() -> None:
    written = {
        text
        for network in SPECIAL_V4
        for address in members(network)
        if isinstance(address, ipaddress.IPv4Address)
        for text in spellings(address)
    }
    assert len(written) > 5000
