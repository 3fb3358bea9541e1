"""Upgrades the database."""

from connector.app.actions.ground import settings
from connector.app.opening import open_database
from connector.app.terminal import out, run
from storage import migrations, schema


def migrate(*, check: bool) -> None:
    """Create or upgrade the tables, or only say whether that's needed."""

    async def work() -> str:
        database = open_database(settings())
        try:
            if check:
                await schema.require_current(database)
            else:
                await migrations.upgrade(database)
            return await schema.current(database) or "empty"
        finally:
            await database.close()

    out.print(f"the database is at revision {run(work())}", highlight=False)
