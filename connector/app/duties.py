"""Work that comes round again and again, done by one process at a time for all.

Who takes a duty leases it in the database while at it, and then until its next turn. When a process
dies over one, another takes it when the lease has run out.
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
"""How long a process may be silent over a duty before another takes it."""

LOOK_EVERY = 30.0
"""Seconds after which a duty is looked at, even if its turn comes more rarely."""


@dataclass(frozen=True, slots=True)
class Duty:
    """`run` is called once in `every` seconds, by whichever process comes first."""

    name: str
    every: float
    run: Callable[[], Awaitable[object]]


class Duties:
    """Does its share of the duties until cancelled. What fails is logged, and tried next time.

    A process that is alone with its database needs no leases, which would write to it all the time.
    """

    def __init__(
        self,
        work: UnitOfWork,
        clock: Clock,
        duties: Sequence[Duty],
        *,
        lease: timedelta = LEASE,
        is_alone: bool = False,
    ) -> None:
        self.owner = f"duty_{secrets.token_hex(8)}"
        self._work = work
        self._clock = clock
        self._duties = tuple(duties)
        self._lease = lease
        self._is_alone = is_alone

    async def run(self) -> None:
        """Look after all duties at once."""
        async with asyncio.TaskGroup() as group:
            for duty in self._duties:
                group.create_task(self._look_after(duty), name=duty.name)

    async def turn(self, duty: Duty) -> bool:
        """Do a duty once if its time has come and nobody else is at it; answer whether it was."""
        began = self._clock()
        async with self._work.writing() as tx:
            taken = await tx.duties.take(
                duty.name, self.owner, now=began, until=began + self._lease
            )
        if not taken:
            return False
        keeping = asyncio.create_task(self._keep(duty))
        try:
            await _do(duty)
        except asyncio.CancelledError:
            with suppress(ServiceError):
                await self._until(duty, self._clock())
            raise
        finally:
            await _ended(keeping)
        # a hair early, so that this process, which wakes at that very moment, finds it free
        await self._until(duty, began + timedelta(seconds=duty.every * 0.95))
        return True

    async def _until(self, duty: Duty, moment: datetime) -> None:
        async with self._work.writing() as tx:
            await tx.duties.keep(duty.name, self.owner, until=moment)

    async def _look_after(self, duty: Duty) -> None:
        while True:
            await asyncio.sleep(min(duty.every, LOOK_EVERY))
            if self._is_alone:
                await asyncio.sleep(max(0.0, duty.every - LOOK_EVERY))
                await _do(duty)
                continue
            try:
                await self.turn(duty)
            except ServiceError as error:
                logger.warning("duty.failed", kind=duty.name, code=error.code)
            except Exception as error:
                logger.error("duty.broken", kind=duty.name, exc_info=error)

    async def _keep(self, duty: Duty) -> None:
        """Renew the lease for as long as the duty takes."""
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            with suppress(ServiceError):
                await self._until(duty, self._clock() + self._lease)


async def _do(duty: Duty) -> None:
    try:
        await duty.run()
    except ServiceError as error:
        logger.warning("duty.failed", kind=duty.name, code=error.code)
    except Exception as error:
        # one bad record must not end a loop that others depend on
        logger.error("duty.broken", kind=duty.name, exc_info=error)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
