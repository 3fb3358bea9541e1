"""What goes on in the background: sending, polling, and finishing what was begun upstream."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from connector.app.unlinking import Unlinker
from oauth.link import Linking
from oauth.vault import TokenVault
from storage.errors import ServiceError
from webhooks.dispatch import Dispatcher
from webhooks.reconcile import Reconciler
from webhooks.subscriptions import Subscriptions

SETTLE_EVERY = 10.0
WATCH_EVERY = 60.0
CLEAN_UP_EVERY = 3600.0
KEEP_ALIVE_EVERY = 3600.0
"""Seconds between two runs of each duty."""

logger = structlog.get_logger()


class Worker:
    """Runs until stopped; safe with any number of them on PostgreSQL."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        reconciler: Reconciler,
        subscriptions: Subscriptions,
        links: Linking,
        unlinker: Unlinker,
        vault: TokenVault,
    ) -> None:
        self._dispatcher = dispatcher
        self._reconciler = reconciler
        self._subscriptions = subscriptions
        self._links = links
        self._unlinker = unlinker
        self._vault = vault
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin the loops in this event loop."""
        self._tasks = [
            asyncio.create_task(self._dispatcher.run(), name="dispatch"),
            asyncio.create_task(self._reconciler.run(), name="reconcile"),
            asyncio.create_task(_every(WATCH_EVERY, self._reconciler.tend), name="tend polls"),
            asyncio.create_task(
                _every(WATCH_EVERY, self._subscriptions.upstream.check), name="check subscriptions"
            ),
            asyncio.create_task(
                _every(SETTLE_EVERY, self._subscriptions.settle), name="settle subscriptions"
            ),
            asyncio.create_task(
                _every(WATCH_EVERY, self._subscriptions.upstream.watch_all), name="watch consents"
            ),
            asyncio.create_task(_every(SETTLE_EVERY, self._unlinker.resume), name="unlink"),
            asyncio.create_task(
                _every(KEEP_ALIVE_EVERY, self._vault.keep_alive), name="keep alive"
            ),
            asyncio.create_task(_every(CLEAN_UP_EVERY, self._links.clean_up), name="clean up"),
        ]

    async def stop(self) -> None:
        """Let the tries under way end, give leases back, and end the loops."""
        await self._dispatcher.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._reconciler.stop()
        self._tasks = []


async def _every(seconds: float, duty: Callable[[], Awaitable[object]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await duty()
        except ServiceError as error:
            logger.warning("duty.failed", kind=duty.__name__, code=error.code)
        except Exception as error:
            # one bad record must not end a loop that others depend on
            logger.error("duty.broken", kind=duty.__name__, exc_info=error)
