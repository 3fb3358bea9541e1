"""Records in PostgreSQL, in a schema of their own."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import asyncpg
from asyncpg.exceptions import InterfaceError, PostgresError

from connector.copying.destinations import planning, statements
from connector.copying.destinations.columns import ColumnKind, TableOf, unified_table
from connector.copying.destinations.failing import DestinationFailed
from connector.copying.destinations.planning import BatchPlan
from connector.copying.destinations.rows import RowLimits
from connector.copying.destinations.statements import SqlDialect, quoted
from connector.copying.ports import CopiedRecord, Gone

CONNECT_WITHIN = 15
"""Seconds that connecting may take."""
ANSWER_WITHIN = 120.0
"""Seconds that a statement may take, waiting for locks included."""
_GOODBYE = 5.0
_asyncpg: Any = asyncpg  # its types are unknown in part
# the driver says InternalClientError when a connection ends between two of its own steps
_LOST = (asyncpg.ConnectionDoesNotExistError, asyncpg.InternalClientError, ConnectionError)
_FAILED = (
    PostgresError,
    InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
    ValueError,
)
_TABLES_ARE_MADE = 0x716F6E746F
"""The lock under which tables are made and changed, one process at a time."""


def dialect_in(schema: str) -> SqlDialect:
    """Return PostgreSQL's dialect, for tables in a schema."""
    return SqlDialect(
        types={
            ColumnKind.TEXT: "text",
            ColumnKind.WHOLE: "bigint",
            ColumnKind.AMOUNT: "numeric",
            ColumnKind.MOMENT: "timestamptz",
            ColumnKind.TRUTH: "boolean",
            ColumnKind.JSON: "jsonb",
        },
        limits=RowLimits(131072, 16383, nul_in_text=False),
        placeholder=lambda number, kind: f"${number}::{kind}",
        record_type="json",  # keeps the text as it is, where jsonb refuses some
        schema=schema,
    )


class PostgresDestination:
    """Writes records to a PostgreSQL database. The URL is a secret: no error has it."""

    def __init__(
        self,
        url: str,
        *,
        schema: str,
        history: bool = False,
        table_of: TableOf = unified_table,
    ) -> None:
        self._url = url
        self._dialect = dialect_in(schema)
        self._schema = schema
        self._history = history
        self._table_of = table_of
        self._connection: Any | None = None
        self._prepared: set[str] = set()
        self._turn = asyncio.Lock()

    async def write(self, account_id: str, batch: Sequence[CopiedRecord | Gone]) -> None:
        """Insert or replace records, and take out what is gone, in one transaction."""
        planned = planning.plan(
            account_id,
            batch,
            table_of=self._table_of,
            dialect=self._dialect,
            history=self._history,
        )
        async with self._turn:
            try:
                try:
                    await self._transact(planned)
                except _LOST:
                    self._drop()  # an idle one may have been cut long ago; twice is once
                    await self._transact(planned)
            except _FAILED as error:
                self._drop()
                raise DestinationFailed(_why(error)) from None
            self._prepared |= set(planned.tables)

    async def close(self) -> None:
        """Close the connection."""
        async with self._turn:
            connection, self._connection = self._connection, None
            if connection is not None:
                with suppress(PostgresError, InterfaceError, OSError, TimeoutError):
                    await connection.close(timeout=_GOODBYE)

    async def _transact(self, planned: BatchPlan) -> None:
        connection = await self._opened()
        async with connection.transaction():
            await self._carry_out(connection, planned)

    async def _carry_out(self, connection: Any, planned: BatchPlan) -> None:
        new = {name: one for name, one in planned.tables.items() if name not in self._prepared}
        if new:
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _TABLES_ARE_MADE)
            await self._make_schema(connection)
        for name, wanted in new.items():
            await connection.execute(statements.create(wanted, self._dialect))
            found = await connection.fetch(
                "SELECT column_name FROM information_schema.columns "
                "WHERE table_schema = $1 AND table_name = $2",
                self._schema,
                name,
            )
            existing = {str(row["column_name"]) for row in found}
            for statement in planning.missing(wanted, existing, self._dialect):
                await connection.execute(statement)
        for step in planned.steps:
            await connection.executemany(step.statement, step.rows)

    async def _make_schema(self, connection: Any) -> None:
        """Make the schema unless there is one: who may not make any may have been given one."""
        found = await connection.fetchval(
            "SELECT 1 FROM information_schema.schemata WHERE schema_name = $1", self._schema
        )
        if found is None:
            await connection.execute(f"CREATE SCHEMA {quoted(self._schema)}")

    async def _opened(self) -> Any:
        if self._connection is None or self._connection.is_closed():
            self._prepared = set()  # the tables may be others by now
            self._connection = await _asyncpg.connect(
                self._url, timeout=CONNECT_WITHIN, command_timeout=ANSWER_WITHIN
            )
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None


def _why(error: Exception) -> str:
    """Say why in words of ours: the server's may hold values and addresses."""
    match error:
        case asyncpg.InvalidAuthorizationSpecificationError():
            return "PostgreSQL refuses the user or the password in the destination's URL."
        case asyncpg.InvalidCatalogNameError():
            return "PostgreSQL has no database of the name in the destination's URL."
        case asyncpg.InsufficientPrivilegeError():
            return "PostgreSQL doesn't let the user of the destination's URL make or write tables."
        case asyncpg.PostgresConnectionError():
            return "The connection to PostgreSQL was lost."
        case PostgresError():
            return f"PostgreSQL refuses the batch: {type(error).__name__}."
        case TimeoutError():
            return "PostgreSQL did not answer in time."
        case OSError():
            return "PostgreSQL can't be reached at the host and port of the destination's URL."
        case _:
            return f"PostgreSQL can't take the batch: {type(error).__name__}."
