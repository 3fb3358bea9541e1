"""Clients of assistants, and what they ask for, in signed texts: nothing is stored of either. Pure.

Anybody may register a client, so that a table of them could be filled by anybody. A client's id is
its registration, signed; who comes with one can only be who we let in.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from itsdangerous import BadData

from oauth.callbacks import is_loopback
from oauth.signed import serializer

CONSENT_LIFE = timedelta(minutes=10)
"""How long a page of consent may be looked at."""

_CLIENT = b"assistant.client"
_CONSENT = b"assistant.consent"
_MARK = b"assistant.mark"
_LONGEST = 8000
_MOST_URIS = 10
_LONGEST_URI = 500
_LONGEST_NAME = 60
_LONGEST_STATE = 2000
_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&()*+,=%]+", re.ASCII)
"""Nothing that means something in a header or a page."""
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?", re.ASCII)
_OWN_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{1,40}")
_NEVER = frozenset({"javascript", "data", "vbscript", "file", "about", "blob", "ftp", "ws", "wss"})


@dataclass(frozen=True, slots=True)
class AssistantClient:
    """A client as it registered itself. Its name is its own word for itself."""

    name: str
    redirect_uris: tuple[str, ...]
    scope: str


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """What a page of consent is about."""

    client_digest: str
    client_name: str
    redirect_uri: str
    state: str | None
    challenge: str
    asks_to_write: bool


def may_redirect_to(uri: str) -> bool:
    """Say whether a browser may be sent there with a code.

    That is by TLS, to this machine, or to a program by a scheme of its own.
    """
    if len(uri) > _LONGEST_URI or not _CHARACTERS.fullmatch(uri):
        return False
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    if parts.scheme in ("http", "https"):
        if not _HOST.fullmatch(parts.netloc):
            return False
        return parts.scheme == "https" or is_loopback(parts.hostname or "")
    return bool(_OWN_SCHEME.fullmatch(parts.scheme)) and parts.scheme not in _NEVER


def wrong_with(redirect_uris: Sequence[str]) -> str | None:
    """Return what is wrong with the addresses of a registration, in words."""
    if not 0 < len(redirect_uris) <= _MOST_URIS:
        return f"a client has 1 to {_MOST_URIS} redirect_uris"
    if not all(map(may_redirect_to, redirect_uris)):
        return (
            "a redirect_uri begins with https://, with http:// only on this machine, or with a "
            "scheme of the client's own"
        )
    return None


def plain_name(name: str | None) -> str:
    """Return what a client calls itself as it may be shown: short, and on one line."""
    kept = "".join(one if one.isprintable() else " " for one in (name or "")[:_LONGEST])
    short = " ".join(kept.split())[:_LONGEST_NAME]
    return short or "An assistant"


def write_client(client: AssistantClient, keys: Sequence[bytes], *, at: datetime) -> str:
    """Return a client's id, which is all that is known of it."""
    return str(serializer(keys, _CLIENT, at).dumps(asdict(client)))


def read_client(client_id: str, keys: Sequence[bytes], *, at: datetime) -> AssistantClient | None:
    """Return the client of an id, None for one that isn't ours."""
    read = _read(client_id, keys, _CLIENT, at)
    if read is None:
        return None
    (known, _) = read
    return AssistantClient(known["name"], tuple(known["redirect_uris"]), known["scope"])


def digest_of(client_id: str) -> str:
    """Return what stands for a client in the database."""
    return hashlib.sha256(client_id.encode()).hexdigest()


def write_consent(request: ConsentRequest, keys: Sequence[bytes], *, at: datetime) -> str | None:
    """Return what a page of consent is opened with; None where its state is too long."""
    if len(request.state or "") > _LONGEST_STATE:
        return None
    return str(serializer(keys, _CONSENT, at).dumps(asdict(request)))


def read_consent(text: str, keys: Sequence[bytes], *, at: datetime) -> ConsentRequest | None:
    """Return what a page is about, None for one that is forged or too old."""
    read = _read(text, keys, _CONSENT, at)
    if read is None or at - read[1] > CONSENT_LIFE:
        return None
    return ConsentRequest(**read[0])


def write_mark(cookie: str, request: str, keys: Sequence[bytes], *, at: datetime) -> str:
    """Return what a page's form brings, which fits one cookie and one request alone."""
    return str(serializer(keys, _MARK, at).dumps([cookie, digest_of(request)]))


def is_mark_of(
    mark: str, cookie: str | None, request: str, keys: Sequence[bytes], *, at: datetime
) -> bool:
    """Say whether a form was sent by the browser that was shown it, for this request."""
    read = _read(mark, keys, _MARK, at)
    return read is not None and bool(cookie) and read[0] == [cookie, digest_of(request)]


def _read(
    text: str, keys: Sequence[bytes], salt: bytes, at: datetime
) -> tuple[Any, datetime] | None:
    if not 0 < len(text) <= _LONGEST or not text.isascii():
        return None
    try:
        value, signed_at = serializer(keys, salt, at).loads(text, return_timestamp=True)
    except BadData:
        return None
    return value, signed_at
