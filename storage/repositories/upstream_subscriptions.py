"""Our own subscriptions at the provider: at most one per connection and purpose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, func, select, update

from storage.connection import SqlConnection, insert_into
from storage.prepared import Prepared
from storage.tables import AccountRow, UpstreamSubscriptionRow, WatermarkRow
from storage.values import Value, as_row, as_value, columns_of, table_of, types_of

_table = table_of(UpstreamSubscriptionRow)
_accounts = table_of(AccountRow)
_watermarks = table_of(WatermarkRow)


@dataclass(frozen=True, slots=True)
class UpstreamSubscription:
    """What the provider was asked to post, where, and under which secret."""

    id: str
    connection_id: str
    purpose: str
    code: str
    secret: bytes = field(repr=False)
    """Sealed for `associated_data`."""
    types: str
    state: str
    upstream_id: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def associated_data(self) -> str:
        return _associated_data(self.id)


def _associated_data(subscription_id: str) -> str:
    return f"upstream_subscriptions.secret:{subscription_id}"


@dataclass(frozen=True, slots=True)
class Watching:
    """An account that events are for, and when it began to be told of each resource."""

    account_id: str
    reference: str | None
    since: Mapping[str, datetime]
    """When each resource was first subscribed to, in alphabetical order."""


@dataclass(frozen=True, slots=True)
class Callback:
    """What the code in a callback's address stands for: a connection, and who lives on it."""

    target: str
    secret: bytes = field(repr=False)
    """Sealed for `associated_data`."""
    associated_data: str
    subscribed_at: datetime
    watching: tuple[Watching, ...]
    """The connection's accounts, oldest first."""


class _Code(Value, frozen=True):
    code: str


_callback = Prepared(
    _Code,
    types_of(_Code, _table),
    lambda given: (
        select(
            _table.c.id,
            _table.c.secret,
            _table.c.created_at,
            _accounts.c.target,
            _accounts.c.id,
            _accounts.c.reference,
            _watermarks.c.resource,
            _watermarks.c.since,
        )
        .join(_accounts, _accounts.c.connection_id == _table.c.connection_id)
        .outerjoin(_watermarks, _watermarks.c.account_id == _accounts.c.id)
        .where(_table.c.code == given["code"])
        .order_by(_accounts.c.id, _watermarks.c.resource)
    ),
)


_is_usable = exists().where(
    _accounts.c.connection_id == _table.c.connection_id, _accounts.c.status == "ACTIVE"
)
"""Some account of the connection may be called for."""


class UpstreamSubscriptionRepository:
    _select = select(*columns_of(UpstreamSubscription, _table))

    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def add(self, subscription: UpstreamSubscription) -> bool:
        """Store a new one; False, and nothing changed, when the connection has one of its kind.

        Then of_connection returns the other one, also when another process was about to commit it.
        """
        result = await self._connection.execute(
            insert_into(self._connection, _table)
            .values(**as_row(subscription))
            .on_conflict_do_nothing(index_elements=["connection_id", "purpose"])
            .returning(_table.c.id)
        )
        return result.first() is not None

    async def of_connection(
        self, connection_id: str | None, purpose: str, *, hold: bool = False
    ) -> UpstreamSubscription | None:
        """Return the connection's one of this kind; with `hold` nobody else changes it."""
        return await self._first(
            _table.c.connection_id == connection_id, _table.c.purpose == purpose, hold=hold
        )

    async def of_account(self, account_id: str, purpose: str) -> UpstreamSubscription | None:
        """Return the one of this kind that feeds an account."""
        own = select(_accounts.c.connection_id).where(_accounts.c.id == account_id)
        return await self._first(
            _table.c.connection_id == own.scalar_subquery(), _table.c.purpose == purpose
        )

    async def callback(self, code: str) -> Callback | None:
        """Return what a code stands for; in a hot transaction it's read in one go."""
        rows = await _callback.fetch(self._connection, [_Code(code)])
        if not rows:
            return None
        subscription_id, secret, created_at, target, *_ = rows[0]
        watching: dict[str, tuple[str | None, dict[str, datetime]]] = {}
        for *_, account_id, reference, resource, since in rows:
            _, resources = watching.setdefault(account_id, (reference, {}))
            if resource is not None:
                resources[resource] = since
        return Callback(
            target=target,
            secret=secret,
            associated_data=_associated_data(subscription_id),
            subscribed_at=created_at,
            watching=tuple(Watching(one, *known) for one, known in watching.items()),
        )

    async def all_of(self, connection_id: str, *, hold: bool = False) -> list[UpstreamSubscription]:
        """List a connection's, oldest first; with `hold` nobody else changes them meanwhile."""
        query = self._select.where(_table.c.connection_id == connection_id).order_by(_table.c.id)
        rows = await self._connection.execute(query.with_for_update() if hold else query)
        return [as_value(UpstreamSubscription, row) for row in rows]

    async def unsettled(self) -> list[UpstreamSubscription]:
        """List those whose last step at the provider isn't known to have happened.

        Only of connections that may be called for: nothing can be done for the others.
        """
        rows = await self._connection.execute(
            self._select.where(_table.c.state.not_in(("ACTIVE", "REFUSED")), _is_usable).order_by(
                _table.c.id
            )
        )
        return [as_value(UpstreamSubscription, row) for row in rows]

    async def confirmed(self, *, before: datetime, most: int) -> list[UpstreamSubscription]:
        """List those of usable connections that were confirmed and left alone since before then."""
        rows = await self._connection.execute(
            self._select.where(_table.c.state == "ACTIVE", _table.c.updated_at < before, _is_usable)
            .order_by(_table.c.updated_at)
            .limit(most)
        )
        return [as_value(UpstreamSubscription, row) for row in rows]

    async def lacking(
        self, purpose: str, *, targets: Sequence[str], before: datetime, most: int
    ) -> list[str]:
        """List usable accounts of these targets, linked before then, whose connection has none.

        One account for each connection.
        """
        rows = await self._connection.execute(
            select(func.min(_accounts.c.id))
            .where(
                _accounts.c.status == "ACTIVE",
                _accounts.c.target.in_(targets),
                _accounts.c.updated_at < before,
                ~exists().where(
                    _table.c.connection_id == _accounts.c.connection_id,
                    _table.c.purpose == purpose,
                ),
            )
            .group_by(_accounts.c.connection_id)
            .order_by(func.min(_accounts.c.id))
            .limit(most)
        )
        return [row[0] for row in rows]

    async def change(
        self, subscription: UpstreamSubscription, at: datetime, **values: Any
    ) -> UpstreamSubscription:
        """Change one that is held; return it as it is now.

        `updated_at` always moves, so that whoever knows an older state of it notices.
        """
        later = max(at, subscription.updated_at + timedelta(microseconds=1))
        changed = replace(subscription, updated_at=later, **values)
        await self._connection.execute(
            update(_table).where(_table.c.id == subscription.id).values(updated_at=later, **values)
        )
        return changed

    async def remove(self, subscription_id: str) -> None:
        await self._connection.execute(delete(_table).where(_table.c.id == subscription_id))

    async def _first(self, *conditions: Any, hold: bool = False) -> UpstreamSubscription | None:
        query = self._select.where(*conditions)
        row = (await self._connection.execute(query.with_for_update() if hold else query)).first()
        return None if row is None else as_value(UpstreamSubscription, row)
