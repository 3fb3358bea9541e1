"""A failure of one of several things is raised as what it is."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from connector.concurrency import all_of
from connector.payouts.running import PayoutRuns
from storage.errors import StorageUnavailable


async def test_all_is_done_and_told_in_order() -> None:
    async def after(seconds: float) -> float:
        await asyncio.sleep(seconds)
        return seconds

    assert await all_of(map(after, (0.02, 0.0, 0.01))) == [0.02, 0.0, 0.01]


async def test_the_first_failure_ends_the_rest_and_is_no_group() -> None:
    ended: list[str] = []

    async def long() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("long")

    async def failing() -> None:
        await asyncio.sleep(0)
        raise StorageUnavailable("away")

    with pytest.raises(StorageUnavailable):
        await all_of((long(), failing()))
    assert ended == ["long"]


class Away:
    """A database that can't be reached."""

    @asynccontextmanager
    async def writing(self) -> Any:
        raise StorageUnavailable("the connection to the database was lost")
        yield


async def test_payouts_say_that_the_database_is_away() -> None:
    work: Any = Away()
    seals: Any = None
    runs = PayoutRuns(work, seals, lambda: datetime.now(UTC), {})
    with pytest.raises(StorageUnavailable):
        await runs.run_due()
