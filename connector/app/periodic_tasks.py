"""Work that comes round again and again, done by one process at a time for all.

Who takes a periodic task leases it in the database while at it, and then until its next turn. When
a process dies over one, another takes it when the lease has run out.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.clock import Clock
from storage.errors import ServiceError
from storage.log import logger
from storage.unit_of_work import UnitOfWork

LEASE = timedelta(seconds=60)
"""How long a process may be silent over a periodic task before another takes it."""

LOOK_EVERY = 30.0
"""Seconds after which a periodic task is looked at, even if its turn comes more rarely."""


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """`run` is called once in `every` seconds, by whichever process comes first."""

    name: str
    every: float
    run: Callable[[], Awaitable[object]]


class PeriodicTasks:
    """Does its share of the periodic tasks until cancelled. What fails is logged, and tried next
    time.

    A process that is alone with its database needs no leases, which would write to it all the time.
    """

    def __init__(
        self,
        work: UnitOfWork,
        clock: Clock,
        periodic_tasks: Sequence[PeriodicTask],
        *,
        lease: timedelta = LEASE,
        is_alone: bool = False,
    ) -> None:
        self.owner = f"task_{secrets.token_hex(8)}"
        self._work = work
        self._clock = clock
        self._periodic_tasks = tuple(periodic_tasks)
        self._lease = lease
        self._is_alone = is_alone

    async def run(self) -> None:
        """Look after all periodic tasks at once."""
        async with asyncio.TaskGroup() as group:
            for task in self._periodic_tasks:
                group.create_task(self._look_after(task), name=task.name)

    async def turn(self, task: PeriodicTask) -> bool:
        """Do a periodic task once if its time has come and nobody else is at it; return whether it
        was."""
        began = self._clock()
        async with self._work.writing() as tx:
            taken = await tx.periodic_tasks.take(
                task.name, self.owner, now=began, until=began + self._lease
            )
        if not taken:
            return False
        keeping = asyncio.create_task(self._keep(task))
        try:
            await _do(task)
        except asyncio.CancelledError:
            with suppress(ServiceError):
                await self._until(task, self._clock())
            raise
        finally:
            await _ended(keeping)
        # a hair early, so that this process, which wakes at that very moment, finds it free
        await self._until(task, began + timedelta(seconds=task.every * 0.95))
        return True

    async def _until(self, task: PeriodicTask, moment: datetime) -> None:
        async with self._work.writing() as tx:
            await tx.periodic_tasks.keep(task.name, self.owner, until=moment)

    async def _look_after(self, task: PeriodicTask) -> None:
        while True:
            await asyncio.sleep(min(task.every, LOOK_EVERY))
            if self._is_alone:
                await asyncio.sleep(max(0.0, task.every - LOOK_EVERY))
                await _do(task)
                continue
            try:
                await self.turn(task)
            except ServiceError as error:
                logger.warning("periodic_task.failed", kind=task.name, code=error.code)
            except Exception as error:
                logger.error("periodic_task.broken", kind=task.name, exc_info=error)

    async def _keep(self, task: PeriodicTask) -> None:
        """Renew the lease for as long as the periodic task takes."""
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            with suppress(ServiceError):
                await self._until(task, self._clock() + self._lease)


async def _do(task: PeriodicTask) -> None:
    try:
        await task.run()
    except ServiceError as error:
        logger.warning("periodic_task.failed", kind=task.name, code=error.code)
    except Exception as error:
        # one bad record must not end a loop that others depend on
        logger.error("periodic_task.broken", kind=task.name, exc_info=error)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
