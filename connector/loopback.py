"""Addresses and names that can only lead to this machine. Pure."""

import re
from ipaddress import ip_address

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?", re.ASCII)


def is_loopback(host: str) -> bool:
    """Say whether an address is this machine's own; a name is none."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def is_own_name(host: str) -> bool:
    """Say whether a Host header, or the host of a URL, can only lead to this machine."""
    found = _HOST.fullmatch(host.lower())
    if found is None:
        return False
    name = found["name"]
    return name == "localhost" or is_loopback(name.strip("[]"))
