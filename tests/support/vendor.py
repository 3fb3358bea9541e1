"""A vendor's receiver in a test: real HTTP, real signature checks, events in a queue."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from connector.app.listen import Received, Receiver
from connector.app.serving import bind, serving


@dataclass
class Vendor:
    """What arrived, in order. `address` is where it listens; any path is taken."""

    address: str = ""
    receiver: Receiver = field(default_factory=Receiver)
    _queue: asyncio.Queue[Received] = field(default_factory=asyncio.Queue)

    async def next(self, *, within: float = 60.0) -> Received:
        """Wait for what arrives next, genuine or not."""
        async with asyncio.timeout(within):
            return await self._queue.get()

    async def stays_quiet(self, seconds: float = 1.0) -> bool:
        """Wait, and say whether nothing arrived meanwhile."""
        await asyncio.sleep(seconds)
        return self._queue.empty()


@asynccontextmanager
async def listening(secret: str | None = None) -> AsyncGenerator[Vendor]:
    """Listen on a free port while the block runs."""
    vendor = Vendor()
    vendor.receiver = Receiver(secret, vendor._queue.put_nowait)
    async with serving(vendor.receiver.app, bind("127.0.0.1", 0)) as address:
        vendor.address = address
        yield vendor
