"""Opened secrets, kept for some seconds: a busy subscription's is opened once, not per message."""

import time
from collections.abc import Callable

from storage.sealing import KeyRing

KEEP_FOR = 5.0
MOST = 1_000


class SecretCache:
    """Opens sealed values like the key ring does, and remembers the signing secrets among them."""

    def __init__(self, ring: KeyRing, clock: Callable[[], float] = time.monotonic) -> None:
        self._ring = ring
        self._clock = clock
        self._opened: dict[bytes, tuple[str, bytes, float]] = {}

    def open(self, sealed: bytes, *, associated_data: str) -> bytes:
        """Open a sealed value. Raises SecretUnreadable."""
        if associated_data.startswith("notices."):
            return self._ring.open(
                sealed, associated_data=associated_data
            )  # sent once, and may hold an account key
        now = self._clock()
        known = self._opened.get(sealed)
        if known is not None and known[0] == associated_data and now < known[2]:
            return known[1]
        opened = self._ring.open(sealed, associated_data=associated_data)
        if len(self._opened) >= MOST:
            self._opened.clear()
        self._opened[sealed] = (associated_data, opened, now + KEEP_FOR)
        return opened
