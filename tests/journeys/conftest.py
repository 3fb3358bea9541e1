"""The shipped app against the simulator, over real loopback HTTP.

A file whose tests leave the app as they found it has one for all of them: it takes `lasting`, and
its tests and fixtures share the loop that serves it (`loop_scope="module"`).
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from connector.app.sandbox import Sandbox, sandbox
from connector.app.settings import DeliveryGroup
from tests.support.vendor import Vendor, listening

QUICK = DeliveryGroup(retry_seconds="0.2 0.2 0.5 1 1 1")


@pytest.fixture
async def running(database_url: str) -> AsyncIterator[Sandbox]:
    """Connector and simulators for one test; retries come quickly."""
    async with sandbox(database=database_url, delivery=QUICK) as up:
        yield up


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lasting(lasting_scopes: str) -> AsyncIterator[Sandbox]:
    """Connector and simulators for the tests of a file; `fresh` makes the simulators new."""
    async with sandbox(scopes=lasting_scopes) as up:
        yield up


@pytest.fixture(scope="module")
def lasting_scopes() -> str:
    """What links of a lasting sandbox ask for; a file may have its own."""
    return "full"


def fresh(up: Sandbox) -> Sandbox:
    """Return it with simulators as at their start: no link, no fault, and nothing asked yet."""
    for simulator in up.simulators.values():
        simulator.reset()
    return up


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    async with listening() as up:
        yield up
