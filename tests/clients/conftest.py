"""The app on loopback, with an account of the simulator's behind it, and its description."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn

from connector.app.operations import document
from tests.support.described import in_process
from tests.webhooks.relay import until


@dataclass(frozen=True)
class Served:
    """Where a client finds the app, with which keys, and its description in a file."""

    url: str
    api_key: str = field(repr=False)
    account_key: str = field(repr=False)
    description: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a client's process is told."""
        return {"URL": self.url, "API_KEY": self.api_key, "ACCOUNT_KEY": self.account_key}


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with in_process(tmp_path) as up:
        await up.register()
        account_key = await up.link()
        config = uvicorn.Config(up.app, host="127.0.0.1", port=0, log_config=None, lifespan="off")
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve())
        try:
            yield Served(await _url(server), up.api_key, account_key, _written(tmp_path))
        finally:
            server.should_exit = True
            await running


async def _url(server: uvicorn.Server) -> str:
    await until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    return f"http://127.0.0.1:{port}"


def _written(folder: Path) -> Path:
    file = folder / "openapi.json"
    file.write_text(json.dumps(document("https://connect.example")))
    return file


async def run(*command: str | Path, within: Path, environment: dict[str, str] | None = None) -> str:
    """Run a program to its end and return what it says. Fails unless it succeeds."""
    program = await asyncio.create_subprocess_exec(
        *command,
        cwd=within,
        env={"PATH": "/usr/bin:/bin", **(environment or {})},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(180):
        said, _ = await program.communicate()
    assert program.returncode == 0, said.decode()
    return said.decode()
