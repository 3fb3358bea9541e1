"""Destinations, fresh for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.connector.copying.destinations.kept import Tables
from tests.support import databases

KINDS = ("sqlite", "duckdb", "postgres", "parquet")


@pytest.fixture(params=KINDS)
async def tables(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Tables]:
    """A destination that has tables."""
    if request.param != "postgres":
        yield Tables(request.param, str(tmp_path / f"copy-{request.param}"))
        return
    server = request.getfixturevalue("postgres_server")
    url = await databases.new_postgres(server, template=None)
    yield Tables("postgres", url)
    await databases.drop_postgres(server, url)
