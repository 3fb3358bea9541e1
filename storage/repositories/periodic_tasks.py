"""Who does the work that one process at a time does for all."""

from datetime import datetime

from sqlalchemy import update

from storage.connection import SqlConnection, insert_into
from storage.tables import PeriodicTaskRow
from storage.values import table_of

_table = table_of(PeriodicTaskRow)


class PeriodicTaskRepository:
    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def take(self, name: str, owner: str, *, now: datetime, until: datetime) -> bool:
        """Take a periodic task until then; False while its time isn't up, or another has it."""
        found = await self._connection.execute(
            insert_into(self._connection, _table)
            .values(name=name, owner=owner, until=until)
            .on_conflict_do_update(
                index_elements=["name"],
                set_={"owner": owner, "until": until},
                where=_table.c.until <= now,
            )
            .returning(_table.c.name)
        )
        return found.first() is not None

    async def keep(self, name: str, owner: str, *, until: datetime) -> bool:
        """Move the end of a periodic task one has; False when another has it by now."""
        result = await self._connection.execute(
            update(_table).where(_table.c.name == name, _table.c.owner == owner).values(until=until)
        )
        return result.rowcount == 1
