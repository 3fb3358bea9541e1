"""Passwords: how they are hashed, and compared. Pure, and slow on purpose.

A stored hash says its cost, so that a later version may raise it: `scrypt$15,8,3$salt$hash`.
"""

import base64
import hashlib
import hmac
import secrets
import unicodedata
from functools import cache

from storage.errors import Invalid

SHORTEST, LONGEST = 12, 1000
"""Characters."""

_LOG_N, _R, _P = 15, 8, 3
"""32 MiB, and about a quarter of a second; one of the choices that OWASP recommends."""
_SALT, _SIZE = 16, 32


def check_password(password: str) -> None:
    """Raise Invalid for a password that is too short to be one, or absurdly long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid.one(
            "password", "INVALID", f"a password has {SHORTEST} to {LONGEST} characters"
        )


def hash_password(password: str) -> str:
    """Return what is stored of a password."""
    salt = secrets.token_bytes(_SALT)
    made = _scrypt(password, salt, _LOG_N, _R, _P)
    return f"scrypt${_LOG_N},{_R},{_P}${_text(salt)}${_text(made)}"


def is_password(password: str, stored: str | None) -> bool:
    """Say whether this is the password; without a stored hash it takes as long, and it isn't."""
    _, cost, salt, made = (stored or _of_nobody()).split("$")
    log_n, r, p = (int(part) for part in cost.split(","))
    same = hmac.compare_digest(_scrypt(password, _bytes(salt), log_n, r, p), _bytes(made))
    return same and stored is not None


@cache
def _of_nobody() -> str:
    """Return a hash that costs what others do, of a password that nobody knows."""
    salt, made = secrets.token_bytes(_SALT), secrets.token_bytes(_SIZE)
    return f"scrypt${_LOG_N},{_R},{_P}${_text(salt)}${_text(made)}"


def _scrypt(password: str, salt: bytes, log_n: int, r: int, p: int) -> bytes:
    # one spelling of é, whichever way the keyboard writes it
    plain = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    needed = 128 * r * ((1 << log_n) + p + 2)
    return hashlib.scrypt(plain, salt=salt, n=1 << log_n, r=r, p=p, maxmem=needed, dklen=_SIZE)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)
