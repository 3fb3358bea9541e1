"""Clients that post a megabyte of unsigned bytes, again and again, for as long as they're told.

Run as a program with a host, a port, a callback code and the number of connections. Commands: shout
and hush; both are answered at once, hush with how many posts were made.
"""

import asyncio
import json
import sys
from contextlib import suppress

import uvloop

_SIZE = 1_000_000
_BODY = b"x" * _SIZE


async def _shout(host: str, port: int, code: str, posts: list[None]) -> None:
    head = (
        f"POST /events/callback/{code} HTTP/1.1\r\nHost: connector.example\r\n"
        f"Content-Type: application/json\r\nContent-Length: {_SIZE}\r\n\r\n"
    ).encode()
    while True:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(head + _BODY)
                await writer.drain()
                await reader.read(1024)
            finally:
                writer.close()
        posts.append(None)


async def _main(host: str, port: int, code: str, connections: int) -> None:
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(commands), sys.stdin
    )
    print("{}", flush=True)
    posts: list[None] = []
    shouting: list[asyncio.Task[None]] = []
    while line := await commands.readline():
        for task in shouting:
            task.cancel()
        await asyncio.gather(*shouting, return_exceptions=True)
        answer = {"posts": len(posts)}
        posts.clear()
        shouting = [
            asyncio.create_task(_shout(host, port, code, posts))
            for _ in range(connections if json.loads(line)["do"] == "shout" else 0)
        ]
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(_main(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
