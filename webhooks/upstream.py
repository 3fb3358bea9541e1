"""Our own subscriptions at the provider: one for the resources, one for the end of the consent.

Our own code and secret are committed before the provider is asked: an event that overtakes the
answer is understood, and an answer that is lost leaves no orphan: it's found by its address.

A record says where it stands. PENDING: wanted, and the provider was or is being asked; ACTIVE: the
provider confirmed it; REFUSED: the provider won't tell of the consent's end, and is asked again
after the next link; ENDING: not wanted, and being removed. Several processes may be at it at once,
so each step begins with a change of the record under a lock, and the provider's answer is written
down only if the record is still as that step left it.
"""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

import structlog

from connector.errors import DownstreamRefused, NotSupported
from connector.ports import WebhookAdapter
from connector.registry import Registry
from oauth.accounts import Status
from oauth.endings import TOKEN
from storage.clock import Clock
from storage.errors import ServiceError, StorageUnavailable
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.repositories.subscriptions import Subscription
from storage.repositories.upstream_subscriptions import UpstreamSubscription
from storage.sealing import KeyRing
from storage.unit_of_work import Transaction, UnitOfWork

RESOURCES = "RESOURCES"
"""The purpose of the upstream subscription that feeds vendors' subscriptions."""

CONSENT = "CONSENT"
"""The purpose of the one that tells when the customer takes the consent back."""

SETTLE_AFTER = timedelta(seconds=30)
"""How long a step may be under way before another process takes it to have failed."""

_AT_ONCE = 100

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Ask:
    """The provider is to be asked by this process; `fresh` when it never was before."""

    upstream: UpstreamSubscription
    fresh: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Another process is asking, or tried just now; what it leaves open is settled later."""


@dataclass(frozen=True, slots=True)
class Stands:
    """The provider confirmed it, or isn't needed; nothing is left to do."""


Step: TypeAlias = Ask | Wait | Stands


def rests_on_resources(subscription: Subscription) -> bool:
    """Say whether a vendor's subscription needs the provider's resource events."""
    return subscription.resource != TOKEN


