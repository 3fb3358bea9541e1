"""Fixtures for the tests of any project that talks to Qonto.

They are there wherever ``qonto-simulator`` is installed. A test asks for ``qonto_simulator``, which
it reaches in-process::

    async def test_my_sync(qonto_simulator):
        transport = httpx2.ASGITransport(qonto_simulator.app)
        async with httpx2.AsyncClient(transport=transport, base_url=...) as http: ...

or for ``qonto_simulator_url``, the address of the same simulator served on 127.0.0.1 for clients
that can't be given a transport. Override ``qonto_simulator_options`` to choose its arguments.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .simulator import Simulator


@pytest.fixture
def qonto_simulator_options() -> dict[str, Any]:
    """Arguments of ``Simulator``; override it to stand still in time, say."""
    return {}


@pytest.fixture
def qonto_simulator(qonto_simulator_options: dict[str, Any]) -> Simulator:
    """A fresh simulator with its four organisations."""
    # Every run of pytest imports this module; only tests that ask for a simulator pay for one.
    from .simulator import Simulator

    return Simulator(**qonto_simulator_options)


@pytest.fixture
def qonto_simulator_url(qonto_simulator: Simulator) -> Iterator[str]:
    """Serves the simulator on a free port of 127.0.0.1, from a thread of its own.

    Tests of any kind can use it. Once it is served, reach its control calls over HTTP, under
    ``/_simulator``.
    """
    from .serve import serving

    address: Future[str] = Future()
    stop: Future[Callable[[], object]] = Future()

    async def serve() -> None:
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        stop.set_result(lambda: loop.call_soon_threadsafe(done.set))
        async with serving(qonto_simulator) as url:
            address.set_result(url)
            await done.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as problem:
            if address.done():
                raise
            address.set_exception(problem)

    thread = threading.Thread(target=run, name="qonto-simulator")
    thread.start()
    try:
        yield address.result(timeout=10)
    finally:
        stop.result(timeout=10)()
        thread.join(timeout=10)
