"""Records in a DuckDB file."""

from contextlib import suppress
from datetime import datetime
from typing import Any

import duckdb

from connector.copying.destinations import planning, statements
from connector.copying.destinations.columns import ColumnKind
from connector.copying.destinations.failing import DestinationFailed
from connector.copying.destinations.file_database import FileDatabase
from connector.copying.destinations.planning import BatchPlan
from connector.copying.destinations.rows import RowLimits, moment_text
from connector.copying.destinations.statements import SqlDialect

DIALECT = SqlDialect(
    types={
        ColumnKind.TEXT: "VARCHAR",
        ColumnKind.WHOLE: "BIGINT",
        ColumnKind.AMOUNT: "DECIMAL(38,18)",
        ColumnKind.MOMENT: "TIMESTAMPTZ",
        ColumnKind.TRUTH: "BOOLEAN",
        ColumnKind.JSON: "JSON",
    },
    limits=RowLimits(20, 18),
    placeholder=lambda _number, kind: f"CAST(? AS {kind})",
    # by column, since row by row takes a hundred times as long; texts, which all types are cast of
    in_rows=lambda _number, kind: f"CAST(unnest(?::VARCHAR[]) AS {kind})",
    record_type="VARCHAR",  # JSON refuses half a surrogate pair
)


class DuckdbDestination(FileDatabase):
    """Writes records to a DuckDB file, which is made if it isn't there.

    DuckDB lets one process at a time open a file that is written.
    """

    dialect = DIALECT
    _connection: duckdb.DuckDBPyConnection | None = None

    def _commit(self, planned: BatchPlan) -> None:
        try:
            connection = self._opened()
            connection.begin()
            try:
                self._carry_out(connection, planned)
                connection.commit()
            except BaseException:
                with suppress(duckdb.Error):
                    connection.rollback()
                raise
        except duckdb.IOException:
            raise DestinationFailed(
                "The DuckDB file can't be opened or written: another process has it open, the "
                "folder isn't there, or the disk is full."
            ) from None
        except duckdb.Error as error:
            # its text may hold what was written
            raise DestinationFailed(f"DuckDB refuses the batch: {type(error).__name__}.") from None

    def _carry_out(self, connection: duckdb.DuckDBPyConnection, planned: BatchPlan) -> None:
        for name, wanted in self._unprepared(planned):
            connection.execute(statements.create(wanted, DIALECT))
            found = connection.execute(
                "SELECT column_name FROM duckdb_columns() "
                "WHERE table_name = ? AND schema_name = current_schema() "
                "AND database_name = current_database()",
                [name],
            ).fetchall()
            for statement in planning.missing(wanted, {name for (name,) in found}, DIALECT):
                connection.execute(statement)
        for step in planned.steps:
            if step.inserts:
                columns = zip(*step.rows, strict=True)
                connection.execute(step.statement, [[_text(one) for one in c] for c in columns])
            else:
                for row in step.rows:
                    connection.execute(step.statement, [_text(one) for one in row])

    def _opened(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            # nothing is fetched from anywhere: what is needed is built in
            self._connection = duckdb.connect(
                str(self._path),
                config={
                    "autoinstall_known_extensions": "false",
                    "autoload_known_extensions": "false",
                },
            )
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _text(value: Any) -> str | None:
    match value:
        case None:
            return None
        case datetime():
            return moment_text(value)
        case _:
            return str(value)
