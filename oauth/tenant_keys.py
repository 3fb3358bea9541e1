"""A vendor's API keys: several at a time, each with a name, permissions and an end if need be."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.api.operation import Permission
from oauth.audit import OPERATOR, entry
from oauth.keys import NewKey, check_key_name, new_api_key
from oauth.permissions import ALL, read_permissions, write_permissions
from storage.clock import Clock, system_clock
from storage.errors import Conflict, Invalid, NotFound
from storage.ids import new_id
from storage.repositories.api_keys import ApiKey
from storage.repositories.tenants import Tenant
from storage.sealing import KeyRing
from storage.unit_of_work import DatabaseTransaction, UnitOfWork


@dataclass(frozen=True, slots=True)
class IssuedApiKey:
    """A key just made, shown this once."""

    key: ApiKey
    secret: str = field(repr=False)


@dataclass(frozen=True)
class TenantKeys:
    """The use cases around API keys. `by` is who acts, for the audit trail."""

    work: UnitOfWork
    ring: KeyRing
    clock: Clock = system_clock

    async def create(
        self,
        tenant: Tenant,
        name: str,
        permissions: Iterable[Permission] = ALL,
        *,
        by: str = OPERATOR,
        within: Iterable[Permission] = ALL,
    ) -> IssuedApiKey:
        """Make another key. Raises Invalid for an unfit name or permissions beyond `within`."""
        check_key_name(name)
        wanted = frozenset(permissions)
        if not wanted <= frozenset(within):
            raise Invalid.one(
                "permissions", "PERMISSION_DENIED", "a key can't give more than it has itself"
            )
        made = new_api_key(self.ring)
        at = self.clock()
        key = api_key_record(made, tenant.id, name, wanted, at)
        async with self.work.writing() as tx:
            await tx.api_keys.add(key)
            await tx.audit.add(
                entry("api_key.created", by=by, at=at, tenant_id=tenant.id, api_key_id=key.id)
            )
        return IssuedApiKey(key, made.secret)

    async def all(self, tenant: Tenant) -> list[ApiKey]:
        """List a tenant's keys, ended and revoked ones too, oldest first."""
        async with self.work.reading() as tx:
            return await tx.api_keys.of_tenant(tenant.id)

    async def rotate(
        self, tenant: Tenant, key_id: str, *, overlap: timedelta, by: str = OPERATOR
    ) -> IssuedApiKey:
        """Make a key like this one, and let this one end after the overlap.

        Raises NotFound, and Conflict when the key has ended already.
        """
        made = new_api_key(self.ring)
        at = self.clock()
        async with self.work.writing() as tx:
            old = await _find(tx, tenant, key_id)
            if not old.is_live(at):
                raise Conflict("this key has ended; make a new one instead")
            key = api_key_record(made, tenant.id, old.name, read_permissions(old.permissions), at)
            await tx.api_keys.add(key)
            await tx.api_keys.end(old.id, at + overlap)
            await tx.audit.add(
                entry(
                    "api_key.rotated",
                    by=by,
                    at=at,
                    tenant_id=tenant.id,
                    api_key_id=key.id,
                    replaced_key_id=old.id,
                )
            )
        return IssuedApiKey(key, made.secret)

    async def revoke(self, tenant: Tenant, key_id: str, *, by: str = OPERATOR) -> None:
        """End a key at once; twice is once. Raises NotFound, and Conflict for the key in use."""
        if key_id == by:
            raise Conflict("a key can't revoke itself; use another one, so that one remains")
        at = self.clock()
        async with self.work.writing() as tx:
            key = await _find(tx, tenant, key_id)
            if await tx.api_keys.revoke(key.id, at):
                await tx.audit.add(
                    entry("api_key.revoked", by=by, at=at, tenant_id=tenant.id, api_key_id=key.id)
                )


def api_key_record(
    made: NewKey, tenant_id: str, name: str, permissions: Iterable[Permission], at: datetime
) -> ApiKey:
    """Write down a new API key, without the key."""
    return ApiKey(
        id=new_id("key", at),
        tenant_id=tenant_id,
        name=name.strip(),
        hint=made.hint,
        digest=made.digest.value,
        hash_key_id=made.digest.key_id,
        created_at=at,
        permissions=write_permissions(permissions),
    )


async def _find(tx: DatabaseTransaction, tenant: Tenant, key_id: str) -> ApiKey:
    key = await tx.api_keys.get(key_id)
    if key is None or key.tenant_id != tenant.id:
        raise NotFound("there is no such API key")
    return key
