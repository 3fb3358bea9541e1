"""SQLite statements in one trip to the driver's thread each, instead of four.

aiosqlite makes a trip for the cursor, the statement, its rows and the cursor's end. Under load each
of them waits for the interpreter, which is then what a statement costs.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import aiosqlite


class _Cursor:
    """As much of aiosqlite's cursor as SQLAlchemy uses, which reads all rows at once anyway."""

    arraysize = 1

    def __init__(self, connection: "_Connection") -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> "_Cursor":
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> "_Cursor":
        await self._connection.run(self._read, "execute", sql, parameters)
        return self

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> "_Cursor":
        await self._connection.run(self._read, "executemany", sql, parameters)
        return self

    async def fetchall(self) -> list[Any]:
        return self._rows

    async def close(self) -> None:
        """Nothing to do: the driver's cursor has ended with its statement."""

    def _read(self, connection: sqlite3.Connection, how: str, sql: str, parameters: Any) -> None:
        cursor = connection.cursor()
        try:
            getattr(cursor, how)(sql, parameters)
            self.description = cursor.description
            self._rows = cursor.fetchall() if cursor.description else []
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()


class _Connection(aiosqlite.Connection):
    async def run(self, work: Any, *arguments: Any) -> None:
        """Run a function on the driver's connection, in its thread."""
        await self._execute(work, self._conn, *arguments)

    def cursor(self) -> Any:
        return _Cursor(self)


def connect(database: str, **options: Any) -> aiosqlite.Connection:
    """Answer a connection to be awaited, as `aiosqlite.connect` does."""
    connection = _Connection(lambda: sqlite3.connect(database, **options), iter_chunk_size=64)
    connection._thread.daemon = True  # pyright: ignore[reportPrivateUsage] # as SQLAlchemy does
    return connection
