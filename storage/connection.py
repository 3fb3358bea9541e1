"""What repositories run their statements on: SQLAlchemy's connection, or one of the hot paths."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, TypeAlias

from sqlalchemy import CursorResult, Dialect, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

SqlRow: TypeAlias = tuple[Any, ...]
"""The values of one, as the driver takes and gives them."""


class DriverConnection(ABC):
    """Runs statements as the driver takes them, with nothing in between."""

    @abstractmethod
    async def run_many(self, sql: str, rows: Sequence[SqlRow]) -> None:
        """Run a statement for each row of parameters."""

    @abstractmethod
    async def fetch_many(self, sql: str, rows: Sequence[SqlRow]) -> Sequence[Sequence[Any]]:
        """Run a statement for each row of parameters; return all rows that it returned."""


class HotConnection(DriverConnection):
    """As much of SQLAlchemy's AsyncConnection as repositories use, and the driver beside it."""

    dialect: Dialect

    @abstractmethod
    async def execute(
        self, statement: Executable, parameters: Any = None
    ) -> CursorResult[*tuple[Any, ...]]:
        """Run a statement of SQLAlchemy's."""

    @property
    def state(self) -> object:
        """A value that stays equal until anything but `run_many` and `fetch_many` here has written.

        None where a connection can't tell; then each statement compares what it relies on.
        """
        return None


class OrdinaryDirect(DriverConnection):
    """The same over any connection of SQLAlchemy's."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def run_many(self, sql: str, rows: Sequence[SqlRow]) -> None:
        await self._connection.exec_driver_sql(sql, list(rows))

    async def fetch_many(self, sql: str, rows: Sequence[SqlRow]) -> Sequence[Sequence[Any]]:
        found: list[Sequence[Any]] = []
        for row in rows:
            found += await self._connection.exec_driver_sql(sql, row)
        return found


SqlConnection: TypeAlias = AsyncConnection | HotConnection


def direct(connection: SqlConnection) -> DriverConnection:
    """Return what runs the driver's statements on a connection."""
    return connection if isinstance(connection, HotConnection) else OrdinaryDirect(connection)


def insert_into(
    connection: SqlConnection, table: "Table[Any]"
) -> "postgresql.Insert[Any] | sqlite.Insert[Any]":
    """Begin an INSERT in the database's own dialect, which ON CONFLICT belongs to."""
    return insert_for(connection.dialect, table)


def insert_for(
    dialect: Dialect, table: "Table[Any]"
) -> "postgresql.Insert[Any] | sqlite.Insert[Any]":
    """Begin the same for a dialect."""
    kind = postgresql if dialect.name == "postgresql" else sqlite
    return kind.insert(table)
