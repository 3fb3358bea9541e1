"""A vendor's subscriptions, and the one at the provider that they rest on.

At most one upstream subscription per account serves all of the account's subscriptions. Our own
code and secret are committed before the provider is asked: an event that overtakes the answer is
understood, and an answer that is lost leaves no orphan, because `settle` finds it by its address.

Its record says where it stands. PENDING: wanted, and the provider was or is being asked; ACTIVE:
the provider confirmed it; ENDING: not wanted, and being removed. Several processes may be at it at
once, so each step begins with a change of the record under a lock, and the provider's answer is
written down only if the record is still as that step left it.
"""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias

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
from oauth.errors import AccountInactive, ReauthRequired
from storage.clock import Clock
from storage.errors import Conflict, NotFound, ServiceError, StorageUnavailable
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.repositories.subscriptions import Subscription
from storage.repositories.upstream_subscriptions import UpstreamSubscription
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from webhooks.egress import EgressPolicy
from webhooks.errors import SubscriptionExists
from webhooks.signing import new_secret

RESOURCES = "RESOURCES"
"""The purpose of the upstream subscription that feeds vendors' subscriptions."""

OFFERED = ("INVOICE",)
"""What a vendor can subscribe to: the resources that Qonto announces and Maesn relays."""

SETTLE_AFTER = timedelta(seconds=30)

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
        self._public_url = public_url.rstrip("/")
        self._forget = forget
        self._ended = ended
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def create(self, account: Account, *, callback_url: str, resource: str) -> Created:
        """Subscribe a callback URL to an account's changes of one resource.

        Raises NotSupported, CallbackRefused, SubscriptionExists, and what the provider raises when
        it refuses; a provider that can't be reached now is asked again later, with a warning.
        """
        adapter = self._registry.get(account.target).webhooks
        if resource not in OFFERED or resource not in adapter.topics:
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
        async with self._turns[account.id]:
            step = await self._add(subscription, adapter)
            late = False
            try:
                match step:
                    case _Ask(upstream, fresh):
                        await self._ask(upstream, adapter, fresh=fresh)
                    case _Wait():
                        late = True
                    case None:
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
        async with self._turns[account.id]:
            now = self._clock()
            async with self._work.writing() as tx:
                found = await tx.subscriptions.get(subscription_id)
                if found is None or found.account_id != account.id or found.ended_at is not None:
                    raise NotFound("This account has no such subscription.")
                await tx.subscriptions.end(subscription_id, now)
                await tx.deliveries.cancel_of(subscription_id, now)
                upstream = await tx.upstream_subscriptions.of_account(
                    account.id, RESOURCES, hold=True
                )
                last = not await tx.subscriptions.live([account.id])
                if upstream is not None and last:
                    upstream = await tx.upstream_subscriptions.change(upstream, now, state="ENDING")
            self._ended(subscription_id)
            if upstream is not None and last:
                try:
                    await self._remove(upstream, self._registry.get(account.target).webhooks)
                except ServiceError as error:
                    # what the vendor asked for is done; the rest is done by settle
                    logger.warning(
                        "upstream_subscription.left", account_id=account.id, code=error.code
                    )
        logger.info("subscription.ended", account_id=account.id, subscription_id=subscription_id)

    async def settle(self) -> int:
        """Finish what was begun at the provider and not confirmed; answer how many were settled."""
        now = self._clock()
        async with self._work.reading() as tx:
            unsettled = [
                upstream
                for upstream in await tx.upstream_subscriptions.unsettled()
                if upstream.updated_at < now - SETTLE_AFTER
            ]
        settled = 0
        for upstream in unsettled:
            async with self._turns[upstream.account_id]:
                settled += await self._settle(upstream)
        return settled

    async def restore(self, account_id: str) -> None:
        """Look after an account's upstream subscription once its consent was renewed.

        A provider drops subscriptions with the consent they were made under; the vendor's own
        stand, and are fed again.
        """
        async with self._turns[account_id]:
            async with self._work.reading() as tx:
                upstream = await tx.upstream_subscriptions.of_account(account_id, RESOURCES)
            if upstream is not None:
                await self._settle(upstream)

    # -- steps -----------------------------------------------------------------------------------

    def callback_url(self, upstream: UpstreamSubscription) -> str:
        """Answer the address that the provider is asked to post to."""
        return f"{self._public_url}/events/callback/{upstream.code}"

    async def _add(self, subscription: Subscription, adapter: WebhookAdapter) -> "_Step":
        """Commit the subscription and, if there is none, the upstream one it will rest on.

        Answers what is left to do for the upstream one.
        """
        now = subscription.created_at
        try:
            async with self._work.writing() as tx:
                await tx.subscriptions.add(subscription)
                while True:
                    upstream = await tx.upstream_subscriptions.of_account(
                        subscription.account_id, RESOURCES, hold=True
                    )
                    if upstream is not None:
                        break
                    upstream = self._new_upstream(subscription, adapter)
                    if await tx.upstream_subscriptions.add(upstream):
                        return _Ask(upstream, fresh=True)
                if upstream.state == "ACTIVE":
                    return None
                if upstream.state == "PENDING" and upstream.updated_at > now - SETTLE_AFTER:
                    return _Wait()
                return _Ask(
                    await tx.upstream_subscriptions.change(upstream, now, state="PENDING"),
                    fresh=False,
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

    def _new_upstream(
        self, subscription: Subscription, adapter: WebhookAdapter
    ) -> UpstreamSubscription:
        now = subscription.created_at
        upstream_id = new_id("ups", now)
        place = f"upstream_subscriptions.secret:{upstream_id}"
        return UpstreamSubscription(
            id=upstream_id,
            account_id=subscription.account_id,
            purpose=RESOURCES,
            code=secrets.token_urlsafe(32),
            secret=self._ring.seal(secrets.token_hex(32), place=place),
            types=" ".join(adapter.topics[subscription.resource]),
            state="PENDING",
            upstream_id=None,
            created_at=now,
            updated_at=now,
        )

    async def _ask(
        self, upstream: UpstreamSubscription, adapter: WebhookAdapter, *, fresh: bool
    ) -> None:
        """Make the provider post to us; take over one that an earlier try has left there."""
        url = self.callback_url(upstream)
        secret = self._ring.open_text(upstream.secret, place=upstream.place)
        found = None
        if not fresh:
            theirs = await adapter.list(upstream.account_id)
            found = next((item for item in theirs if item.callback_url == url), None)
        if found is None:
            found = await adapter.subscribe(
                upstream.account_id, url, secret, upstream.types.split()
            )
        async with self._work.writing() as tx:
            now = await tx.upstream_subscriptions.of_account(
                upstream.account_id, upstream.purpose, hold=True
            )
            if now is not None and now.id == upstream.id:
                if now.updated_at == upstream.updated_at:
                    await tx.upstream_subscriptions.change(
                        now, self._clock(), state="ACTIVE", upstream_id=found.id
                    )
                    return
                if now.state != "ACTIVE":
                    # somebody else is at it, or will settle it, and will find this one there
                    await tx.upstream_subscriptions.change(now, self._clock(), upstream_id=None)
                    return
                if now.upstream_id == found.id:
                    return
        await adapter.unsubscribe(upstream.account_id, found.id)  # nobody needs it any more

    async def _remove(self, upstream: UpstreamSubscription, adapter: WebhookAdapter) -> None:
        url = self.callback_url(upstream)
        if upstream.upstream_id is not None:
            await adapter.unsubscribe(upstream.account_id, upstream.upstream_id)
        else:
            for item in await adapter.list(upstream.account_id):
                if item.callback_url == url:
                    await adapter.unsubscribe(upstream.account_id, item.id)
        async with self._work.writing() as tx:
            now = await tx.upstream_subscriptions.of_account(
                upstream.account_id, upstream.purpose, hold=True
            )
            if now is None or now.id != upstream.id:
                return
            if now.updated_at != upstream.updated_at:
                # Wanted again meanwhile, or asked for until just now: what is known of it may be
                # wrong, so that it's looked for there.
                state = "ENDING" if now.state == "ENDING" else "PENDING"
                await tx.upstream_subscriptions.change(
                    now, self._clock(), state=state, upstream_id=None
                )
                return
            await tx.upstream_subscriptions.remove(upstream.id)
        self._forget(upstream.code)

    async def _withdraw(
        self, subscription: Subscription, step: "_Step", error: ServiceError
    ) -> None:
        """Take back a subscription that the provider refused to feed."""
        now = self._clock()
        with suppress(StorageUnavailable):
            async with self._work.writing() as tx:
                await tx.subscriptions.end(subscription.id, now)
                upstream = await tx.upstream_subscriptions.of_account(
                    subscription.account_id, RESOURCES, hold=True
                )
                if upstream is None or await tx.subscriptions.live([subscription.account_id]):
                    return
                if (
                    isinstance(step, _Ask)
                    and step.fresh
                    and step.upstream == upstream
                    and isinstance(error, _NEVER_MADE)
                ):
                    await tx.upstream_subscriptions.remove(upstream.id)
                else:
                    await tx.upstream_subscriptions.change(upstream, now, state="ENDING")

    async def _settle(self, stale: UpstreamSubscription) -> int:
        now = self._clock()
        async with self._work.writing() as tx:
            upstream = await tx.upstream_subscriptions.of_account(
                stale.account_id, stale.purpose, hold=True
            )
            account = await tx.accounts.get(stale.account_id)
            if upstream is None or account is None or upstream.updated_at != stale.updated_at:
                return 0  # somebody else is at it
            wanted = bool(await tx.subscriptions.live([account.id]))
            upstream = await tx.upstream_subscriptions.change(
                upstream, now, state="PENDING" if wanted else "ENDING"
            )
        try:
            adapter = self._registry.get(account.target).webhooks
            if wanted:
                await self._ask(upstream, adapter, fresh=False)
            else:
                await self._remove(upstream, adapter)
        except StorageUnavailable:
            raise
        except ServiceError as error:
            logger.warning(
                "upstream_subscription.unsettled", account_id=account.id, code=error.code
            )
            return 0
        except Exception as error:
            # others wait behind this account
            logger.error("upstream_subscription.broken", account_id=account.id, exc_info=error)
            return 0
        return 1


@dataclass(frozen=True, slots=True)
class _Ask:
    """The provider is to be asked by this process; `fresh` when it never was before."""

    upstream: UpstreamSubscription
    fresh: bool


@dataclass(frozen=True, slots=True)
class _Wait:
    """Another process asks just now, or has just tried to and will be followed by settle."""


_Step: TypeAlias = _Ask | _Wait | None

_NEVER_MADE = (DownstreamRefused, AccessRefused, AccountInactive, ReauthRequired)
"""After these the provider has certainly nothing of what it was asked for."""

_LATE = (
    "{} could not be asked for events just now; the connector keeps trying, and events begin when "
    "it succeeds."
)
