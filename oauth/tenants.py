"""What a vendor and the operator manage: tenants, their systems, callback URLs and secrets."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from oauth import callbacks
from oauth.accounts import Status
from oauth.audit import OPERATOR, entry
from oauth.credentials import open_values, seal_values
from oauth.errors import SystemNotRegistered, UnknownTarget
from oauth.keys import new_api_key
from oauth.permissions import ALL
from oauth.ports import TargetSystem
from oauth.settings import OAuthSettings
from oauth.tenant_keys import api_key_record
from storage.clock import Clock, system_clock
from storage.errors import FieldError, Invalid, NotFound
from storage.ids import new_id
from storage.repositories.accounts import Account, AccountKey
from storage.repositories.systems import System
from storage.repositories.tenants import Tenant
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class NewTenant:
    """A tenant just made, with the API key that is shown this once."""

    tenant: Tenant
    api_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RegisteredSystem:
    """App credentials as they may be shown: no secret among them."""

    target: str
    client_id: str
    custom_value_names: tuple[str, ...]
    scopes: str | None


@dataclass(frozen=True, slots=True)
class CallbackUrls:
    """Where a tenant's links end by default, and where they may end."""

    callback_url: str | None
    cancel_callback_url: str | None
    allowed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SigningSecret:
    """32 random bytes in the two spellings receivers use; shown this once."""

    raw: bytes = field(repr=False)

    @property
    def hex(self) -> str:
        """64 hex characters; as UTF-8 text they key the hex signatures."""
        return self.raw.hex()

    @property
    def whsec(self) -> str:
        """The spelling of Standard Webhooks."""
        return f"whsec_{base64.b64encode(self.raw).decode()}"


@dataclass(frozen=True, slots=True)
class EndUser:
    """A linked account with its live keys' hints."""

    account: Account
    keys: tuple[AccountKey, ...]


