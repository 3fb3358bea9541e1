"""Pauses before answers that refuse: whoever posts rubbish waits, and genuine events don't.

A refusal costs a connection, a parser and a megabyte of somebody's bytes; without a pause, a few
clients that post one after another keep the process too busy for events that Qonto waits for.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable

SECONDS = 0.2
"""A quarter more or less, so that those who posted together don't come back together. Qonto waits
a second: an event of its own that is refused is told of in good time."""

MOST = 1000
"""Answers that may be pausing at once. Each holds its connection, so beyond that there is none."""


class Pauses:
    """Holds refusals back for a moment. One per server."""

    def __init__(
        self,
        *,
        seconds: float = SECONDS,
        most: int = MOST,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`jitter` answers a number from 0 to 1."""
        self._seconds = seconds
        self._most = most
        self._sleep = sleep
        self._jitter = jitter
        self._pausing = 0
        self._is_over = False

    async def pause(self) -> None:
        """Wait, unless too many others do or the server is stopping."""
        if self._is_over or self._pausing >= self._most:
            return
        self._pausing += 1
        try:
            await self._sleep(self._seconds * (0.75 + self._jitter() / 2))
        finally:
            self._pausing -= 1

    def end(self) -> None:
        """Let no other answer wait: the server is stopping."""
        self._is_over = True
