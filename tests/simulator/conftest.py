"""A simulator whose time stands still, clients for it, and a receiver for its webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime

import httpx2
import pytest
from qonto_simulator import Simulator

from .balance import check_books
from .support import NOW, ORIGIN, REDIRECT, Api, Receiver


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
async def sim(receiver: Receiver) -> AsyncIterator[Simulator]:
    """Production mode, 20 November 2026 at ten in Paris."""
    simulator = Simulator(
        clock=NOW, base_url=ORIGIN, deliver=receiver.transport, redirect_uris=[REDIRECT]
    )
    async with simulator:
        yield simulator


@pytest.fixture
async def balanced(sim: Simulator) -> AsyncIterator[None]:
    """Whatever a test does, the books agree afterwards."""
    yield
    sim.world.now()
    for books in sim.world.books.values():
        check_books(books)


@pytest.fixture
async def sandbox(receiver: Receiver) -> AsyncIterator[Simulator]:
    """The same with the staging gate."""
    simulator = Simulator(
        sandbox=True,
        clock=NOW,
        base_url=ORIGIN,
        deliver=receiver.transport,
        redirect_uris=[REDIRECT],
    )
    async with simulator:
        yield simulator


@pytest.fixture
async def open_api() -> AsyncIterator[Callable[..., Api]]:
    """Clients with the headers they are given, closed after the test."""
    opened: list[Api] = []

    def open_it(simulator: Simulator, **headers: str) -> Api:
        api = Api(
            transport=httpx2.ASGITransport(simulator.app),
            base_url=ORIGIN,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
        opened.append(api)
        return api

    yield open_it
    for api in opened:
        await api.aclose()


@pytest.fixture
def anybody(sim: Simulator, open_api: Callable[..., Api]) -> Api:
    """No credentials."""
    return open_api(sim)


@pytest.fixture
def api(sim: Simulator, open_api: Callable[..., Api]) -> Api:
    """A token of the first organisation with every scope."""
    return open_api(sim, Authorization=f"Bearer {sim.issue_access_token()}")


@pytest.fixture
def key_api(sim: Simulator, open_api: Callable[..., Api]) -> Api:
    """The first organisation's API key."""
    return open_api(sim, Authorization=f"{sim.login}:{sim.secret}")
