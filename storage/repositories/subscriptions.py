"""The vendors' webhook subscriptions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, Text, insert, literal_column, select, update
from sqlalchemy import cast as sql_cast
from sqlalchemy.exc import IntegrityError

from storage.connection import SqlConnection
from storage.errors import Conflict
from storage.prepared import Given, Prepared
from storage.tables import SubscriptionRow
from storage.values import Value, as_row, as_value, columns_of, table_of, types_of

_table = table_of(SubscriptionRow)


@dataclass(frozen=True, slots=True)
class Subscription:
    """One account's changes of one resource, sent to one URL."""

    id: str
    tenant_id: str
    account_id: str
    resource: str
    callback_url: str
    secret: bytes = field(repr=False)
    """Sealed for `associated_data`."""
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    previous_secret: bytes | None = field(default=None, repr=False)
    """Sealed for `previous_associated_data`."""
    previous_until: datetime | None = None
    ordered: bool = False
    coalesce_seconds: int = 0
    deletions: bool = False
    state: str = "ACTIVE"
    state_reason: str | None = None
    failing_since: datetime | None = None
    next_probe_at: datetime | None = None

    @property
    def associated_data(self) -> str:
        """Where the sealed secret belongs."""
        return f"subscriptions.secret:{self.id}"

    @property
    def previous_associated_data(self) -> str:
        """Where the sealed secret belongs once it has been replaced."""
        return f"subscriptions.previous_secret:{self.id}"


class Live(NamedTuple):
    """The live subscriptions of some accounts, oldest first."""

    accounts: Sequence[str]
    """Ids, sorted."""
    subscriptions: Sequence[Subscription]
    marks: Sequence[tuple[str, str]]
    """The id of each, and on PostgreSQL what tells its versions apart."""


mark = sql_cast(literal_column(f"{_table.name}.xmin"), Text)
"""PostgreSQL's number of the transaction that wrote a row last."""


def _of_accounts(given: Given) -> "Select[Any, Any, Any]":
    return (
        select(*columns_of(Subscription, _table))
        .where(_table.c.account_id == given["account_id"], _table.c.deleted_at.is_(None))
        .order_by(_table.c.id)
    )


def _marked(given: Given) -> "Select[Any, Any, Any]":
    return _of_accounts(given).add_columns(mark if given.at_once else literal_column("''"))


class _Account(Value, frozen=True):
    account_id: str


_account = types_of(_Account, _table)
_live = Prepared(_Account, _account, _of_accounts)
_read_marked = Prepared(_Account, _account, _marked)
_held = Prepared(
    _Account, _account, lambda given: _of_accounts(given).with_for_update(read=True, of=_table)
)


class SubscriptionRepository:
    _select = select(*columns_of(Subscription, _table))

    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def add(self, subscription: Subscription) -> None:
        """Store a new one. Raises Conflict when a live one has the same account, resource, URL."""
        try:
            await self._connection.execute(insert(_table).values(**as_row(subscription)))
        except IntegrityError as error:
            raise Conflict("this subscription exists already") from error

    async def get(self, subscription_id: str, *, hold: bool = False) -> Subscription | None:
        """Return one; with `hold` it can't change before this transaction ends."""
        query = self._select.where(_table.c.id == subscription_id)
        row = (
            await self._connection.execute(query.with_for_update(read=True) if hold else query)
        ).first()
        return None if row is None else as_value(Subscription, row)

    async def live(self, account_ids: Sequence[str], *, hold: bool = False) -> list[Subscription]:
        """List the live subscriptions of these accounts, oldest first.

        With `hold` none of them can end before this transaction does, so that what is planned for
        them now is seen, and cancelled, by whoever ends them next.
        """
        wanted = [_Account(account_id) for account_id in sorted(set(account_ids))]
        rows = await (_held if hold else _live).fetch(self._connection, wanted)
        return sorted((Subscription(*row) for row in rows), key=lambda found: found.id)

    async def marked(self, account_ids: Sequence[str]) -> list[tuple[Subscription, str]]:
        """List the live subscriptions of these accounts with their marks; see `Live`."""
        rows = await _read_marked.fetch(self._connection, [_Account(one) for one in account_ids])
        return [(Subscription(*row[:-1]), row[-1]) for row in rows]

    async def end_all_of(self, account_id: str, at: datetime) -> list[str]:
        """Mark all live ones of an account deleted; return their ids."""
        rows = await self._connection.execute(
            update(_table)
            .where(_table.c.account_id == account_id, _table.c.deleted_at.is_(None))
            .values(deleted_at=at, updated_at=at)
            .returning(_table.c.id)
        )
        return [row[0] for row in rows]

    async def end(self, subscription_id: str, at: datetime) -> bool:
        """Mark it deleted; return False when it had ended before."""
        result = await self._connection.execute(
            update(_table)
            .where(_table.c.id == subscription_id, _table.c.deleted_at.is_(None))
            .values(deleted_at=at, updated_at=at)
        )
        return result.rowcount == 1

    async def set_options(
        self,
        subscription_id: str,
        *,
        ordered: bool,
        coalesce_seconds: int,
        deletions: bool,
        at: datetime,
    ) -> None:
        await self._connection.execute(
            update(_table)
            .where(_table.c.id == subscription_id)
            .values(
                ordered=ordered,
                coalesce_seconds=coalesce_seconds,
                deletions=deletions,
                updated_at=at,
            )
        )

    async def set_state(
        self, subscription_id: str, *, state: str, reason: str | None, at: datetime
    ) -> None:
        await self._connection.execute(
            update(_table)
            .where(_table.c.id == subscription_id)
            .values(state=state, state_reason=reason, updated_at=at)
        )

    async def replace_secret(
        self,
        old: Subscription,
        secret: bytes,
        *,
        previous: bytes | None,
        until: datetime | None,
        at: datetime,
    ) -> bool:
        """Store a new sealed secret beside the previous one; return False when `old` isn't so now.

        `previous` is None when only the new one is to count.
        """
        result = await self._connection.execute(
            update(_table)
            .where(
                _table.c.id == old.id,
                _table.c.secret == old.secret,
                _table.c.deleted_at.is_(None),
            )
            .values(secret=secret, previous_secret=previous, previous_until=until, updated_at=at)
        )
        return result.rowcount == 1

    async def forget_previous_secrets(self, at: datetime) -> int:
        """Drop the secrets whose time beside a newer one is over; return how many there were."""
        result = await self._connection.execute(
            update(_table)
            .where(_table.c.previous_until <= at)
            .values(previous_secret=None, previous_until=None)
        )
        return result.rowcount
