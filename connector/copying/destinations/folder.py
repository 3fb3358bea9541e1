"""A folder of batches: what changed, one entry for each batch, numbered.

An entry is written under another name and gets its own when it is whole, so that it is there or
not. `.index.sqlite` knows which version of each record was written last: what is written again
makes no entry. It can be deleted; it is then made again of the entries that are there.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from connector.copying.destinations.failing import DestinationFailed
from connector.copying.destinations.one_thread import OneThread
from connector.copying.ports import CopiedRecord, Gone

_WAIT = 30.0
"""Seconds to wait for another process that writes to the folder."""
_ROOM = 10**9
"""Changes that an entry may have."""
_INDEX = ".index.sqlite"
_INCOMING = ".incoming"
_MAKE = """
CREATE TABLE IF NOT EXISTS latest (
  account TEXT, resource TEXT, id TEXT, version TEXT, PRIMARY KEY (account, resource, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entry (number INTEGER PRIMARY KEY CHECK (number >= 0));
"""
_PUT = "INSERT OR REPLACE INTO latest VALUES (?, ?, ?, ?)"
_GONE = "DELETE FROM latest WHERE account = ? AND resource = ? AND id = ?"
_FIND = "SELECT version FROM latest WHERE account = ? AND resource = ? AND id = ?"


@dataclass(frozen=True, slots=True)
class WrittenChange:
    """What an entry says of a record: its version and hash as one text, None when it is gone."""

    account_id: str
    resource: str
    id: str
    state: str | None


class EntryFormat(Protocol):
    """How a batch is written; `ending` is that of an entry's name."""

    ending: str

    def write(
        self, to: Path, number: int, account_id: str, changes: Sequence[CopiedRecord | Gone]
    ) -> None:
        """Write an entry, and have it on the disk."""
        ...

    def read(self, entry: Path) -> Iterable[WrittenChange]:
        """Tell what an entry changed, in order."""
        ...


class FolderDestination:
    """Writes batches to a folder, which is made if it isn't there."""

    def __init__(self, root: Path, form: EntryFormat) -> None:
        self._root = root
        self._form = form
        self._thread = OneThread("copy-folder")

    async def write(self, account_id: str, batch: Sequence[CopiedRecord | Gone]) -> None:
        """Add an entry with what a batch changes, if it changes anything."""
        await self._thread.run(lambda: self._write(account_id, batch))

    async def close(self) -> None:
        """Let go of the thread."""
        await self._thread.end(lambda: None)

    def _write(self, account_id: str, batch: Sequence[CopiedRecord | Gone]) -> None:
        try:
            self._root.mkdir(mode=0o700, exist_ok=True)
            with self._index() as index:
                last = self._catch_up(index)
                changes = list(_news(index, account_id, batch))
                if changes:
                    self._add(last + 1, account_id, changes)
                    self._catch_up(index)
        except OSError as error:
            raise DestinationFailed(
                f"The folder of the copy can't be written: {error.strerror or error}."
            ) from None
        except sqlite3.Error as error:
            raise DestinationFailed(
                f"{_INDEX} in the folder of the copy can't be used: {error}. It may be "
                "deleted, and is then made again."
            ) from None

    @contextmanager
    def _index(self) -> Generator[sqlite3.Connection]:
        """Open the index for this process alone, and keep what was noted at the end."""
        with closing(
            sqlite3.connect(self._root / _INDEX, timeout=_WAIT, isolation_level=None)
        ) as index:
            index.execute("BEGIN IMMEDIATE")
            for statement in _MAKE.split(";"):
                index.execute(statement)
            try:
                yield index
                index.execute("COMMIT")
            except BaseException:
                if index.in_transaction:
                    index.execute("ROLLBACK")
                raise

    def _catch_up(self, index: sqlite3.Connection) -> int:
        """Note the entries that the index doesn't know yet; return the last number."""
        (known,) = index.execute("SELECT coalesce(max(number), 0) FROM entry").fetchone()
        for number, entry in self._entries():
            if number <= known:
                continue
            for change in self._form.read(entry):
                key = change.account_id, change.resource, change.id
                if change.state is None:
                    index.execute(_GONE, key)
                else:
                    index.execute(_PUT, (*key, change.state))
            index.execute("DELETE FROM entry")
            index.execute("INSERT INTO entry VALUES (?)", (number,))
            known = number
        return int(known)

    def _entries(self) -> list[tuple[int, Path]]:
        ending = self._form.ending
        return sorted(
            (int(stem), path)
            for path in self._root.iterdir()
            if path.name.endswith(ending)
            and (stem := path.name.removesuffix(ending)).isdecimal()
            and stem.isascii()
        )

    def _add(self, number: int, account_id: str, changes: Sequence[CopiedRecord | Gone]) -> None:
        waiting = self._root / _INCOMING
        _remove(waiting)  # left by a process that ended while it wrote: nobody else is here
        waiting.mkdir(mode=0o700)
        # a level below the entries: DuckDB's `*` finds what begins with a dot, too
        incoming = waiting / "entry"
        try:
            self._form.write(incoming, number, account_id, changes)
            incoming.rename(self._root / f"{number:012}{self._form.ending}")
        finally:
            _remove(waiting)
        sync_folder(self._root)


def sequence(number: int, place: int) -> int:
    """Return a number that grows with every change: an entry's, and the place in it."""
    return number * _ROOM + place


def state_of(version: str, content_hash: str) -> str:
    """Make one text of a version and a hash."""
    return f"{version} {content_hash}"


def sync_folder(folder: Path) -> None:
    """Have a folder's names on the disk."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def synced(path: Path, fill: Callable[[BinaryIO], None]) -> None:
    """Make a file that only its owner may read, and have what fills it on the disk."""
    number = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(number, "wb") as file:
        fill(file)
        file.flush()
        os.fsync(file.fileno())


def _news(
    index: sqlite3.Connection, account_id: str, batch: Sequence[CopiedRecord | Gone]
) -> Iterator[CopiedRecord | Gone]:
    """Find what isn't so already, with what the batch itself changes before."""
    before: dict[tuple[str, str], str | None] = {}
    for one in batch:
        key = one.resource, one.id
        if key not in before:
            found = index.execute(_FIND, (account_id, *key)).fetchone()
            before[key] = found[0] if found else None
        match one:
            case CopiedRecord():
                state = state_of(one.version, one.content_hash)
            case Gone():
                state = None
        if before[key] != state:
            before[key] = state
            yield one


def _remove(folder: Path) -> None:
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)
