"""Backing an SQLite database up while it is written to."""

from pathlib import Path

import pytest
from sqlalchemy import text

from connector.app.backup import backup
from storage import schema
from storage.engine import Database, StorageSettings
from storage.errors import Conflict, Invalid


async def test_a_copy_made_during_writes_is_whole(database: Database, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    if not database.is_sqlite:
        with pytest.raises(Invalid, match="pg_dump"):
            backup(database, target)
        return
    async with database.writing() as connection:
        await connection.execute(
            text(
                "INSERT INTO tenants (id, name, key_in_redirect, created_at) VALUES "
                "('ten_1', 'one', 0, '2026-11-20 10:00:00.000000')"
            )
        )
    async with database.writing() as connection:
        await connection.execute(text("UPDATE tenants SET name = 'two'"))
        assert backup(database, target) > 0
    assert target.stat().st_mode & 0o077 == 0
    copy = Database(StorageSettings(url=f"sqlite:///{target}"))
    await schema.require_current(copy)
    async with copy.reading() as connection:
        rows = await connection.execute(text("SELECT name FROM tenants"))
        assert rows.scalar_one() == "one", "an uncommitted change was copied"
    await copy.close()
    with pytest.raises(Conflict, match="never overwrites"):
        backup(database, target)
