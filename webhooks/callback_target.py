"""A callback URL as a request needs it: called as it was registered, not as a library writes it.

Escapes, their case, an empty query and dots stay as they are, since a receiver may route by them or
sign them. Only what can't stand in a URL at all is escaped. Pure.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlsplit

_URL = re.compile(r"(https?)://([^/?#]+)([^#]*)(?:#.*)?", re.IGNORECASE | re.DOTALL)
_PORTS = {"http": 80, "https": 443}
_AS_IS = "!$%&'()*+,/:;=?@[]~"
"""Besides letters, digits and `-._~`: left alone in path and query."""


@dataclass(frozen=True, slots=True)
class CallbackTarget:
    """Where a callback URL leads: a host to connect to, and what to ask for there."""

    is_tls: bool
    host: str
    """In lower case, an IPv6 address without its brackets."""
    port: int
    path: str
    """With the query; begins with a slash."""

    @property
    def origin(self) -> tuple[bool, str, int]:
        """What connections are shared by."""
        return self.is_tls, self.host, self.port

    @property
    def authority(self) -> str:
        """The value of the header Host."""
        return written(self.host.rstrip("."), self.port, is_tls=self.is_tls)


def written(host: str, port: int, *, is_tls: bool) -> str:
    """Write host and port, the usual one left out."""
    shown = f"[{host}]" if ":" in host else host
    return shown if port == _PORTS["https" if is_tls else "http"] else f"{shown}:{port}"


@lru_cache(maxsize=1024)
def target_of(url: str) -> CallbackTarget:
    """Take a callback URL apart. Raises ValueError for what can't be called."""
    found = _URL.fullmatch(url)
    if found is None:
        raise ValueError("not an http URL with a host")
    scheme, authority, rest = found[1].lower(), found[2], found[3]
    parts = urlsplit(f"{scheme}://{authority}")
    if not parts.hostname or "@" in authority or not parts.hostname.isascii():
        raise ValueError("no host that can be called")
    port = _PORTS[scheme] if parts.port is None else parts.port
    path = rest if rest.startswith("/") else f"/{rest}"
    return CallbackTarget(scheme == "https", parts.hostname, port, quote(path, safe=_AS_IS))
