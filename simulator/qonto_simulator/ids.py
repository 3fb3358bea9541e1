"""Identifiers, tokens and secrets, all drawn from one seeded source."""

from __future__ import annotations

import base64
import hashlib
import random
from datetime import UTC, datetime
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NO_ID = "00000000-0000-0000-0000-000000000000"


class IdSource:
    """Draws what real servers draw at random, but the same again for the same seed."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        # A simulator must repeat itself; nothing here protects anything.
        self.random = random.Random(seed)  # noqa: S311

    def restart(self) -> None:
        """Begins to draw the same things again."""
        self.random.seed(self._seed)

    def branch(self, name: str) -> IdSource:
        """Another source of the same seed; drawing from it leaves this one as it is."""
        return IdSource(f"{self._seed}/{name}")

    def uuid7(self, at: datetime) -> str:
        """A version 7 UUID whose leading 48 bits are the milliseconds of ``at``."""
        millis = (at - _EPOCH) // _MILLISECOND
        bits = self.random.getrandbits(74)
        text = f"{millis:012x}{0x7000 | (bits >> 62):04x}{(bits & _LOW) | _VARIANT:016x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def stable(self, name: str) -> str:
        """A UUID that depends on the seed and the name alone, not on what was drawn before."""
        digest = hashlib.sha256(f"{self._seed}/{name}".encode()).digest()
        return str(UUID(bytes=digest[:16], version=4))

    def stable_text(self, name: str, length: int) -> str:
        """Letters, digits, ``-`` and ``_``, depending on the seed and the name alone."""
        digest = hashlib.shake_256(f"{self._seed}/{name}".encode()).digest(length)
        return base64.urlsafe_b64encode(digest).decode()[:length]

    def token(self, kind: str) -> str:
        """An OAuth token or code as Ory Hydra prints them: ``ory_at_....``."""
        return f"ory_{kind}_{self._text(43)}.{self._text(43)}"

    def hexadecimal(self, digits: int) -> str:
        return f"{self.random.getrandbits(digits * 4):0{digits}x}"

    def _text(self, length: int) -> str:
        return base64.urlsafe_b64encode(self.random.randbytes(length)).decode()[:length]


_MILLISECOND = datetime.resolution * 1000
_LOW = (1 << 62) - 1
_VARIANT = 0b10 << 62
