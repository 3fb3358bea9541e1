"""Waiting for facts: long enough for a busy machine, and no longer than needed."""

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE = 60.0
"""Seconds in which anything that should happen does happen."""


async def until(
    fact: Callable[[], object] | Callable[[], Awaitable[object]],
    *,
    within: float = PATIENCE,
    every: float = 0.05,
) -> None:
    """Wait until something is so. Raises TimeoutError."""
    async with asyncio.timeout(within):
        while True:
            found = fact()
            if isinstance(found, Awaitable):
                found = await found
            if found:
                return
            await asyncio.sleep(every)
