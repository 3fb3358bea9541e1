"""An upstream as cheap as can be: every request is answered with the same bytes.

Run as a program it prints its address and serves until it is ended. A page of any size but 100
invoices has 10. GET /arrivals answers when requests came, in seconds of a clock of its own.
"""

import asyncio
import json
import time
from typing import cast

import uvloop

from tests.bench.page_of_invoices import page


class Canned(asyncio.Protocol):
    """HTTP/1.1 without bodies in requests, with connections kept open."""

    def __init__(self, full: bytes, small: bytes, arrivals: list[float]) -> None:
        self._full = full
        self._small = small
        self._arrivals = arrivals
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        *heads, self._received = (self._received + data).split(b"\r\n\r\n")
        for head in heads:
            if head.startswith(b"GET /arrivals "):
                self._transport.write(_answer(json.dumps(self._arrivals).encode()))
                continue
            self._arrivals.append(time.monotonic())
            self._transport.write(self._full if b"per_page=100" in head else self._small)


async def serve() -> None:
    full, small = _answer(page()), _answer(page(10))
    arrivals: list[float] = []
    server = await asyncio.get_running_loop().create_server(
        lambda: Canned(full, small, arrivals), "127.0.0.1", 0
    )
    host, port = server.sockets[0].getsockname()
    print(f"http://{host}:{port}", flush=True)
    await server.serve_forever()


def _answer(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


if __name__ == "__main__":
    uvloop.run(serve())
