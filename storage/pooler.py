"""Whether a pooler such as PgBouncer stands before PostgreSQL, and in which mode."""

import asyncio
from contextlib import AsyncExitStack
from typing import Literal

from storage.settings import BROKEN, StorageSettings

WITHIN = 10.0
"""Seconds that looking may take."""

Mode = Literal["session", "transaction"]

_PROCESS = "SELECT pg_backend_pid()"


async def pooler_before(settings: StorageSettings) -> Mode | None:
    """Return the mode of the pooler in between; None without one, or where nothing answers.

    A server tells its process' number when one connects; a pooler makes one up. In transaction mode
    two connections get the same process, one after the other.
    """
    try:
        async with asyncio.timeout(WITHIN), AsyncExitStack() as stack:
            asking, other = await settings.connect(), await settings.connect()
            for connection in (asking, other):
                stack.callback(connection.terminate)
            async with asking.transaction():
                before = await asking.fetchval(_PROCESS)
            if before == asking.get_server_pid():
                return None
            async with other.transaction():
                return "transaction" if await other.fetchval(_PROCESS) == before else "session"
    except (*BROKEN, TimeoutError):
        return None
