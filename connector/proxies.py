"""Proxies that the environment names, for calls to target systems: which can be used, and when.

What is on this machine is never called through one.
"""

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from storage.errors import ServiceError

NAMES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
"""As they are written in upper case; lower case counts alike, and before."""

HERE = ("127.0.0.1", "localhost", "[::1]")
"""Hosts that are this machine."""


class ProxyUnusable(ServiceError):
    code = "PROXY_UNUSABLE"


def is_here(url: str) -> bool:
    """Say whether an address is on this machine."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def named(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what each variable says that names a proxy."""
    found: dict[str, str] = {}
    for name in NAMES:
        for spelling in (name.lower(), name):
            value = environment.get(spelling, "").strip()
            if value:
                found[spelling] = value
                break
    return found


def check(environment: Mapping[str, str] = os.environ) -> None:
    """Raise ProxyUnusable, naming the variable, for a proxy that can't be gone through."""
    for name, value in named(environment).items():
        kind = _kind(value)
        if kind is not None:
            raise ProxyUnusable(
                f"{name} names {kind}, and Qonto can be called through HTTP proxies alone. Set it "
                "to http://host:port, or unset it for this service."
            )


def _kind(value: str) -> str | None:
    """Say what a variable names when that's no HTTP proxy; not its value, which may be secret."""
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        has_address = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return "no address"
    if parts.scheme not in ("http", "https"):
        return f"a {parts.scheme} proxy"
    return None if has_address else "no address"
