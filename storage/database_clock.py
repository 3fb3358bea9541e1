"""The database's clock in every process, so that a lease means the same moment to all of them.

A process reads it now and then and counts on by a clock that only goes forward. Between readings it
is at most as far off as an answer of the database takes.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from storage.clock import Clock, system_clock
from storage.engine import Database

READ_EVERY = 30.0
"""Seconds between two readings."""


class DatabaseClock:
    """Returns the database's present moment; this machine's until it was first read.

    On SQLite both are the same.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock = system_clock,
        *,
        count: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._clock = clock
        self._count = count
        self._read: tuple[datetime, float] | None = None

    def __call__(self) -> datetime:
        if self._read is None:
            return self._clock()
        moment, at = self._read
        return moment + timedelta(seconds=self._count() - at)

    async def read(self) -> None:
        """Ask the database. Raises StorageUnavailable, and goes on by the last reading then."""
        if self._database.is_sqlite:
            return
        async with self._database.reading() as connection:
            found = await connection.execute(text("SELECT clock_timestamp()"))
            moment: datetime = found.scalar_one()
        self._read = (moment.astimezone(UTC), self._count())
