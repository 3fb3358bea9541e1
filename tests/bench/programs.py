"""The processes that the relay's benchmarks measure, each with its own interpreter and settings."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import aiohttp

from connector.app.serving import bind
from storage.sealing import MasterKey

_SHIPPED = str(Path(sys.executable).with_name("qonto-connector"))


@dataclass(frozen=True, slots=True)
class Served:
    """Where a server listens, and its process."""

    address: str
    pid: int


@dataclass(frozen=True, slots=True)
class Program:
    """A process that answers commands, one JSON object per line."""

    process: Process

    async def ask(self, **command: object) -> dict[str, Any]:
        """Give one command; return what came of it."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        return cast(dict[str, Any], json.loads(await self.process.stdout.readline()))


@asynccontextmanager
async def served(
    url: str, key: MasterKey, *, worker: bool = True, commit: bool = True, **settings: str
) -> AsyncGenerator[Served]:
    """Run `serve`; without `commit` the same, but what comes in is not stored."""
    probe = bind("127.0.0.1", 0)
    port = str(probe.getsockname()[1])
    probe.close()
    command = (
        [_SHIPPED, "serve", "--port", port, *([] if worker else ["--no-worker"])]
        if commit
        else [sys.executable, "-m", "tests.bench.uncommitted", port]
    )
    address = f"http://127.0.0.1:{port}"
    async with _running(command, _environment(url, key, address, settings)) as process:
        async with aiohttp.ClientSession() as session:
            for _ in range(400):
                try:
                    async with session.get(f"{address}/health") as response:
                        if response.status == 200:
                            break
                except aiohttp.ClientError:
                    await asyncio.sleep(0.05)
            else:
                raise RuntimeError("the server did not start")
        yield Served(address, process.pid)


@asynccontextmanager
async def working(url: str, key: MasterKey, **settings: str) -> AsyncGenerator[int]:
    """Run `worker`; return its process id."""
    environment = _environment(url, key, "http://127.0.0.1:1", settings)
    async with _running([_SHIPPED, "worker"], environment) as process:
        yield process.pid


@asynccontextmanager
async def answering(
    module: str, url: str, key: MasterKey, *arguments: str, **settings: str
) -> AsyncGenerator[Program]:
    """Run a module of this package that answers commands; it has started when it says so."""
    environment = _environment(url, key, "http://127.0.0.1:1", settings)
    command = [sys.executable, "-m", f"tests.bench.{module}", *arguments]
    async with _running(command, environment, talking=True) as process:
        assert process.stdout
        if not await process.stdout.readline():
            raise RuntimeError(f"{module} did not start")
        yield Program(process)


def _environment(
    url: str, key: MasterKey, address: str, settings: dict[str, str]
) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("CONNECTOR_")},
        "CONNECTOR_PUBLIC_URL": address,
        "CONNECTOR_ENVIRONMENT": "development",
        "CONNECTOR_DATABASE__URL": url,
        "CONNECTOR_SEALING__KEYS": key.reveal(),
        "CONNECTOR_EGRESS__ALLOWED_NETWORKS": "127.0.0.0/8",
        "CONNECTOR_EGRESS__ALLOW_HTTP": "true",
        "CONNECTOR_LOG__LEVEL": "error",
        **{f"CONNECTOR_{name}": value for name, value in settings.items()},
    }


@asynccontextmanager
async def _running(
    command: Sequence[str], environment: dict[str, str], *, talking: bool = False
) -> AsyncGenerator[Process]:
    process = await asyncio.create_subprocess_exec(
        *command,
        env=environment,
        stdin=PIPE if talking else DEVNULL,
        stdout=PIPE if talking else DEVNULL,
        stderr=DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()  # what it has stored is thrown away too, so nothing needs an end
        await process.wait()
