"""Files on their way through: on disk, never in memory as a whole."""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

CHUNK = 64 * 1024
"""Bytes of a file that are in memory at once."""

HEAD = 16
"""Bytes of a file that tell what it is."""


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file that came with a request. `digest` is the SHA-256 of its bytes, hex.

    `head` are its first bytes. `read` streams all of them, each time from the beginning.
    """

    name: str
    size: int
    digest: str
    head: bytes
    read: Callable[[], AsyncIterator[bytes]] = field(repr=False, compare=False)


class Spool:
    """One nameless file on disk that holds all files of a request, and is gone when it's closed."""

    def __init__(self, folder: str | None = None) -> None:
        # closed by `close`, as whoever reads the request does at its end
        self._file = tempfile.TemporaryFile(prefix="qonto-connector-", dir=folder)  # noqa: SIM115
        self._end = 0

    def write(self, data: bytes) -> None:
        """Add bytes at the end."""
        self._file.write(data)
        self._end += len(data)

    def flush(self) -> None:
        """Let what was written be read."""
        self._file.flush()

    @property
    def end(self) -> int:
        """How many bytes there are."""
        return self._end

    async def part(self, start: int, size: int) -> AsyncIterator[bytes]:
        """Stream a part of it."""
        handle = self._file.fileno()
        while size > 0:
            data = await asyncio.to_thread(os.pread, handle, min(CHUNK, size), start)
            if not data:
                raise OSError("a spooled file is shorter than it was")
            start, size = start + len(data), size - len(data)
            yield data

    def close(self) -> None:
        """Let go of the disk space; harmless when done twice."""
        self._file.close()


def file_on_disk(path: Path) -> UploadedFile:
    """Describe a file that lies on this machine; it's read twice, now for its digest."""
    digest, size, head = hashlib.sha256(), 0, b""
    with path.open("rb") as file:
        while data := file.read(CHUNK):
            head = head or data[:HEAD]
            digest.update(data)
            size += len(data)

    async def read() -> AsyncIterator[bytes]:
        with path.open("rb") as file:
            while data := await asyncio.to_thread(file.read, CHUNK):
                yield data

    return UploadedFile(path.name, size, digest.hexdigest(), head, read)
