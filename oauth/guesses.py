"""Guessed passwords: whoever tries too many waits, before another one is looked at.

Counted by this process alone, by the address they come from and by the user they are for. A
password that was right a moment ago is known without being counted, so that somebody who guesses
doesn't lock out a user who is at work.
"""

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from oauth.errors import TooManyGuesses

PER_ADDRESS, PER_USER = 10, 50
"""Wrong passwords within a window."""
WINDOW = 300.0
"""Seconds."""
REMEMBERED = 300.0
"""Seconds for which a right password needs no second look."""

_MOST = 10_000


@dataclass
class Guesses:
    """Counts what is tried. `clock` is monotonic."""

    clock: Callable[[], float] = time.monotonic
    _seen: OrderedDict[str, tuple[float, int]] = field(
        default_factory=OrderedDict[str, tuple[float, int]]
    )

    def begin(self, address: str, email: str) -> None:
        """Count a try, before it is known whether it is right. Raises TooManyGuesses."""
        now = self.clock()
        limits = {f"a {address}": PER_ADDRESS, f"u {email}": PER_USER}
        for name, most in limits.items():
            since, count = self._of(name, now)
            if count >= most:
                raise TooManyGuesses(since + WINDOW - now)
        for name in limits:
            since, count = self._of(name, now)
            self._put(name, since, count + 1)

    def was_right(self, address: str, email: str) -> None:
        """Take back what `begin` counted."""
        now = self.clock()
        for name in (f"a {address}", f"u {email}"):
            since, count = self._of(name, now)
            self._put(name, since, max(0, count - 1))

    def _of(self, name: str, now: float) -> tuple[float, int]:
        since, count = self._seen.get(name, (now, 0))
        return (now, 0) if now - since >= WINDOW else (since, count)

    def _put(self, name: str, since: float, count: int) -> None:
        self._seen[name] = since, count
        self._seen.move_to_end(name)
        if len(self._seen) > _MOST:
            self._seen.popitem(last=False)


@dataclass
class RightPasswords:
    """Passwords that were right a moment ago, as keyed hashes that end with this process."""

    clock: Callable[[], float] = time.monotonic
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    _known: OrderedDict[bytes, tuple[float, str]] = field(
        default_factory=OrderedDict[bytes, tuple[float, str]], repr=False
    )

    def keep(self, email: str, password: str, stored: str) -> None:
        """Remember that a password fits a stored hash."""
        self._known[self._name(email, password)] = self.clock() + REMEMBERED, stored
        if len(self._known) > _MOST:
            self._known.popitem(last=False)

    def fits(self, email: str, password: str, stored: str) -> bool:
        """Say whether a password was right for this very hash."""
        until, known = self._known.get(self._name(email, password), (0.0, ""))
        return self.clock() < until and hmac.compare_digest(known, stored)

    def _name(self, email: str, password: str) -> bytes:
        whole = f"{email}\0{password}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, whole, hashlib.sha256)
