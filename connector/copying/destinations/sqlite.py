"""Records in an SQLite file.

SQLite has no exact decimals, so they are texts with all their digits. Moments are texts in UTC that
sort as moments do.
"""

import os
import sqlite3
from datetime import datetime
from decimal import Decimal
from typing import Any

from connector.copying.destinations import planning, statements
from connector.copying.destinations.columns import ColumnKind
from connector.copying.destinations.failing import DestinationFailed
from connector.copying.destinations.file_database import FileDatabase
from connector.copying.destinations.planning import BatchPlan
from connector.copying.destinations.rows import RowLimits, moment_text
from connector.copying.destinations.statements import SqlDialect

_WAIT = 30.0
"""Seconds to wait for somebody else who writes."""
_UNBOUNDED = 1 << 62

DIALECT = SqlDialect(
    types={
        ColumnKind.TEXT: "TEXT",
        ColumnKind.WHOLE: "INTEGER",
        ColumnKind.AMOUNT: "TEXT",
        ColumnKind.MOMENT: "TEXT",
        ColumnKind.TRUTH: "INTEGER",
        ColumnKind.JSON: "TEXT",
    },
    limits=RowLimits(_UNBOUNDED, _UNBOUNDED),
    placeholder=lambda _number, _type: "?",
    record_type="TEXT",
)


class SqliteDestination(FileDatabase):
    """Writes records to an SQLite file, which is made if it isn't there."""

    dialect = DIALECT
    _connection: sqlite3.Connection | None = None

    def _commit(self, planned: BatchPlan) -> None:
        try:
            connection = self._opened()
            connection.execute("BEGIN IMMEDIATE")
            try:
                self._carry_out(connection, planned)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except (sqlite3.Error, OSError) as error:
            raise DestinationFailed(f"The SQLite file can't be written: {error}") from None

    def _carry_out(self, connection: sqlite3.Connection, planned: BatchPlan) -> None:
        for name, wanted in self._unprepared(planned):
            connection.execute(statements.create(wanted, DIALECT))
            found = connection.execute("SELECT name FROM pragma_table_info(?)", (name,))
            for statement in planning.missing(wanted, {name for (name,) in found}, DIALECT):
                connection.execute(statement)
        for step in planned.steps:
            connection.executemany(
                step.statement, ([_held(one) for one in row] for row in step.rows)
            )

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            # made by us first, so that nobody else may read it
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
            self._connection = sqlite3.connect(self._path, timeout=_WAIT, isolation_level=None)
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _held(value: Any) -> Any:
    match value:
        case Decimal():
            return str(value)
        case datetime():
            return moment_text(value)
        case _:
            return value
