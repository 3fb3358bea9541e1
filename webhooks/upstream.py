"""The one subscription at the provider that all of an account's subscriptions rest on.

Our own code and secret are committed before the provider is asked: an event that overtakes the
answer is understood, and an answer that is lost leaves no orphan: it's found by its address.

Its record says where it stands. PENDING: wanted, and the provider was or is being asked; ACTIVE:
the provider confirmed it; ENDING: not wanted, and being removed. Several processes may be at it at
once, so each step begins with a change of the record under a lock, and the provider's answer is
written down only if the record is still as that step left it.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from connector.ports import WebhookAdapter
from storage.clock import Clock
from storage.ids import new_id
from storage.repositories.upstream_subscriptions import UpstreamSubscription
from storage.sealing import KeyRing
from storage.unit_of_work import Transaction, UnitOfWork

RESOURCES = "RESOURCES"
"""The purpose of the upstream subscription that feeds vendors' subscriptions."""

SETTLE_AFTER = timedelta(seconds=30)
"""How long a step may be under way before another process takes it to have failed."""


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
    """The provider confirmed it; nothing is left to do."""


Step: TypeAlias = Ask | Wait | Stands


class Upstream:
    """Makes and removes it. What takes a transaction belongs into the caller's own."""

    def __init__(
        self,
        work: UnitOfWork,
        ring: KeyRing,
        clock: Clock,
        *,
        public_url: str,
        forget: Callable[[str], None],
    ) -> None:
        self._work = work
        self._ring = ring
        self._clock = clock
        self._public_url = public_url.rstrip("/")
        self._forget = forget

    def callback_url(self, upstream: UpstreamSubscription) -> str:
        """Answer the address that the provider is asked to post to."""
        return f"{self._public_url}/events/callback/{upstream.code}"

    async def want(
        self, tx: Transaction, account_id: str, types: tuple[str, ...], now: datetime
    ) -> Step:
        """Write down that the account needs it; answer what is left to do for that."""
        while True:
            upstream = await tx.upstream_subscriptions.of_account(account_id, RESOURCES, hold=True)
            if upstream is not None:
                break
            upstream = self._new(account_id, types, now)
            if await tx.upstream_subscriptions.add(upstream):
                return Ask(upstream, fresh=True)
        if upstream.state == "ACTIVE":
            return Stands()
        if upstream.state == "PENDING" and upstream.updated_at > now - SETTLE_AFTER:
            return Wait()
        return Ask(
            await tx.upstream_subscriptions.change(upstream, now, state="PENDING"), fresh=False
        )

    async def ask(self, step: Ask, adapter: WebhookAdapter) -> None:
        """Make the provider post to us; take over one that an earlier try has left there."""
        upstream = step.upstream
        url = self.callback_url(upstream)
        secret = self._ring.open_text(upstream.secret, place=upstream.place)
        found = None
        if not step.fresh:
            theirs = await adapter.list(upstream.account_id)
            found = next((item for item in theirs if item.callback_url == url), None)
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
                await tx.upstream_subscriptions.change(now, self._clock(), upstream_id=None)
                return
            if now is not None and now.upstream_id == found.id:
                return
        await adapter.unsubscribe(upstream.account_id, found.id)  # nobody needs it any more

    async def remove(self, upstream: UpstreamSubscription, adapter: WebhookAdapter) -> None:
        """Let the provider post no more, and forget the record."""
        url = self.callback_url(upstream)
        if upstream.upstream_id is not None:
            await adapter.unsubscribe(upstream.account_id, upstream.upstream_id)
        else:
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
        self._forget(upstream.code)

    def _new(self, account_id: str, types: tuple[str, ...], now: datetime) -> UpstreamSubscription:
        upstream_id = new_id("ups", now)
        place = f"upstream_subscriptions.secret:{upstream_id}"
        return UpstreamSubscription(
            id=upstream_id,
            account_id=account_id,
            purpose=RESOURCES,
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
