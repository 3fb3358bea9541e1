"""The kinds of destination: how each is opened, and how what it holds is read with other means."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import duckdb

from connector.copying.destinations.columns import ColumnKind, RecordTable, TableOf, unified_table
from connector.copying.destinations.duckdb import DuckdbDestination
from connector.copying.destinations.parquet import parquet_files
from connector.copying.destinations.postgres import PostgresDestination
from connector.copying.destinations.sqlite import SqliteDestination
from connector.copying.ports import Destination
from connector.resources import RESOURCES

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Tables:
    """A destination with tables. `at` is its file, its folder or its URL."""

    kind: str
    at: str

    @property
    def url(self) -> str:
        """What names it."""
        match self.kind:
            case "sqlite" | "duckdb":
                return f"{self.kind}:///{self.at}"
            case "postgres":
                return f"{self.at}{'&' if '?' in self.at else '?'}schema=books"
            case _:
                return f"{self.kind}:{self.at}"

    def opened(self, *, history: bool = False, table_of: TableOf = unified_table) -> Destination:
        """Open it."""
        match self.kind:
            case "sqlite":
                return SqliteDestination(Path(self.at), history=history, table_of=table_of)
            case "duckdb":
                return DuckdbDestination(Path(self.at), history=history, table_of=table_of)
            case "postgres":
                return PostgresDestination(
                    self.at, schema="books", history=history, table_of=table_of
                )
            case _:
                return parquet_files(Path(self.at), table_of=table_of)

    async def rows(self, name: str, table: RecordTable | None = None) -> Rows:
        """Read a table, by id and version; values as Python has them."""
        match self.kind:
            case "sqlite":
                return _sqlite(self.at, name, table or _table_named(name))
            case "duckdb":
                with closing(duckdb.connect(self.at)) as connection:
                    return _of_duckdb(connection, f'SELECT * FROM "{name}"')  # noqa: S608
            case "postgres":
                return await _postgres(self.at, name)
            case _:
                return _newest(self.at, name)


def _table_named(name: str) -> RecordTable:
    resources = [one.name for one in RESOURCES] + ["newThings"]
    tables = {table.name: table for table in map(unified_table, resources)}
    return tables[name.removesuffix("_history")]


def _sorted(rows: Rows) -> Rows:
    return sorted(rows, key=lambda row: (row["_account"], row["_id"], row["_version"] or ""))


def _sqlite(path: str, name: str, table: RecordTable) -> Rows:
    made: dict[ColumnKind, Callable[[Any], Any]] = {
        ColumnKind.AMOUNT: Decimal,
        ColumnKind.MOMENT: datetime.fromisoformat,
        ColumnKind.TRUTH: bool,
    }
    kinds = {column.name: column.kind for column in table.columns} | {"_gone_at": ColumnKind.MOMENT}
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        found = [dict(row) for row in connection.execute(f'SELECT * FROM "{name}"')]  # noqa: S608
    return _sorted(
        [
            {
                key: value if value is None else made.get(kinds[key], lambda same: same)(value)
                for key, value in row.items()
            }
            for row in found
        ]
    )


def _of_duckdb(connection: duckdb.DuckDBPyConnection, query: str) -> Rows:
    connection.execute("SET TimeZone = 'UTC'")
    done = connection.execute(query)
    names = [column[0] for column in done.description]
    return _sorted([dict(zip(names, row, strict=True)) for row in done.fetchall()])


def _newest(folder: str, name: str) -> Rows:
    """Read Parquet files as the guide says."""
    if not list(Path(folder).glob(f"*/{name}.parquet")):
        return []
    query = f"""
        SELECT * EXCLUDE (_gone_at, _sequence)
        FROM (
          SELECT * FROM read_parquet('{folder}/*/{name}.parquet', union_by_name = true)
          QUALIFY row_number() OVER (PARTITION BY _account, _id ORDER BY _sequence DESC) = 1
        )
        WHERE _gone_at IS NULL
    """  # noqa: S608
    with closing(duckdb.connect()) as connection:
        return _of_duckdb(connection, query)


async def _postgres(url: str, name: str) -> Rows:
    connection = await asyncpg.connect(url)
    try:
        return _sorted(
            [dict(row) for row in await connection.fetch(f'SELECT * FROM books."{name}"')]  # noqa: S608
        )
    finally:
        await connection.close()


def lines_of(folder: Path) -> list[dict[str, Any]]:
    """Read all JSON Lines of a folder, in order."""
    return [
        json.loads(line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text().splitlines()
    ]
