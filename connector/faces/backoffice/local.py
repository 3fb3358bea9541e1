"""Whether a request without a key comes from a program on this machine. Pure.

A web page that somebody on this machine looks at can send requests to loopback as well, under a
name of its own that leads there too. So what a request says of its origin counts; and one that came
through a proxy is its caller's, wherever that is.
"""

import re
from ipaddress import ip_address

from starlette.datastructures import Headers

_THROUGH_A_PROXY = (
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
)
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?", re.ASCII)
_OWN_SITE = ("same-origin", "none")


def why_not_local(peer: str | None, headers: Headers) -> str | None:
    """Say why a request doesn't count as this machine's own; None when it does.

    `peer` is the address at the other end of the connection.
    """
    if peer is None or not is_loopback(peer):
        return "it comes from another machine"
    if any(name in _THROUGH_A_PROXY or name.startswith("x-forwarded-") for name in headers):
        return "it came through a proxy"
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not is_own_name(hosts[0]):
        return "it asks for another name than localhost"
    if any(site not in _OWN_SITE for site in headers.getlist("sec-fetch-site")):
        return "a page of another site sent it"
    if any(origin != f"http://{hosts[0]}" for origin in headers.getlist("origin")):
        return "a page of another site sent it"
    return None


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
