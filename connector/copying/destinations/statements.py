"""The statements that three databases have in common, and the types that they don't.

Names are of ours: the contract's in snake_case. Values are always parameters.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from connector.copying.destinations.columns import GONE_AT, ColumnKind, RecordColumn, RecordTable
from connector.copying.destinations.rows import RowLimits

KEY = ("_account", "_id")
VERSION_KEY = (*KEY, "_version")
_NEVER_NULL = {"_account", "_id", "_version"}


@dataclass(frozen=True, slots=True)
class SqlDialect:
    """What is particular to a database. `record_type` is that of `_record`.

    `placeholder` stands for a value of a column, by its number from 1. Where `in_rows` is set,
    rows are given column by column, and it stands for all values of one.
    """

    types: Mapping[ColumnKind, str]
    limits: RowLimits
    placeholder: Callable[[int, str], str]
    record_type: str
    in_rows: Callable[[int, str], str] | None = None
    schema: str | None = None

    def named(self, table: str) -> str:
        """Return a table's name as statements have it."""
        return f"{quoted(self.schema)}.{quoted(table)}" if self.schema else quoted(table)

    def type_of(self, column: RecordColumn) -> str:
        """Return a column's type."""
        return self.record_type if column.name == "_record" else self.types[column.kind]

    def declared(self, column: RecordColumn) -> str:
        """Return a column's declaration."""
        rule = " NOT NULL" if column.name in _NEVER_NULL else ""
        return f"{quoted(column.name)} {self.type_of(column)}{rule}"

    def held(self, number: int, column: RecordColumn) -> str:
        """Return what stands for a value of a column."""
        return self.placeholder(number, self.type_of(column))


@dataclass(frozen=True, slots=True)
class WantedTable:
    """A table as it has to be: that of a resource, or that of its former versions."""

    name: str
    columns: tuple[RecordColumn, ...]
    key: tuple[str, ...]


def quoted(name: str) -> str:
    """Return a name in quotes."""
    return '"' + name.replace('"', '""') + '"'


def current(table: RecordTable) -> WantedTable:
    """Return the table that holds each record as it is."""
    return WantedTable(table.name, table.columns, KEY)


def former(table: RecordTable) -> WantedTable:
    """Return the table that holds each version of each record, and when it went."""
    return WantedTable(f"{table.name}_history", (*table.columns, GONE_AT), VERSION_KEY)


def create(wanted: WantedTable, dialect: SqlDialect) -> str:
    """Make a table unless there is one."""
    columns = ", ".join(dialect.declared(column) for column in wanted.columns)
    return (
        f"CREATE TABLE IF NOT EXISTS {dialect.named(wanted.name)} "
        f"({columns}, PRIMARY KEY ({_names(wanted.key)}))"
    )


def add_column(wanted: WantedTable, column: RecordColumn, dialect: SqlDialect) -> str:
    """Add a column to a table that was made without it."""
    return f"ALTER TABLE {dialect.named(wanted.name)} ADD COLUMN {dialect.declared(column)}"


def upsert(wanted: WantedTable, dialect: SqlDialect) -> str:
    """Insert a row, or replace one whose content or version is another."""
    target = dialect.named(wanted.name)
    values = ", ".join(
        f"{quoted(column.name)} = excluded.{quoted(column.name)}"
        for column in wanted.columns
        if column.name not in wanted.key
    )
    return (
        f"{_insert(wanted, dialect)} ON CONFLICT ({_names(wanted.key)}) DO UPDATE SET {values} "
        f'WHERE {target}."_version" <> excluded."_version" '
        f'OR {target}."_hash" <> excluded."_hash"'
    )


def keep(wanted: WantedTable, dialect: SqlDialect) -> str:
    """Insert a version unless it is there; the last column stays empty."""
    kept = WantedTable(wanted.name, wanted.columns[:-1], wanted.key)
    return f"{_insert(kept, dialect)} ON CONFLICT ({_names(wanted.key)}) DO NOTHING"


def keep_gone(table: RecordTable, dialect: SqlDialect) -> str:
    """Note that a record went, if it is there: account, id, version, moment, account, id."""
    wanted = former(table)
    by_name = {column.name: column for column in wanted.columns}
    columns = [by_name[name] for name in (*VERSION_KEY, GONE_AT.name)]
    held = [dialect.held(number, column) for number, column in enumerate(columns, 1)]
    account, record = (dialect.held(number, by_name[name]) for number, name in enumerate(KEY, 5))
    names = _names(column.name for column in columns)
    return (
        f"INSERT INTO {dialect.named(wanted.name)} ({names}) "  # noqa: S608
        f"SELECT {', '.join(held)} WHERE EXISTS (SELECT 1 FROM {dialect.named(table.name)} "
        f'WHERE "_account" = {account} AND "_id" = {record}) '
        f"ON CONFLICT ({_names(wanted.key)}) DO NOTHING"
    )


def delete(wanted: WantedTable, dialect: SqlDialect) -> str:
    """Take a record out: account, id."""
    account, record = (
        dialect.held(number, column) for number, column in enumerate(wanted.columns[:2], 1)
    )
    return (
        f"DELETE FROM {dialect.named(wanted.name)} "  # noqa: S608
        f'WHERE "_account" = {account} AND "_id" = {record}'
    )


def _insert(wanted: WantedTable, dialect: SqlDialect) -> str:
    standing = dialect.in_rows or dialect.placeholder
    held = ", ".join(
        standing(number, dialect.type_of(column)) for number, column in enumerate(wanted.columns, 1)
    )
    rows = f"SELECT {held}" if dialect.in_rows else f"VALUES ({held})"
    names = _names(column.name for column in wanted.columns)
    return f"INSERT INTO {dialect.named(wanted.name)} ({names}) {rows}"


def _names(names: Iterable[str]) -> str:
    return ", ".join(quoted(name) for name in names)
