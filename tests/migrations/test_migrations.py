"""The schema's history, on both databases."""

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from storage import migrations, schema
from storage.engine import Database
from storage.errors import SchemaMismatch

pytestmark = pytest.mark.both_databases


async def test_the_tables_and_the_revisions_agree(database: Database) -> None:
    await migrations.check(database)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_revisions_read_from_their_files_are_alembics(database: Database) -> None:
    scripts = ScriptDirectory.from_config(migrations.config())
    known = schema.known()
    assert known.newest == scripts.get_current_head()
    assert known.all == {script.revision for script in scripts.walk_revisions()}
    assert await schema.current(database) == known.newest


async def test_a_current_database_is_accepted(database: Database) -> None:
    await schema.require_current(database)


async def test_going_down_and_up_again_leads_to_the_same_schema(database: Database) -> None:
    await migrations.downgrade(database, "base")
    assert await schema.current(database) is None
    await migrations.upgrade(database)
    await migrations.check(database)


async def test_an_empty_database_is_refused_with_what_to_run(database: Database) -> None:
    await migrations.downgrade(database, "base")
    with pytest.raises(SchemaMismatch, match="qonto-connector migrate"):
        await schema.require_current(database)


async def test_a_newer_database_is_refused(database: Database) -> None:
    async with database.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'f00000000000'"))
    with pytest.raises(SchemaMismatch, match="newer qonto-connector"):
        await schema.require_current(database)


async def test_notices_survive_the_later_revisions_both_ways(database: Database) -> None:
    await migrations.downgrade(database, "516d5185aeb8")
    async with database.writing() as connection:
        for statement in (
            "INSERT INTO tenants (id, name, key_in_redirect, created_at) "
            "VALUES ('ten_1', 'Vendor', false, CURRENT_TIMESTAMP)",
            "INSERT INTO accounts (id, tenant_id, target, organization_id, status, linked_at, "
            "updated_at) VALUES ('acct_1', 'ten_1', 'qonto', 'org-1', 'ACTIVE', "
            "CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)",
            "INSERT INTO notices (id, tenant_id, account_id, kind, callback_url, created_at) "
            "VALUES ('ntc_1', 'ten_1', 'acct_1', 'ACCOUNT_LINKED', 'https://a.example', "
            "CURRENT_TIMESTAMP)",
            "INSERT INTO deliveries (id, account_id, notice_id, status, attempts, due_at, "
            "created_at) VALUES ('dlv_1', 'acct_1', 'ntc_1', 'PENDING', 0, "
            "CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)",
        ):
            await connection.execute(text(statement))
    for step in (migrations.upgrade, lambda one: migrations.downgrade(one, "516d5185aeb8")):
        await step(database)
        async with database.reading() as connection:
            found = await connection.execute(
                text("SELECT notices.id FROM deliveries JOIN notices ON notices.id = notice_id")
            )
            assert [row[0] for row in found] == ["ntc_1"]
