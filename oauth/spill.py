"""Refreshed tokens on this machine's disk, for the moments in which only this process has them.

One sealed file for each set, written before the set is saved and removed after: a process that dies
in between, or whose database is away when it must end, leaves it for the next start.
"""

import base64
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from storage.errors import SecretUnreadable
from storage.repositories.tokens import StoredTokens
from storage.sealing import KeyRing

_SUFFIX = ".tokens"
_DAMAGED = ".unreadable"


@dataclass(frozen=True, slots=True)
class Spilled:
    """A set found on the disk, and the version that it replaces."""

    path: Path
    stored: StoredTokens
    version: int


class Spill:
    """A folder of sealed files, readable by this user alone. Its calls wait for the disk."""

    def __init__(self, folder: Path, ring: KeyRing) -> None:
        self.folder = folder
        self._ring = ring

    def write(self, stored: StoredTokens, version: int) -> Path:
        """Keep a set, and answer where; it's on the disk when this returns. Raises OSError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection_id = stored.connection_id
        sealed = self._ring.seal(
            _dump(stored, version), associated_data=_associated_data(connection_id)
        )
        # several processes may have one folder, and several sets of one connection may be in it
        path = self.folder / f"{connection_id}.{version}.{secrets.token_hex(4)}{_SUFFIX}"
        unfinished = path.with_suffix(".part")
        try:
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(path)
            self._sync()
        except OSError:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise
        return path

    def remove(self, path: Path) -> None:
        """Drop a set that was saved or is outdated. Raises OSError."""
        path.unlink(missing_ok=True)

    def read(self) -> list[Spilled | Path]:
        """Return what is kept; for a file that can't be opened, where it was put aside."""
        return list(self._read())

    def _read(self) -> Iterator[Spilled | Path]:
        for path in sorted(self.folder.glob(f"*{_SUFFIX}")):
            connection_id = path.name.partition(".")[0]
            try:
                plain = self._ring.open(
                    path.read_bytes(), associated_data=_associated_data(connection_id)
                )
                stored, version = _load(plain)
            except FileNotFoundError:
                continue  # another process has saved it
            except (SecretUnreadable, OSError, ValueError, KeyError, TypeError):
                yield self._put_aside(path)
            else:
                yield Spilled(path, stored, version)

    def counts(self) -> tuple[int, int]:
        """Count the files that wait to be saved, and those that can't be opened."""
        return (
            len(list(self.folder.glob(f"*{_SUFFIX}"))),
            len(list(self.folder.glob(f"*{_DAMAGED}"))),
        )

    def _put_aside(self, path: Path) -> Path:
        aside = path.with_suffix(_DAMAGED)
        with suppress(OSError):
            path.rename(aside)
        return aside

    def _sync(self) -> None:
        """Make the name of a new file last as well."""
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _associated_data(connection_id: str) -> str:
    return f"tokens.spill:{connection_id}"


def _dump(stored: StoredTokens, version: int) -> bytes:
    """Write a set as JSON; its tokens are sealed already, each for its column."""
    refresh_token = stored.refresh_token
    return json.dumps(
        {
            "connection_id": stored.connection_id,
            "version": version,
            "access_token": base64.b64encode(stored.access_token).decode(),
            "refresh_token": refresh_token and base64.b64encode(refresh_token).decode(),
            "expires_at": stored.expires_at.isoformat(),
            "scopes": stored.scopes,
            "updated_at": stored.updated_at.isoformat(),
        }
    ).encode()


def _load(plain: bytes) -> tuple[StoredTokens, int]:
    found: dict[str, Any] = json.loads(plain)
    refresh_token: str | None = found["refresh_token"]
    stored = StoredTokens(
        connection_id=found["connection_id"],
        access_token=base64.b64decode(found["access_token"]),
        refresh_token=None if refresh_token is None else base64.b64decode(refresh_token),
        expires_at=datetime.fromisoformat(found["expires_at"]),
        scopes=found["scopes"],
        updated_at=datetime.fromisoformat(found["updated_at"]),
    )
    return stored, int(found["version"])