@dataclass(frozen=True)
class Tenancy:
    """The use cases around tenants. `by` is who acts, for the audit trail."""

    work: UnitOfWork
    ring: KeyRing
    targets: Mapping[str, TargetSystem]
    settings: OAuthSettings
    clock: Clock = system_clock

    async def create(
        self,
        name: str,
        *,
        key_in_redirect: bool = False,
        key_name: str = "first",
        by: str = OPERATOR,
    ) -> NewTenant:
        """Make a tenant with one API key, for everything. Raises Invalid for an empty name."""
        if not name.strip():
            raise Invalid.one("name", "REQUIRED", "a tenant needs a name")
        at = self.clock()
        tenant = Tenant(new_id("ten", at), name.strip(), at, key_in_redirect=key_in_redirect)
        made = new_api_key(self.ring)
        key = api_key_record(made, tenant.id, key_name, ALL, at)
        async with self.work.writing() as tx:
            await tx.tenants.add(tenant)
            await tx.audit.add(entry("tenant.created", by=by, at=at, tenant_id=tenant.id))
            await tx.api_keys.add(key)
            await tx.audit.add(
                entry("api_key.created", by=by, at=at, tenant_id=tenant.id, api_key_id=key.id)
            )
        return NewTenant(tenant, made.secret)

    async def all(self) -> list[Tenant]:
        """List every tenant, oldest first; for the operator only."""
        async with self.work.reading() as tx:
            return await tx.tenants.all()

    async def get(self, tenant_id: str) -> Tenant:
        """Return a tenant. Raises NotFound."""
        async with self.work.reading() as tx:
            tenant = await tx.tenants.get(tenant_id)
        if tenant is None:
            raise NotFound("there is no such tenant")
        return tenant

    async def register_system(
        self,
        tenant: Tenant,
        target: str,
        client_id: str,
        client_secret: str,
        custom_values: Mapping[str, str],
        *,
        scopes: str | None = None,
        by: str = OPERATOR,
    ) -> None:
        """Store app credentials, in the place of any there were.

        Raises UnknownTarget, and Invalid when something the target system can't do without lacks.
        """
        system = self.targets.get(target)
        if system is None:
            raise UnknownTarget
        _check_credentials(system, client_id, client_secret, custom_values)
        at = self.clock()
        bare = System(new_id("sys", at), tenant.id, target, client_id, b"", b"", scopes, at, at)
        sealed = replace(
            bare,
            client_secret=self.ring.seal(
                client_secret, associated_data=bare.secret_associated_data
            ),
            custom_values=seal_values(
                self.ring, custom_values, associated_data=bare.values_associated_data
            ),
        )
        async with self.work.writing() as tx:
            await tx.systems.put(sealed)
            await tx.audit.add(
                entry("system.registered", by=by, at=at, tenant_id=tenant.id, target=target)
            )

    async def registered_systems(self, tenant: Tenant) -> list[RegisteredSystem]:
        """List the registered systems, without their secrets."""
        async with self.work.reading() as tx:
            systems = await tx.systems.of_tenant(tenant.id)
        return [
            RegisteredSystem(
                target=system.target,
                client_id=system.client_id,
                custom_value_names=tuple(sorted(open_values(self.ring, system))),
                scopes=system.scopes,
            )
            for system in systems
        ]

    async def unregister_system(self, tenant: Tenant, target: str, *, by: str = OPERATOR) -> None:
        """Delete app credentials. Raises UnknownTarget and SystemNotRegistered."""
        if target not in self.targets:
            raise UnknownTarget
        async with self.work.writing() as tx:
            if not await tx.systems.remove(tenant.id, target):
                raise SystemNotRegistered(target)
            await tx.audit.add(
                entry(
                    "system.removed",
                    by=by,
                    at=self.clock(),
                    tenant_id=tenant.id,
                    target=target,
                )
            )

    async def add_callback_urls(
        self,
        tenant: Tenant,
        callback_url: str,
        cancel_callback_url: str | None = None,
        *,
        by: str = OPERATOR,
    ) -> None:
        """Make these the default ends of links, and allow all that lies at or below them.

        Raises CallbackNotAllowed.
        """
        loopback = self.settings.allow_loopback_callbacks
        entries = {callbacks.entry_of(callback_url, allow_loopback=loopback, field="callbackUrl")}
        if cancel_callback_url is not None:
            entries.add(
                callbacks.entry_of(
                    cancel_callback_url, allow_loopback=loopback, field="cancelCallbackUrl"
                )
            )
        async with self.work.writing() as tx:
            await tx.tenants.set_callbacks(tenant.id, callback_url, cancel_callback_url)
            for allowed in sorted(entries):
                await tx.tenants.allow(tenant.id, allowed)
            await tx.audit.add(
                entry("callbacks.added", by=by, at=self.clock(), tenant_id=tenant.id)
            )

    async def callback_urls(self, tenant: Tenant) -> CallbackUrls:
        """Return where a tenant's links end and may end."""
        async with self.work.reading() as tx:
            fresh = await tx.tenants.get(tenant.id) or tenant
            allowed = await tx.tenants.allowed(tenant.id)
        return CallbackUrls(fresh.callback_url, fresh.cancel_callback_url, allowed)

    async def opt_in_to_key_in_redirect(
        self, tenant: Tenant, wanted: bool = True, *, by: str = OPERATOR
    ) -> None:
        """Decide whether account keys may travel in redirects, in the browser's address bar."""
        async with self.work.writing() as tx:
            await tx.tenants.set_key_in_redirect(tenant.id, wanted)
            action = "key_in_redirect.allowed" if wanted else "key_in_redirect.ended"
            await tx.audit.add(entry(action, by=by, at=self.clock(), tenant_id=tenant.id))

    async def demand_confirmation(
        self, tenant: Tenant, wanted: bool = True, *, by: str = OPERATOR
    ) -> None:
        """Decide whether what can't be undone has to be checked and confirmed first."""
        async with self.work.writing() as tx:
            await tx.tenants.set_confirms_acts(tenant.id, wanted)
            action = "confirmation.demanded" if wanted else "confirmation.waived"
            await tx.audit.add(entry(action, by=by, at=self.clock(), tenant_id=tenant.id))

    async def create_signing_secret(self, tenant: Tenant, *, by: str = OPERATOR) -> SigningSecret:
        """Make the secret that signs redirects and notices; it ends the one before at once."""
        secret = SigningSecret(secrets.token_bytes(32))
        async with self.work.writing() as tx:
            await tx.tenants.set_signing_secret(
                tenant.id, self.ring.seal(secret.raw, associated_data=tenant.associated_data)
            )
            await tx.audit.add(
                entry("signing_secret.created", by=by, at=self.clock(), tenant_id=tenant.id)
            )
        return secret

    async def end_users(self, tenant: Tenant) -> list[EndUser]:
        """List a tenant's linked accounts, oldest first."""
        at = self.clock()
        async with self.work.reading() as tx:
            accounts = await tx.accounts.of_tenant(tenant.id)
            keys = await tx.accounts.keys_of([account.id for account in accounts])
        return [
            EndUser(
                account,
                tuple(key for key in keys if key.account_id == account.id and key.is_live(at)),
            )
            for account in accounts
        ]

    async def count_end_users(self, tenant: Tenant) -> dict[str, tuple[int, int]]:
        """Count a tenant's linked accounts by target system: all of them, and the active ones."""
        async with self.work.reading() as tx:
            accounts = await tx.accounts.of_tenant(tenant.id)
        return {
            target: (
                sum(account.target == target for account in accounts),
                sum(
                    account.target == target and account.status == Status.ACTIVE
                    for account in accounts
                ),
            )
            for target in self.targets
        }


def _check_credentials(
    system: TargetSystem, client_id: str, client_secret: str, values: Mapping[str, str]
) -> None:
    wrong = [
        FieldError(name, "REQUIRED", f"{name} must not be empty")
        for name, value in (("clientId", client_id), ("clientSecret", client_secret))
        if not value.strip()
    ]
    wrong += [
        FieldError(
            f"customValues.{name}", "REQUIRED", f"{system.target} needs the custom value {name}"
        )
        for name in system.requirements()
        if not values.get(name, "").strip()
    ]
    if wrong:
        raise Invalid("the system can't be registered as it is", wrong)
