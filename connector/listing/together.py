"""Several calls at once."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import TypeVar

T = TypeVar("T")


async def together(waits: Sequence[Awaitable[T]]) -> list[T]:
    """Await all, then raise the first failure in order, so that none is left running."""
    results = await asyncio.gather(*waits, return_exceptions=True)
    found: list[T] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        found.append(result)
    return found
