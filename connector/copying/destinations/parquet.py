"""Batches as Parquet: a folder for each, with a file for each resource.

The newest row of a record, by `_sequence`, tells how it is; `_gone_at` says that it is gone.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow
from pyarrow import parquet

from connector.copying.destinations.columns import (
    GONE_AT,
    ColumnKind,
    RecordColumn,
    RecordTable,
    TableOf,
    unified_table,
)
from connector.copying.destinations.folder import (
    FolderDestination,
    WrittenChange,
    sequence,
    state_of,
    sync_folder,
    synced,
)
from connector.copying.destinations.rows import RowLimits, row_of
from connector.copying.ports import CopiedRecord, Gone

pa: Any = pyarrow  # it has no types
pq: Any = parquet
LIMITS = RowLimits(20, 18)
_TYPES = {
    ColumnKind.TEXT: pa.string(),
    ColumnKind.WHOLE: pa.int64(),
    ColumnKind.AMOUNT: pa.decimal128(38, 18),
    ColumnKind.MOMENT: pa.timestamp("us", tz="UTC"),
    ColumnKind.TRUTH: pa.bool_(),
    ColumnKind.JSON: pa.string(),
}
_SEQUENCE = RecordColumn("_sequence", ColumnKind.WHOLE)
_KEYS = ["_account", "_id", "_version", "_hash", GONE_AT.name]


class ParquetFiles:
    """Writes and reads entries of Parquet files."""

    ending = ""

    def __init__(self, table_of: TableOf = unified_table) -> None:
        self._table_of = table_of

    def write(
        self, to: Path, number: int, account_id: str, changes: Sequence[CopiedRecord | Gone]
    ) -> None:
        """Write a folder with a file for each resource."""
        to.mkdir(mode=0o700)
        by_resource: dict[str, list[tuple[int, CopiedRecord | Gone]]] = {}
        for place, one in enumerate(changes):
            by_resource.setdefault(one.resource, []).append((sequence(number, place), one))
        for resource, numbered in by_resource.items():
            table = self._table_of(resource)
            columns = (*table.columns, GONE_AT, _SEQUENCE)
            rows = [_row(account_id, one, table, place) for place, one in numbered]
            filled = pa.Table.from_arrays(
                [
                    pa.array([row[place] for row in rows], _TYPES[column.kind])
                    for place, column in enumerate(columns)
                ],
                schema=_schema(columns, resource),
            )
            _write(to / f"{table.name}.parquet", filled)
        sync_folder(to)

    def read(self, entry: Path) -> Iterator[WrittenChange]:
        """Tell what the files of a folder changed, each in order."""
        for path in sorted(entry.glob("*.parquet")):
            with pq.ParquetFile(path) as file:
                resource = file.schema_arrow.metadata[b"resource"].decode()
                for row in file.read(_KEYS).to_pylist():
                    is_gone = row[GONE_AT.name] is not None
                    state = None if is_gone else state_of(row["_version"], row["_hash"])
                    yield WrittenChange(row["_account"], resource, row["_id"], state)


def parquet_files(root: Path, *, table_of: TableOf = unified_table) -> FolderDestination:
    """Return a destination that writes Parquet files to a folder."""
    return FolderDestination(root, ParquetFiles(table_of))


def _write(path: Path, filled: Any) -> None:
    def fill(file: BinaryIO) -> None:
        pq.write_table(filled, file, compression="zstd")

    synced(path, fill)


def _schema(columns: Sequence[RecordColumn], resource: str) -> Any:
    fields = [(column.name, _TYPES[column.kind]) for column in columns]
    return pa.schema(fields, metadata={"resource": resource})


def _row(account_id: str, one: CopiedRecord | Gone, table: RecordTable, place: int) -> list[Any]:
    match one:
        case CopiedRecord():
            return [*row_of(account_id, one, table, LIMITS), None, place]
        case Gone():
            nothing: list[Any] = [None] * (len(table.columns) - 2)
            return [account_id, one.id, *nothing, one.noticed_at, place]
