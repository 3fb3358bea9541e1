"""A door in front of PostgreSQL's socket, which can be shut, or stuck."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from storage.engine import async_url

_SOCKET = ".s.PGSQL.5432"


class Door:
    """Passes on what goes in and out. Open at first."""

    def __init__(self, real: Path, front: Path) -> None:
        self._real = real
        self._front = front
        self._moves = asyncio.Event()
        self._moves.set()
        self._server: asyncio.Server | None = None
        self._inside: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Let everybody in again, and whatever was stuck through."""
        self._moves.set()
        if self._server is None:
            self._server = await asyncio.start_unix_server(self._enter, self._front)

    async def shut(self) -> None:
        """Throw everybody out and let nobody in, as when the server has stopped."""
        assert self._server is not None
        self._server.close()
        self._server = None
        self._front.unlink()
        for task in self._inside:
            task.cancel()
        await asyncio.gather(*self._inside, return_exceptions=True)

    def stick(self) -> None:
        """Let nothing through in either direction, without a word, as when the network is gone."""
        self._moves.clear()

    def strand(self) -> None:
        """Let nothing more through for those inside, ever; who comes now gets through.

        So it is when a standby takes over an address, and nobody says that the old server is gone.
        """
        self._moves.clear()
        self._moves = asyncio.Event()
        self._moves.set()

    async def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._inside.add(task)
        moves = self._moves
        with suppress(OSError, asyncio.CancelledError):
            back, forth = await asyncio.open_unix_connection(self._real)
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._pass(reader, forth, moves))
                    both.create_task(self._pass(back, writer, moves))
            finally:
                forth.transport.abort()
        writer.transport.abort()
        self._inside.discard(task)

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, moves: asyncio.Event
    ) -> None:
        while data := await reader.read(64 * 1024):
            await moves.wait()
            writer.write(data)
            with suppress(OSError):
                await writer.drain()
        writer.transport.abort()


@asynccontextmanager
async def door(database_url: str) -> AsyncIterator[tuple[Door, str]]:
    """Put a door in front of a PostgreSQL; return it and the URL that leads through it."""
    url = async_url(database_url)
    real = Path(str(url.query["host"])) / _SOCKET
    with tempfile.TemporaryDirectory(prefix="door-") as folder:  # a socket's path must be short
        made = Door(real, Path(folder) / _SOCKET)
        await made.open()
        through = url.set(drivername="postgresql", query={"host": folder})
        try:
            yield made, through.render_as_string(hide_password=False)
        finally:
            if made._server is not None:
                await made.shut()
