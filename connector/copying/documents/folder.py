"""Documents in a folder.

What is stored is read-only and whole: it was written under another name, and checked. The index is
of links.
"""

import errno
import os
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from connector.copying.documents.names import content_path, is_digest, paths_of
from connector.copying.documents.spooling import SpooledDocument, digest_of, in_thread, spool
from connector.copying.ports import StoredDocument

_INCOMING = ".incoming"
_LEFT_BEHIND = 24 * 3600.0
"""Seconds after which nobody is still writing a file."""
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS}


class FolderDocuments:
    """Stores documents in a folder, which is made if it isn't there."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / _INCOMING
        self._is_ready = False
        self._lasting: set[Path] = set()
        """Folders whose own names are on the disk."""

    async def put(
        self,
        account_id: str,
        resource: str,
        record_id: str,
        file_name: str | None,
        content_type: str,
        chunks: AsyncIterator[bytes],
    ) -> StoredDocument:
        """Store a document as a whole, or not at all when `chunks` raises."""
        if not self._is_ready:
            await in_thread(self._make_ready)
            self._is_ready = True

        def place(spooled: SpooledDocument) -> StoredDocument:
            paths = paths_of(
                spooled.digest, account_id, resource, record_id, file_name, content_type
            )
            try:
                self._keep(spooled, self._root / paths.content)
                self._link(self._root / paths.content, self._root / paths.index)
            finally:
                spooled.remove()
            return StoredDocument(spooled.digest, spooled.size, paths.content)

        return await spool(chunks, self._incoming, place)

    async def has(self, digest: str) -> bool:
        """Say whether bytes of that digest are stored."""
        return is_digest(digest) and await in_thread((self._root / content_path(digest)).is_file)

    async def damaged(self) -> list[str]:
        """Read all that is stored, and return the digests whose bytes are others by now."""
        return await in_thread(self._damaged)

    async def close(self) -> None:
        """Nothing is held."""

    def _make_ready(self) -> None:
        self._root.mkdir(mode=0o700, exist_ok=True)
        self._incoming.mkdir(mode=0o700, exist_ok=True)
        oldest = time.time() - _LEFT_BEHIND
        for left in self._incoming.iterdir():
            with suppress(FileNotFoundError):
                if left.lstat().st_mtime < oldest:
                    left.unlink()

    def _keep(self, spooled: SpooledDocument, content: Path) -> None:
        if content.is_file() and digest_of(content) == spooled.digest:
            return
        _make(content.parent)
        spooled.path.chmod(0o400)
        spooled.path.replace(content)
        _sync(content.parent)
        if content.parent not in self._lasting:
            _sync(content.parent.parent)
            _sync(self._root)
            self._lasting.add(content.parent)

    def _link(self, content: Path, index: Path) -> None:
        target = os.path.relpath(content, index.parent)
        if index.is_symlink() and str(index.readlink()) == target:
            return
        _make(index.parent)
        incoming = self._incoming / secrets.token_hex(16)
        try:
            try:
                incoming.symlink_to(target)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                incoming.hardlink_to(content)
            incoming.replace(index)
        finally:
            incoming.unlink(missing_ok=True)

    def _damaged(self) -> list[str]:
        found = sorted((self._root / "content").glob("*/*"))
        return [path.name for path in found if digest_of(path) != path.name]


def _make(folder: Path) -> None:
    """Make a folder and those above it, each for the owner alone."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
