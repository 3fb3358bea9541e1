"""`qonto-connector serve` as shipped, in a process of its own."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from connector.app.serving import bind
from storage.sealing import MasterKey


@dataclass(frozen=True, slots=True)
class Served:
    """Where it listens, and its process."""

    address: str
    pid: int


@asynccontextmanager
async def served(database_url: str, key: MasterKey, **settings: str) -> AsyncGenerator[Served]:
    """Serve on a migrated database; `settings` are further ones, without their prefix."""
    probe = bind("127.0.0.1", 0)
    port = probe.getsockname()[1]
    probe.close()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CONNECTOR_")},
        "CONNECTOR_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "CONNECTOR_ENVIRONMENT": "development",
        "CONNECTOR_DATABASE__URL": database_url,
        "CONNECTOR_SEALING__KEYS": key.reveal(),
        "CONNECTOR_LOG__LEVEL": "warning",
        **{f"CONNECTOR_{name}": value for name, value in settings.items()},
    }
    command = [str(Path(sys.executable).with_name("qonto-connector")), "serve", "--port", str(port)]
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with aiohttp.ClientSession() as session:
            for _ in range(200):
                try:
                    async with session.get(f"http://127.0.0.1:{port}/health") as response:
                        if response.status == 200:
                            break
                except aiohttp.ClientError:
                    await asyncio.sleep(0.05)
            else:
                raise RuntimeError("the server did not start")
        yield Served(f"http://127.0.0.1:{port}", process.pid)
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 20)
