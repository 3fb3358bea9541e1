"""One timer: it rings once, at the earliest moment it was set to or a little before."""

import asyncio
import time
from collections.abc import Callable

CallLater = Callable[[float, Callable[[], None]], asyncio.TimerHandle]

_SHORTEST = 0.001


class Alarm:
    """Calls `ring` by the clock `now`, in seconds."""

    def __init__(
        self,
        ring: Callable[[], None],
        *,
        now: Callable[[], float] = time.monotonic,
        call_later: CallLater | None = None,
    ) -> None:
        self._ring = ring
        self._now = now
        self._call_later = call_later
        self._handle: asyncio.TimerHandle | None = None
        self._at = 0.0

    def set(self, at: float) -> None:
        """Ring at this moment; when it is to ring before, nothing changes."""
        if self._handle is not None:
            if self._at <= at:
                return
            self._handle.cancel()
        call_later = self._call_later or asyncio.get_running_loop().call_later
        self._at = at
        self._handle = call_later(max(_SHORTEST, at - self._now()), self._rang)

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _rang(self) -> None:
        self._handle = None
        self._ring()
