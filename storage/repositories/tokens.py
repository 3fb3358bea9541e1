"""The sealed tokens of the connections, and the lease that keeps refreshes single."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, literal, or_, select, update

from storage.connection import SqlConnection, insert_into
from storage.tables import AccountRow, TokenRow
from storage.values import as_row, as_value, columns_of, table_of

_table = table_of(TokenRow)
_accounts = table_of(AccountRow)

_user = (
    select(func.min(_accounts.c.id))
    .where(_accounts.c.connection_id == _table.c.connection_id, _accounts.c.status == "ACTIVE")
    .scalar_subquery()
)
"""An account in use that lives on a connection."""

OAUTH, API_KEY = "OAUTH", "API_KEY"
"""The kinds of credentials: tokens, or an organisation's own API key, which doesn't expire."""


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """A connection's token set as it is kept."""

    connection_id: str
    access_token: bytes = field(repr=False)
    """Sealed for `access_associated_data`."""
    refresh_token: bytes | None = field(repr=False)
    """Sealed for `refresh_associated_data`; None when offline access wasn't granted."""
    expires_at: datetime
    scopes: str
    """Granted scopes, space separated."""
    updated_at: datetime
    """When this set was received."""
    version: int = 1
    kind: str = OAUTH
    """OAUTH or API_KEY."""
    custom_values: bytes | None = field(default=None, repr=False)
    """Sealed for `values_associated_data`; only beside an API key."""
    checked_at: datetime | None = None
    """When this set was last checked after a refusal; only where it can't be renewed."""

    @property
    def access_associated_data(self) -> str:
        """Where the sealed access token belongs."""
        return access_associated_data(self.connection_id)

    @property
    def refresh_associated_data(self) -> str:
        """Where the sealed refresh token belongs."""
        return refresh_associated_data(self.connection_id)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A refresh that was begun and isn't finished, as the row's lease shows it."""

    connection_id: str
    version: int
    owner: str | None
    """Who began it; None when it told that it doesn't know how the refresh ended."""
    over_for: timedelta
    """How long ago the lease ended; negative while it runs."""
    account_id: str | None
    """An account in use that lives on the connection; None when there is none."""

    @property
    def is_free(self) -> bool:
        return self.over_for >= timedelta(0)


def values_associated_data(connection_id: str) -> str:
    """Say where the sealed custom values beside an API key belong."""
    return f"tokens.custom_values:{connection_id}"


def access_associated_data(connection_id: str) -> str:
    """Say where the sealed access token of a connection belongs."""
    return f"tokens.access_token:{connection_id}"


def refresh_associated_data(connection_id: str) -> str:
    """Say where the sealed refresh token of a connection belongs."""
    return f"tokens.refresh_token:{connection_id}"


