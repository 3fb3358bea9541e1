"""HTTP servers in this process; an address is bound first, so that it is known to all."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import cast

import uvicorn
from starlette.types import ASGIApp

from connector.app.addresses import TrustedProxies
from connector.app.doorman import ConnectionLimits, Doorman, ignore
from connector.app.http_protocol import GuardedProtocol

LAST_REQUESTS = 10
"""Seconds that requests under way have to end when a server stops."""


def bind(host: str, port: int) -> socket.socket:
    """Take an address; port 0 takes any free one. Raises OSError when it's taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def address_of(bound: socket.socket) -> str:
    """Return the http:// address of a bound socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave signals to whoever runs several servers at once."""
        yield


@asynccontextmanager
async def serving(
    app: ASGIApp,
    bound: socket.socket,
    *,
    proxies: TrustedProxies | None = None,
    limits: ConnectionLimits | None = None,
    refused: Callable[[str], None] = ignore,
) -> AsyncGenerator[str]:
    """Serve an app on a bound socket while the block runs; return its http:// address.

    `refused` is told of each connection that was refused or ended, by the reason. Leaving the block
    finishes the requests under way (up to 10 s) and runs the app's shutdown.
    """
    proxies = proxies or TrustedProxies()
    limits = limits or ConnectionLimits()
    # uvicorn takes a class, and only ever calls it
    protocol = partial(GuardedProtocol, Doorman(limits, proxies, refused))
    server = _Server(
        uvicorn.Config(
            app,
            http=cast(type[asyncio.Protocol], protocol),
            ws="none",
            log_level="warning",
            access_log=False,
            lifespan="on",
            proxy_headers=bool(proxies.text),
            forwarded_allow_ips=proxies.text or "127.0.0.1",
            server_header=False,
            date_header=True,
            timeout_keep_alive=limits.keep_alive_seconds,
            timeout_graceful_shutdown=LAST_REQUESTS,
        )
    )
    task = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        while not server.started:
            if task.done():
                await task  # raises what went wrong
                raise RuntimeError("the server stopped while it was starting")
            await asyncio.sleep(0.01)
        yield address_of(bound)
    finally:
        server.should_exit = True
        await task
        bound.close()


@contextmanager
def shutdown_signal() -> Generator[asyncio.Event]:
    """Return an event that is set by SIGTERM or Ctrl-C."""
    shutdown = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, shutdown.set)
    try:
        yield shutdown
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
