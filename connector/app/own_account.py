"""Links the account of the one company that an installation is for, when it starts."""

from connector.app.container import Container
from connector.app.one_company import OwnAccount
from oauth.accounts import Status
from oauth.key_links import Credentials
from storage.log import logger
from storage.repositories.tenants import Tenant
from storage.repositories.tokens import API_KEY

TARGET = "qonto"
TENANT_ID, TENANT_NAME = "ten_default", "default"
"""A fixed id: two processes that start at once don't make two."""


async def ensure(container: Container, own: OwnAccount) -> None:
    """See that the tenant `default` exists, with the company's account linked.

    Asks Qonto only when what is stored differs. Makes and prints no keys. Raises what linking by
    API key raises.
    """
    tenant = await _tenant(container)
    if await _stands(container, tenant, own):
        return
    credentials = Credentials(own.organization_id, own.api_key)
    linked = await container.oauth.key_links.link(tenant, TARGET, credentials, with_key=False)
    logger.info("one_company.linked", account_id=linked.account.id, tenant_id=tenant.id)


async def _tenant(container: Container) -> Tenant:
    async with container.storage.work.writing() as tx:
        known = await tx.tenants.get(TENANT_ID)
        if known is not None:
            return known
        tenant = Tenant(TENANT_ID, TENANT_NAME, container.storage.clock())
        await tx.tenants.add(tenant)
        return tenant


async def _stands(container: Container, tenant: Tenant, own: OwnAccount) -> bool:
    """Say whether exactly these credentials are stored and can be used."""
    system = container.registry.get(TARGET).system
    wanted = system.api_key_authorization(own.organization_id, own.api_key)
    async with container.storage.work.reading() as tx:
        for account in await tx.accounts.of_tenant(tenant.id):
            stored = await tx.tokens.of_account(account.id)
            if stored is None or stored.kind != API_KEY or account.status != Status.ACTIVE:
                continue
            if (
                container.storage.ring.open_text(
                    stored.access_token, associated_data=stored.access_associated_data
                )
                == wanted
            ):
                return True
    return False
