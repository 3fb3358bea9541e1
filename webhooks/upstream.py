"""Our own subscriptions at the provider: one for the resources, one for the end of the consent.

Our code and secret are committed before the provider is asked: an event that overtakes the answer
is understood, and an answer that is lost leaves no orphan, because the next try finds the
subscription there by its address.
"""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from connector.errors import DownstreamError, DownstreamRefused
from connector.ports import WebhookAdapter
from connector.registry import Registry
from oauth.endings import TOKEN
from oauth.errors import AccountUnusable, ProviderError
from storage.clock import Clock
from storage.ids import new_id
from storage.repositories.subscriptions import Subscription
from storage.repositories.upstream_subscriptions import UpstreamSubscription
from storage.sealing import KeyRing
from storage.unit_of_work import Transaction, UnitOfWork

RESOURCES = "RESOURCES"
"""The purpose of the upstream subscription that feeds vendors' subscriptions."""

CONSENT = "CONSENT"
"""The purpose of the one that tells when the customer takes the consent back."""

SETTLE_AFTER = timedelta(seconds=30)

_AT_ONCE = 100

logger = structlog.get_logger()


def rests_on_resources(subscription: Subscription) -> bool:
    """Say whether a vendor's subscription needs the provider's resource events."""
    return subscription.resource != TOKEN


class Upstream:
    """Keeps what stands at the provider as it should be. `turns` lets one step at a time be taken
    for an account in this process."""

    def __init__(
        self,
        work: UnitOfWork,
        ring: KeyRing,
        registry: Registry,
        clock: Clock,
        *,
        public_url: str,
        forget: Callable[[str], None],
    ) -> None:
        self._work = work
        self._ring = ring
        self._registry = registry
        self._clock = clock
        self._public_url = public_url.rstrip("/")
        self.forget = forget
        self.turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def callback_url(self, upstream: UpstreamSubscription) -> str:
        """Answer the address that the provider is asked to post to."""
        return f"{self._public_url}/events/callback/{upstream.code}"

    async def begin(
        self, tx: Transaction, account_id: str, purpose: str, types: Sequence[str], at: datetime
    ) -> UpstreamSubscription | None:
        """Write down the one there is to be; answer the one there is, whoever wrote it."""
        known = await tx.upstream_subscriptions.of_account(account_id, purpose)
        if known is not None:
            return known
        upstream_id = new_id("ups", at)
        place = f"upstream_subscriptions.secret:{upstream_id}"
        fresh = UpstreamSubscription(
            id=upstream_id,
            account_id=account_id,
            purpose=purpose,
            code=secrets.token_urlsafe(32),
            secret=self._ring.seal(secrets.token_hex(32), place=place),
            types=" ".join(types),
            state="NEW",
            upstream_id=None,
            created_at=at,
            updated_at=at,
        )
        if await tx.upstream_subscriptions.add(fresh):
            return fresh
        return await tx.upstream_subscriptions.of_account(account_id, purpose)

    async def ensure(self, upstream: UpstreamSubscription, adapter: WebhookAdapter) -> None:
        """Make the provider post to us; take over one that an earlier try has left there."""
        url = self.callback_url(upstream)
        secret = self._ring.open_text(upstream.secret, place=upstream.place)
        types = upstream.types.split()
        found = None
        if upstream.state != "NEW":
            theirs = await adapter.list(upstream.account_id)
            found = next((item for item in theirs if item.callback_url == url), None)
        else:
            # From here on a subscription may exist there that we know nothing of.
            await self._change(upstream, state="PENDING")
        if found is None:
            found = await adapter.subscribe(upstream.account_id, url, secret, types)
        await self._change(upstream, state="ACTIVE", upstream_id=found.id)

    async def remove(self, upstream: UpstreamSubscription, adapter: WebhookAdapter) -> None:
        """Take it away at the provider, then here."""
        url = self.callback_url(upstream)
        if upstream.upstream_id is not None:
            await adapter.unsubscribe(upstream.account_id, upstream.upstream_id)
        elif upstream.state != "NEW":
            for item in await adapter.list(upstream.account_id):
                if item.callback_url == url:
                    await adapter.unsubscribe(upstream.account_id, item.id)
        async with self._work.writing() as tx:
            await tx.upstream_subscriptions.remove(upstream.id)
        self.forget(upstream.code)

    async def watch(self, account_id: str) -> None:
        """Have the provider tell when this account's consent ends; to be called after each link.

        A consent that ended took its subscriptions along, so after a new one all of the account's
        are asked for again. What the provider can't do now is left to `settle`.
        """
        async with self.turns[account_id]:
            now = self._clock()
            async with self._work.writing() as tx:
                account = await tx.accounts.get(account_id)
                if account is None:
                    return
                adapter = self._registry.get(account.target).webhooks
                if adapter.revocation_types:
                    await self.begin(tx, account_id, CONSENT, adapter.revocation_types, now)
                standing = [
                    one
                    for one in await tx.upstream_subscriptions.all_of(account_id)
                    if one.state != "ENDING"
                ]
                for one in standing:
                    if one.state != "NEW":
                        await tx.upstream_subscriptions.change(one.id, now, state="PENDING")
            for one in standing:
                asked = one if one.state == "NEW" else replace(one, state="PENDING")
                await self._try(asked, adapter, wanted=True)

    async def watch_all(self) -> int:
        """Watch the usable accounts that nobody watches yet; answer how many those were."""
        watchable = [
            target
            for target in self._registry.targets()
            if self._registry.get(target).webhooks.revocation_types
        ]
        async with self._work.reading() as tx:
            unwatched = await tx.upstream_subscriptions.lacking(
                CONSENT, targets=watchable, before=self._clock() - SETTLE_AFTER, most=_AT_ONCE
            )
        for account_id in unwatched:
            await self.watch(account_id)
        return len(unwatched)

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
            async with self.turns[upstream.account_id]:
                settled += await self._settle(upstream)
        return settled

    async def _settle(self, stale: UpstreamSubscription) -> bool:
        now = self._clock()
        async with self._work.writing() as tx:
            upstream = await tx.upstream_subscriptions.of_account(stale.account_id, stale.purpose)
            account = await tx.accounts.get(stale.account_id)
            if upstream is None or account is None or upstream.updated_at != stale.updated_at:
                return False  # somebody else is at it
            wanted = upstream.purpose == CONSENT or any(
                rests_on_resources(one) for one in await tx.subscriptions.live([account.id])
            )
            state = "PENDING" if wanted else "ENDING"
            await tx.upstream_subscriptions.change(upstream.id, now, state=state)
        return await self._try(upstream, self._registry.get(account.target).webhooks, wanted=wanted)

    async def _try(
        self, upstream: UpstreamSubscription, adapter: WebhookAdapter, *, wanted: bool
    ) -> bool:
        try:
            if wanted:
                await self.ensure(upstream, adapter)
            else:
                await self.remove(upstream, adapter)
        except (DownstreamError, AccountUnusable, ProviderError) as error:
            logger.warning(
                "upstream_subscription.unsettled", account_id=upstream.account_id, code=error.code
            )
            if wanted and upstream.purpose == CONSENT and isinstance(error, DownstreamRefused):
                # Without it the end of the consent is learned from the first 401.
                await self._change(upstream, state="REFUSED")
            return False
        return True

    async def _change(self, upstream: UpstreamSubscription, **values: str) -> None:
        async with self._work.writing() as tx:
            await tx.upstream_subscriptions.change(upstream.id, self._clock(), **values)