class TokenRepository:
    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def get(self, connection_id: str) -> StoredTokens | None:
        found = await self._connection.execute(
            select(*columns_of(StoredTokens, _table)).where(_table.c.connection_id == connection_id)
        )
        row = found.first()
        return None if row is None else as_value(StoredTokens, row)

    async def of_account(self, account_id: str) -> StoredTokens | None:
        """Return the set of the connection that an account lives on."""
        found = await self._connection.execute(
            select(*columns_of(StoredTokens, _table))
            .join(_accounts, _accounts.c.connection_id == _table.c.connection_id)
            .where(_accounts.c.id == account_id)
        )
        row = found.first()
        return None if row is None else as_value(StoredTokens, row)

    async def put(self, tokens: StoredTokens) -> None:
        """Store the set a link brought, over any older one; a refresh under way then loses."""
        values = as_row(tokens)
        changed: dict[str, Any] = {
            name: value
            for name, value in values.items()
            if name not in ("connection_id", "version")
        }
        changed |= {"version": _table.c.version + 1, "lease_owner": None, "lease_until": None}
        await self._connection.execute(
            insert_into(self._connection, _table)
            .values(**values)
            .on_conflict_do_update(index_elements=["connection_id"], set_=changed)
        )

    async def unfinished(self, connection_id: str, at: datetime) -> Unfinished | None:
        """Return the lease on a connection's set, over or not; None when there is none.

        `at` is the present moment on SQLite; PostgreSQL goes by its own clock.
        """
        rows = await self._unfinished(at, _table.c.connection_id == connection_id, most=1)
        return rows[0] if rows else None

    async def interrupted(self, at: datetime, *, most: int) -> list[Unfinished]:
        """List refreshes whose lease is over, for accounts in use, those over for longest first."""
        is_over = _table.c.lease_until <= self._now(at)
        return await self._unfinished(at, is_over, _user.is_not(None), most=most)

    async def _unfinished(
        self, at: datetime, *wanted: ColumnElement[bool], most: int
    ) -> list[Unfinished]:
        moment = _table.c.lease_until.type
        rows = await self._connection.execute(
            select(
                _table.c.connection_id,
                _table.c.version,
                _table.c.lease_owner,
                _table.c.lease_until,
                literal(at, moment) if self._now(at) is at else func.clock_timestamp(type_=moment),
                _user,
            )
            .where(_table.c.lease_until.is_not(None), *wanted)
            .order_by(_table.c.lease_until)
            .limit(most)
        )
        return [Unfinished(row[0], row[1], row[2], row[4] - row[3], row[5]) for row in rows]

    def _now(self, at: datetime) -> Any:
        return func.clock_timestamp() if self._connection.dialect.name == "postgresql" else at

    async def claim(
        self, connection_id: str, version: int, *, owner: str, at: datetime, lease: timedelta
    ) -> bool:
        """Take the right to refresh this version; False while another holds it or it's replaced.

        On PostgreSQL the lease runs by the database's clock, since processes may disagree on the
        time; `at` counts on SQLite.
        """
        now: Any = self._now(at)
        until: Any = now + lease
        free: ColumnElement[bool] = or_(_table.c.lease_until.is_(None), _table.c.lease_until <= now)
        result = await self._connection.execute(
            update(_table)
            .where(_table.c.connection_id == connection_id, _table.c.version == version, free)
            .values(lease_owner=owner, lease_until=until)
        )
        return result.rowcount == 1

    async def replace(self, tokens: StoredTokens, *, version: int) -> bool:
        """Store a refreshed set if the version still is the one refreshed; the lease ends."""
        values = as_row(tokens) | {
            "version": version + 1,
            "lease_owner": None,
            "lease_until": None,
        }
        result = await self._connection.execute(
            update(_table)
            .where(_table.c.connection_id == tokens.connection_id, _table.c.version == version)
            .values(**values)
        )
        return result.rowcount == 1

    async def checked(
        self, connection_id: str, version: int, *, owner: str, is_good: bool, at: datetime
    ) -> bool:
        """Note a check of a version by its lease's owner, and give the lease back.

        One that is good counts as a new version. False when the lease is another's by now.
        """
        result = await self._connection.execute(
            update(_table)
            .where(
                _table.c.connection_id == connection_id,
                _table.c.version == version,
                _table.c.lease_owner == owner,
            )
            .values(version=version + is_good, checked_at=at, lease_owner=None, lease_until=None)
        )
        return result.rowcount == 1

    async def idle(self, before: datetime, *, after: str, most: int) -> list[tuple[str, int]]:
        """List usable accounts whose renewable tokens were last replaced before then.

        Returns account id and version, one account for each connection, by id, for ids after
        `after`.
        """
        account_id = func.min(_accounts.c.id)
        rows = await self._connection.execute(
            select(account_id, _table.c.version)
            .join(_accounts, _accounts.c.connection_id == _table.c.connection_id)
            .where(
                _accounts.c.status == "ACTIVE",
                _table.c.refresh_token.is_not(None),
                _table.c.updated_at < before,
            )
            .group_by(_table.c.connection_id, _table.c.version)
            .having(account_id > after)
            .order_by(account_id)
            .limit(most)
        )
        return [(row[0], row[1]) for row in rows]

    async def api_keys(self) -> list[tuple[str, datetime]]:
        """List the accounts in use that live on an API key, by id, and since when."""
        rows = await self._connection.execute(
            select(_accounts.c.id, _table.c.updated_at)
            .join(_accounts, _accounts.c.connection_id == _table.c.connection_id)
            .where(_table.c.kind == API_KEY, _accounts.c.status == "ACTIVE")
            .order_by(_accounts.c.id)
        )
        return [(row[0], row[1]) for row in rows]

    async def remove(self, connection_id: str) -> None:
        """Delete a connection's tokens."""
        await self._connection.execute(
            delete(_table).where(_table.c.connection_id == connection_id)
        )

    async def release(self, connection_id: str, owner: str) -> None:
        """Give the lease back, if it still is this owner's: nothing came of the refresh."""
        await self._leave(connection_id, owner, until=None)

    async def interrupt(self, connection_id: str, owner: str, *, at: datetime) -> None:
        """Give the lease back, saying that the refresh may have worked: somebody must finish it."""
        await self._leave(connection_id, owner, until=self._now(at))

    async def _leave(self, connection_id: str, owner: str, *, until: Any) -> None:
        await self._connection.execute(
            update(_table)
            .where(_table.c.connection_id == connection_id, _table.c.lease_owner == owner)
            .values(lease_owner=None, lease_until=until)
        )
