"""Files on their way through: on disk, never in memory as a whole."""

import asyncio
import hashlib
import os
import re
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

CHUNK = 64 * 1024
"""Bytes of a file that are in memory at once."""

HEAD = 16
"""Bytes of a file that tell what it is."""

_LONGEST_NAME = 200
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


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

    return UploadedFile(plain_name(path.name), size, digest.hexdigest(), head, read)


def plain_name(sent: str) -> str:
    """Return a file's name that means the same everywhere.

    It has no folders and control characters, nor the quotes that forms write in different ways.
    """
    name = _CONTROLS.sub("", sent.replace("\\", "/").rpartition("/")[2]).replace('"', "'").strip()
    if len(name) > _LONGEST_NAME:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem[: _LONGEST_NAME - 10]}{dot}{ending[:8]}" if stem else name[:_LONGEST_NAME]
    return "file" if name in ("", ".", "..") else name
