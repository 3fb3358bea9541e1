"""A nursery whose forks run payouts as a worker does, with short leases and small batches.

What the code has in constants is made small here, so that one payout has many moments to die at.
"""

import asyncio
import os
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from connector.app.container import Container, assemble
from connector.app.settings import load
from connector.paying import paying, storing
from connector.payouts import paying_lines, proposing
from connector.payouts.running import PayoutRuns, RunSettings
from connector.writing.writing import WriteSettings
from storage.errors import ServiceError
from tests.chaos import nursery

LEASE = timedelta(seconds=1)
BATCH = 5


def be_born(arguments: list[str], environment: dict[str, str], log: str) -> None:
    """Become a process of its own that runs payouts until it's killed; never returns."""
    del arguments
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number, target in ((0, null), (1, file), (2, file)):
        os.dup2(target, number)
    os.environ.clear()
    os.environ.update(environment)
    vars(paying)["LEASE"] = vars(storing)["LEASE"] = LEASE
    vars(proposing)["AT_ONCE"] = BATCH
    vars(paying_lines).update(LINES_OF_STEP=BATCH, AT_ONCE=3)
    asyncio.run(_work())


async def _work() -> None:
    container = assemble(load())
    writing = replace(container.writing, settings=WriteSettings(lease=LEASE, looks=(0.0, 0.1)))
    runs = replace(
        container.payout_runs,
        means={
            "PROPOSE": proposing.Proposing(writing, container.payouts.switch),
            "PAY": paying_lines.PayingLines(container.paying, container.reading),
        },
        settings=RunSettings(lease=LEASE, turn=1.0),
    )
    await asyncio.gather(_loop(runs), _settle(container))


async def _loop(runs: PayoutRuns) -> None:
    while True:
        with suppress(ServiceError):  # the database is busy
            await runs.run_due()
        await asyncio.sleep(0.05)


async def _settle(container: Container) -> None:
    while True:
        with suppress(ServiceError):
            await container.writing.resume()
            await container.paying.run_due()
        await asyncio.sleep(0.3)


if __name__ == "__main__":
    vars(nursery)["be_born"] = be_born
    nursery.main()
