"""What goes on in the background: sending, polling, and the periodic tasks that come round."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from connector.app.periodic_tasks import PeriodicTask, PeriodicTasks
from storage.clock import Clock
from storage.database_clock import READ_EVERY, DatabaseClock
from storage.errors import ServiceError
from storage.listen import listen
from storage.log import logger
from storage.notify import CHANNEL
from storage.unit_of_work import UnitOfWork
from webhooks.dispatch import Dispatcher
from webhooks.reconcile import Reconciler


class Worker:
    """Runs until stopped; safe with any number of them on PostgreSQL."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        reconciler: Reconciler,
        work: UnitOfWork,
        clock: Clock,
        periodic_tasks: Sequence[PeriodicTask],
    ) -> None:
        self._dispatcher = dispatcher
        self._reconciler = reconciler
        self._work = work
        self._clock = clock
        # on SQLite a lock file sees to it that there is only one worker
        self._periodic_tasks = PeriodicTasks(
            work, clock, periodic_tasks, is_alone=work.database.is_sqlite
        )
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin the loops in this event loop."""
        self._begin("dispatch", self._dispatch())
        self._begin("reconcile", self._reconciler.run())
        self._begin("periodic_tasks", self._periodic_tasks.run())
        self._begin("listen", listen(self._work.database, CHANNEL, self._dispatcher.wake))

    async def stop(self) -> None:
        """Let the attempts under way end, give leases back, and end the loops."""
        await self._dispatcher.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._reconciler.stop()
        self._tasks = []

    @property
    def is_whole(self) -> bool:
        """Whether no loop has broken; `listen` may end by itself, where nobody can listen."""
        return not any(_broken(task) for task in self._tasks)

    def _begin(self, name: str, loop: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(loop, name=name)
        task.add_done_callback(_report)
        self._tasks.append(task)

    async def _dispatch(self) -> None:
        """Send by the database's clock, where there is one."""
        await self._read_clock()
        if isinstance(self._clock, DatabaseClock):
            self._begin("clock", self._keep_time())
        await self._dispatcher.run()

    async def _keep_time(self) -> None:
        while True:
            await asyncio.sleep(READ_EVERY)
            await self._read_clock()

    async def _read_clock(self) -> None:
        if isinstance(self._clock, DatabaseClock):
            try:
                await self._clock.read()
            except ServiceError as error:
                logger.warning("clock.not_read", code=error.code)


def _broken(task: asyncio.Task[None]) -> BaseException | None:
    return task.exception() if task.done() and not task.cancelled() else None


def _report(task: asyncio.Task[None]) -> None:
    if (error := _broken(task)) is not None:
        logger.error("worker.loop_broken", kind=task.get_name(), exc_info=error)
