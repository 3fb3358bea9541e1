"""A vendor's subscriptions.

At most one upstream subscription per account serves all of the account's to resources;
`webhooks.upstream` makes, changes and removes it. It begins with the first subscription that needs
it and ends with the last. Changes that the provider doesn't announce are polled by
`webhooks.reconcile`, from the moment of subscribing. A subscription to TOKEN needs neither, since
the end of a consent is watched for every account.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from connector.errors import (
    AccessRefused,
    DownstreamRefused,
    DownstreamTimeout,
    DownstreamUnavailable,
    RateLimited,
)
from connector.ports import WebhookAdapter
from connector.registry import Provider, Registry
from oauth.endings import TOKEN
from oauth.errors import AccountInactive, NotSupported, ReauthRequired
from storage.clock import Clock
from storage.egress import EgressPolicy
from storage.errors import Conflict, NotFound, ServiceError, StorageUnavailable
from storage.ids import new_id
from storage.log import logger
from storage.repositories.accounts import Account
from storage.repositories.subscriptions import Subscription
from storage.repositories.upstream_subscriptions import UpstreamSubscription
from storage.repositories.watermarks import Watermark
from storage.sealing import KeyRing
from storage.unit_of_work import DatabaseTransaction, UnitOfWork
from webhooks import callbacks
from webhooks.errors import SubscriptionExists
from webhooks.signing import new_secret
from webhooks.upstream import RESOURCES, Ask, Stands, Step, Upstream, Wait
from webhooks.words import OFFERED

FIRST_INTERVAL = timedelta(minutes=1)

_NEVER_MADE = (DownstreamRefused, AccessRefused, AccountInactive, ReauthRequired)
"""After these the provider has certainly nothing of what it was asked for."""

_LATE = (
    "{} could not be asked for events just now; the connector keeps trying, and events begin when "
    "it succeeds."
)

_ASKED_FOR = (
    "{} doesn't announce these changes for this account; the connector asks for them instead, so "
    "that events come minutes later."
)


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
        upstream: Upstream,
        *,
        deleted: Callable[[str], None],
        poll_now: Callable[[], None] = lambda: None,
        grace_period: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """`poll_now` is called when a poll has become due at once.

        `grace_period` is how many seconds after the end of a subscription other processes may start
        an attempt.
        """
        self._work = work
        self._ring = ring
        self._registry = registry
        self._policy = policy
        self._clock = clock
        self._deleted = deleted
        self._poll_now = poll_now
        self._grace_period = grace_period
        self.upstream = upstream

    async def create(
        self,
        account: Account,
        *,
        callback_url: str,
        resource: str,
        ordered: bool = False,
        coalesce_seconds: int = 0,
        deletions: bool = False,
    ) -> Created:
        """Subscribe a callback URL to an account's changes of one resource.

        Raises NotSupported, MissingScope (the resource can't be read), CallbackRefused and
        SubscriptionExists. A provider that can't be reached now is asked again later, and one that
        won't announce the changes is polled, both with a warning; what it raises otherwise is
        passed on.
        """
        provider = self._registry.get(account.target)
        offered = offered_by(provider)
        if resource not in offered:
            raise NotSupported(
                f"{account.target} has no webhooks for {resource}; available: {', '.join(offered)}."
            )
        callbacks.check(callback_url, self._policy)
        is_polled = provider.changes is not None and resource in provider.changes.resources
        allowed: frozenset[str] = frozenset()
        if resource != TOKEN:
            if provider.changes is not None and is_polled:
                await provider.changes.check(account.id, resource)
            allowed = await provider.webhooks.allowed(account.id)
        now = self._clock()
        secret = new_secret()
        subscription_id = new_id("whk", now)
        subscription = Subscription(
            id=subscription_id,
            tenant_id=account.tenant_id,
            account_id=account.id,
            resource=resource,
            callback_url=callback_url,
            secret=self._ring.seal(
                secret, associated_data=f"subscriptions.secret:{subscription_id}"
            ),
            created_at=now,
            updated_at=now,
            ordered=ordered,
            coalesce_seconds=coalesce_seconds,
            deletions=deletions,
        )
        topics = provider.webhooks.topics.get(resource, ())
        warnings: tuple[str, ...] = ()
        if not allowed.issuperset(topics):
            warnings = (_ASKED_FOR.format(account.target),)
        async with self.upstream.turns[_connection_of(account)]:
            step = await self._add(subscription, account, provider.webhooks, allowed)
            try:
                match step:
                    case Ask():
                        await self.upstream.ask(step, provider.webhooks, account.id)
                    case Wait():
                        warnings += (_LATE.format(account.target),)
                    case Stands():
                        pass
            except (DownstreamTimeout, DownstreamUnavailable, RateLimited):
                warnings += (_LATE.format(account.target),)
            except ServiceError as error:
                if not is_polled or not isinstance(error, DownstreamRefused | NotSupported):
                    await self._withdraw(subscription, step, error)
                    raise
                assert isinstance(step, Ask)
                await self.upstream.refused(account, step.upstream)
                warnings = (_ASKED_FOR.format(account.target),)
        self._poll_now()
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
        async with self.upstream.turns[_connection_of(account)]:
            now = self._clock()
            async with self._work.writing() as tx:
                found = await tx.subscriptions.get(subscription_id)
                if found is None or found.account_id != account.id or found.deleted_at is not None:
                    raise NotFound("This account has no such subscription.")
                await tx.subscriptions.end(subscription_id, now)
                await tx.deliveries.cancel_of(subscription_id, now)
                await _end_watermark(tx, found)
                step = (
                    Stands()
                    if found.resource == TOKEN
                    else (await self.upstream.narrow(tx, account, now))
                )
            self._deleted(subscription_id)
            if isinstance(step, Ask | UpstreamSubscription):
                adapter = self._registry.get(account.target).webhooks
                try:
                    if isinstance(step, Ask):
                        await self.upstream.ask(step, adapter, account.id)
                    else:
                        await self.upstream.remove(step, adapter, account.id)
                except ServiceError as error:
                    # what the vendor asked for is done; the rest is done by settle
                    logger.warning(
                        "upstream_subscription.left", account_id=account.id, code=error.code
                    )
        await asyncio.sleep(self._grace_period())
        logger.info("subscription.deleted", account_id=account.id, subscription_id=subscription_id)

    async def settle(self) -> int:
        """Finish what was begun at the provider and not confirmed; return how many were settled."""
        return await self.upstream.settle()

    # -- steps -----------------------------------------------------------------------------------

    async def _add(
        self,
        subscription: Subscription,
        account: Account,
        adapter: WebhookAdapter,
        allowed: frozenset[str],
    ) -> Step:
        """Commit the subscription, and what it needs; return what that takes at the provider."""
        now = subscription.created_at
        try:
            async with self._work.writing() as tx:
                others = await tx.subscriptions.live([subscription.account_id])
                await tx.subscriptions.add(subscription)
                if subscription.resource == TOKEN:
                    return Stands()
                await _begin_watermark(tx, subscription, others)
                if not adapter.topics.get(subscription.resource):
                    return Stands()
                # Read anew: another person may have consented since the request came in.
                connection_id = _connection_of(await tx.accounts.get(account.id) or account)
                types = await self.upstream.types(tx, connection_id, adapter, allowed)
                if not types:
                    return Stands()
                return await self.upstream.want(tx, connection_id, RESOURCES, types, now)
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
                await _end_watermark(tx, subscription)
                if subscription.resource == TOKEN:
                    return
                account = await tx.accounts.get(subscription.account_id)
                if account is None:
                    return
                connection_id = _connection_of(account)
                upstream = await tx.upstream_subscriptions.of_connection(
                    connection_id, RESOURCES, hold=True
                )
                if upstream is None:
                    return
                adapter = self._registry.get(account.target).webhooks
                if await self.upstream.types(tx, connection_id, adapter, upstream.types.split()):
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


def _connection_of(account: Account) -> str:
    """Return the consent that an account lives on. Raises AccountInactive once it was unlinked."""
    if account.connection_id is None:
        raise AccountInactive(account.status)
    return account.connection_id


def offered_by(provider: Provider) -> tuple[str, ...]:
    """Return what can be subscribed to at a target system: what it tells, or can be asked for."""
    asked = () if provider.changes is None else provider.changes.resources
    return tuple(
        one for one in OFFERED if one == TOKEN or one in provider.webhooks.topics or one in asked
    )


async def _begin_watermark(
    tx: DatabaseTransaction, subscription: Subscription, others: Sequence[Subscription]
) -> None:
    """Let changes be known from now on, unless they are for another subscription already."""
    if all(one.resource != subscription.resource for one in others):
        await tx.watermarks.end(subscription.account_id, subscription.resource)
        await tx.known_records.forget(subscription.account_id, subscription.resource)
    now = subscription.created_at
    await tx.watermarks.begin(
        Watermark(
            account_id=subscription.account_id,
            resource=subscription.resource,
            changed_until=now,
            since=now,
            due_at=now,
            interval_seconds=int(FIRST_INTERVAL.total_seconds()),
        )
    )


async def _end_watermark(tx: DatabaseTransaction, deleted: Subscription) -> None:
    """Forget what is known of a resource that nobody subscribes to any more."""
    live = await tx.subscriptions.live([deleted.account_id])
    if all(one.resource != deleted.resource for one in live):
        await tx.watermarks.end(deleted.account_id, deleted.resource)
        await tx.known_records.forget(deleted.account_id, deleted.resource)
