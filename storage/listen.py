"""Hearing what other processes announce with their commits. PostgreSQL only.

It has a connection of its own, beside the pool. When that is lost it makes another, and says so,
since something may have been missed meanwhile; whoever relies on it polls as well.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from storage.engine import Database
from storage.log import logger

AGAIN_AFTER = 2.0
"""Seconds before a lost connection is made anew."""

CHECK_EVERY = 30.0
"""Seconds between two questions whether the connection still stands."""


async def listen(database: Database, channel: str, heard: Callable[[], None]) -> None:
    """Call `heard` for every announcement, and after each new connection; runs until cancelled."""
    if database.is_sqlite or database.settings.transaction_pooling:
        return  # behind such a pooler nobody can listen; what is due is looked for more rarely
    engine = create_async_engine(
        database.url, poolclass=NullPool, connect_args=database.settings.driver()
    )
    try:
        while True:
            try:
                async with engine.connect() as connection:
                    raw = (await connection.get_raw_connection()).driver_connection
                    await _hear(raw, channel, heard)
            except Exception as error:
                logger.warning("listen.lost", error=type(error).__name__)
            await asyncio.sleep(AGAIN_AFTER)
    finally:
        await engine.dispose()


async def _hear(raw: Any, channel: str, heard: Callable[[], None]) -> None:
    """Listen on an asyncpg connection until it is lost."""
    lost = asyncio.Event()

    def told(*_: object) -> None:
        heard()

    def ended(_: object) -> None:
        lost.set()

    raw.add_termination_listener(ended)
    await raw.add_listener(channel, told)
    heard()
    try:
        while not lost.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(CHECK_EVERY):
                    await lost.wait()
            if not lost.is_set():
                async with asyncio.timeout(CHECK_EVERY):
                    await raw.execute("SELECT 1")
    finally:
        if not raw.is_closed():
            # a listener may not be left to whoever uses the connection next; it's closed instead
            raw.terminate()