class Upstream:
    """Makes and removes them. What takes a transaction belongs into the caller's own.

    `turns` lets one step at a time be taken for an account in this process.
    """

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

    # -- one subscription ------------------------------------------------------------------------

    async def want(
        self, tx: Transaction, account_id: str, purpose: str, types: tuple[str, ...], now: datetime
    ) -> Step:
        """Write down that the account needs it; answer what is left to do for that."""
        while True:
            upstream = await tx.upstream_subscriptions.of_account(account_id, purpose, hold=True)
            if upstream is not None:
                break
            upstream = self._new(account_id, purpose, types, now)
            if await tx.upstream_subscriptions.add(upstream):
                return Ask(upstream, fresh=True)
        if upstream.state == "ACTIVE":
            return Stands()
        if upstream.state == "PENDING" and upstream.updated_at > now - SETTLE_AFTER:
            return Wait()
        return await self._again(tx, upstream, now)

    async def ask(self, step: Ask, adapter: WebhookAdapter) -> None:
        """Make the provider post to us; take over one that an earlier try has left there."""
        upstream = step.upstream
        url = self.callback_url(upstream)
        secret = self._ring.open_text(upstream.secret, place=upstream.place)
        found = None
        if not step.fresh:
            theirs = await adapter.list(upstream.account_id)
            ours = [item for item in theirs if item.callback_url == url]
            found = ours[0] if ours else None
            for item in ours[1:]:  # two processes had asked at once
                await adapter.unsubscribe(upstream.account_id, item.id)
        if found is None:
            found = await adapter.subscribe(
                upstream.account_id, url, secret, upstream.types.split()
            )
        async with self._work.writing() as tx:
            now = await self._same(tx, upstream)
            if now is not None and now.updated_at == upstream.updated_at:
                await tx.upstream_subscriptions.change(
                    now, self._clock(), state="ACTIVE", upstream_id=found.id
                )
                return
            if now is not None and now.state != "ACTIVE":
                # Somebody else is at it, or will settle it: let it be looked for there.
                state = "ENDING" if now.state == "ENDING" else "PENDING"
                await tx.upstream_subscriptions.change(
                    now, self._clock(), state=state, upstream_id=None
                )
                return
            if now is not None and now.upstream_id == found.id:
                return
        await adapter.unsubscribe(upstream.account_id, found.id)  # nobody needs it any more

    async def remove(self, upstream: UpstreamSubscription, adapter: WebhookAdapter) -> None:
        """Let the provider post no more, and forget the record."""
        url = self.callback_url(upstream)
        if upstream.upstream_id is not None:
            await adapter.unsubscribe(upstream.account_id, upstream.upstream_id)
        elif upstream.state != "REFUSED":
            for item in await adapter.list(upstream.account_id):
                if item.callback_url == url:
                    await adapter.unsubscribe(upstream.account_id, item.id)
        async with self._work.writing() as tx:
            now = await self._same(tx, upstream)
            if now is None:
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
        self.forget(upstream.code)

    # -- all of an account -----------------------------------------------------------------------

    async def watch(self, account_id: str) -> None:
        """Have the provider tell when this account's consent ends; to be called after each link.

        A consent that ended took its subscriptions along, so after a new one all of the account's
        are asked for again; the vendor's own stand, and are fed again. What the provider can't do
        now is left to `settle`.
        """
        async with self.turns[account_id]:
            now = self._clock()
            async with self._work.writing() as tx:
                account = await tx.accounts.get(account_id)
                if account is None or account.status != Status.ACTIVE:
                    return
                types = self._registry.get(account.target).webhooks.revocation_types
                asks = [
                    await self._again(tx, upstream, now)
                    for upstream in await tx.upstream_subscriptions.all_of(account_id, hold=True)
                    if upstream.state != "ENDING"
                ]
                if types and all(ask.upstream.purpose != CONSENT for ask in asks):
                    step = await self.want(tx, account_id, CONSENT, types, now)
                    asks += [step] if isinstance(step, Ask) else []
            for ask in asks:
                await self._finish(account, ask)

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

    # -- steps -----------------------------------------------------------------------------------

    async def _settle(self, stale: UpstreamSubscription) -> bool:
        now = self._clock()
        async with self._work.writing() as tx:
            upstream = await self._same(tx, stale)
            account = await tx.accounts.get(stale.account_id)
            if upstream is None or account is None or upstream.updated_at != stale.updated_at:
                return False  # somebody else is at it
            if account.status != Status.ACTIVE:
                return False
            wanted = upstream.purpose == CONSENT or any(
                rests_on_resources(one) for one in await tx.subscriptions.live([account.id])
            )
            if wanted:
                step = await self._again(tx, upstream, now)
            else:
                step = await tx.upstream_subscriptions.change(upstream, now, state="ENDING")
        return await self._finish(account, step)

    async def _finish(self, account: Account, step: Ask | UpstreamSubscription) -> bool:
        """Have the provider make one, or remove one; answer whether it's done."""
        try:
            adapter = self._registry.get(account.target).webhooks
            if isinstance(step, Ask):
                await self.ask(step, adapter)
            else:
                await self.remove(step, adapter)
        except StorageUnavailable:
            raise
        except ServiceError as error:
            logger.warning(
                "upstream_subscription.unsettled", account_id=account.id, code=error.code
            )
            if isinstance(step, Ask) and isinstance(error, DownstreamRefused | NotSupported):
                await self._refused(step.upstream)
            return False
        except Exception as error:
            # others wait behind this account
            logger.error("upstream_subscription.broken", account_id=account.id, exc_info=error)
            return False
        return True

    async def _refused(self, upstream: UpstreamSubscription) -> None:
        """Ask no more for word of the consent's end; it's learned from the first 401 instead."""
        if upstream.purpose != CONSENT:
            return
        async with self._work.writing() as tx:
            now = await self._same(tx, upstream)
            if now is not None and now.updated_at == upstream.updated_at:
                await tx.upstream_subscriptions.change(now, self._clock(), state="REFUSED")

    async def _again(self, tx: Transaction, upstream: UpstreamSubscription, now: datetime) -> Ask:
        """Write down that the provider is asked once more.

        What was known of it there counts no more: it may be replaced, and the answer be lost.
        """
        return Ask(
            await tx.upstream_subscriptions.change(
                upstream, now, state="PENDING", upstream_id=None
            ),
            fresh=False,
        )

    def _new(
        self, account_id: str, purpose: str, types: tuple[str, ...], now: datetime
    ) -> UpstreamSubscription:
        upstream_id = new_id("ups", now)
        place = f"upstream_subscriptions.secret:{upstream_id}"
        return UpstreamSubscription(
            id=upstream_id,
            account_id=account_id,
            purpose=purpose,
            code=secrets.token_urlsafe(32),
            secret=self._ring.seal(secrets.token_hex(32), place=place),
            types=" ".join(types),
            state="PENDING",
            upstream_id=None,
            created_at=now,
            updated_at=now,
        )

    async def _same(
        self, tx: Transaction, upstream: UpstreamSubscription
    ) -> UpstreamSubscription | None:
        """Answer the record as it is now, held; None when it's gone, or another took its place."""
        now = await tx.upstream_subscriptions.of_account(
            upstream.account_id, upstream.purpose, hold=True
        )
        return now if now is not None and now.id == upstream.id else None
