"""A copy of the database while it is in use."""

import sqlite3
from contextlib import closing
from pathlib import Path

from storage.engine import Database
from storage.errors import Conflict, Invalid


def backup(database: Database, target: Path) -> int:
    """Copy an SQLite database to a new file and answer its size in bytes.

    The copy is consistent although writers go on. Raises Conflict when the file exists and Invalid
    for PostgreSQL, which has pg_dump for this.
    """
    source = database.path
    if source is None:
        raise Invalid("PostgreSQL is backed up with its own tools: pg_dump, or base backups.")
    if not source.exists():
        raise Invalid(f"There is no database at {source}.")
    if target.exists():
        raise Conflict(f"{target} exists already; a backup never overwrites.")
    target.touch(mode=0o600)
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as reader,
        closing(sqlite3.connect(target)) as writer,
    ):
        reader.backup(writer)
        (verdict,) = writer.execute("PRAGMA integrity_check").fetchone()
    if verdict != "ok":
        raise Conflict(f"the copy at {target} is damaged: {verdict}")
    return target.stat().st_size
