"""`serve` with the one thing left out that the intake's benchmark measures: storing what came.

Everything else is the shipped route. Run as a program with a port; settings from the environment.
"""

import asyncio
import sys
from collections.abc import Sequence

import uvloop

from connector.app import logs
from connector.app.container import assemble
from connector.app.factory import create_app
from connector.app.processes import freeze_gc
from connector.app.serving import bind, serving, shutdown_signal
from connector.app.settings import load
from storage.group_commit import GroupCommit
from webhooks.planning import Accepted


async def _main(port: int) -> None:
    settings = load()
    logs.configure(settings.log)
    container = assemble(settings)

    async def forget(batch: Sequence[Accepted]) -> list[bool]:
        return [True] * len(batch)

    container.relay.intake._group = GroupCommit(forget)  # pyright: ignore[reportPrivateUsage]
    app = create_app(container, worker=False)
    with shutdown_signal() as shutdown:
        async with serving(app, bind("127.0.0.1", port)):
            freeze_gc()
            await shutdown.wait()
    await container.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main(int(sys.argv[1])))
