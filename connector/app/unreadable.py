"""Says in the log which stored secrets can't be opened, while the service works for the others."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from storage import resealing
from storage.errors import ServiceError
from storage.log import logger
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork

MOST = 100
"""Rows named one by one; `doctor` names all."""


async def report(work: UnitOfWork, ring: KeyRing) -> int:
    """Log each unreadable value as an error, and how many there are; return how many."""
    count = 0
    try:
        async for one in resealing.unreadable(work, ring):
            count += 1
            if count <= MOST:
                logger.error(
                    "secret.unreadable",
                    table=one.table,
                    column=one.column,
                    row=one.row_id,
                    key_name=one.key,
                )
    except ServiceError as error:
        logger.warning("secrets.not_checked", code=error.code)
    if count:
        logger.error("secrets.unreadable", count=count)
    return count


@asynccontextmanager
async def reporting(work: UnitOfWork, ring: KeyRing) -> AsyncGenerator[None]:
    """Report beside what goes on in the block; nothing waits for it."""
    task = asyncio.create_task(report(work, ring), name="report unreadable secrets")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
