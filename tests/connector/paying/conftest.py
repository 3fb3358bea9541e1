"""A bank for each test."""

from collections.abc import AsyncIterator

import pytest

from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from tests.connector.paying.bank import Bank


@pytest.fixture
async def bank(work: UnitOfWork, ring: KeyRing) -> AsyncIterator[Bank]:
    made = Bank(work, ring)
    yield made
    await made.http.aclose()
