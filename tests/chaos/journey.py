"""A deployment under load while something goes wrong, and what must be true when it's over."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from storage.clock import system_clock
from storage.unit_of_work import UnitOfWork
from tests.chaos.conftest import FULL, SEED
from tests.chaos.patience import PATIENCE, until
from tests.chaos.processes import Member
from tests.chaos.qonto import Qonto
from tests.chaos.records import statuses
from tests.chaos.vendor import Vendor
from tests.chaos.verdict import violations
from tests.chaos.world import Customer
from tests.webhooks import receivers

IN_FLIGHT = timedelta(seconds=1)
"""Until the last answer that was right when it was given has been read."""

CALM = 10.0 if FULL else 0.0
"""Seconds under load before and after."""


@dataclass
class Journey:
    """Everybody who takes part."""

    qonto: Qonto
    vendor: Vendor

    def accepted_between(self, since: datetime, until: datetime) -> int:
        """Count the events that were acknowledged in a while, but for those on their way then."""
        moments = [event.accepted_at for event in self.qonto.events.values() if event.accepted_at]
        return sum(since + IN_FLIGHT < moment < until for moment in moments)

    async def more_is_accepted(self, *, within: float = PATIENCE) -> None:
        """Wait until an event is acknowledged that was posted just now."""
        now = system_clock()
        await until(
            lambda: any(
                event.accepted_at for event in self.qonto.events.values() if event.first_at > now
            ),
            within=within,
        )


@asynccontextmanager
async def journey(
    members: Sequence[Member], customers: Sequence[Customer], work: UnitOfWork
) -> AsyncIterator[Journey]:
    """Put a running deployment under load; at the end all that was accepted must have arrived."""
    addresses = [member.address for member in members if member.address]
    qonto, vendor = Qonto(addresses, Random(SEED)), Vendor()
    async with receivers.running(vendor.receive) as receiver:
        for number, customer in enumerate(customers):
            assert await vendor.subscribe(addresses[0], customer, receiver.url(f"/{number}"))
        async with qonto.posting(customers, at_once=6, pause=0.05):
            together = Journey(qonto, vendor)
            await together.more_is_accepted()
            await asyncio.sleep(CALM)
            yield together
            await asyncio.sleep(CALM)

        async def settled() -> bool:
            return set(await statuses(work)) <= {"DELIVERED"}

        # what was leased when the trouble began comes when the lease ends
        await until(settled, within=60 + PATIENCE)
    assert all(event.accepted_at for event in qonto.events.values())
    assert not violations(qonto.events.values(), vendor.subscriptions, vendor.arrivals)
    assert not vendor.forged


async def all_ready(members: Sequence[Member]) -> None:
    """Start them, and wait until they are up."""
    for member in members:
        await member.start()
    await asyncio.gather(*(member.ready() for member in members))
