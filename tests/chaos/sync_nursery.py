"""A nursery whose forks copy records, by the command or as a worker does.

What the code has in constants is made small here, so that one run has many moments to die at, and
what a killed process had taken is free again soon.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

from connector.app import cli
from connector.app.actions import syncing
from connector.app.container import assemble
from connector.app.settings import load
from connector.copying import copier, decisions, document_queue
from connector.copying.destinations import postgres, sqlite
from connector.copying.documents import folder
from storage.errors import ServiceError
from storage.repositories import copies as copy_repository
from tests.chaos import nursery

READ = (syncing, postgres, sqlite, folder)
"""What the forks would otherwise import, each for itself."""

SHORT = timedelta(seconds=1)


def be_born(arguments: list[str], environment: dict[str, str], log: str) -> None:
    """Become a process of its own, `sync` or a worker that copies; never returns."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number, target in ((0, null), (1, null), (2, file)):
        os.dup2(target, number)
    os.environ.clear()
    os.environ.update(environment)
    vars(copier)["LEASE"] = vars(copy_repository)["LEASE"] = SHORT
    vars(copier).update(BATCH=7, _DOCUMENTS=20, MADE_IN=SHORT / 2)
    vars(document_queue).update(_CLAIMED=SHORT, _NOTED_AT_ONCE=3)
    vars(decisions).update(RETRIES=(0.2, 0.5, 1.0), COMPARED_EVERY=SHORT)
    if arguments != ["copies"]:
        sys.argv = ["qonto-connector", *arguments]
        cli.invoke()
        return
    asyncio.run(_work())


async def _work() -> None:
    container = assemble(load())
    await asyncio.gather(_loop(container.copies.run_due), _loop(container.copies.fetch_documents))


async def _loop(task: Callable[[], Awaitable[int]]) -> None:
    while True:
        with suppress(ServiceError):  # the database is busy
            await task()
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    vars(nursery)["be_born"] = be_born
    nursery.main()
