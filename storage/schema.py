"""Which revision a database is at, and whether this code fits it; what changes it is `migrations`.

Every process asks this when it starts, and so without alembic, whose import takes longer than the
question: revisions are files that say their id and whom they follow, and the database has one row.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

from storage.engine import Database
from storage.errors import SchemaMismatch

_ID = re.compile(r"^revision = [\"'](\w+)[\"']$", re.MULTILINE)
_FOLLOWED = re.compile(r"^down_revision = [\"'](\w+)[\"']$", re.MULTILINE)
_TABLE = table("alembic_version", column("version_num"))


@dataclass(frozen=True, slots=True)
class KnownRevisions:
    """The revisions that this code comes with."""

    all: frozenset[str]
    newest: str


def scripts() -> Path:
    """Return the folder of the revisions: in an installed wheel, or in a checkout."""
    installed = Path(__file__).with_name("_migrations")
    return installed if installed.is_dir() else Path(__file__).parents[1] / "alembic"


@cache
def known() -> KnownRevisions:
    """Return the revisions that are in files. Raises SchemaMismatch unless one is the newest."""
    texts = [file.read_text() for file in (scripts() / "versions").glob("*.py")]
    ids = frozenset(found for text in texts for found in _ID.findall(text))
    newest = ids.difference(found for text in texts for found in _FOLLOWED.findall(text))
    if len(newest) != 1:
        raise SchemaMismatch("no migrations were found; the installation is incomplete")
    return KnownRevisions(ids, *newest)


def is_missing(database: Database) -> bool:
    """Say whether a file of SQLite's is not there; what else keeps it from being read, it tells."""
    if database.path is None:
        return False
    try:
        database.path.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


async def current(database: Database) -> str | None:
    """Return the revision the database is at; None when it is empty, or a file that isn't there."""
    if is_missing(database):
        return None  # opening it would make it

    def read(connection: Connection) -> str | None:
        if not inspect(connection).has_table(_TABLE.name):
            return None
        return connection.execute(select(_TABLE.c.version_num)).scalar_one_or_none()

    async with database.reading() as connection:
        return await connection.run_sync(read)


async def require_current(database: Database) -> None:
    """Raise SchemaMismatch, saying what to run, unless the database is at this code's revision."""
    at = await current(database)
    newest = known().newest
    if at == newest:
        return
    if is_missing(database):
        raise SchemaMismatch(
            f"there is no database at {database.path}: set CONNECTOR_DATABASE__URL, or run "
            "`qonto-connector migrate` to make it"
        )
    if at is None:
        raise SchemaMismatch("the database is empty: run `qonto-connector migrate` first")
    if at in known().all:
        raise SchemaMismatch(
            f"the database is at {at} and this version needs {newest}: run "
            "`qonto-connector migrate`"
        )
    raise SchemaMismatch(
        f"the database is at {at}, which this version doesn't know: it was made by a newer "
        "qonto-connector; install that version, or restore a backup made before the upgrade"
    )
