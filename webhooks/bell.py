"""How a loop is woken by parts that don't know it."""

import asyncio
from contextlib import suppress
from datetime import timedelta


class Bell:
    """Rung by whoever has work for a loop, and waited for by the loop alone.

    Rung while the loop works, it makes the next wait end at once.
    """

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake the loop."""
        self._rung.set()

    async def wait(self, most: timedelta) -> None:
        """Return when it was rung, or after this time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(most.total_seconds()):
                await self._rung.wait()
        self._rung.clear()
