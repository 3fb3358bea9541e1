"""The relay, on a fresh database."""

from collections.abc import AsyncIterator

import pytest

from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from tests.webhooks.relay import Relay


@pytest.fixture
async def relay(work: UnitOfWork, ring: KeyRing) -> AsyncIterator[Relay]:
    relay = Relay(work, ring)
    yield relay
    await relay.stop()
