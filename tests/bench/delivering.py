"""A worker, and beside it a bare loop over aiohttp, in one process.

Run as a program with an account's id, its subscription's id, its callback URL and the secret in
hex; settings from the environment. Commands: relay or bare, with a count; answered when all is
sent, and for the relay written down.
"""

import asyncio
import json
import sys
import time
import uuid
from collections.abc import Iterator
from typing import Any

import aiohttp
import uvloop
from sqlalchemy import text

from connector.app import logs
from connector.app.container import Container, assemble
from connector.app.processes import freeze_gc
from connector.app.settings import load
from storage.clock import system_clock
from storage.ids import new_id
from tests.bench.stored import Route, backlog
from webhooks.envelope import event_body
from webhooks.signing import signed_headers

_WAITING = text("SELECT count(*) FROM deliveries WHERE status = 'PENDING'")


async def _relay(container: Container, route: Route, count: int) -> None:
    await backlog(container.storage.work, route, count)
    container.relay.dispatcher.wake()
    async with asyncio.timeout(30):
        while True:
            async with container.storage.work.reading() as tx:
                if not (await tx.connection.execute(_WAITING)).scalar():
                    return
            await asyncio.sleep(0.02)


async def _bare(client: aiohttp.ClientSession, url: str, secret: bytes, count: int, at_once: int):
    def requests() -> Iterator[tuple[bytes, dict[str, str]]]:
        for _ in range(count):
            body = event_body(
                event_type="UPDATED", resource="INVOICE", resource_id=str(uuid.uuid4())
            )
            now = system_clock()
            headers = signed_headers(new_id("evt", now), body, secret, now)
            yield body, {"Content-Type": "application/json", **headers}

    left = requests()

    async def post() -> None:
        for body, headers in left:
            async with client.post(url, data=body, headers=headers) as response:
                await response.read()

    await asyncio.gather(*(post() for _ in range(at_once)))


async def _main(account: str, subscription: str, url: str, secret: bytes) -> None:
    settings = load()
    logs.configure(settings.log)
    container = assemble(settings)
    route = Route(account, subscription, "", "")
    container.worker.start()
    freeze_gc()
    at_once = settings.delivery.per_endpoint
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(commands), sys.stdin
    )
    _say({})
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=at_once)) as client:
        while line := await commands.readline():
            command = json.loads(line)
            began = time.perf_counter()
            if command["do"] == "relay":
                await _relay(container, route, command["count"])
            else:
                await _bare(client, url, secret, command["count"], at_once)
            _say({"seconds": time.perf_counter() - began})
    await container.worker.stop()
    await container.close()


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(_main(*sys.argv[1:4], bytes.fromhex(sys.argv[4])))
