"""A document on its way: on disk until all of it has come, since only then its digest is known."""

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import TypeVar

from connector.copying.documents.failing import DocumentStoreFailed

T = TypeVar("T")

_AT_ONCE = 1 << 20
"""Bytes that are written at a time."""


@dataclass(frozen=True, slots=True)
class SpooledDocument:
    """A whole document in a file of its own."""

    path: Path
    digest: str
    size: int

    def remove(self) -> None:
        """Remove the file, unless it was moved."""
        self.path.unlink(missing_ok=True)


async def spool(
    chunks: AsyncIterator[bytes], folder: Path, then: Callable[[SpooledDocument], T]
) -> T:
    """Write a document to a new file in a folder, and return what is done with it `then`.

    `then` runs in a thread. Nothing is left of the document when it or `chunks` raises.
    """
    path = folder / secrets.token_hex(16)
    digest, size, waiting = hashlib.sha256(), 0, bytearray()
    file: FileIO | None = None

    def write(some: bytes) -> FileIO:
        nonlocal file
        file = file or _new(path)
        digest.update(some)
        rest = memoryview(some)
        while rest:
            rest = rest[file.write(rest) :]
        return file

    def finish(some: bytes) -> T:
        with write(some) as whole:
            os.fsync(whole.fileno())
        return then(SpooledDocument(path, digest.hexdigest(), size))

    try:
        async for chunk in chunks:
            size += len(chunk)
            waiting += chunk
            if len(waiting) >= _AT_ONCE:
                some, waiting = bytes(waiting), bytearray()
                await in_thread(lambda some=some: write(some))
        return await in_thread(lambda: finish(bytes(waiting)))
    except BaseException:
        if file is not None:
            file.close()
        path.unlink(missing_ok=True)
        raise


def _new(path: Path) -> FileIO:
    """Make a file for the owner alone, and open it for writing."""
    return FileIO(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


async def in_thread(call: Callable[[], T]) -> T:
    """Run what blocks in a thread, to its end also when nobody waits for it any more."""
    running = asyncio.ensure_future(asyncio.to_thread(call))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
    except OSError as error:
        raise DocumentStoreFailed(
            f"Documents can't be stored: {error.strerror or type(error).__name__}."
        ) from None


def digest_of(path: Path) -> str:
    """Return the digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
