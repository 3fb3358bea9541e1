"""Whether a worker still works, told by a file: it has no port to be asked at.

`worker` touches the file that CONNECTOR_HEARTBEAT names, as long as all its loops run.
`python -m connector.app.heartbeat` fails when that was too long ago. It needs neither settings nor
database, so that asking twice a minute costs next to nothing, and a database that is away is no
reason to restart a worker that may hold refreshed tokens.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

VARIABLE = "CONNECTOR_HEARTBEAT"

EVERY = 10.0
"""Seconds between two beats."""

LATE = 60.0
"""Seconds after which a worker counts as stuck: several beats, for a machine that is busy."""


@asynccontextmanager
async def beating(
    file: Path, is_alive: Callable[[], bool], *, every: float = EVERY
) -> AsyncGenerator[None]:
    """Touch the file again and again while the block runs; remove it at the end."""
    task = asyncio.create_task(_beat(file, is_alive, every), name="heartbeat")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        _remove(file)


def beat(file: Path) -> None:
    """Show a sign of life. Raises OSError."""
    file.touch()


def _remove(file: Path) -> None:
    with suppress(OSError):
        file.unlink(missing_ok=True)


async def _beat(file: Path, is_alive: Callable[[], bool], every: float) -> None:
    while True:
        if is_alive():
            with suppress(OSError):  # a file that grows old says it
                beat(file)
        await asyncio.sleep(every)


def problem(file: str | None, *, now: float) -> str | None:
    """Return what is wrong with the worker that touches this file; None when nothing is."""
    if not file:
        return f"{VARIABLE} names no file"
    try:
        age = now - Path(file).stat().st_mtime
    except OSError as error:
        return f"{file}: {error.strerror}"
    return f"the last beat was {age:.0f} s ago" if age > LATE else None


def main() -> int:
    """Return 0 when the worker works, else 1, having said why on standard error."""
    found = problem(os.environ.get(VARIABLE), now=time.time())
    if found is not None:
        print(found, file=sys.stderr)
    return 0 if found is None else 1


if __name__ == "__main__":
    sys.exit(main())
