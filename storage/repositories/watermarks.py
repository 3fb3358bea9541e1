"""How far an account's changes are known, by resource, and when to ask again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, tuple_, update

from storage.connection import SqlConnection, insert_into
from storage.tables import AccountRow, SubscriptionRow, WatermarkRow
from storage.values import as_row, as_value, columns_of, table_of

_table = table_of(WatermarkRow)
_accounts = table_of(AccountRow)
_subscriptions = table_of(SubscriptionRow)

_is_wanted = exists().where(
    _subscriptions.c.account_id == _table.c.account_id,
    _subscriptions.c.resource == _table.c.resource,
    _subscriptions.c.deleted_at.is_(None),
)
_is_usable = exists().where(_accounts.c.id == _table.c.account_id, _accounts.c.status == "ACTIVE")


@dataclass(frozen=True, slots=True)
class Watermark:
    """One resource of one account: changes up to `changed_until` are known, and emitted since
    `since`.

    `polled_at` is None until the provider was asked the first time.
    """

    account_id: str
    resource: str
    changed_until: datetime
    since: datetime
    due_at: datetime
    interval_seconds: int
    polled_at: datetime | None = None
    failures: int = 0


class WatermarkRepository:
    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def begin(self, watermark: Watermark) -> None:
        """Store a new one; one that is there already stays as it is, but is due no later."""
        insert = insert_into(self._connection, _table).values(**as_row(watermark))
        await self._connection.execute(
            insert.on_conflict_do_update(
                index_elements=["account_id", "resource"],
                set_={"due_at": insert.excluded.due_at},
            )
        )

    async def of_account(self, account_id: str) -> list[Watermark]:
        """List an account's, by resource."""
        rows = await self._connection.execute(
            select(*columns_of(Watermark, _table))
            .where(_table.c.account_id == account_id)
            .order_by(_table.c.resource)
        )
        return [as_value(Watermark, row) for row in rows]

    async def end(self, account_id: str, resource: str) -> None:
        """Delete one, with any poll that is under way for it."""
        await self._connection.execute(
            delete(_table).where(_table.c.account_id == account_id, _table.c.resource == resource)
        )

    async def lacking(self, resources: Collection[str], most: int) -> list[tuple[str, str]]:
        """List (account id, resource) that are subscribed to and have none."""
        rows = await self._connection.execute(
            select(_subscriptions.c.account_id, _subscriptions.c.resource)
            .distinct()
            .where(
                _subscriptions.c.deleted_at.is_(None),
                _subscriptions.c.resource.in_(resources),
                ~exists().where(
                    _table.c.account_id == _subscriptions.c.account_id,
                    _table.c.resource == _subscriptions.c.resource,
                ),
            )
            .limit(most)
        )
        return [(row[0], row[1]) for row in rows]

    async def unwanted(self, most: int) -> list[Watermark]:
        """List those that nobody subscribes to any more."""
        rows = await self._connection.execute(
            select(*columns_of(Watermark, _table)).where(~_is_wanted).limit(most)
        )
        return [as_value(Watermark, row) for row in rows]

    async def drop(self, watermark: Watermark) -> bool:
        """Delete one that nobody wants; return False when somebody has come to want it."""
        result = await self._connection.execute(
            delete(_table).where(*_of(watermark), _table.c.due_at == watermark.due_at, ~_is_wanted)
        )
        return result.rowcount == 1

    async def poll_now(
        self,
        keys: Collection[tuple[str, str]] | str,
        at: datetime,
        *,
        unless_polled_since: datetime | None = None,
    ) -> None:
        """Make some due now: those with these (account id, resource), or all of one account."""
        chosen: ColumnElement[bool] = (
            _table.c.account_id == keys
            if isinstance(keys, str)
            else tuple_(_table.c.account_id, _table.c.resource).in_(sorted(keys))
        )
        if not keys:
            return
        conditions = [chosen, _table.c.due_at > at]
        if unless_polled_since is not None:
            polled = _table.c.polled_at
            conditions.append(or_(polled.is_(None), polled < unless_polled_since))
        await self._connection.execute(update(_table).where(*conditions).values(due_at=at))

    async def anything_due(self, now: datetime) -> bool:
        """Say whether a claim would find one; costs no write lock."""
        found = await self._connection.execute(select(_table.c.resource).where(_due(now)).limit(1))
        return found.first() is not None

    async def claim(
        self, owner: str, *, now: datetime, until: datetime, most: int
    ) -> list[Watermark]:
        """Take up to `most` due ones under a lease, the longest due first.

        Only of accounts that may be called for. Safe with any number of workers: on PostgreSQL
        rows being claimed elsewhere are skipped; on SQLite there is one writer. Until it's released
        one is due when its lease ends, so that `poll_now` meanwhile isn't lost.
        """
        due = (
            select(_table.c.account_id, _table.c.resource)
            .where(_due(now))
            .order_by(_table.c.due_at)
            .limit(most)
            .with_for_update(skip_locked=True, of=_table)
            .cte()
        )
        rows = await self._connection.execute(
            update(_table)
            .where(
                tuple_(_table.c.account_id, _table.c.resource).in_(
                    select(due.c.account_id, due.c.resource)
                )
            )
            .values(lease_owner=owner, lease_until=until, due_at=until)
            .returning(*columns_of(Watermark, _table))
        )
        return [as_value(Watermark, row) for row in rows]

    async def renew(self, watermark: Watermark, owner: str, until: datetime) -> bool:
        """Hold a lease longer; return False when it was lost, or the watermark has ended.

        Nobody else takes it before the transaction ends.
        """
        return await self._change(watermark, owner, lease_until=until)

    async def release(self, watermark: Watermark, owner: str, **values: Any) -> bool:
        """Give a lease back, with what has become of the poll; False when it was lost.

        A poll that was asked for meanwhile, by `poll_now`, stays due.
        """
        due_at = values.pop("due_at")
        kept = await self._change(
            watermark, owner, _table.c.due_at == watermark.due_at, due_at=due_at
        )
        changed = await self._change(watermark, owner, lease_owner=None, lease_until=None, **values)
        return kept or changed

    async def release_all_of(self, owner: str) -> None:
        """Give back every lease of a worker that stops."""
        await self._connection.execute(
            update(_table)
            .where(_table.c.lease_owner == owner)
            .values(lease_owner=None, lease_until=None)
        )

    async def _change(
        self, watermark: Watermark, owner: str, *conditions: ColumnElement[bool], **values: Any
    ) -> bool:
        result = await self._connection.execute(
            update(_table)
            .where(*_of(watermark), _table.c.lease_owner == owner, *conditions)
            .values(**values)
        )
        return result.rowcount == 1


def _of(watermark: Watermark) -> Sequence[ColumnElement[bool]]:
    return (
        _table.c.account_id == watermark.account_id,
        _table.c.resource == watermark.resource,
    )


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(
        _table.c.due_at <= now,
        or_(_table.c.lease_until.is_(None), _table.c.lease_until < now),
        _is_usable,
        _is_wanted,
    )
