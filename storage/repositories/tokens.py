"""The sealed tokens of the accounts, and the lease that keeps refreshes single."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, literal, or_, select, update
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
    """An account's token set as it is kept."""

    account_id: str
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
        return access_place(self.account_id)

    @property
    def refresh_place(self) -> str:
        """Where the sealed refresh token belongs."""
        return refresh_place(self.account_id)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A refresh that was begun and isn't finished, as the row's lease shows it."""

    account_id: str
    version: int
    owner: str | None
    """Who began it; None when it told that it doesn't know how the refresh ended."""
    over_for: timedelta
    """How long ago the lease ended; negative while it runs."""

    @property
    def is_free(self) -> bool:
        return self.over_for >= timedelta(0)


def values_place(account_id: str) -> str:
    """Say where the sealed custom values beside an API key belong."""
    return f"tokens.custom_values:{account_id}"


def access_place(account_id: str) -> str:
    """Say where the sealed access token of an account belongs."""
    return f"tokens.access_token:{account_id}"


def refresh_place(account_id: str) -> str:
    """Say where the sealed refresh token of an account belongs."""
    return f"tokens.refresh_token:{account_id}"


class Tokens:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, account_id: str) -> StoredTokens | None:
        found = await self._connection.execute(
            select(*columns_of(StoredTokens, _table)).where(_table.c.account_id == account_id)
        )
        row = found.first()
        return None if row is None else as_value(StoredTokens, row)

    async def put(self, tokens: StoredTokens) -> None:
        """Store the set a link brought, over any older one; a refresh under way then loses."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        values = as_row(tokens)
        changed: dict[str, Any] = {
            name: value for name, value in values.items() if name not in ("account_id", "version")
        }
        changed |= {"version": _table.c.version + 1, "lease_owner": None, "lease_until": None}
        await self._connection.execute(
            dialect.insert(_table)
            .values(**values)
            .on_conflict_do_update(index_elements=["account_id"], set_=changed)
        )

    async def unfinished(self, account_id: str, at: datetime) -> Unfinished | None:
        """Answer the lease on an account's set, over or not; None when there is none.

        `at` is the present moment on SQLite; PostgreSQL goes by its own clock.
        """
        rows = await self._unfinished(at, _table.c.account_id == account_id, most=1)
        return rows[0] if rows else None

    async def interrupted(self, at: datetime, *, most: int) -> list[Unfinished]:
        """List refreshes whose lease is over, of accounts in use, those over for longest first."""
        return await self._unfinished(
            at, _table.c.lease_until <= self._now(at), _in_use(), most=most
        )

    async def _unfinished(
        self, at: datetime, *wanted: ColumnElement[bool], most: int
    ) -> list[Unfinished]:
        table = _table
        rows = await self._connection.execute(
            select(
                table.c.account_id,
                table.c.version,
                table.c.lease_owner,
                table.c.lease_until,
                literal(at, table.c.lease_until.type)
                if self._now(at) is at
                else func.clock_timestamp(type_=table.c.lease_until.type),
            )
            .where(table.c.lease_until.is_not(None), *wanted)
            .order_by(table.c.lease_until)
            .limit(most)
        )
        return [Unfinished(row[0], row[1], row[2], row[4] - row[3]) for row in rows]

    def _now(self, at: datetime) -> Any:
        return func.clock_timestamp() if self._connection.dialect.name == "postgresql" else at

    async def claim(
        self, account_id: str, version: int, *, owner: str, at: datetime, lease: timedelta
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
            .where(_table.c.account_id == account_id, _table.c.version == version, free)
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
            .where(_table.c.account_id == tokens.account_id, _table.c.version == version)
            .values(**values)
        )
        return result.rowcount == 1

    async def idle(self, before: datetime, *, after: str, most: int) -> list[tuple[str, int]]:
        """List usable accounts whose renewable tokens were last replaced before then.

        Answers account id and version, by id, for ids after `after`.
        """
        rows = await self._connection.execute(
            select(_table.c.account_id, _table.c.version)
            .where(
                _in_use(),
                _table.c.refresh_token.is_not(None),
                _table.c.updated_at < before,
                _table.c.account_id > after,
            )
            .order_by(_table.c.account_id)
            .limit(most)
        )
        return [(row[0], row[1]) for row in rows]

    async def remove(self, account_id: str) -> None:
        """Delete an account's tokens."""
        await self._connection.execute(delete(_table).where(_table.c.account_id == account_id))

    async def release(self, account_id: str, owner: str) -> None:
        """Give the lease back, if it still is this owner's: nothing came of the refresh."""
        await self._leave(account_id, owner, until=None)

    async def interrupt(self, account_id: str, owner: str, *, at: datetime) -> None:
        """Give the lease back, saying that the refresh may have worked: somebody must finish it."""
        await self._leave(account_id, owner, until=self._now(at))

    async def _leave(self, account_id: str, owner: str, *, until: Any) -> None:
        await self._connection.execute(
            update(_table)
            .where(_table.c.account_id == account_id, _table.c.lease_owner == owner)
            .values(lease_owner=None, lease_until=until)
        )


def _in_use() -> ColumnElement[bool]:
    """Say whose tokens are kept fresh without being asked for."""
    return exists().where(_accounts.c.id == _table.c.account_id, _accounts.c.status == "ACTIVE")
