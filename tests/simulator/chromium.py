"""A real browser without further packages: headless Chromium, spoken to over a pair of pipes."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

PROGRAM = (
    None if os.environ.get("CI") else shutil.which("chromium") or shutil.which("chromium-browser")
)
WITHOUT = "chromium is not installed, or this is CI, where no browser is started"
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)
# The browser listens on descriptor 3 and answers on 4, whatever numbers they have elsewhere.
_START = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(one), fcntl.F_DUPFD, 10) for one in sys.argv[1:3]]
for number, end in zip((3, 4), ends):
    os.dup2(end, number)
os.execv(sys.argv[3], sys.argv[3:])
"""
_PATIENCE = 60
_KEYS = {"Enter": (13, "\r"), "Tab": (9, ""), "ArrowDown": (40, "")}


class Tab:
    """One page, used with the keyboard alone."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._count = 0
        self._session: str | None = None

    async def open(self) -> None:
        target = await self.call("Target.createTarget", url="about:blank")
        attached = await self.call(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        self._session = attached["sessionId"]

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """The result of one command of the DevTools protocol."""
        answer = await self._ask(method, params)
        assert "error" not in answer, answer
        return answer["result"]

    async def _ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """The answer to one command; events are passed over."""
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        self._writer.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = json.loads((await self._reader.readuntil(b"\0"))[:-1])
            if answer.get("id") == self._count:
                return answer

    async def read(self, expression: str) -> Any:
        """The value of an expression in the page; ``None`` while it is changing."""
        params = {"expression": expression, "returnByValue": True}
        answer = await self._ask("Runtime.evaluate", params)
        # A page that is left before it has answered can't tell any more.
        return answer["result"]["result"].get("value") if "result" in answer else None

    async def see(self, expression: str, value: object) -> None:
        """Waits until an expression has this value."""
        async with asyncio.timeout(_PATIENCE):
            while await self.read(expression) != value:  # noqa: ASYNC110 (pages tell nothing)
                await asyncio.sleep(0.02)

    async def press(self, key: str) -> None:
        code, text = _KEYS[key]
        common = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        await self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **common)


@asynccontextmanager
async def browsing() -> AsyncIterator[Tab]:
    """A tab of a browser of its own, which ends with the context."""
    assert PROGRAM is not None
    to_browser, here = os.pipe()
    back, from_browser = os.pipe()
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=2**26)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _START, str(to_browser), str(from_browser)),
            *(PROGRAM, *_FLAGS, f"--user-data-dir={profile}"),
            pass_fds=(to_browser, from_browser),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        incoming, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(back, "rb", 0)
        )
        transport, protocol = await loop.connect_write_pipe(
            asyncio.streams.FlowControlMixin, os.fdopen(here, "wb", 0)
        )
        try:
            tab = Tab(reader, asyncio.StreamWriter(transport, protocol, None, loop))
            async with asyncio.timeout(_PATIENCE):
                await tab.open()
            yield tab
        finally:
            transport.close()
            incoming.close()
            try:
                async with asyncio.timeout(30):
                    await process.wait()  # it ends when its pipe does
            except TimeoutError:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
