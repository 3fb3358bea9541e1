"""Records in a DuckDB file."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from connector.copying.destinations import planning, statements
from connector.copying.destinations.columns import ColumnKind, TableOf, unified_table
from connector.copying.destinations.failing import DestinationFailed
from connector.copying.destinations.one_thread import OneThread
from connector.copying.destinations.planning import BatchPlan
from connector.copying.destinations.rows import RowLimits, moment_text
from connector.copying.destinations.statements import SqlDialect
from connector.copying.ports import CopiedRecord, Gone

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


class DuckdbDestination:
    """Writes records to a DuckDB file, which is made if it isn't there.

    DuckDB lets one process at a time open a file that is written.
    """

    def __init__(
        self, path: Path, *, history: bool = False, table_of: TableOf = unified_table
    ) -> None:
        self._path = path
        self._history = history
        self._table_of = table_of
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._prepared: set[str] = set()
        self._thread = OneThread("copy-duckdb")

    async def write(self, account_id: str, batch: Sequence[CopiedRecord | Gone]) -> None:
        """Insert or replace records, and take out what is gone, in one transaction."""
        await self._thread.run(lambda: self._write(account_id, batch))

    async def close(self) -> None:
        """Close the file."""
        await self._thread.end(self._close)

    def _write(self, account_id: str, batch: Sequence[CopiedRecord | Gone]) -> None:
        planned = planning.plan(
            account_id,
            batch,
            table_of=self._table_of,
            dialect=DIALECT,
            history=self._history,
        )
        try:
            connection = self._opened()
            connection.begin()
            try:
                self._carry_out(connection, planned)
                connection.commit()
            except BaseException:
                with suppress(duckdb.Error):
                    connection.rollback()
                self._prepared = set()
                raise
        except duckdb.IOException:
            raise DestinationFailed(
                "The DuckDB file can't be opened or written: another process has it open, the "
                "folder isn't there, or the disk is full."
            ) from None
        except duckdb.Error as error:
            # its text may hold what was written
            raise DestinationFailed(f"DuckDB refuses the batch: {type(error).__name__}.") from None
        self._prepared |= set(planned.tables)

    def _carry_out(self, connection: duckdb.DuckDBPyConnection, planned: BatchPlan) -> None:
        for name, wanted in planned.tables.items():
            if name in self._prepared:
                continue
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
