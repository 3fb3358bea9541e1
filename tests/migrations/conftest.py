"""Databases whose tables a test may change."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support import databases


@pytest.fixture
async def database_url(request: pytest.FixtureRequest, quick_folder: Path) -> AsyncIterator[str]:
    """The URL of a fresh, migrated database that nobody uses afterwards."""
    if request.param == "sqlite":
        url = databases.new_sqlite(request.getfixturevalue("sqlite_template"), quick_folder)
        yield url
        databases.remove_sqlite(url)
        return
    server = request.getfixturevalue("postgres_server")
    url = await databases.new_postgres(server, request.getfixturevalue("postgres_template"))
    yield url
    await databases.drop_postgres(server, url)
