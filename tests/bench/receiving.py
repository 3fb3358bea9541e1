"""The vendor, in a process of its own: verifies and times what arrives.

Run as a program with the secret in hex and the number of an open socket; then it answers commands,
one JSON object per line. What it does with a request is in the path: /hang never answers, /fail
answers 500, any other path 204.
"""

import asyncio
import hmac
import json
import re
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from socket import socket
from typing import Any, cast

import uvloop

from connector.app.serving import address_of, bind

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_SIGNATURE = re.compile(rb"\r\nx-maesn-signature: *([0-9a-f]{64})", re.IGNORECASE)
_TAKEN = b"HTTP/1.1 204 No Content\r\n\r\n"
_FAILED = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
_BACKLOG = 4096


@dataclass(frozen=True, slots=True)
class Arrivals:
    """When each record's first genuine event came, in seconds of `time.perf_counter`."""

    at: dict[str, float]
    forged: int
    refused: int
    """Answered with 500."""


class Vendor:
    """The other end of the receiver's process."""

    def __init__(self, process: Process, address: str) -> None:
        self._process = process
        self.address = address
        self._asked = 0

    async def forget(self) -> None:
        """Begin anew."""
        await self._ask({"do": "forget"})

    async def arrivals(self, count: int, *, within: float) -> Arrivals:
        """Wait until so many have arrived, or for `within` seconds; return what has."""
        answer = await self._ask({"do": "arrivals", "count": count, "within": within})
        return Arrivals(answer["at"], answer["forged"], answer["refused"])

    async def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin and self._process.stdout
        self._asked += 1
        number = self._asked
        self._process.stdin.write(json.dumps({**command, "number": number}).encode() + b"\n")
        while True:
            answer: dict[str, Any] = json.loads(await self._process.stdout.readline())
            if answer["number"] == number:  # others were given up
                return answer


@asynccontextmanager
async def receiving(secret: bytes) -> AsyncGenerator[Vendor]:
    """Run a receiver of events signed with this secret."""
    bound = bind("127.0.0.1", 0)
    bound.listen(_BACKLOG)
    address = address_of(bound)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__, secret.hex(), str(bound.fileno())),
        stdin=PIPE,
        stdout=PIPE,
        limit=64 * 1024 * 1024,
        pass_fds=[bound.fileno()],
    )
    bound.close()
    try:
        yield Vendor(process, address)
    finally:
        assert process.stdin
        process.stdin.close()  # which ends it
        await asyncio.wait_for(process.wait(), 10)


class _Receiver:
    def __init__(self, key: bytes) -> None:
        self.key = key
        self.at: dict[str, float] = {}
        self.forged = 0
        self.refused = 0
        self.count = 0
        self.enough = asyncio.Event()

    def take(self, path: bytes, signature: bytes, body: bytes) -> bytes:
        """Note a request; return what to write, nothing for one that is to hang."""
        now = time.perf_counter()
        if path.startswith(b"/hang"):
            return b""
        if path.startswith(b"/fail"):
            self.refused += 1
            return _FAILED
        if not hmac.compare_digest(hmac.digest(self.key, body, "sha256").hex().encode(), signature):
            self.forged += 1
            return _FAILED
        self.at.setdefault(json.loads(body)["resourceId"], now)
        if len(self.at) >= self.count:
            self.enough.set()
        return _TAKEN

    async def answer(self, command: dict[str, Any]) -> dict[str, Any]:
        if command["do"] == "forget":
            self.at, self.forged, self.refused = {}, 0, 0
            return {}
        self.count = command["count"]
        self.enough.clear()
        if len(self.at) < self.count:
            try:
                async with asyncio.timeout(command["within"]):
                    await self.enough.wait()
            except TimeoutError:
                pass
        return {"at": self.at, "forged": self.forged, "refused": self.refused}


class _Connection(asyncio.Protocol):
    """Reads requests byte by byte, because a server's own cost would be measured with it."""

    def __init__(self, receiver: _Receiver) -> None:
        self._receiver = receiver
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[: end + 2]
            length = _LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._buffer) < whole:
                return
            body, self._buffer = self._buffer[end + 4 : whole], self._buffer[whole:]
            signature = _SIGNATURE.search(head)
            answer = self._receiver.take(
                head.split(b" ", 2)[1], signature[1] if signature else b"", body
            )
            if answer and self._transport:
                self._transport.write(answer)


async def _main(key: bytes, number: int) -> None:
    receiver = _Receiver(key)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Connection(receiver), sock=socket(fileno=number), backlog=_BACKLOG
    )
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := await commands.readline():
        command = json.loads(line)
        answer = await receiver.answer(command)
        print(json.dumps({**answer, "number": command["number"]}), flush=True)
    server.close()


if __name__ == "__main__":
    uvloop.run(_main(sys.argv[1].encode(), int(sys.argv[2])))
