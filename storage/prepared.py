"""Statements that are run for many rows, thousands of times a second.

SQLAlchemy writes each of them once, for each kind of database; after that the driver runs it, and
nothing but the values' own conversion stands in between. SQLite, which is in this process, runs a
statement for each row. PostgreSQL gets all rows at once as one JSON text: writing an array for each
column, the driver looks at every value several times.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec
from sqlalchemy import (
    JSON,
    ColumnElement,
    Dialect,
    LargeBinary,
    Text,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.selectable import FromClause, ReturnsRows
from sqlalchemy.types import TypeEngine

from storage.base import UtcDateTime
from storage.connection import DriverConnection, SqlConnection, SqlRow, direct

Kind = TypeVar("Kind")
Types: TypeAlias = Mapping[str, TypeEngine[Any]]
_Converter: TypeAlias = Callable[[Any], Any] | None

_encode = msgspec.json.Encoder().encode


class Given:
    """The rows that a statement is run for: `given["name"]` is a column of theirs."""

    def __init__(self, types: Types, *, at_once: bool, name: str = "rows") -> None:
        self.at_once = at_once
        """Whether the statement gets all rows rather than one."""
        self._types = types
        self.rows: FromClause | None = None
        """All rows as a table."""
        if at_once:
            columns = [
                column(name, Text() if isinstance(kind, LargeBinary) else kind)
                for name, kind in types.items()
            ]
            text = cast(bindparam(name, type_=Text()), JSON())
            given = func.json_to_recordset(text).table_valued(*columns)
            self.rows = given.render_derived(name=f"given_{name}", with_types=True)

    def __getitem__(self, name: str) -> ColumnElement[Any]:
        if self.rows is not None:
            given = self.rows.c[name]
            if isinstance(self._types[name], LargeBinary):  # JSON has no bytes
                return func.decode(given, literal_column("'base64'"), type_=self._types[name])
            return given
        return bindparam(name, type_=self._types[name])

    @property
    def table(self) -> FromClause:
        """All rows, where the statement gets them at once."""
        assert self.rows is not None
        return self.rows

    def insert(self, table: Any, rows: Any = None) -> Any:
        """Begin an INSERT, to be followed by ON CONFLICT and RETURNING.

        `rows` is a query for the rows to insert, when not all of them are inserted.
        """
        if self.rows is None:
            return sqlite.insert(table).values({name: self[name] for name in self._types})
        chosen = select(*(self[name] for name in self._types)) if rows is None else rows
        return postgresql.insert(table).from_select(list(self._types), chosen)


class Prepared(Generic[Kind]):
    """A statement, and the types of its rows' columns, which are the fields of a kind of value."""

    def __init__(
        self, kind: type[Kind], types: Types, build: Callable[[Given], ReturnsRows]
    ) -> None:
        del kind  # it's for the types
        self._types = types
        self._build = build
        self._compiled: dict[str, _Each | _AtOnce] = {}

    async def fetch(self, connection: SqlConnection, values: Sequence[Kind]) -> list[SqlRow]:
        """Run it for these rows; return the rows that it returned."""
        if not values:
            return []
        compiled = self._compiled.get(connection.dialect.name)
        if compiled is None:
            compiled = self._compile(connection.dialect)
        return await compiled.fetch(direct(connection), {"rows": values})

    def _compile(self, dialect: Dialect) -> "_Each | _AtOnce":
        at_once = dialect.name == "postgresql"
        statement = self._build(Given(self._types, at_once=at_once))
        compiled: _Each | _AtOnce = (
            _AtOnce(statement, dialect, {"rows": self._types})
            if at_once
            else _Each(statement, dialect, self._types)
        )
        self._compiled[dialect.name] = compiled
        return compiled


class PreparedQuery:
    """A statement with parameters by name, run for a few sets of them, one after another."""

    def __init__(self, build: Callable[[Dialect], ReturnsRows]) -> None:
        self._build = build
        self._compiled: dict[str, _ByName] = {}

    async def fetch(
        self, connection: SqlConnection, *parameters: Mapping[str, Any]
    ) -> list[SqlRow]:
        """Run it for each set of parameters; return all rows that it returned."""
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _ByName(self._build(dialect), dialect)
        return await compiled.fetch(direct(connection), parameters)


