"""Configurations: each is an organisation linked by its API key, and where its invoices are paid.

Sealed as they were given; the link keeps what calls need, as every link by API key does. One that
lacks the sandbox's token is kept, so that a form can be filled in two steps, but calls nobody.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connector.dispatching.errors import ExpectationFailed, ProviderAuthenticationFailed
from connector.dispatching.providers import PROVIDER, ProviderSettings
from oauth.errors import ReauthRequired, SandboxTokenMissing
from oauth.key_links import Credentials, KeyLinking
from oauth.ports import Identity
from storage.clock import Clock
from storage.errors import Conflict, Invalid, NotFound
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.repositories.configurations import StoredConfiguration, settings_associated_data
from storage.repositories.tenants import Tenant
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork

MOST = 1_000
"""Configurations of one tenant."""

_STAGING_TOKEN = "stagingToken"  # noqa: S105 - the name of a custom value, not the token
_TARGETS = ("qonto", "qonto-sandbox")


class Unlink(Protocol):
    """Ends the link of an account."""

    def __call__(self, account_id: str, *, by: str) -> Awaitable[object]: ...


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration, opened."""

    id: str
    settings: ProviderSettings
    account_id: str | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Configured:
    """Whose books a document goes to, and where it is paid."""

    configuration_id: str
    account: Account
    iban: str | None


@dataclass(frozen=True)
class Configurations:
    """The use cases around configurations. `by` is who acts, for the audit trail."""

    work: UnitOfWork
    ring: KeyRing
    clock: Clock
    links: KeyLinking
    unlink: Unlink

    async def list(self, tenant_id: str) -> list[Configuration]:
        """List a vendor's configurations, oldest first."""
        return [self._opened(one) for one in await self._stored(tenant_id)]

    async def get(self, tenant_id: str, configuration_id: str) -> Configuration:
        """Return one of a vendor's configurations. Raises NotFound."""
        return self._opened(await self._one(tenant_id, configuration_id))

    async def create(self, tenant: Tenant, settings: ProviderSettings, *, by: str) -> Configuration:
        """Check a configuration at Qonto and store it. Raises as `replace` does."""
        if len(await self._stored(tenant.id)) >= MOST:
            raise Conflict(f"There are {MOST} configurations already.")
        at = self.clock()
        return await self._save(tenant, new_id("cfg", at), settings, at, by)

    async def replace(
        self, tenant: Tenant, configuration_id: str, settings: ProviderSettings, *, by: str
    ) -> Configuration:
        """Check a configuration at Qonto and store it in the place of what it was.

        Raises NotFound, ProviderAuthenticationFailed, Invalid for an IBAN that isn't the
        organisation's, and what linking by API key raises; then everything is as it was.
        """
        stored = await self._one(tenant.id, configuration_id)
        whole = settings.with_secrets_of(self._opened(stored).settings)
        return await self._save(tenant, stored.id, whole, stored.created_at, by)

    async def remove(self, tenant_id: str, configuration_id: str, *, by: str) -> None:
        """Delete a configuration and end its links. Raises NotFound."""
        stored = await self._one(tenant_id, configuration_id)
        async with self.work.writing() as tx:
            found = [
                account
                for target in _TARGETS
                for account in await tx.accounts.of_reference(tenant_id, target, stored.id)
            ]
            await tx.configurations.remove(stored.id)
        for account in found:
            await self.unlink(account.id, by=by)

    async def chosen(self, tenant_id: str, configuration_id: str | None) -> Configured:
        """Return the configuration that is meant, the only one where none is named.

        Raises NotFound, Invalid where several could be meant, and ExpectationFailed.
        """
        async with self.work.hot_reading() as tx:
            if configuration_id is None:
                stored = _only(await tx.configurations.of_tenant(tenant_id, PROVIDER))
            else:
                stored = _found(await tx.configurations.get(tenant_id, configuration_id))
            account_id = stored.account_id
            account = None if account_id is None else await tx.accounts.get(account_id)
        settings = self._opened(stored).settings
        if not settings.is_complete:
            raise ExpectationFailed
        if account is None:
            raise NotFound("The configuration's link is gone; store the configuration again.")
        return Configured(stored.id, account, settings.iban)

    async def _save(
        self, tenant: Tenant, id_: str, settings: ProviderSettings, created_at: datetime, by: str
    ) -> Configuration:
        account_id = None
        if settings.is_complete:
            account_id = (await self._linked(tenant, id_, settings, by)).id
        stored = StoredConfiguration(
            id=id_,
            tenant_id=tenant.id,
            provider=PROVIDER,
            settings=self.ring.seal(
                settings.model_dump_json(by_alias=True),
                associated_data=settings_associated_data(id_),
            ),
            account_id=account_id,
            created_at=created_at,
            updated_at=self.clock(),
        )
        async with self.work.writing() as tx:
            await tx.configurations.put(stored)
        return Configuration(id_, settings, account_id, stored.updated_at)

    async def _linked(
        self, tenant: Tenant, id_: str, settings: ProviderSettings, by: str
    ) -> Account:
        token = settings.sandbox_header_value
        values = {_STAGING_TOKEN: token} if settings.use_sandbox and token else {}
        async with provider_refusals():
            linked = await self.links.link(
                tenant,
                settings.target,
                Credentials(settings.qonto_login, settings.qonto_secret_key, values),
                reference=id_,
                with_key=False,
                vet=_owning(settings.iban),
                by=by,
            )
        return linked.account

    async def _stored(self, tenant_id: str) -> Sequence[StoredConfiguration]:
        async with self.work.reading() as tx:
            return await tx.configurations.of_tenant(tenant_id, PROVIDER)

    async def _one(self, tenant_id: str, configuration_id: str) -> StoredConfiguration:
        async with self.work.reading() as tx:
            return _found(await tx.configurations.get(tenant_id, configuration_id))

    def _opened(self, stored: StoredConfiguration) -> Configuration:
        plain = self.ring.open(stored.settings, associated_data=stored.associated_data)
        settings = ProviderSettings.model_validate_json(plain)
        return Configuration(stored.id, settings, stored.account_id, stored.updated_at)


@asynccontextmanager
async def provider_refusals() -> AsyncGenerator[None]:
    """Raise ProviderAuthenticationFailed where the target system doesn't take the credentials."""
    try:
        yield
    except (ReauthRequired, SandboxTokenMissing):
        raise ProviderAuthenticationFailed from None


def _found(stored: StoredConfiguration | None) -> StoredConfiguration:
    if stored is None:
        raise NotFound("You have no configuration with this id.")
    return stored


def _only(found: Sequence[StoredConfiguration]) -> StoredConfiguration:
    match found:
        case []:
            raise NotFound(
                "Nothing is configured: POST /api/configurations/INVOICING/providers/qonto first."
            )
        case [one]:
            return one
        case _:
            raise Invalid.one(
                "configurationId", "REQUIRED", "You have several configurations: name one."
            )


def _owning(iban: str | None) -> Callable[[Identity], None]:
    def vet(identity: Identity) -> None:
        if iban is not None and iban not in identity.ibans:
            raise Invalid.one(
                "defaultIban", "NOT_ONES_OWN", "This is no open account of the organisation."
            )

    return vet
