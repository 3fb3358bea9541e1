"""A database in a file: written batch by batch, in a thread of its own."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from connector.copying.destinations import planning
from connector.copying.destinations.columns import TableOf, unified_table
from connector.copying.destinations.one_thread import OneThread
from connector.copying.destinations.planning import BatchPlan
from connector.copying.destinations.statements import SqlDialect, WantedTable
from connector.copying.ports import CopiedRecord, Gone


class FileDatabase(ABC):
    """Writes records to a file, which is made if it isn't there. A kind of file says how."""

    dialect: ClassVar[SqlDialect]

    def __init__(
        self, path: Path, *, history: bool = False, table_of: TableOf = unified_table
    ) -> None:
        self._path = path
        self._history = history
        self._table_of = table_of
        self._prepared: set[str] = set()
        """Tables that are known to be as they should."""
        self._thread = OneThread(f"copy-{path.name}")

    async def write(self, account_id: str, batch: Sequence[CopiedRecord | Gone]) -> None:
        """Insert or replace records, and take out what is gone, in one transaction."""
        await self._thread.run(lambda: self._write(account_id, batch))

    async def close(self) -> None:
        """Close the file."""
        await self._thread.end(self._close)

    def _write(self, account_id: str, batch: Sequence[CopiedRecord | Gone]) -> None:
        planned = planning.plan(
            account_id, batch, table_of=self._table_of, dialect=self.dialect, history=self._history
        )
        try:
            self._commit(planned)
        except BaseException:
            self._prepared = set()  # the tables may have gone with what was undone
            raise
        self._prepared |= set(planned.tables)

    def _unprepared(self, planned: BatchPlan) -> Iterator[tuple[str, WantedTable]]:
        """Yield the tables of a batch that have to be made, or looked at."""
        return ((name, one) for name, one in planned.tables.items() if name not in self._prepared)

    @abstractmethod
    def _commit(self, planned: BatchPlan) -> None:
        """Carry a batch out, all or nothing. Raises DestinationFailed."""

    @abstractmethod
    def _close(self) -> None:
        """Let go of the file."""