class Combined:
    """A statement on several sets of rows, each with its columns. PostgreSQL only."""

    def __init__(
        self, sets: Mapping[str, Types], build: Callable[[Mapping[str, Given]], ReturnsRows]
    ) -> None:
        self._sets = sets
        self._build = build
        self._compiled: _AtOnce | None = None

    async def fetch(
        self, connection: SqlConnection, sets: Mapping[str, Sequence[object]]
    ) -> list[SqlRow]:
        """Run it on these sets, any of which may be empty; return the rows that it returned.

        A row is a `Value` or a mapping by column.
        """
        if self._compiled is None:
            given = {
                name: Given(types, at_once=True, name=name) for name, types in self._sets.items()
            }
            self._compiled = _AtOnce(self._build(given), connection.dialect, self._sets)
        return await self._compiled.fetch(direct(connection), sets)


class _Compiled:
    """A statement as the driver takes it, and how what it returns is read."""

    def __init__(self, statement: ReturnsRows, dialect: Dialect) -> None:
        self.written = statement.compile(dialect=dialect)
        self.sql = str(self.written)
        self._outputs: list[_Converter] = [
            one.type.dialect_impl(dialect).result_processor(dialect, None)
            for one in statement.exported_columns
        ]

    async def run(self, driver: DriverConnection, bound: Sequence[SqlRow]) -> list[SqlRow]:
        outputs = self._outputs
        if not outputs:
            await driver.run_many(self.sql, bound)
            return []
        return [
            tuple(
                [
                    value if read is None else read(value)
                    for value, read in zip(row, outputs, strict=True)
                ]
            )
            for row in await driver.fetch_many(self.sql, bound)
        ]


class _Each(_Compiled):
    """Run once for each row."""

    def __init__(self, statement: ReturnsRows, dialect: Dialect, types: Types) -> None:
        super().__init__(statement, dialect)
        self._inputs: list[tuple[str, _Converter]] = [
            (name, types[name].dialect_impl(dialect).bind_processor(dialect))
            for name in self.written.positiontup or ()
        ]

    async def fetch(
        self, driver: DriverConnection, sets: Mapping[str, Sequence[Any]]
    ) -> list[SqlRow]:
        (values,) = sets.values()
        inputs = self._inputs
        return await self.run(
            driver,
            [
                tuple(
                    [
                        getattr(row, name) if write is None else write(getattr(row, name))
                        for name, write in inputs
                    ]
                )
                for row in values
            ],
        )


class _ByName(_Compiled):
    """Run for each set of parameters, whose types the statement tells."""

    def __init__(self, statement: ReturnsRows, dialect: Dialect) -> None:
        super().__init__(statement, dialect)
        self._inputs: list[tuple[str, _Converter]] = [
            (name, self.written.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in self.written.positiontup or ()
        ]
        self._fixed = {
            name: bind.value for name, bind in self.written.binds.items() if not bind.required
        }

    async def fetch(
        self, driver: DriverConnection, parameters: Sequence[Mapping[str, Any]]
    ) -> list[SqlRow]:
        return await self.run(driver, [self._row({**self._fixed, **one}) for one in parameters])

    def _row(self, values: Mapping[str, Any]) -> SqlRow:
        return tuple(
            [values[name] if write is None else write(values[name]) for name, write in self._inputs]
        )


class _AtOnce(_Compiled):
    """Run once for all rows of all sets."""

    def __init__(self, statement: ReturnsRows, dialect: Dialect, sets: Mapping[str, Types]) -> None:
        super().__init__(statement, dialect)
        self._sets = [
            (name, [column for column, kind in sets[name].items() if isinstance(kind, UtcDateTime)])
            for name in self.written.positiontup or ()
        ]

    async def fetch(
        self, driver: DriverConnection, sets: Mapping[str, Sequence[object]]
    ) -> list[SqlRow]:
        texts: list[str] = []
        for name, moments in self._sets:
            rows = sets[name]
            for row in rows if moments else ():
                for one in moments:
                    moment: datetime | None = getattr(row, one)
                    if moment is not None and moment.tzinfo is None:
                        raise ValueError("a stored moment needs a time zone")
            texts.append(_encode(rows).decode())
        return await self.run(driver, [tuple(texts)])
