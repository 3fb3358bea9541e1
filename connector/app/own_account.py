"""The account of the one company that an installation is for: linked at the start, and found again.

A key that Qonto refuses doesn't keep the service from starting: whoever asks is told, and the key
is tried again from time to time. Meanwhile an older key that is still stored isn't used.
"""

import asyncio
import time
from collections.abc import Callable

from connector.app.container import Container
from connector.app.one_company import OwnAccount
from connector.errors import DownstreamError, IdentityUnknown
from oauth.accounts import Status
from oauth.credential_age import CredentialAge
from oauth.errors import AccountUnusable, ProviderError
from oauth.key_links import Credentials
from oauth.sealed_tokens import is_same_api_key
from storage.errors import ServiceError
from storage.log import logger
from storage.repositories.accounts import Account
from storage.repositories.tenants import Tenant

TARGET = "qonto"
TENANT_ID, TENANT_NAME = "ten_default", "default"
"""A fixed id: two processes that start at once don't make two."""

EVERY = 30.0
"""Seconds between two tries to link at Qonto; until then what it said is said again."""

_FROM_QONTO = (AccountUnusable, ProviderError, DownstreamError, IdentityUnknown)


class OwnCompany:
    """The company itself, for the back office: `connector.faces.backoffice.door.OneCompany`."""

    def __init__(
        self, container: Container, own: OwnAccount, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._container = container
        self._own = own
        self._now = now
        self._account: Account | None = None
        self._refusal: ServiceError | None = None
        self._next_try = float("-inf")
        self._linking = asyncio.Lock()

    @property
    def organization_id(self) -> str:
        """The organisation's slug, as it is set."""
        return self._own.organization_id

    @property
    def tenant_id(self) -> str:
        """The id of the tenant that the account belongs to."""
        return TENANT_ID

    async def start(self) -> None:
        """Link the account; what Qonto has against it is logged, and told to whoever asks.

        Raises what keeps anything from being stored.
        """
        try:
            await self.link()
        except _FROM_QONTO as error:
            logger.error("one_company.not_linked", code=error.code, error=type(error).__name__)

    async def link(self) -> Account:
        """See that the account is linked by these credentials; ask Qonto only where it isn't.

        Raises what linking does; between two tries the same again.
        """
        async with self._linking:
            if self._refusal is not None and self._now() < self._next_try:
                raise self._refusal.with_traceback(None)
            self._refusal, self._account = None, None
            try:
                self._account = await ensure(self._container, self._own)
            except _FROM_QONTO as error:
                self._refusal, self._next_try = error, self._now() + EVERY
                raise
            return self._account

    async def account(self) -> Account:
        """Return the account. Raises as `link` does, where it couldn't be linked yet."""
        return self._account or await self.link()

    async def tenant(self) -> Tenant:
        """Return the tenant that the account belongs to."""
        return await _tenant(self._container)

    async def key_age(self) -> CredentialAge | None:
        """Return how old the key is; None while none is linked."""
        if self._account is None:
            return None
        storage = self._container.storage
        async with storage.work.reading() as tx:
            tokens = await tx.tokens.of_account(self._account.id)
        return None if tokens is None else CredentialAge(tokens.updated_at, storage.clock())


async def ensure(container: Container, own: OwnAccount) -> Account:
    """See that the tenant `default` exists, with the company's account linked; return that.

    Asks Qonto only when what is stored differs. Makes and prints no keys. Raises what linking by
    API key raises.
    """
    tenant = await _tenant(container)
    known = await _standing(container, tenant, own)
    if known is not None:
        return known
    credentials = Credentials(own.organization_id, own.api_key)
    linked = await container.oauth.key_links.link(tenant, TARGET, credentials, with_key=False)
    logger.info("one_company.linked", account_id=linked.account.id, tenant_id=tenant.id)
    return linked.account


async def _tenant(container: Container) -> Tenant:
    async with container.storage.work.hot_reading() as tx:
        known = await tx.tenants.get(TENANT_ID)
    if known is not None:
        return known
    async with container.storage.work.writing() as tx:
        known = await tx.tenants.get(TENANT_ID)
        if known is not None:
            return known
        tenant = Tenant(TENANT_ID, TENANT_NAME, container.storage.clock())
        await tx.tenants.add(tenant)
        return tenant


async def _standing(container: Container, tenant: Tenant, own: OwnAccount) -> Account | None:
    """Return the account for which exactly these credentials are stored and can be used."""
    system = container.registry.get(TARGET).system
    wanted = system.api_key_authorization(own.organization_id, own.api_key)
    async with container.storage.work.reading() as tx:
        for account in await tx.accounts.of_tenant(tenant.id):
            stored = await tx.tokens.of_account(account.id)
            if stored is None or account.status != Status.ACTIVE:
                continue
            if is_same_api_key(container.storage.ring, stored, wanted):
                return account
    return None
