"""Statements that run for every row of a batch, thousands of times a second.

SQLAlchemy writes each of them once, for each kind of database; after that the driver runs it, and
nothing but the values' own conversion stands in between.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias, cast

from sqlalchemy import ClauseElement, Dialect, Executable
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase

Row: TypeAlias = tuple[Any, ...]
_Converter: TypeAlias = Callable[[Any], Any] | None


class Direct(Protocol):
    """A connection that runs a driver's statements for many rows."""

    async def run_many(self, sql: str, rows: Sequence[Row]) -> None: ...

    async def fetch_many(self, sql: str, rows: Sequence[Row]) -> Sequence[Sequence[Any]]: ...


class Prepared:
    """A Core statement, and the order in which its parameters are given.

    `build` gets the module of the dialect (`sqlalchemy.dialects.sqlite` or `.postgresql`), since
    ON CONFLICT is spelled by each of them; `parameters` are the names of the columns to be inserted
    or of the bound parameters.
    """

    def __init__(self, build: Callable[[Any], Executable], parameters: Sequence[str]) -> None:
        self._build = build
        self._parameters = tuple(parameters)
        self._compiled: dict[str, _Compiled] = {}

    async def run(self, connection: AsyncConnection, rows: Sequence[Row]) -> None:
        """Run it for each row; what it returns is dropped."""
        if not rows:
            return
        compiled = self._for(connection.dialect)
        bound = compiled.bind(rows)
        if (direct := _direct(connection)) is not None:
            await direct.run_many(compiled.sql, bound)
        else:
            await connection.exec_driver_sql(compiled.sql, bound)

    async def fetch(self, connection: AsyncConnection, rows: Sequence[Row]) -> list[Row]:
        """Run it for each row; answer all rows that it returned."""
        if not rows:
            return []
        compiled = self._for(connection.dialect)
        bound = compiled.bind(rows)
        found: list[Sequence[Any]] = []
        if (direct := _direct(connection)) is not None:
            found += await direct.fetch_many(compiled.sql, bound)
        else:
            for row in bound:
                found += await connection.exec_driver_sql(compiled.sql, row)
        return compiled.read(found)

    def _for(self, dialect: Dialect) -> "_Compiled":
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            module = postgresql if dialect.name == "postgresql" else sqlite
            compiled = _Compiled(self._build(module), dialect, self._parameters)
            self._compiled[dialect.name] = compiled
        return compiled


class _Compiled:
    def __init__(self, statement: Executable, dialect: Dialect, parameters: Sequence[str]) -> None:
        is_insert = isinstance(statement, UpdateBase) and statement.is_insert
        written = cast(
            SQLCompiler,
            cast(ClauseElement, statement).compile(
                dialect=dialect, column_keys=list(parameters) if is_insert else None
            ),
        )
        self.sql = str(written)
        self._inputs: list[tuple[int, _Converter]] = [
            (
                parameters.index(name),
                written.binds[name].type.dialect_impl(dialect).bind_processor(dialect),
            )
            for name in written.positiontup or ()
        ]
        columns: Any = getattr(statement, "exported_columns", ())
        self._outputs: list[_Converter] = [
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns
        ]

    def bind(self, rows: Sequence[Row]) -> list[Row]:
        """Write rows as the driver takes them."""
        inputs = self._inputs
        return [
            tuple([row[at] if write is None else write(row[at]) for at, write in inputs])
            for row in rows
        ]

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


def _direct(connection: Any) -> Direct | None:
    return connection if hasattr(connection, "fetch_many") else None
