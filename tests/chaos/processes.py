"""The processes of a deployment, as they are started, asked, killed and started again."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from connector.app.serving import address_of, bind
from storage.sealing import MasterKey
from tests.chaos.patience import PATIENCE

KEY = MasterKey("chaos", bytes(range(32)))


def environment(database_url: str, **more: str) -> dict[str, str]:
    """The settings of a deployment that delivers to 127.0.0.1 and tries again soon."""
    plain = {name: value for name, value in os.environ.items() if "CONNECTOR_" not in name}
    return {
        **plain,
        "CONNECTOR_PUBLIC_URL": "https://connect.example",
        "CONNECTOR_DATABASE__URL": database_url,
        "CONNECTOR_SEALING__KEYS": KEY.reveal(),
        "CONNECTOR_EGRESS__ALLOWED_NETWORKS": "127.0.0.1/32",
        "CONNECTOR_EGRESS__ALLOW_HTTP": "true",
        "CONNECTOR_DELIVERY__RETRY_SECONDS": "1 1 2 2 3 3 5 5 5 5 5 5 5 5 5 5 5 5 5 5",
        # nobody listens there: Qonto itself has no part in this
        "CONNECTOR_QONTO__API_URL": "http://127.0.0.1:9",
        "CONNECTOR_QONTO__OAUTH_URL": "http://127.0.0.1:9",
        "CONNECTOR_LOG__LEVEL": "warning",
        **more,
    }


def free_port() -> int:
    """Find a port that nobody listens on."""
    bound = bind("127.0.0.1", 0)
    with bound:
        return int(address_of(bound).rpartition(":")[2])


class Nursery:
    """Starts and ends processes, through `tests.chaos.nursery`."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._turn = asyncio.Lock()

    async def order(self, **order: Any) -> int | None:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        async with self._turn, asyncio.timeout(PATIENCE):
            stdin.write(json.dumps(order).encode() + b"\n")
            await stdin.drain()
            answer = json.loads(await stdout.readline())
        assert answer is None or isinstance(answer, int)
        return answer


@asynccontextmanager
async def nursery(module: str = "tests.chaos.nursery", **variables: str) -> AsyncIterator[Nursery]:
    """Have a nursery, `module`, while the block runs; what was born there dies with it.

    `variables` are for what is read along with the code, and not at the start of a process.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **variables},
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        async with asyncio.timeout(PATIENCE):
            assert await process.stdout.readline() == b"ready\n"
        yield Nursery(process)
    finally:
        process.stdin.close()
        async with asyncio.timeout(PATIENCE):
            await process.wait()


@dataclass
class Member:
    """One process of the deployment: `serve` on a port of its own, or `worker`."""

    nursery: Nursery
    arguments: Sequence[str]
    env: dict[str, str]
    log: Path
    address: str | None = None
    pid: int | None = None
    starts: int = field(default=0)

    async def start(self) -> None:
        """Start it, without waiting until it's ready."""
        self.log.write_text("")
        self.starts += 1
        self.pid = await self.nursery.order(
            run=list(self.arguments), env=self.env, log=str(self.log)
        )

    async def ready(self) -> None:
        """Wait until it serves, or delivers. Fails when it ended instead."""
        async with asyncio.timeout(PATIENCE), httpx2.AsyncClient(timeout=5) as http:
            while not await self._is_ready(http):
                ended = await self.nursery.order(ended=self.pid)
                assert ended is None, f"{self.arguments} ended with {ended}: {self.said()}"
                await asyncio.sleep(0.05)

    async def kill(self, number: int = signal.SIGKILL) -> int | None:
        """End it with a signal; return how it ended, None if it had ended already."""
        pid, self.pid = self.pid, None
        return None if pid is None else await self.nursery.order(kill=pid, signal=number)

    def said(self) -> str:
        """Return what it logged since it was started."""
        return self.log.read_text()

    async def _is_ready(self, http: httpx2.AsyncClient) -> bool:
        if self.address is None:
            return "delivering as" in self.said()
        with suppress(httpx2.HTTPError):
            return (await http.get(f"{self.address}/health")).status_code == 200
        return False


def server(
    nursery: Nursery, folder: Path, env: dict[str, str], *options: str, name: str = "serve"
) -> Member:
    """A `serve` that always comes back at the same address."""
    port = free_port()
    arguments = ("serve", "--port", str(port), *options)
    return Member(nursery, arguments, env, folder / f"{name}.log", f"http://127.0.0.1:{port}")


def worker(nursery: Nursery, folder: Path, env: dict[str, str], *, name: str = "worker") -> Member:
    return Member(nursery, ("worker",), env, folder / f"{name}.log")
