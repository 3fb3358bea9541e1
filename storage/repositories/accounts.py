"""The vendors' customers at target systems, and the keys that select them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from storage.connection import SqlConnection
from storage.prepared import PreparedQuery
from storage.repositories.keys import KeyRepository
from storage.tables import AccountKeyRow, AccountRow
from storage.values import as_row, as_value, as_values, columns_of, table_of

_table = table_of(AccountRow)
_keys = table_of(AccountKeyRow)


@dataclass(frozen=True, slots=True)
class Account:
    """One customer of one tenant at one target system: an organisation under a reference."""

    id: str
    tenant_id: str
    target: str
    organization_id: str
    organization_name: str | None
    membership_id: str | None
    status: str
    """ACTIVE, REAUTH_REQUIRED, REVOKED or DISABLED."""
    reference: str | None
    """The vendor's own id of this customer."""
    linked_at: datetime
    updated_at: datetime
    connection_id: str | None = None
    """The consent it lives on; None once it was unlinked."""


@dataclass(frozen=True, slots=True)
class AccountKey:
    """One of an account's keys, without the key."""

    id: str
    account_id: str
    hint: str
    digest: str = field(repr=False)
    hash_key_id: str
    created_at: datetime
    name: str = "first"
    last_used_at: datetime | None = None
    """Exact to a minute."""
    ends_at: datetime | None = None
    """Set while the key is being replaced."""
    revoked_at: datetime | None = None

    def is_live(self, at: datetime) -> bool:
        """Say whether the key works at this moment."""
        return self.revoked_at is None and (self.ends_at is None or at < self.ends_at)


# nearly every request asks it
_key_with_account = PreparedQuery(
    lambda _: (
        select(*columns_of(AccountKey, _keys), *columns_of(Account, _table))
        .join_from(_keys, _table, _keys.c.account_id == _table.c.id)
        .where(_keys.c.digest == bindparam("digest"), _keys.c.revoked_at.is_(None))
    )
)


