"""A client that means no good, in a process of its own, from an address of its own.

`python -m tests.bench.attacking KIND PORT SECONDS` keeps as many connections as the kind has, makes
each anew when it's closed, and ends by itself. Keys come from the environment.
"""

import asyncio
import contextlib
import os
import sys
import time

FROM = "127.0.0.2"
_PIECE = b"a" * 65536
_PAUSE = 0.01
"""Seconds between two pieces: what is measured shares this machine with the attack."""

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def _keys() -> bytes:
    names = ("X-API-KEY", "X-ACCOUNT-KEY")
    return b"".join(f"{name}: {os.environ[name]}\r\n".encode() for name in names)


async def _endlessly(writer: asyncio.StreamWriter, head: bytes, piece: bytes) -> None:
    writer.write(head)
    while True:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(_PAUSE)


async def _attack(kind: str, ends: Ends) -> None:
    reader, writer = ends
    match kind:
        case "an endless header":
            await _endlessly(writer, b"GET /health HTTP/1.1\r\nHost: x\r\nX: ", _PIECE)
        case "headers without end":
            lines = b"X: y\r\n" * 10_000
            await _endlessly(writer, b"GET /health HTTP/1.1\r\nHost: x\r\n", lines)
        case "silence":
            await reader.read()
        case "half a request":
            writer.write(b"GET /health HTTP/1.1\r\nHost:")
            await reader.read()
        case "bodies of 100 MB":
            head = b"POST /webhooks HTTP/1.1\r\nHost: x\r\n" + _keys()
            await _endlessly(writer, head + b"Content-Length: 104857600\r\n\r\n", _PIECE)
        case "bodies without a length":
            head = b"POST /webhooks HTTP/1.1\r\nHost: x\r\n" + _keys()
            head += b"Transfer-Encoding: chunked\r\n\r\n"
            await _endlessly(writer, head, b"10000\r\n" + _PIECE + b"\r\n")
        case "requests by the thousand":
            await _endlessly(writer, b"", b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" * 1_000)
        case "answers that nobody reads":
            await _endlessly(writer, b"", b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 8)
        case _:
            raise ValueError(kind)


CONNECTIONS = {
    "an endless header": 64,
    "headers without end": 64,
    "silence": 2_000,
    "half a request": 2_000,
    "bodies of 100 MB": 64,
    "bodies without a length": 64,
    "requests by the thousand": 64,
    "answers that nobody reads": 64,
}


async def main(kind: str, port: int, seconds: float) -> None:
    until = time.monotonic() + seconds

    async def keep_at_it() -> None:
        while time.monotonic() < until:
            with contextlib.suppress(OSError):
                ends = await asyncio.open_connection("127.0.0.1", port, local_addr=(FROM, 0))
                try:
                    await _attack(kind, ends)
                finally:
                    ends[1].transport.abort()
            await asyncio.sleep(0.1)

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.gather(*(keep_at_it() for _ in range(CONNECTIONS[kind])))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
