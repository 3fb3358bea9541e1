"""What the relay's benchmarks share: databases, a key, a vendor, and how rounds are counted."""

import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from storage.sealing import MasterKey
from tests.bench.receiving import Vendor, receiving
from tests.support import databases

KINDS = ("SQLite", "PostgreSQL")
ROUNDS = 7
_ENDING = 0.5
"""Seconds that ending a part's processes takes."""
_SECRET = bytes(range(32))


@dataclass(slots=True)
class Stage:
    """A folder, a PostgreSQL, and a receiver whose events are signed with `secret`.

    `until` is when the part that runs now should have ended, by `time.perf_counter`.
    """

    folder: Path
    server: str
    templates: tuple[Path, str]
    key: MasterKey
    vendor: Vendor
    secret: bytes = _SECRET
    until: float = 0.0

    async def database(self, kind: str) -> str:
        """Make an empty database; return its URL."""
        if kind == "SQLite":
            return databases.new_sqlite(self.templates[0], self.folder)
        return await databases.new_postgres(self.server, self.templates[1])

    def rounds(self, most: int = ROUNDS) -> Iterator[int]:
        """Count seven rounds, or fewer on a machine too busy to do them in time."""
        began = time.perf_counter()
        done, longest = 0, 0.0
        while done < most:
            now = time.perf_counter()
            if done and now + longest + _ENDING > self.until:
                break
            yield done
            done += 1
            longest = max(longest, time.perf_counter() - now)
        print(f"  {done} rounds in {time.perf_counter() - began:.0f} s", flush=True)


@asynccontextmanager
async def staged() -> AsyncGenerator[Stage]:
    """Set the stage; all of it is gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as name,
        databases.postgres_server() as server,
    ):
        folder = Path(name)
        templates = databases.sqlite_template(folder), databases.postgres_template(server)
        async with receiving(_SECRET) as vendor:
            yield Stage(folder, server, templates, MasterKey.generate("bench"), vendor)


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value below which this part of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def ratio(values: Sequence[float], against: Sequence[float]) -> float:
    """Return the ratio of the medians of two series measured in turn."""
    return statistics.median(values) / statistics.median(against)
