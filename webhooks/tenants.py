"""The URLs at which a vendor is told that an account can't be used any more."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from oauth.errors import SigningSecretMissing
from storage.clock import Clock
from storage.egress import EgressPolicy
from storage.errors import NotFound
from storage.ids import new_id
from storage.log import logger
from storage.repositories.tenant_webhooks import TenantWebhook
from storage.repositories.tenants import Tenant
from storage.unit_of_work import UnitOfWork
from webhooks import callbacks
from webhooks.errors import SubscriptionExists


@dataclass(frozen=True)
class TenantWebhooks:
    """Use cases of /webhooks/tenant."""

    work: UnitOfWork
    policy: EgressPolicy
    clock: Clock
    deleted: Callable[[str], None]
    """Called with the id of each that was deleted, so that no attempt for it starts in this
    process."""
    grace_period: Callable[[], float] = lambda: 0.0
    """Seconds after that in which other processes may start one."""

    async def create(self, tenant: Tenant, callback_url: str) -> TenantWebhook:
        """Send notices about the tenant's accounts to a URL.

        Raises CallbackRefused, SubscriptionExists, and SigningSecretMissing while notices could
        not be signed.
        """
        callbacks.check(callback_url, self.policy)
        now = self.clock()
        made = TenantWebhook(new_id("whk", now), tenant.id, callback_url, now)
        async with self.work.writing() as tx:
            current = await tx.tenants.get(tenant.id)
            if current is None or current.signing_secret is None:
                raise SigningSecretMissing
            for known in await tx.tenant_webhooks.live(tenant.id):
                if known.callback_url == callback_url:
                    raise SubscriptionExists(
                        known.id, f"Notices are sent to this URL already, as {known.id}."
                    )
            await tx.tenant_webhooks.add(made)
        logger.info("tenant_webhook.created", tenant_id=tenant.id, subscription_id=made.id)
        return made

    async def delete(self, tenant: Tenant, webhook_id: str) -> None:
        """End the notices to a URL: on return no attempt for it starts any more.

        Raises NotFound for one that isn't this tenant's, or has ended already.
        """
        now = self.clock()
        async with self.work.writing() as tx:
            if not await tx.tenant_webhooks.end(webhook_id, tenant.id, now):
                raise NotFound("This tenant has no such webhook.")
            await tx.deliveries.cancel_notices_of(webhook_id, now)
        self.deleted(webhook_id)
        await asyncio.sleep(self.grace_period())
        logger.info("tenant_webhook.deleted", tenant_id=tenant.id, subscription_id=webhook_id)
