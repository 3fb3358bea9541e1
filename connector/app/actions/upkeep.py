"""Upgrades and copies the database."""

from pathlib import Path

from connector.app import backup
from connector.app.actions.ground import settings
from connector.app.opening import open_database
from connector.app.terminal import out, run
from storage import migrations


def migrate(*, check: bool) -> None:
    """Create or upgrade the tables, or only say whether that's needed."""

    async def work() -> str:
        database = open_database(settings())
        try:
            if check:
                await migrations.require_current(database)
            else:
                await migrations.upgrade(database)
            return await migrations.current(database) or "empty"
        finally:
            await database.close()

    out.print(f"the database is at revision {run(work())}", highlight=False)


def back_up(target: Path) -> None:
    """Copy the SQLite database to a new file, while it is in use."""
    size = backup.backup(open_database(settings()), target)
    out.print(f"{target}: {size} bytes, integrity checked", highlight=False)
    out.print("The copy opens only with the sealing keys: keep them, and keep them elsewhere.")
