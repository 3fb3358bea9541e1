"""Waiting for a record that Qonto lets nobody change at first."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from connector.errors import DownstreamRefused, RecordNotReady

T = TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """How often a call is made that is refused with `code` until the record is ready.

    `waits` are the seconds before each further call; `reason` is what a caller is told after all.
    """

    code: str = ""
    reason: str = ""
    waits: tuple[float, ...] = ()
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def ask(self, call: Callable[[], Awaitable[T]]) -> T:
        """Return what a call returns. Raises RecordNotReady when it is refused to the end."""
        for wait in (*self.waits, None):
            try:
                return await call()
            except DownstreamRefused as refusal:
                if all(entry.code != self.code for entry in refusal.downstream):
                    raise
            if wait is not None:
                await self.sleep(wait)
        raise RecordNotReady(self.reason)


IMPATIENT = Patience()

UNTIL_THE_PDF_IS_MADE = Patience(
    "quote_has_no_attachment",
    "Qonto still makes the PDF of this quote, and takes no change of it before.",
    (0.5, 1.0, 2.0, 3.0),
)
