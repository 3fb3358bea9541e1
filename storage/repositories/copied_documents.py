"""The queue of copies' documents: what waits to be fetched, and what became of the rest."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, exists, func, select, tuple_, update

from storage.connection import SqlConnection, insert_into
from storage.repositories.copies import CopyKey, of_copy
from storage.tables import AccountRow, CopiedDocumentRow, CopyRow
from storage.values import as_row, as_value, columns_of, table_of

_table = table_of(CopiedDocumentRow)
_accounts = table_of(AccountRow)
_copies = table_of(CopyRow)

_PRIMARY = ("account_id", "resource", "destination", "record_id", "file_id")
_OF_ACCOUNT = ("resource", "record_id", "file_id")
_BECOMES = ("file_id", "status", "due_at", "attempts", "code", "digest", "size", "path")


@dataclass(frozen=True, slots=True)
class CopiedDocument:
    """A document of a copied record. Its fields are explained at its table."""

    account_id: str
    resource: str
    destination: str
    record_id: str
    file_id: str
    status: str
    due_at: datetime
    queued_at: datetime
    attempts: int = 0
    code: str | None = None
    digest: str | None = None
    size: int | None = None
    path: str | None = None

    @property
    def key(self) -> CopyKey:
        return CopyKey(self.account_id, self.resource, self.destination)


class CopiedDocumentRepository:
    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def forget(self, key: CopyKey, record_ids: Collection[str]) -> None:
        """Take out what of some records' documents still waits."""
        if record_ids:
            await self._connection.execute(
                delete(_table).where(
                    *of_copy(_table, key),
                    _table.c.record_id.in_(sorted(record_ids)),
                    _table.c.status == "PENDING",
                )
            )

    async def queue(self, documents: Sequence[CopiedDocument], *, again: bool) -> None:
        """Let documents wait to be fetched that aren't known yet.

        With `again`, also those that weren't there when they were looked for.
        """
        if not documents:
            return
        insert = insert_into(self._connection, _table)
        if again:
            new = insert.excluded
            statement = insert.on_conflict_do_update(
                index_elements=list(_table.primary_key),
                set_={
                    "status": new.status,
                    "due_at": new.due_at,
                    "queued_at": new.queued_at,
                    "attempts": 0,
                },
                where=_table.c.status == "MISSING",
            )
        else:
            statement = insert.on_conflict_do_nothing()
        ordered = sorted(documents, key=lambda one: (one.record_id, one.file_id))
        await self._connection.execute(statement, [as_row(one) for one in ordered])

    async def accounts_due(self, destination: str, now: datetime) -> list[str]:
        """List the active accounts with documents whose time has come, and that no run is at."""
        rows = await self._connection.execute(
            select(_accounts.c.id)
            .where(
                _accounts.c.status == "ACTIVE",
                exists().where(
                    _table.c.account_id == _accounts.c.id,
                    _table.c.destination == destination,
                    _table.c.status == "PENDING",
                    _table.c.due_at <= now,
                    _is_left_alone(now),
                ),
            )
            .order_by(_accounts.c.id)
        )
        return [row[0] for row in rows]

    async def due(
        self,
        destination: str,
        now: datetime,
        most: int,
        *,
        account_id: str,
        resource: str | None = None,
    ) -> list[CopiedDocument]:
        """List an account's documents whose time has come, the longest due first.

        Those of a kind are for its run; without a kind those that no run is at.
        """
        own = _is_left_alone(now) if resource is None else _table.c.resource == resource
        rows = await self._connection.execute(
            select(*columns_of(CopiedDocument, _table))
            .where(
                _table.c.account_id == account_id,
                _table.c.destination == destination,
                _table.c.status == "PENDING",
                _table.c.due_at <= now,
                own,
            )
            .order_by(_table.c.due_at, _table.c.record_id, _table.c.file_id)
            .limit(most)
        )
        return [as_value(CopiedDocument, row) for row in rows]

    async def claim(
        self, documents: Sequence[CopiedDocument], now: datetime, until: datetime
    ) -> list[CopiedDocument]:
        """Keep documents of one account from others for a while; return those that are due still.

        Somebody else is at the others, or has been.
        """
        if not documents:
            return []
        rows = await self._connection.execute(
            update(_table)
            .where(*_among(documents), _table.c.status == "PENDING", _table.c.due_at <= now)
            .values(due_at=until)
            .returning(*columns_of(CopiedDocument, _table))
        )
        mine = {_of_account(as_value(CopiedDocument, row)) for row in rows}
        return [one for one in documents if _of_account(one) in mine]

    async def release(
        self, documents: Sequence[CopiedDocument], until: datetime, due_at: datetime
    ) -> None:
        """Give back what of some documents of one account is still claimed until then."""
        if not documents:
            return
        await self._connection.execute(
            update(_table)
            .where(*_among(documents), _table.c.status == "PENDING", _table.c.due_at == until)
            .values(due_at=due_at)
        )

    async def settle(self, changes: Sequence[tuple[CopiedDocument, CopiedDocument]]) -> None:
        """Store what became of documents, as pairs of before and after.

        A file's id may be known by now; then an earlier note of that file goes. Doing so twice
        changes nothing.
        """
        ordered = sorted(changes, key=lambda pair: (pair[0].record_id, pair[0].file_id))
        known = [
            {**_named(before), "its_file_id": became.file_id, "old_file_id": before.file_id}
            for before, became in ordered
            if became.file_id != before.file_id
        ]
        mine = [_table.c[name] == bindparam(f"its_{name}") for name in _PRIMARY]
        if known:
            old = _table.alias()
            is_there = exists().where(
                *(old.c[name] == bindparam(f"its_{name}") for name in _PRIMARY[:-1]),
                old.c.file_id == bindparam("old_file_id"),
            )
            await self._connection.execute(delete(_table).where(*mine, is_there), known)
        values = [{**_named(before), **_became(became)} for before, became in ordered]
        if values:
            changed: dict[str, Any] = {name: bindparam(name) for name in _BECOMES}
            await self._connection.execute(update(_table).where(*mine).values(changed), values)

    async def count(self, key: CopyKey, status: str) -> int:
        """Count a copy's documents in a status."""
        row = await self._connection.execute(
            select(func.count()).where(*of_copy(_table, key), _table.c.status == status)
        )
        return int(row.scalar_one())

    async def all(self, key: CopyKey) -> list[CopiedDocument]:
        """List all documents of a copy."""
        rows = await self._connection.execute(
            select(*columns_of(CopiedDocument, _table))
            .where(*of_copy(_table, key))
            .order_by(_table.c.record_id, _table.c.file_id)
        )
        return [as_value(CopiedDocument, row) for row in rows]


def _is_left_alone(now: datetime) -> ColumnElement[bool]:
    """Say that no run is at the copy that a document belongs to."""
    return ~exists().where(
        _copies.c.account_id == _table.c.account_id,
        _copies.c.resource == _table.c.resource,
        _copies.c.destination == _table.c.destination,
        _copies.c.lease_until > now,
    )


def _among(documents: Sequence[CopiedDocument]) -> Sequence[ColumnElement[bool]]:
    """Name documents of one account, all of one destination."""
    one = documents[0]
    names = tuple_(*(_table.c[name] for name in _OF_ACCOUNT))
    return (
        _table.c.account_id == one.account_id,
        _table.c.destination == one.destination,
        names.in_(sorted(_of_account(each) for each in documents)),
    )


def _of_account(document: CopiedDocument) -> tuple[str, str, str]:
    return document.resource, document.record_id, document.file_id


def _named(document: CopiedDocument) -> dict[str, Any]:
    return {f"its_{name}": getattr(document, name) for name in _PRIMARY}


def _became(document: CopiedDocument) -> dict[str, Any]:
    return {name: getattr(document, name) for name in _BECOMES}
