"""Where a browser may be sent at the end of a link. Pure.

A URL is taken apart by a narrow grammar of our own, not by a lenient parser: what browsers, proxies
and servers might each read differently is refused, so nothing is left to read differently.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlencode

from oauth.errors import CallbackNotAllowed
from storage.errors import FieldError

_LONGEST = 2000
_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[^?#]*)?"
    r"(?:\?(?P<query>[^#]*))?",
    re.IGNORECASE | re.ASCII,
)
_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+", re.ASCII)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
# A dot, slash, backslash or percent sign in disguise, or a control character.
_DISGUISED = frozenset(b"./\\%") | frozenset(range(0x20)) | {0x7F}
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Place:
    """A URL taken apart: its origin in normal form, and its path as written."""

    scheme: str
    host: str
    port: int
    path: str

    def covers(self, other: "Place") -> bool:
        """Say whether the other has the same origin and lies at or below this path."""
        if (self.scheme, self.host, self.port) != (other.scheme, other.host, other.port):
            return False
        prefix = self.path.rstrip("/")
        return other.path == prefix or other.path.startswith(prefix + "/")


def is_loopback(host: str) -> bool:
    """Say whether a host name or literal address means this machine."""
    host = host.lower().strip("[]")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    return address is not None and address.is_loopback


def parse(url: str, *, allow_loopback: bool, field: str = "callbackUrl") -> Place:
    """Take a URL apart. Raises CallbackNotAllowed, naming `field`, unless a browser may go there.

    https only and no literal private address; with `allow_loopback` this machine is fine too, also
    by http.
    """
    if len(url) > _LONGEST:
        raise _refusal(field, f"it is longer than {_LONGEST} characters")
    if "#" in url:
        raise _refusal(field, "it has a fragment")
    if not _CHARACTERS.fullmatch(url):
        raise _refusal(field, "it has characters that don't belong in a URL")
    if "@" in url.partition("://")[2].partition("/")[0]:
        raise _refusal(field, "it has a user name or password")
    match = _URL.fullmatch(url)
    if match is None:
        raise _refusal(field, "it is not an https:// URL")
    scheme, host = match["scheme"].lower(), match["host"].lower()
    port = int(match["port"]) if match["port"] else _PORTS[scheme]
    if not 0 < port < 65536:
        raise _refusal(field, "its port is out of range")
    _check_host(host, scheme, allow_loopback=allow_loopback, field=field)
    path = match["path"] or ""
    _check_path(path, field)
    return Place(scheme, host, port, path)


def check(url: str, allowed: Iterable[str], *, allow_loopback: bool, field: str) -> None:
    """Raise CallbackNotAllowed unless the URL lies at or below one of the allowed entries."""
    place = parse(url, allow_loopback=allow_loopback, field=field)
    for entry in allowed:
        try:
            known = parse(entry, allow_loopback=allow_loopback)
        except CallbackNotAllowed:
            continue  # registered while loopback callbacks were allowed
        if known.covers(place):
            return
    raise _refusal(field, "it is not registered: send it to POST /tenants/add-callback-urls first")


def entry_of(url: str, *, allow_loopback: bool, field: str) -> str:
    """Write the allow-list entry for a URL: its origin and path. Raises CallbackNotAllowed."""
    place = parse(url, allow_loopback=allow_loopback, field=field)
    port = "" if place.port == _PORTS[place.scheme] else f":{place.port}"
    return f"{place.scheme}://{place.host}{port}{place.path.rstrip('/')}"


def with_parameters(url: str, parameters: Mapping[str, str | None]) -> str:
    """Add parameters to a URL that has passed `check`; those it has stay as they are."""
    added = urlencode({name: value for name, value in parameters.items() if value is not None})
    if not added:
        return url
    before, mark, query = url.partition("?")
    joint = "" if not mark or not query or query.endswith("&") else "&"
    return f"{before}?{query}{joint}{added}"


def _check_host(host: str, scheme: str, *, allow_loopback: bool, field: str) -> None:
    if is_loopback(host):
        if not allow_loopback:
            raise _refusal(field, "it points to this machine, which only a setting can allow")
        return
    if scheme != "https":
        raise _refusal(field, "it is not https")
    address = _address(host.strip("[]"))
    if address is not None:
        if not address.is_global or address.is_multicast:
            raise _refusal(field, "it points to a private address")
        return
    labels = host.split(".")
    if host.startswith("[") or not all(_LABEL.fullmatch(label) for label in labels):
        raise _refusal(field, "its host is not a valid name")
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]):
        # Browsers read such a name as an IPv4 address in a spelling of its own.
        raise _refusal(field, "its host is a number")


def _check_path(path: str, field: str) -> None:
    for escape in _ESCAPE.finditer(path):
        if escape[1] is None or int(escape[1], 16) in _DISGUISED:
            raise _refusal(field, "its path has characters in disguise")
    segments = path.split("/")[1:]
    if any(segment.partition(";")[0] in (".", "..") for segment in segments):
        raise _refusal(field, "its path has dot segments")
    if "" in segments[:-1]:
        raise _refusal(field, "its path has empty segments")


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _refusal(field: str, reason: str) -> CallbackNotAllowed:
    message = f"{field} can't be used: {reason}"
    return CallbackNotAllowed(message, (FieldError(field, "CALLBACK_NOT_ALLOWED", message),))
