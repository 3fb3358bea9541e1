"""Statements that are run for many rows, thousands of times a second.

SQLAlchemy writes each of them once, for each kind of database; after that the driver runs it, and
nothing but the values' own conversion stands in between. SQLite, which is in this process, runs a
statement for each row; PostgreSQL gets all rows at once, as one array for each column.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, cast

from sqlalchemy import ClauseElement, ColumnElement, Dialect, Executable, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import FromClause
from sqlalchemy.types import TypeEngine

Row: TypeAlias = tuple[Any, ...]
Types: TypeAlias = Mapping[str, TypeEngine[Any]]
_Converter: TypeAlias = Callable[[Any], Any] | None


class Direct(Protocol):
    """A connection that runs the driver's statements."""

    async def run_many(self, sql: str, rows: Sequence[Row]) -> None:
        """Run a statement for each row of parameters."""
        ...

    async def fetch_many(self, sql: str, rows: Sequence[Row]) -> Sequence[Sequence[Any]]:
        """Run a statement for each row of parameters; answer all rows that it returned."""
        ...


class _Ordinary:
    """Any other connection, through SQLAlchemy."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def run_many(self, sql: str, rows: Sequence[Row]) -> None:
        await self._connection.exec_driver_sql(sql, list(rows))

    async def fetch_many(self, sql: str, rows: Sequence[Row]) -> Sequence[Sequence[Any]]:
        found: list[Sequence[Any]] = []
        for row in rows:
            found += await self._connection.exec_driver_sql(sql, row)
        return found


def _direct(connection: AsyncConnection) -> Direct:
    is_direct = hasattr(connection, "fetch_many")
    return cast(Direct, connection) if is_direct else _Ordinary(connection)


class Given:
    """The rows that a statement is run for: `given["name"]` is a column of theirs."""

    def __init__(self, types: Types, *, at_once: bool, name: str = "given") -> None:
        self.at_once = at_once
        """Whether the statement gets all rows rather than one."""
        self._types = types
        self.parameters = {
            f"{name}__{column}" if at_once else column: kind for column, kind in types.items()
        }
        """The statement's parameters, one for each column."""
        self.rows: FromClause | None = None
        """All rows as a table."""
        if at_once:
            columns = [
                func.unnest(bindparam(parameter, type_=postgresql.ARRAY(kind)), type_=kind)
                for parameter, kind in self.parameters.items()
            ]
            self.rows = select(
                *(column.label(name) for name, column in zip(types, columns, strict=True))
            ).subquery(name)

    def __getitem__(self, name: str) -> ColumnElement[Any]:
        if self.rows is not None:
            return self.rows.c[name]
        return bindparam(name, type_=self._types[name])

    def insert(self, table: Any, rows: Any = None) -> Any:
        """Begin an INSERT, to be followed by ON CONFLICT and RETURNING.

        `rows` is a query for those of the rows that are to be inserted, when not all are.
        """
        if self.rows is None:
            return sqlite.insert(table).values({name: self[name] for name in self._types})
        chosen = select(self.rows) if rows is None else rows
        return postgresql.insert(table).from_select(list(self._types), chosen)


class Prepared:
    """A statement and the columns of the rows that it is run for, in their order."""

    def __init__(self, types: Types, build: Callable[[Given], Executable]) -> None:
        self._types = types
        self._build = build
        self._compiled: dict[str, _Compiled] = {}

    async def fetch(self, connection: AsyncConnection, rows: Sequence[Row]) -> list[Row]:
        """Run it; answer the rows that it returned."""
        if not rows:
            return []
        compiled = self._for(connection.dialect)
        bound = compiled.bind(rows)
        direct = _direct(connection)
        if compiled.returns_rows:
            return compiled.read(await direct.fetch_many(compiled.sql, bound))
        await direct.run_many(compiled.sql, bound)
        return []

    def _for(self, dialect: Dialect) -> "_Compiled":
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            given = Given(self._types, at_once=dialect.name == "postgresql")
            compiled = _Compiled(self._build(given), dialect, [given])
            self._compiled[dialect.name] = compiled
        return compiled


class Combined:
    """A statement on several sets of rows, each with its columns. PostgreSQL only."""

    def __init__(
        self,
        sets: Mapping[str, Types],
        build: Callable[[Mapping[str, Given]], Executable],
    ) -> None:
        self._sets = sets
        self._build = build
        self._compiled: _Compiled | None = None

    async def fetch(
        self, connection: AsyncConnection, sets: Mapping[str, Sequence[Row]]
    ) -> list[Row]:
        """Run it on these sets, any of which may be empty; answer the rows that it returned."""
        if self._compiled is None:
            given = {
                name: Given(types, at_once=True, name=name) for name, types in self._sets.items()
            }
            self._compiled = _Compiled(self._build(given), connection.dialect, list(given.values()))
        compiled = self._compiled
        columns: list[Sequence[Any]] = []
        for name, types in self._sets.items():
            columns += zip(*sets[name], strict=True) if sets[name] else [()] * len(types)
        bound = [compiled.bind_columns(columns)]
        return compiled.read(await _direct(connection).fetch_many(compiled.sql, bound))


class _Compiled:
    def __init__(self, statement: Executable, dialect: Dialect, sets: Sequence[Given]) -> None:
        written = cast(SQLCompiler, cast(ClauseElement, statement).compile(dialect=dialect))
        self.sql = str(written)
        types = {name: kind for given in sets for name, kind in given.parameters.items()}
        names = list(types)
        self._inputs: list[tuple[int, _Converter]] = [
            (names.index(name), types[name].dialect_impl(dialect).bind_processor(dialect))
            for name in written.positiontup or ()
        ]
        self._at_once = sets[0].at_once
        columns: Any = getattr(statement, "exported_columns", ())
        self._outputs: list[_Converter] = [
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns
        ]

    @property
    def returns_rows(self) -> bool:
        return bool(self._outputs)

    def bind(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Write rows as the driver takes them."""
        if self._at_once:
            return [self.bind_columns(list(zip(*rows, strict=True)))]
        inputs = self._inputs
        return [
            tuple([row[at] if write is None else write(row[at]) for at, write in inputs])
            for row in rows
        ]

    def bind_columns(self, columns: Sequence[Sequence[Any]]) -> Row:
        """Write the columns of rows as the driver takes them."""
        return tuple(
            [
                columns[at] if write is None else [write(value) for value in columns[at]]
                for at, write in self._inputs
            ]
        )

    def read(self, rows: Sequence[Sequence[Any]]) -> list[Row]:
        """Read what the driver answered."""
        outputs = self._outputs
        return [
            tuple(
                [
                    value if read is None else read(value)
                    for value, read in zip(row, outputs, strict=True)
                ]
            )
            for row in rows
        ]
