"""The shipped app against the simulator, over real loopback HTTP."""

from collections.abc import AsyncIterator

import pytest

from connector.app.sandbox import Sandbox, sandbox
from connector.app.settings import DeliveryGroup
from tests.support.vendor import Vendor, listening

QUICK = DeliveryGroup(retry_seconds="0.2 0.2 0.5 1 1 1")


@pytest.fixture
async def running(database_url: str) -> AsyncIterator[Sandbox]:
    """Connector and simulators, on each kind of database; retries come quickly."""
    async with sandbox(database=database_url, delivery=QUICK) as up:
        yield up


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    async with listening() as up:
        yield up
