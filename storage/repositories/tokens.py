"""The sealed tokens of the connections, and the lease that keeps refreshes single."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import AccountRow, TokenRow
from storage.values import as_row, as_value, columns_of, table_of

_table = table_of(TokenRow)
_accounts = table_of(AccountRow)

OAUTH, API_KEY = "OAUTH", "API_KEY"
"""The kinds of credentials: tokens, or an organisation's own API key, which doesn't expire."""


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """A connection's token set as it is kept."""

    connection_id: str
    access_token: bytes = field(repr=False)
    """Sealed for `access_place`."""
    refresh_token: bytes | None = field(repr=False)
    """Sealed for `refresh_place`; None when offline access wasn't granted."""
    expires_at: datetime
    scopes: str
    """Granted scopes, space separated."""
    updated_at: datetime
    """When this set was received."""
    version: int = 1
    kind: str = OAUTH
    """OAUTH or API_KEY."""
    custom_values: bytes | None = field(default=None, repr=False)
    """Sealed for `values_place`; only beside an API key."""

    @property
    def access_place(self) -> str:
        """Where the sealed access token belongs."""
        return access_place(self.connection_id)

    @property
    def refresh_place(self) -> str:
        """Where the sealed refresh token belongs."""
        return refresh_place(self.connection_id)


def values_place(connection_id: str) -> str:
    """Say where the sealed custom values beside an API key belong."""
    return f"tokens.custom_values:{connection_id}"


def access_place(connection_id: str) -> str:
    """Say where the sealed access token of a connection belongs."""
    return f"tokens.access_token:{connection_id}"


def refresh_place(connection_id: str) -> str:
    """Say where the sealed refresh token of a connection belongs."""
    return f"tokens.refresh_token:{connection_id}"


class Tokens:
    def __init__(self, connection: AsyncConnection) -> None:
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
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        values = as_row(tokens)
        changed: dict[str, Any] = {
            name: value
            for name, value in values.items()
            if name not in ("connection_id", "version")
        }
        changed |= {"version": _table.c.version + 1, "lease_owner": None, "lease_until": None}
        await self._connection.execute(
            dialect.insert(_table)
            .values(**values)
            .on_conflict_do_update(index_elements=["connection_id"], set_=changed)
        )

    async def claim(
        self, connection_id: str, version: int, *, owner: str, at: datetime, lease: timedelta
    ) -> bool:
        """Take the right to refresh this version; False while another holds it or it's replaced.

        On PostgreSQL the lease runs by the database's clock, since processes may disagree on the
        time; `at` counts on SQLite.
        """
        now: Any = at
        until: Any = at + lease
        if self._connection.dialect.name == "postgresql":
            now = func.clock_timestamp()
            until = func.clock_timestamp() + lease
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

    async def remove(self, connection_id: str) -> None:
        """Delete a connection's tokens."""
        await self._connection.execute(
            delete(_table).where(_table.c.connection_id == connection_id)
        )

    async def release(self, connection_id: str, owner: str) -> None:
        """Give the lease back, if it still is this owner's."""
        await self._connection.execute(
            update(_table)
            .where(_table.c.connection_id == connection_id, _table.c.lease_owner == owner)
            .values(lease_owner=None, lease_until=None)
        )
