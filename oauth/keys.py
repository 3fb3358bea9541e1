"""API keys and account keys: how they look, and the keyed hash that stands for them. Pure."""

import secrets
from dataclasses import dataclass, field

from storage.errors import Invalid
from storage.sealing import Digest, KeyRing

_BYTES = 32
_HINT = 4
_LONGEST = 200
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made. `secret` is shown once; only `hint` and `digest` are kept."""

    secret: str = field(repr=False)
    hint: str
    """The first characters, to tell keys apart in lists."""
    digest: Digest = field(repr=False)


def new_api_key(ring: KeyRing) -> NewKey:
    """Make a vendor's key, `sk_...`: 256 random bits."""
    return _new("sk_", ring)


def new_account_key(ring: KeyRing) -> NewKey:
    """Make an account key, `acc_...`: 256 random bits."""
    return _new("acc_", ring)


def new_code(ring: KeyRing) -> NewKey:
    """Make a one-time code to exchange for an account key, `xc_...`: 256 random bits."""
    return _new("xc_", ring)


def check_key_name(name: str) -> None:
    """Raise Invalid unless the name tells keys apart in a list: 1 to 100 printable characters."""
    if not 0 < len(name.strip()) <= _LONGEST_NAME or not name.isprintable():
        raise Invalid.one("name", "INVALID", "a key needs a name of 1 to 100 printable characters")


def is_presentable(key: str) -> bool:
    """Say whether a presented text is worth hashing: ASCII, not empty, of a sane length."""
    return 0 < len(key) <= _LONGEST and key.isascii()


def _new(prefix: str, ring: KeyRing) -> NewKey:
    secret = prefix + secrets.token_urlsafe(_BYTES)
    return NewKey(secret, secret[: len(prefix) + _HINT], ring.digest(secret))
