"""The two kinds of long-running process: `serve` and `worker`."""

import gc
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from connector.app import copy_places
from connector.app.container import assemble
from connector.app.descriptors import make_room
from connector.app.factory import create_app
from connector.app.heartbeat import VARIABLE, beat, beating
from connector.app.one_company import OwnAccount, require_safe
from connector.app.opening import require_fitting_pooler
from connector.app.own_account import OwnCompany
from connector.app.serving import bind, serving, shutdown_signal
from connector.app.settings import Settings, SettingsInvalid
from connector.app.unreadable import reporting
from connector.app.worker import Worker
from storage import schema
from storage.engine import Database
from storage.lock import exclusive
from storage.log import logger
from webhooks.pauses import MOST, Pauses


@contextmanager
def roles(database: Database, *names: str) -> Generator[None]:
    """Hold these roles on an SQLite database; PostgreSQL is shared by any number of processes.

    Raises DatabaseInUse.
    """
    with ExitStack() as stack:
        if database.path is not None:
            for name in names:
                stack.enter_context(exclusive(database.path, name))
        yield


async def serve(
    settings: Settings,
    *,
    worker: bool,
    announce: Callable[[str], None],
    own: OwnAccount | None = None,
) -> None:
    """Serve HTTP until SIGTERM or Ctrl-C; `announce` is told the address listened on.

    With `own` that company's account is linked first, and its back office served. Raises
    SettingsInvalid, SchemaMismatch, DatabaseInUse, StorageUnavailable and OSError (address taken)
    before anything is served.
    """
    if own is not None:
        require_safe(settings)
    copy_places.check(settings.sync)
    container = assemble(settings)
    held = ("server", "worker") if worker else ("server",)
    try:
        await _require_fitting(container.storage.database)
        with roles(container.storage.database, *held):
            company = None
            if own is not None:
                company = OwnCompany(container, own)
                await company.start()
            bound = bind(settings.server.host, settings.server.port)
            room = make_room(settings)
            # those that pause leave room for the others
            pauses = Pauses(most=min(MOST, room // 4))
            app = create_app(container, worker=worker, pauses=pauses, company=company)
            with shutdown_signal() as shutdown:
                async with (
                    serving(
                        app,
                        bound,
                        proxies=settings.server.proxies(),
                        limits=settings.server.limits(room),
                        refused=container.metrics.http.connection_ended,
                    ) as address,
                    reporting(container.storage.work, container.storage.ring),
                ):
                    freeze_gc()
                    announce(address)
                    logger.info("server.started", address=address)
                    await shutdown.wait()
                    pauses.end()
    finally:
        await container.close()
    logger.info("server.stopped")


async def work(settings: Settings, *, announce: Callable[[str], None]) -> None:
    """Deliver and keep subscriptions settled until SIGTERM or Ctrl-C. Raises as `serve` does."""
    copy_places.check(settings.sync)
    container = assemble(settings)
    try:
        await _require_fitting(container.storage.database)
        with roles(container.storage.database, "worker"), shutdown_signal() as shutdown:
            async with _heartbeat(settings, container.worker):
                await container.oauth.vault.start()
                container.worker.start()
                freeze_gc()
                announce(container.relay.dispatcher.owner)
                logger.info("worker.started")
                await shutdown.wait()
                await container.worker.stop()
    finally:
        await container.close()
    logger.info("worker.stopped")


@asynccontextmanager
async def _heartbeat(settings: Settings, worker: Worker) -> AsyncGenerator[None]:
    """Show that the worker works, where a file for that is named. Raises SettingsInvalid."""
    if not settings.heartbeat:
        yield
        return
    file = Path(settings.heartbeat)
    try:
        beat(file)
    except OSError as error:
        raise SettingsInvalid(f"{VARIABLE}: {file} can't be written: {error.strerror}") from None
    async with beating(file, lambda: worker.is_whole):
        yield


async def _require_fitting(database: Database) -> None:
    """Raise what keeps a process from using the database, before a file is made beside it."""
    await require_fitting_pooler(database)
    await schema.require_current(database)


def freeze_gc() -> None:
    """Leave what was built at the start out of garbage collection, which it only slows down."""
    gc.collect()
    gc.freeze()
