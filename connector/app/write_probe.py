"""Whether what the service promises to keep can be written: a disk may be full or read-only.

Reading goes on working then, so that only writing shows it.
"""

import asyncio
import contextlib
import os
import time
from pathlib import Path

from storage.clock import Clock
from storage.errors import ServiceError, StorageUnavailable
from storage.unit_of_work import UnitOfWork

WITHIN = 3.0
"""Seconds that writing may take."""

_HOLDS = 5.0
"""Seconds that an answer counts: whoever asks all the time doesn't write all the time."""

_NAME = "write_probe"
_BYTES = bytes(64 * 1024)


class WriteProbe:
    """Writes a row that matters to nobody, and beside SQLite's file one that takes new room."""

    def __init__(self, work: UnitOfWork, clock: Clock) -> None:
        self._work = work
        self._clock = clock
        self._asked_at = float("-inf")
        self._problem: str | None = None
        self._one_at_a_time = asyncio.Lock()

    async def problem(self) -> str | None:
        """Say what keeps the database from being written; None when nothing does."""
        async with self._one_at_a_time:
            if time.monotonic() - self._asked_at >= _HOLDS:
                self._problem = await self._try()
                self._asked_at = time.monotonic()
            return self._problem

    async def _try(self) -> str | None:
        path = self._work.database.path
        try:
            async with asyncio.timeout(WITHIN):
                if path is not None:
                    await asyncio.to_thread(_write_beside, path)
                now = self._clock()
                async with self._work.writing() as tx:
                    await tx.periodic_tasks.take(_NAME, _NAME, now=now, until=now)
        except TimeoutError:
            return f"nothing could be written within {WITHIN:.0f} s"
        except StorageUnavailable as error:
            return f"it can be read but not written: {error.message}"
        except ServiceError as error:
            return error.message
        except OSError as error:
            return f"beside the database nothing can be written: {error.strerror}"
        return None


def _write_beside(path: Path) -> None:
    """Take new room on the database's disk: its log is written over, even on a disk that's full."""
    probe = path.with_name(f"{path.name}.probe")
    try:
        handle = os.open(probe, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        try:
            left = memoryview(_BYTES)
            while left:
                left = left[os.write(handle, left) :]
        finally:
            os.close(handle)
    finally:
        with contextlib.suppress(OSError):
            probe.unlink()
