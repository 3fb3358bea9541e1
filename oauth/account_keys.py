"""An account's keys: more of them, fewer of them, or a new one for those that were lost."""

from dataclasses import dataclass, field
from datetime import timedelta

from oauth.accounts import Status, key_record
from oauth.audit import OPERATOR, entry
from oauth.errors import AccountInactive
from oauth.keys import check_key_name, new_account_key
from storage.clock import Clock, system_clock
from storage.errors import NotFound
from storage.repositories.accounts import Account, AccountKey
from storage.sealing import KeyRing
from storage.unit_of_work import DatabaseTransaction, UnitOfWork

_AT_ONCE = timedelta(0)


@dataclass(frozen=True, slots=True)
class IssuedAccountKey:
    """A key just made, shown this once."""

    key: AccountKey
    secret: str = field(repr=False)


@dataclass(frozen=True)
class AccountKeys:
    """The use cases around account keys, for the operator."""

    work: UnitOfWork
    ring: KeyRing
    clock: Clock = system_clock

    async def create(
        self, account_id: str, name: str = "another", *, by: str = OPERATOR
    ) -> IssuedAccountKey:
        """Make an additional key. Raises NotFound, Invalid and AccountInactive."""
        check_key_name(name)
        async with self.work.writing() as tx:
            account = await _usable(tx, account_id)
            return await self._issue(tx, account, name, by)

    async def reissue(
        self,
        account_id: str,
        name: str = "reissued",
        *,
        overlap: timedelta = _AT_ONCE,
        by: str = OPERATOR,
    ) -> IssuedAccountKey:
        """Make a key in the place of all there were; they end after the overlap.

        Raises NotFound, Invalid and AccountInactive.
        """
        check_key_name(name)
        at = self.clock()
        async with self.work.writing() as tx:
            account = await _usable(tx, account_id)
            for old in await tx.accounts.keys_of([account.id]):
                if overlap > _AT_ONCE:
                    await tx.accounts.keys.end(old.id, at + overlap)
                else:
                    await self._end(tx, account, old, by)
            return await self._issue(tx, account, name, by)

    async def all(self, account_id: str) -> list[AccountKey]:
        """List an account's keys, ended and revoked ones too, oldest first. Raises NotFound."""
        async with self.work.reading() as tx:
            await _find(tx, account_id)
            return await tx.accounts.all_keys_of(account_id)

    async def revoke(self, key_id: str, *, by: str = OPERATOR) -> None:
        """End a key at once; twice is once. Raises NotFound."""
        async with self.work.writing() as tx:
            key = await tx.accounts.get_key(key_id)
            if key is None:
                raise NotFound("there is no such account key")
            await self._end(tx, await _find(tx, key.account_id), key, by)

    async def _issue(
        self, tx: DatabaseTransaction, account: Account, name: str, by: str
    ) -> IssuedAccountKey:
        made = new_account_key(self.ring)
        at = self.clock()
        key = key_record(made, account.id, at, name=name.strip())
        await tx.accounts.add_key(key)
        await tx.audit.add(
            entry(
                "account_key.issued",
                by=by,
                at=at,
                tenant_id=account.tenant_id,
                account_id=account.id,
                account_key_id=key.id,
            )
        )
        return IssuedAccountKey(key, made.secret)

    async def _end(
        self, tx: DatabaseTransaction, account: Account, key: AccountKey, by: str
    ) -> None:
        at = self.clock()
        if await tx.accounts.keys.revoke(key.id, at):
            await tx.audit.add(
                entry(
                    "account_key.revoked",
                    by=by,
                    at=at,
                    tenant_id=account.tenant_id,
                    account_id=account.id,
                    account_key_id=key.id,
                )
            )


async def _find(tx: DatabaseTransaction, account_id: str) -> Account:
    account = await tx.accounts.get(account_id)
    if account is None:
        raise NotFound("there is no such account")
    return account


async def _usable(tx: DatabaseTransaction, account_id: str) -> Account:
    """Return an account that a new key may be made for: any that isn't ended."""
    account = await _find(tx, account_id)
    if account.status in (Status.REVOKED, Status.DISABLED):
        raise AccountInactive(account.status)
    return account
