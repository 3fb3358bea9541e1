"""The ledgers of rate limits that processes share."""

from datetime import UTC, datetime

from sqlalchemy import Double, cast, literal_column, select, text, update

from storage.connection import SqlConnection, insert_into
from storage.tables import RateBudgetRow
from storage.values import table_of

_table = table_of(RateBudgetRow)


class RateBudgetRepository:
    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection
        self._is_postgres = connection.dialect.name == "postgresql"

    async def open(self, name: str) -> str:
        """Return a ledger, empty when it's new.

        It stays locked until the transaction ends, which must be soon: PostgreSQL ends it after
        two seconds of silence, so that a process that stands still doesn't stop the others.
        """
        if self._is_postgres:
            await self._connection.execute(
                text("SET LOCAL idle_in_transaction_session_timeout = '2s'")
            )
        locked = select(_table.c.ledger).where(_table.c.name == name).with_for_update()
        found = (await self._connection.execute(locked)).scalar_one_or_none()
        if found is not None:
            return found
        await self._connection.execute(
            insert_into(self._connection, _table)
            .values(name=name, ledger="", updated_at=datetime.now(UTC))
            .on_conflict_do_nothing()
        )
        return (await self._connection.execute(locked)).scalar_one()

    async def clock(self) -> float:
        """Return the database's present moment, in seconds of the epoch.

        Ask once the ledger is open: before that it may have been waited for.
        """
        moment = (
            "extract(epoch from clock_timestamp())"
            if self._is_postgres
            else "(julianday('now') - 2440587.5) * 86400.0"
        )
        found = await self._connection.execute(select(cast(literal_column(moment), Double)))
        return found.scalar_one()

    async def put(self, name: str, ledger: str, at: float) -> None:
        """Store an opened ledger."""
        await self._connection.execute(
            update(_table)
            .where(_table.c.name == name)
            .values(ledger=ledger, updated_at=datetime.fromtimestamp(at, UTC))
        )
