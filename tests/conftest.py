"""Fixtures every floor's tests share."""

import functools
import gc
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from unittest import mock

import httpcore2
import pytest
import pytest_socket
import structlog
import uvloop  # noqa: F401 - it keeps the sockets that it finds first: not those of a closed test
from hypothesis import settings

from storage.engine import Database, StorageSettings
from storage.sealing import KeyRing, MasterKey
from storage.unit_of_work import UnitOfWork
from tests.support import databases, servers

pytest_plugins = ["tests.support.requirements"]

_EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "50"))
"""Of each property; `PROPERTY_EXAMPLES=1000 make test` looks longer."""

# how long an example takes is the machine's business
settings.register_profile("suite", settings(deadline=None, max_examples=_EXAMPLES))
settings.load_profile("suite")


def pytest_collection_finish() -> None:
    """Spare the collector what stays to the end: thousands of tests, and all that was imported."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _certificates_are_read_once() -> Iterator[None]:
    """An HTTP client without ways of its own reads all certificates, which takes 20 ms."""
    once = functools.cache(httpcore2.default_ssl_context)
    with mock.patch.object(httpcore2, "default_ssl_context", once):
        yield


@pytest.fixture(scope="session", autouse=True)
def _servers_end_at_once() -> Iterator[None]:
    with servers.ending_at_once():
        yield


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Close sockets to everything; `loopback` opens 127.0.0.1. PostgreSQL is on a Unix socket."""
    pytest_socket.enable_socket()  # a fixture's end may have left them closed
    if item.get_closest_marker("loopback"):
        pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)
    else:
        pytest_socket.disable_socket(allow_unix_socket=True)


def pytest_runtest_teardown() -> None:
    pytest_socket.enable_socket()
    pytest_socket._remove_restrictions()


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Commands set up logging for their process; the next test in it starts afresh."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.setLevel(level)
    root.handlers[:] = handlers
    structlog.reset_defaults()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked `both_databases` once on each kind."""
    marks = metafunc.definition
    chosen = any(mark.args[0] == "database_url" for mark in marks.iter_markers("parametrize"))
    both = marks.get_closest_marker("both_databases") and "database_url" in metafunc.fixturenames
    if both and not chosen:
        metafunc.parametrize("database_url", ["sqlite", "postgres"], indirect=True)


@pytest.fixture(scope="session")
def quick_folder() -> Iterator[Path]:
    with databases.quick_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def sqlite_template(quick_folder: Path) -> Path:
    return databases.sqlite_template(quick_folder)


@pytest.fixture(scope="session")
def postgres_server(quick_folder: Path) -> Iterator[str]:
    with databases.postgres_server(quick_folder) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    return databases.postgres_template(postgres_server)


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """The URL of the database that every test on PostgreSQL uses, and empties at its end."""
    with databases.shared_postgres(postgres_server, postgres_template) as url:
        yield url


@pytest.fixture
async def database_url(request: pytest.FixtureRequest, quick_folder: Path) -> AsyncIterator[str]:
    """The URL of a fresh, migrated SQLite database.

    A test marked `both_databases` runs on PostgreSQL, too. A test of what only one of them does
    says so: `parametrize("database_url", ["postgres"], indirect=True)`.
    """
    if getattr(request, "param", "sqlite") == "postgres":
        url = request.getfixturevalue("postgres_database")
        yield url
        await databases.empty_postgres(url)
        return
    url = databases.new_sqlite(request.getfixturevalue("sqlite_template"), quick_folder)
    yield url
    databases.remove_sqlite(url)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(StorageSettings(url=database_url))
    yield opened
    await opened.close()


@pytest.fixture
def work(database: Database) -> UnitOfWork:
    return UnitOfWork(database)


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing([MasterKey("test", bytes(range(32)))])


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str, object], None]:
    """Note down a figure, to be printed when all is over."""
    return lambda name, value: record_property(f"figure:{name}", value)
