"""The schema's history, on both databases."""

import pytest
from sqlalchemy import text

from storage import migrations
from storage.engine import Database
from storage.errors import SchemaMismatch


async def test_the_tables_and_the_revisions_agree(database: Database) -> None:
    await migrations.check(database)


async def test_a_current_database_is_accepted(database: Database) -> None:
    await migrations.require_current(database)


async def test_going_down_and_up_again_leads_to_the_same_schema(database: Database) -> None:
    await migrations.downgrade(database, "base")
    assert await migrations.current(database) is None
    await migrations.upgrade(database)
    await migrations.check(database)


async def test_an_empty_database_is_refused_with_what_to_run(database: Database) -> None:
    await migrations.downgrade(database, "base")
    with pytest.raises(SchemaMismatch, match="qonto-connector migrate"):
        await migrations.require_current(database)


async def test_a_newer_database_is_refused(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'f00000000000'"))
    with pytest.raises(SchemaMismatch, match="newer qonto-connector"):
        await migrations.require_current(database)