class AccountRepository:
    _select = select(*columns_of(Account, _table))

    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection
        self.keys = KeyRepository(connection, _keys)

    async def add(self, account: Account) -> None:
        await self._connection.execute(insert(_table).values(**as_row(account)))

    async def renew(self, account: Account) -> None:
        """Store a known account as it is after a link; its id and first day stay."""
        values = as_row(account)
        for kept in ("id", "tenant_id", "target", "organization_id", "linked_at"):
            del values[kept]
        await self._connection.execute(
            update(_table).where(_table.c.id == account.id).values(**values)
        )

    async def get(self, account_id: str, *, lock: bool = False) -> Account | None:
        """Return an account; with `lock` nobody else changes it before this transaction ends.

        Rows that refer to it can still be added, so that nobody who does waits in a circle.
        """
        query = self._select.where(_table.c.id == account_id)
        found = await self._connection.execute(
            query.with_for_update(key_share=True) if lock else query
        )
        row = found.first()
        return None if row is None else as_value(Account, row)

    async def of_customer(
        self, tenant_id: str, target: str, organization_id: str, reference: str | None
    ) -> Account | None:
        """Return a tenant's account of an organisation under this reference, or without any."""
        matches = (
            _table.c.reference.is_(None) if reference is None else _table.c.reference == reference
        )
        found = await self._connection.execute(
            self._select.where(
                _table.c.tenant_id == tenant_id,
                _table.c.target == target,
                _table.c.organization_id == organization_id,
                matches,
            )
        )
        row = found.first()
        return None if row is None else as_value(Account, row)

    async def of_reference(self, tenant_id: str, target: str, reference: str) -> list[Account]:
        """List a tenant's accounts under a reference, whatever their organisation, oldest first."""
        rows = await self._connection.execute(
            self._select.where(
                _table.c.tenant_id == tenant_id,
                _table.c.target == target,
                _table.c.reference == reference,
            ).order_by(_table.c.id)
        )
        return [as_value(Account, row) for row in rows]

    async def of_connection(self, connection_id: str) -> list[Account]:
        """List the accounts that live on a consent, oldest first."""
        rows = await self._connection.execute(
            self._select.where(_table.c.connection_id == connection_id).order_by(_table.c.id)
        )
        return [as_value(Account, row) for row in rows]

    async def leave(self, account_id: str) -> None:
        """Let an account live on no consent any more."""
        await self._connection.execute(
            update(_table).where(_table.c.id == account_id).values(connection_id=None)
        )

    async def of_tenant(self, tenant_id: str) -> list[Account]:
        """List a tenant's accounts, oldest first."""
        rows = await self._connection.execute(
            self._select.where(_table.c.tenant_id == tenant_id).order_by(_table.c.id)
        )
        return [as_value(Account, row) for row in rows]

    async def all(self, status: str | None = None) -> list[Account]:
        """List the accounts of all tenants, oldest first; for the operator and the workers."""
        query = self._select if status is None else self._select.where(_table.c.status == status)
        rows = await self._connection.execute(query.order_by(_table.c.id))
        return [as_value(Account, row) for row in rows]

    async def move(self, account_id: str, *, to: str, at: datetime, before: str) -> bool:
        """Change the status if it still is `before`; return whether it was."""
        result = await self._connection.execute(
            update(_table)
            .where(_table.c.id == account_id, _table.c.status == before)
            .values(status=to, updated_at=at)
        )
        return result.rowcount == 1

    async def add_key(self, key: AccountKey) -> None:
        await self._connection.execute(insert(_keys).values(**as_row(key)))

    async def find_key(self, digests: Sequence[str]) -> tuple[AccountKey, Account] | None:
        """Return the key with one of these hashes and its account, unless it was revoked.

        It may have ended, and be any tenant's.
        """
        asked = [{"digest": digest} for digest in digests]
        rows = await _key_with_account.fetch(self._connection, *asked)
        return as_values(AccountKey, Account, rows[0]) if rows else None

    async def keys_of(self, account_ids: Sequence[str]) -> list[AccountKey]:
        """List the unrevoked keys of these accounts, oldest first; some may have ended."""
        rows = await self._connection.execute(
            select(*columns_of(AccountKey, _keys))
            .where(_keys.c.account_id.in_(account_ids), _keys.c.revoked_at.is_(None))
            .order_by(_keys.c.id)
        )
        return [as_value(AccountKey, row) for row in rows]

    async def all_keys_of(self, account_id: str) -> list[AccountKey]:
        """List an account's keys, revoked ones too, oldest first."""
        rows = await self._connection.execute(
            select(*columns_of(AccountKey, _keys))
            .where(_keys.c.account_id == account_id)
            .order_by(_keys.c.id)
        )
        return [as_value(AccountKey, row) for row in rows]

    async def unrevoked_keys(self) -> list[AccountKey]:
        """List the keys of all accounts that weren't revoked, oldest first; for the operator."""
        rows = await self._connection.execute(
            select(*columns_of(AccountKey, _keys))
            .where(_keys.c.revoked_at.is_(None))
            .order_by(_keys.c.id)
        )
        return [as_value(AccountKey, row) for row in rows]

    async def get_key(self, key_id: str) -> AccountKey | None:
        row = (
            await self._connection.execute(
                select(*columns_of(AccountKey, _keys)).where(_keys.c.id == key_id)
            )
        ).first()
        return None if row is None else as_value(AccountKey, row)

    async def revoke_keys_of(self, account_id: str, at: datetime) -> int:
        """End every key of an account; return how many had not ended."""
        result = await self._connection.execute(
            update(_keys)
            .where(_keys.c.account_id == account_id, _keys.c.revoked_at.is_(None))
            .values(revoked_at=at)
        )
        return result.rowcount

    async def revoke_key(self, key_id: str, at: datetime) -> bool:
        """End a key; return False when it had ended before."""
        return await self.keys.revoke(key_id, at)
