"""Who is calling: the tenant behind an API key, and the account behind an account key."""

import hmac
from dataclasses import dataclass

from connector.api.operation import Permission
from oauth.errors import PermissionDenied, UnauthorizedAccountKey, UnauthorizedApiKey
from oauth.key_uses import KeyUses
from oauth.keys import is_presentable
from oauth.permissions import read_permissions
from storage.clock import Clock, system_clock
from storage.repositories.accounts import Account
from storage.repositories.tenants import Tenant
from storage.sealing import KeyRing
from storage.unit_of_work import DatabaseTransaction, UnitOfWork


@dataclass(frozen=True, slots=True)
class Caller:
    """A vendor, and the key it called with."""

    tenant: Tenant
    key_id: str
    permissions: frozenset[Permission]

    def require(self, permission: Permission) -> None:
        """Raise PermissionDenied unless the key has this permission."""
        if permission not in self.permissions:
            raise PermissionDenied(permission)


@dataclass(frozen=True)
class Callers:
    """Finds callers by the keyed hash of the key they present."""

    work: UnitOfWork
    ring: KeyRing
    clock: Clock = system_clock
    uses: KeyUses | None = None
    """Told of every key that was accepted."""

    async def authenticate(self, api_key: str | None) -> Tenant:
        """Return the tenant of a live API key. Raises UnauthorizedApiKey."""
        return (await self.identify(api_key)).tenant

    async def identify(self, api_key: str | None) -> Caller:
        """Return who calls with a live API key. Raises UnauthorizedApiKey."""
        presented = _presentable(api_key, UnauthorizedApiKey)
        async with self.work.hot_reading() as tx:
            return await self._identify(tx, presented)

    async def select(self, tenant: Tenant, account_key: str | None) -> Account:
        """Return this tenant's account of a live key, whatever the account's status.

        Raises UnauthorizedAccountKey, the same for unknown, revoked and other tenants' keys.
        """
        presented = _presentable(account_key, UnauthorizedAccountKey)
        async with self.work.hot_reading() as tx:
            return await self._select(tx, tenant, presented)

    async def admit(
        self, api_key: str | None, account_key: str | None, permission: Permission | None
    ) -> tuple[Caller, Account]:
        """Return who calls and for which account, both read at once.

        `permission` is None where it is only known later. Raises UnauthorizedApiKey,
        PermissionDenied and UnauthorizedAccountKey, in this order.
        """
        presented = _presentable(api_key, UnauthorizedApiKey)
        async with self.work.hot_reading() as tx:
            caller = await self._identify(tx, presented)
            if permission is not None:
                caller.require(permission)
            selecting = _presentable(account_key, UnauthorizedAccountKey)
            return caller, await self._select(tx, caller.tenant, selecting)

    async def _identify(self, tx: DatabaseTransaction, api_key: str) -> Caller:
        digests = self._digests(api_key)
        found = await tx.api_keys.find(digests)
        if found is None:
            raise UnauthorizedApiKey
        key, tenant = found
        if not _is_among(key.digest, digests) or not key.is_live(self.clock()):
            raise UnauthorizedApiKey
        if self.uses is not None:
            self.uses.note(key, api_key)
        return Caller(tenant, key.id, read_permissions(key.permissions))

    async def _select(self, tx: DatabaseTransaction, tenant: Tenant, account_key: str) -> Account:
        digests = self._digests(account_key)
        found = await tx.accounts.find_key(digests)
        if found is None:
            raise UnauthorizedAccountKey
        key, account = found
        if not _is_among(key.digest, digests) or not key.is_live(self.clock()):
            raise UnauthorizedAccountKey
        if account.tenant_id != tenant.id:
            raise UnauthorizedAccountKey
        if self.uses is not None:
            self.uses.note(key, account_key)
        return account

    def _digests(self, key: str) -> list[str]:
        return [digest.value for digest in self.ring.digests(key)]


def _presentable(
    key: str | None, refusal: type[UnauthorizedApiKey | UnauthorizedAccountKey]
) -> str:
    """Return a key that is worth a look at the database; raise the refusal for any other."""
    if key is None or not is_presentable(key):
        raise refusal
    return key


def _is_among(stored: str, digests: list[str]) -> bool:
    """Compare in constant time; the lookup by index alone would not."""
    return any(hmac.compare_digest(stored, digest) for digest in digests)
