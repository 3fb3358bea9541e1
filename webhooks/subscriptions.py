"""A vendor's subscriptions, and the one at the provider that they rest on.

At most one upstream subscription per account serves all of the account's subscriptions to
resources; those to TOKEN need none, since the end of a consent is watched for every account.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from connector.errors import (
    DownstreamError,
    DownstreamRefused,
    DownstreamTimeout,
    DownstreamUnavailable,
    NotSupported,
    RateLimited,
)
from connector.ports import WebhookAdapter
from connector.registry import Registry
from oauth.endings import TOKEN
from oauth.errors import AccountInactive, ReauthRequired
from storage.clock import Clock
from storage.errors import Conflict, NotFound
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.repositories.subscriptions import Subscription
from storage.repositories.upstream_subscriptions import UpstreamSubscription
from storage.sealing import KeyRing
from storage.unit_of_work import Transaction, UnitOfWork
from webhooks.egress import EgressPolicy
from webhooks.errors import SubscriptionExists
from webhooks.signing import new_secret
from webhooks.upstream import RESOURCES, SETTLE_AFTER, Upstream, rests_on_resources

__all__ = ["OFFERED", "RESOURCES", "SETTLE_AFTER", "Created", "Subscriptions"]

OFFERED = ("INVOICE", TOKEN)
"""What a vendor can subscribe to: what Qonto announces and Maesn relays, and the consent's end."""

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Created:
    """A new subscription with its secret, which is shown this once."""

    subscription: Subscription
    secret: bytes = field(repr=False)
    warnings: tuple[str, ...]


class Subscriptions:
    """Use cases of /webhooks."""

    def __init__(
        self,
        work: UnitOfWork,
        ring: KeyRing,
        registry: Registry,
        policy: EgressPolicy,
        clock: Clock,
        *,
        public_url: str,
        forget: Callable[[str], None],
        ended: Callable[[str], None],
    ) -> None:
        self._work = work
        self._ring = ring
        self._registry = registry
        self._policy = policy
        self._clock = clock
        self._ended = ended
        self.upstream = Upstream(work, ring, registry, clock, public_url=public_url, forget=forget)

    async def create(self, account: Account, *, callback_url: str, resource: str) -> Created:
        """Subscribe a callback URL to an account's changes of one resource.

        Raises NotSupported, CallbackRefused, SubscriptionExists, and what the provider raises when
        it refuses; a provider that can't be reached now is asked again later, with a warning.
        """
        adapter = self._registry.get(account.target).webhooks
        if resource not in OFFERED or (resource != TOKEN and resource not in adapter.topics):
            raise NotSupported(
                f"{account.target} has no webhooks for {resource}; available: {', '.join(OFFERED)}."
            )
        self._policy.check_url(callback_url)
        now = self._clock()
        secret = new_secret()
        subscription_id = new_id("whk", now)
        subscription = Subscription(
            id=subscription_id,
            tenant_id=account.tenant_id,
            account_id=account.id,
            resource=resource,
            callback_url=callback_url,
            secret=self._ring.seal(secret, place=f"subscriptions.secret:{subscription_id}"),
            created_at=now,
            updated_at=now,
        )
        async with self.upstream.turns[account.id]:
            upstream = await self._add(subscription, adapter)
            warnings: tuple[str, ...] = ()
            if upstream is not None and upstream.state != "ACTIVE":
                try:
                    await self.upstream.ensure(upstream, adapter)
                except (DownstreamTimeout, DownstreamUnavailable, RateLimited):
                    warnings = (
                        f"{account.target} could not be asked for events just now; the connector "
                        "keeps trying, and events begin when it succeeds.",
                    )
                except (DownstreamRefused, DownstreamError, AccountInactive, ReauthRequired):
                    await self._withdraw(subscription)
                    raise
        logger.info("subscription.created", account_id=account.id, subscription_id=subscription.id)
        return Created(subscription, secret, warnings)

    async def list(self, account: Account) -> list[Subscription]:
        """List an account's live subscriptions, oldest first."""
        async with self._work.reading() as tx:
            return await tx.subscriptions.live([account.id])

    async def delete(self, account: Account, subscription_id: str) -> None:
        """End a subscription: on return no attempt for it starts any more.

        Raises NotFound for one that isn't this account's, or has ended already. When it was the
        last one, the upstream subscription is removed too, now or as soon as the provider answers.
        """
        async with self.upstream.turns[account.id]:
            now = self._clock()
            async with self._work.writing() as tx:
                found = await tx.subscriptions.get(subscription_id)
                if found is None or found.account_id != account.id or found.ended_at is not None:
                    raise NotFound("This account has no such subscription.")
                await tx.subscriptions.end(subscription_id, now)
                await tx.deliveries.cancel_of(subscription_id, now)
                upstream = await self._release(tx, account.id, now)
            self._ended(subscription_id)
            if upstream is not None:
                await self._remove_quietly(account, upstream)
        logger.info("subscription.ended", account_id=account.id, subscription_id=subscription_id)

    async def settle(self) -> int:
        """Finish what was begun at the provider and not confirmed; answer how many were settled."""
        return await self.upstream.settle()

    # -- steps -----------------------------------------------------------------------------------

    async def _add(
        self, subscription: Subscription, adapter: WebhookAdapter
    ) -> UpstreamSubscription | None:
        """Commit the subscription and, if there is none, the upstream one it will rest on."""
        try:
            async with self._work.writing() as tx:
                await tx.subscriptions.add(subscription)
                if not rests_on_resources(subscription):
                    return None
                return await self.upstream.begin(
                    tx,
                    subscription.account_id,
                    RESOURCES,
                    adapter.topics[subscription.resource],
                    subscription.created_at,
                )
        except Conflict:
            async with self._work.reading() as tx:
                for other in await tx.subscriptions.live([subscription.account_id]):
                    if (other.resource, other.callback_url) == (
                        subscription.resource,
                        subscription.callback_url,
                    ):
                        raise SubscriptionExists(other.id) from None
            raise

    async def _release(
        self, tx: Transaction, account_id: str, now: datetime
    ) -> UpstreamSubscription | None:
        """Mark the upstream subscription for removal if nothing rests on it any more."""
        upstream = await tx.upstream_subscriptions.of_account(account_id, RESOURCES)
        live = await tx.subscriptions.live([account_id])
        if upstream is None or any(rests_on_resources(one) for one in live):
            return None
        await tx.upstream_subscriptions.change(upstream.id, now, state="ENDING")
        return upstream

    async def _remove_quietly(self, account: Account, upstream: UpstreamSubscription) -> None:
        try:
            await self.upstream.remove(upstream, self._registry.get(account.target).webhooks)
        except (DownstreamError, AccountInactive, ReauthRequired) as error:
            logger.warning("upstream_subscription.left", account_id=account.id, code=error.code)

    async def _withdraw(self, subscription: Subscription) -> None:
        """Take back a subscription that the provider refused to feed."""
        now = self._clock()
        async with self._work.writing() as tx:
            await tx.subscriptions.end(subscription.id, now)
            await self._release(tx, subscription.account_id, now)
