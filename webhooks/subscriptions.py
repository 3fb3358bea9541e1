"""A vendor's subscriptions.

At most one upstream subscription per account serves all of the account's to resources;
`webhooks.upstream` makes and removes it. Here it's begun with the first and ended with the last.
Those to TOKEN need none, since the end of a consent is watched for every account.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from connector.errors import (
    AccessRefused,
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
from storage.errors import Conflict, NotFound, ServiceError, StorageUnavailable
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.repositories.subscriptions import Subscription
from storage.repositories.upstream_subscriptions import UpstreamSubscription
from storage.sealing import KeyRing
from storage.unit_of_work import Transaction, UnitOfWork
from webhooks.egress import EgressPolicy
from webhooks.errors import SubscriptionExists
from webhooks.signing import new_secret
from webhooks.upstream import RESOURCES, Ask, Stands, Step, Upstream, Wait, rests_on_resources

OFFERED = ("INVOICE", TOKEN)
"""What a vendor can subscribe to: what Qonto announces and Maesn relays, and the consent's end."""

_NEVER_MADE = (DownstreamRefused, AccessRefused, AccountInactive, ReauthRequired)
"""After these the provider has certainly nothing of what it was asked for."""

_LATE = (
    "{} could not be asked for events just now; the connector keeps trying, and events begin when "
    "it succeeds."
)

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

    async def create(
        self,
        account: Account,
        *,
        callback_url: str,
        resource: str,
        ordered: bool = False,
        coalesce_seconds: int = 0,
    ) -> Created:
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
            ordered=ordered,
            coalesce_seconds=coalesce_seconds,
        )
        async with self.upstream.turns[account.id]:
            step = await self._add(subscription, adapter)
            late = False
            try:
                match step:
                    case Ask():
                        await self.upstream.ask(step, adapter)
                    case Wait():
                        late = True
                    case Stands():
                        pass
            except (DownstreamTimeout, DownstreamUnavailable, RateLimited):
                late = True
            except ServiceError as error:
                await self._withdraw(subscription, step, error)
                raise
        logger.info("subscription.created", account_id=account.id, subscription_id=subscription.id)
        return Created(subscription, secret, (_LATE.format(account.target),) if late else ())

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
                upstream = await self._unneeded(tx, found)
                if upstream is not None:
                    upstream = await tx.upstream_subscriptions.change(upstream, now, state="ENDING")
            self._ended(subscription_id)
            if upstream is not None:
                try:
                    await self.upstream.remove(
                        upstream, self._registry.get(account.target).webhooks
                    )
                except ServiceError as error:
                    # what the vendor asked for is done; the rest is done by settle
                    logger.warning(
                        "upstream_subscription.left", account_id=account.id, code=error.code
                    )
        logger.info("subscription.ended", account_id=account.id, subscription_id=subscription_id)

    async def settle(self) -> int:
        """Finish what was begun at the provider and not confirmed; answer how many were settled."""
        return await self.upstream.settle()

    # -- steps -----------------------------------------------------------------------------------

    async def _add(self, subscription: Subscription, adapter: WebhookAdapter) -> Step:
        """Commit the subscription, and that the upstream one is needed; answer what that takes."""
        try:
            async with self._work.writing() as tx:
                await tx.subscriptions.add(subscription)
                if not rests_on_resources(subscription):
                    return Stands()
                return await self.upstream.want(
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

    async def _withdraw(self, subscription: Subscription, step: Step, error: ServiceError) -> None:
        """Take back a subscription that the provider refused to feed."""
        now = self._clock()
        with suppress(StorageUnavailable):
            async with self._work.writing() as tx:
                await tx.subscriptions.end(subscription.id, now)
                upstream = await self._unneeded(tx, subscription)
                if upstream is None:
                    return
                if (
                    isinstance(step, Ask)
                    and step.fresh
                    and step.upstream == upstream
                    and isinstance(error, _NEVER_MADE)
                ):
                    await tx.upstream_subscriptions.remove(upstream.id)
                else:
                    await tx.upstream_subscriptions.change(upstream, now, state="ENDING")

    async def _unneeded(self, tx: Transaction, ended: Subscription) -> UpstreamSubscription | None:
        """Answer, held, what this one rested on, if nothing rests on it any more."""
        if not rests_on_resources(ended):
            return None
        upstream = await tx.upstream_subscriptions.of_account(
            ended.account_id, RESOURCES, hold=True
        )
        live = await tx.subscriptions.live([ended.account_id])
        return None if any(rests_on_resources(one) for one in live) else upstream
