"""Fixtures every floor's tests share."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_socket
import structlog

from storage.engine import Database, StorageSettings
from storage.sealing import KeyRing, MasterKey
from storage.unit_of_work import UnitOfWork
from tests.support import databases

pytest_plugins = ["tests.support.requirements"]


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


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return databases.sqlite_template(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with databases.postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    return databases.postgres_template(postgres_server)


@pytest.fixture(params=["sqlite", "postgres"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a fresh, migrated database; the test runs once on each kind."""
    if request.param == "sqlite":
        yield databases.new_sqlite(request.getfixturevalue("sqlite_template"), tmp_path)
        return
    server = request.getfixturevalue("postgres_server")
    url = await databases.new_postgres(server, request.getfixturevalue("postgres_template"))
    yield url
    await databases.drop_postgres(server, url)


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
