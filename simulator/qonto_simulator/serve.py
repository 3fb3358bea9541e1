"""Serves a simulator, on this machine's loopback address unless told otherwise."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from .simulator import Simulator

HOST = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 (compared with, not bound to)


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs the event loop."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


@asynccontextmanager
async def serving(
    simulator: Simulator, port: int = 0, *, host: str = HOST, base_url: str | None = None
) -> AsyncGenerator[str]:
    """Serves on 127.0.0.1 for as long as the context lasts; yields the base address.

    Port 0 takes any free one. ``base_url`` of the simulator is set to the address, or to the one
    given. ``OSError`` when the port is taken.
    """
    # said to be TCP, since only then asyncio sends a small packet before the last is acknowledged:
    # each answer would else take 40 ms
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    reached = HOST if host == EVERYWHERE else host
    simulator.base_url = base_url or f"http://{reached}:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        simulator.app,
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name="qonto-simulator-server")
    try:
        while not server.started and not task.done():  # noqa: ASYNC110 (it only has a flag)
            await asyncio.sleep(0.005)
        if task.done():
            task.result()
            raise RuntimeError("the simulator did not start")
        yield simulator.base_url
    finally:
        server.should_exit = True
        await task


async def run(simulator: Simulator, port: int = 0) -> None:
    """Serves until cancelled."""
    async with serving(simulator, port):
        await asyncio.Event().wait()
