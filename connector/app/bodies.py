"""How much of a request's body is taken in, and by how many requests at once.

Small bodies, which nearly all are, cost a look at their length.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager

from starlette.types import Message, Receive

from connector.app.errors import BodyTooLarge, ServerBusy

SMALL = 64 * 1024
"""Bytes that every request may bring."""

_LARGE_AT_ONCE = 16
"""Requests that may bring more at the same time; together they bound what bodies take."""

_WAIT = 10.0
"""Seconds that a request waits for its turn."""


class Bodies:
    """Hands out the right to take in a body."""

    def __init__(self, most: int, at_once: int | None = None) -> None:
        self._most = most
        self._places = asyncio.Semaphore(at_once or _LARGE_AT_ONCE)

    def check(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Raise BodyTooLarge for a body that says itself that it is."""
        self._told(headers)

    def is_small(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Say whether the body needs no watching. Raises as `check` does."""
        return self._told(headers) <= SMALL and not _is_chunked(headers)

    def _told(self, headers: Iterable[tuple[bytes, bytes]]) -> int:
        for name, value in headers:
            if name == b"content-length":
                # longer digits than any length has would only cost time to be read
                told = int(value) if value.isdigit() and len(value) < 19 else self._most + 1
                if told > self._most:
                    raise BodyTooLarge(self._most)
                return told
        return 0

    @asynccontextmanager
    async def watched(self, receive: Receive) -> AsyncGenerator[Receive]:
        """Return a `receive` that takes in no more than is allowed.

        It raises BodyTooLarge, and ServerBusy when too many others are bringing large bodies.
        """
        size, has_place = 0, False

        async def receiving() -> Message:
            nonlocal size, has_place
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._most:
                raise BodyTooLarge(self._most)
            if size > SMALL and not has_place:
                await self._take_place()
                has_place = True
            return message

        try:
            yield receiving
        finally:
            if has_place:
                self._places.release()

    async def _take_place(self) -> None:
        try:
            async with asyncio.timeout(_WAIT):
                await self._places.acquire()
        except TimeoutError:
            raise ServerBusy from None


def _is_chunked(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"transfer-encoding" for name, _ in headers)
