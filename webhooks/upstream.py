"""Our own subscriptions at the provider: one for the resources, one for the end of the consent.

Our own code and secret are committed before the provider is asked: an event that overtakes the
answer is understood, and an answer that is lost leaves no orphan: it's found by its address.

A record says where it stands. PENDING: wanted, and the provider was or is being asked; ACTIVE: the
provider confirmed it; REFUSED: the provider won't tell, so that polls and the first 401 do, and is
asked again after the next link; ENDING: not wanted, and being removed. Several processes may be at
it at once, so each step begins with a change of the record under a lock, and the provider's answer
is written down only if the record is still as that step left it.

They belong to a connection. One serves all resources that the subscriptions of its accounts are
about, as far as the consent lets the provider tell of them; when those change, so do its types.
What was confirmed is looked after from time to time, since it may vanish there without a word.
"""

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from connector import ports
from connector.errors import DownstreamRefused
from connector.ports import WebhookAdapter
from connector.registry import Registry
from oauth.accounts import Status
from oauth.errors import NotSupported, UnknownTarget
from storage.clock import Clock
from storage.errors import NotFound, ServiceError, StorageUnavailable
from storage.ids import new_id
from storage.log import logger
from storage.repositories.accounts import Account
from storage.repositories.subscriptions import Subscription
from storage.repositories.upstream_subscriptions import UpstreamSubscription
from storage.sealing import KeyRing
from storage.unit_of_work import DatabaseTransaction, UnitOfWork
from webhooks.connection_locks import ConnectionLocks

RESOURCES = "RESOURCES"
"""The purpose of the upstream subscription that feeds vendors' subscriptions."""

CONSENT = "CONSENT"
"""The purpose of the one that tells when the customer takes the consent back."""

SETTLE_AFTER = timedelta(seconds=30)
"""How long a step may be under way before another process takes it to have failed."""

MOST_FAILING = 10_000
"""Subscriptions at the provider whose failures in a row are remembered."""

LONGEST_WAIT = timedelta(hours=1)
"""How long at most is waited before a step that keeps failing is taken again."""

CHECK_AFTER = timedelta(hours=6)
"""How long what was confirmed is believed to stand."""

LOOK_AFTER = timedelta(minutes=10)
"""The same once a poll has found what the provider should have announced."""

_AT_ONCE = 100


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


def types_for(
    subscriptions: Iterable[Subscription],
    topics: Mapping[str, tuple[str, ...]],
    allowed: Collection[str],
) -> tuple[str, ...]:
    """Return the provider's event types that subscriptions need and the consent allows."""
    needed = {kind for one in subscriptions for kind in topics.get(one.resource, ())}
    return tuple(sorted(needed.intersection(allowed)))


class Upstream:
    """Makes and removes them. What takes a transaction belongs into the caller's own.

    `turns` lets one step at a time be taken for a connection in this process.
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
        self.turns = ConnectionLocks()
        self._failures: dict[str, int] = {}

    def callback_url(self, upstream: UpstreamSubscription) -> str:
        """Return the address that the provider is asked to post to."""
        return f"{self._public_url}/events/callback/{upstream.code}"

    # -- one subscription ------------------------------------------------------------------------

    async def want(
        self,
        tx: DatabaseTransaction,
        connection_id: str,
        purpose: str,
        types: tuple[str, ...],
        now: datetime,
    ) -> Step:
        """Write down that the connection needs it; return what is left to do for that."""
        while True:
            upstream = await tx.upstream_subscriptions.of_connection(
                connection_id, purpose, hold=True
            )
            if upstream is not None:
                break
            upstream = self._new(connection_id, purpose, types, now)
            if await tx.upstream_subscriptions.add(upstream):
                return Ask(upstream, fresh=True)
        is_other = set(types) != set(upstream.types.split())
        if upstream.state == "ACTIVE" and not is_other:
            return Stands()
        if upstream.state == "PENDING" and upstream.updated_at > now - SETTLE_AFTER:
            if is_other:  # whoever is asking now finds it changed, and leaves the rest to settle
                await tx.upstream_subscriptions.change(upstream, now, types=" ".join(types))
            return Wait()
        return await self._again(tx, upstream, now, types)

    async def narrow(
        self, tx: DatabaseTransaction, account: Account, now: datetime
    ) -> UpstreamSubscription | Step:
        """Let go of types that no subscription of the connection's accounts needs any more.

        Returns the upstream subscription, now ENDING, when no type is needed any more; else the
        next step.
        """
        connection_id = account.connection_id
        if connection_id is None:
            return Stands()
        upstream = await tx.upstream_subscriptions.of_connection(
            connection_id, RESOURCES, hold=True
        )
        if upstream is None:
            return Stands()
        adapter = self._registry.get(account.target).webhooks
        types = await self.types(tx, connection_id, adapter, upstream.types.split())
        if not types:
            return await tx.upstream_subscriptions.change(upstream, now, state="ENDING")
        if upstream.state in ("ENDING", "REFUSED"):
            return Stands()
        return await self.want(tx, connection_id, RESOURCES, types, now)

    async def ask(self, step: Ask, adapter: WebhookAdapter, account_id: str) -> None:
        """Make the provider post to us; take over one that an earlier attempt has left there.

        `account_id` is an account of the connection, in whose name the provider is called.
        """
        upstream = step.upstream
        url = self.callback_url(upstream)
        secret = self._ring.open_text(upstream.secret, associated_data=upstream.associated_data)
        types = upstream.types.split()
        found = refusal = None
        if not step.fresh:
            theirs = await adapter.list(account_id)
            ours = [item for item in theirs if item.callback_url == url]
            found = ours[0] if ours else None
            for item in ours[1:]:  # two processes had asked at once
                await adapter.unsubscribe(account_id, item.id)
        if found is not None and set(found.types) != set(types):
            try:
                found = await adapter.update(account_id, found.id, url, secret, types)
            except NotFound:
                found = None
            except DownstreamRefused as error:
                refusal, types = error, list(found.types)
        if found is None:
            found = await adapter.subscribe(account_id, url, secret, types)
        await self._confirm(upstream, found, types, adapter, account_id)
        if refusal is not None:
            raise refusal  # as it was, it stands

    async def _confirm(
        self,
        upstream: UpstreamSubscription,
        found: ports.ProviderSubscription,
        types: list[str],
        adapter: WebhookAdapter,
        account_id: str,
    ) -> None:
        """Write down what the provider has, or have it removed when nobody needs it any more."""
        async with self._work.writing() as tx:
            now = await self._same(tx, upstream)
            if now is not None and now.updated_at == upstream.updated_at:
                await tx.upstream_subscriptions.change(
                    now,
                    self._clock(),
                    state="ACTIVE",
                    upstream_id=found.id,
                    types=" ".join(sorted(types)),
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
        await adapter.unsubscribe(account_id, found.id)  # nobody needs it any more

    async def remove(
        self, upstream: UpstreamSubscription, adapter: WebhookAdapter, account_id: str
    ) -> None:
        """Let the provider post no more, and forget the record; `account_id` as in `ask`."""
        url = self.callback_url(upstream)
        if upstream.upstream_id is not None:
            await adapter.unsubscribe(account_id, upstream.upstream_id)
        elif upstream.state != "REFUSED":
            for item in await adapter.list(account_id):
                if item.callback_url == url:
                    await adapter.unsubscribe(account_id, item.id)
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

    # -- all of a connection -----------------------------------------------------------------------

    async def watch(self, account_id: str) -> None:
        """Have the provider tell when this account's consent ends; to be called after each link.

        A consent that ended took its subscriptions along, so after a new one all of the
        connection's are asked for again; the vendors' own stand, and are fed again. What the
        provider can't do now is left to `settle`.
        """
        async with self._work.reading() as tx:
            account = await tx.accounts.get(account_id)
        if account is None or account.status != Status.ACTIVE or account.connection_id is None:
            return
        connection_id = account.connection_id
        async with self.turns[connection_id]:
            adapter = self._registry.get(account.target).webhooks
            allowed = await self._allowed(account)
            steps: list[Ask | UpstreamSubscription] = []
            async with self._work.writing() as tx:
                now = self._clock()
                # Locked, since two that take several of its subscriptions, one of them new to each
                # other, would else wait for each other.
                await tx.connections.get(connection_id, lock=True)
                account = await tx.accounts.get(account_id)
                if (
                    account is None
                    or account.status != Status.ACTIVE
                    or account.connection_id != connection_id
                ):
                    return
                standing = await tx.upstream_subscriptions.all_of(connection_id, hold=True)
                for upstream in standing:
                    if upstream.state != "ENDING":
                        steps.append(await self._renew(tx, upstream, allowed, adapter, now))
                purposes = {one.purpose for one in standing if one.state != "ENDING"}
                for purpose, types in (
                    (CONSENT, adapter.revocation_types),
                    (RESOURCES, await self.types(tx, connection_id, adapter, allowed or ())),
                ):
                    if types and purpose not in purposes:
                        step = await self.want(tx, connection_id, purpose, types, now)
                        steps += [step] if isinstance(step, Ask) else []
            for step in steps:
                await self._finish(account, step)

    async def watch_all(self) -> int:
        """Watch the usable accounts that nobody watches yet; return how many those were."""
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
        """Finish what was begun at the provider and not confirmed; return how many were settled."""
        now = self._clock()
        async with self._work.reading() as tx:
            unsettled = [
                upstream
                for upstream in await tx.upstream_subscriptions.unsettled()
                if upstream.updated_at < now - self._pause(upstream)
            ]
        settled = 0
        for upstream in unsettled:
            async with self.turns[upstream.connection_id]:
                settled += await self._settle(upstream)
        return settled

    async def check(self) -> int:
        """Look after what was confirmed long ago; return how many had vanished, or changed."""
        async with self._work.reading() as tx:
            confirmed = await tx.upstream_subscriptions.confirmed(
                before=self._clock() - CHECK_AFTER, most=_AT_ONCE
            )
        return sum([await self._check(upstream) for upstream in confirmed])

    async def look_after(self, account_id: str) -> None:
        """Check an account's, since the provider hasn't announced a change; not again at once."""
        async with self._work.reading() as tx:
            upstream = await tx.upstream_subscriptions.of_account(account_id, RESOURCES)
        if (
            upstream is not None
            and upstream.state == "ACTIVE"
            and upstream.updated_at < self._clock() - LOOK_AFTER
        ):
            await self._check(upstream)

    # -- steps -----------------------------------------------------------------------------------

    async def _check(self, stale: UpstreamSubscription) -> bool:
        """Compare one with what the provider has; ask for it again if it isn't there as it was."""
        async with self.turns[stale.connection_id]:
            async with self._work.writing() as tx:
                upstream = await self._same(tx, stale)
                account = await _acting(tx, stale.connection_id)
                if upstream is None or account is None or upstream.updated_at != stale.updated_at:
                    return False  # somebody else is at it
                # Changed in nothing but its moment: others leave it alone until it's due again.
                upstream = await tx.upstream_subscriptions.change(upstream, self._clock())
            url = self.callback_url(upstream)
            try:
                adapter = self._registry.get(account.target).webhooks
                theirs = await adapter.list(account.id)
            except StorageUnavailable:
                raise
            except ServiceError as error:
                logger.warning(
                    "upstream_subscription.unchecked", account_id=account.id, code=error.code
                )
                return False
            ours = [set(item.types) for item in theirs if item.callback_url == url]
            if ours == [set(upstream.types.split())]:
                return False
            async with self._work.writing() as tx:
                now = await self._same(tx, upstream)
                if now is None or now.updated_at != upstream.updated_at:
                    return False
                step = await self._again(tx, now, self._clock())
            logger.warning("upstream_subscription.vanished", account_id=account.id)
            await self._finish(account, step)
            return True

    async def _settle(self, stale: UpstreamSubscription) -> bool:
        async with self._work.reading() as tx:
            account = await _acting(tx, stale.connection_id)
        if account is None:
            return False
        try:
            adapter = self._registry.get(account.target).webhooks
        except UnknownTarget as error:
            logger.warning(
                "upstream_subscription.unsettled", account_id=account.id, code=error.code
            )
            return False
        allowed = await self._allowed(account)
        async with self._work.writing() as tx:
            upstream = await self._same(tx, stale)
            account = await _acting(tx, stale.connection_id)
            if upstream is None or account is None or upstream.updated_at != stale.updated_at:
                return False  # somebody else is at it
            step = await self._renew(tx, upstream, allowed, adapter, self._clock())
        return await self._finish(account, step)

    async def _renew(
        self,
        tx: DatabaseTransaction,
        upstream: UpstreamSubscription,
        allowed: frozenset[str] | None,
        adapter: WebhookAdapter,
        now: datetime,
    ) -> Ask | UpstreamSubscription:
        """Write down that one is asked for anew, with the types it needs, or that it's ended."""
        if upstream.purpose == CONSENT:
            return await self._again(tx, upstream, now)
        known = upstream.types.split() if allowed is None else allowed
        types = await self.types(tx, upstream.connection_id, adapter, known)
        if types:
            return await self._again(tx, upstream, now, types)
        return await tx.upstream_subscriptions.change(upstream, now, state="ENDING")

    async def types(
        self,
        tx: DatabaseTransaction,
        connection_id: str,
        adapter: WebhookAdapter,
        allowed: Collection[str],
    ) -> tuple[str, ...]:
        """Return the types that the subscriptions of a connection's accounts need."""
        account_ids = [one.id for one in await tx.accounts.of_connection(connection_id)]
        return types_for(await tx.subscriptions.live(account_ids), adapter.topics, allowed)

    async def _allowed(self, account: Account) -> frozenset[str] | None:
        """Return which types the consent covers; None when that can't be told now."""
        try:
            return await self._registry.get(account.target).webhooks.allowed(account.id)
        except StorageUnavailable:
            raise
        except ServiceError as error:
            logger.warning("consent.unknown", account_id=account.id, code=error.code)
            return None

    def _pause(self, upstream: UpstreamSubscription) -> timedelta:
        """Wait longer after each failure in a row, as far as this process knows of them."""
        failures = min(self._failures.get(upstream.id, 0), 10)
        return min(SETTLE_AFTER * 2 ** max(failures - 1, 0), LONGEST_WAIT)

    async def _finish(self, account: Account, step: Ask | UpstreamSubscription) -> bool:
        """Have the provider make one, or remove one; return whether it's done."""
        try:
            adapter = self._registry.get(account.target).webhooks
            if isinstance(step, Ask):
                await self.ask(step, adapter, account.id)
            else:
                await self.remove(step, adapter, account.id)
        except StorageUnavailable:
            raise
        except ServiceError as error:
            logger.warning(
                "upstream_subscription.unsettled", account_id=account.id, code=error.code
            )
            self._count(step)
            if isinstance(step, Ask) and isinstance(error, DownstreamRefused | NotSupported):
                await self.refused(account, step.upstream)
            return False
        except Exception as error:
            # others wait behind this account
            logger.error("upstream_subscription.broken", account_id=account.id, exc_info=error)
            self._count(step)
            return False
        self._failures.pop(_of(step).id, None)
        return True

    def _count(self, step: Ask | UpstreamSubscription) -> None:
        self._failures[_of(step).id] = self._failures.pop(_of(step).id, 0) + 1
        if len(self._failures) > MOST_FAILING:
            del self._failures[next(iter(self._failures))]

    async def refused(self, account: Account, upstream: UpstreamSubscription) -> None:
        """Ask no more: polls, or the first 401, tell instead. Where nothing can, it's asked on."""
        provider = self._registry.get(account.target)
        if upstream.purpose == RESOURCES and provider.changes is None:
            return
        async with self._work.writing() as tx:
            now = await self._same(tx, upstream)
            if now is not None and now.updated_at == upstream.updated_at:
                await tx.upstream_subscriptions.change(now, self._clock(), state="REFUSED")

    async def _again(
        self,
        tx: DatabaseTransaction,
        upstream: UpstreamSubscription,
        now: datetime,
        types: tuple[str, ...] | None = None,
    ) -> Ask:
        """Write down that the provider is asked once more, for other types if they are given.

        What was known of it there counts no more: it may be replaced, and the answer be lost.
        """
        wanted = upstream.types if types is None else " ".join(types)
        return Ask(
            await tx.upstream_subscriptions.change(
                upstream, now, state="PENDING", upstream_id=None, types=wanted
            ),
            fresh=False,
        )

    def _new(
        self, connection_id: str, purpose: str, types: tuple[str, ...], now: datetime
    ) -> UpstreamSubscription:
        upstream_id = new_id("ups", now)
        associated_data = f"upstream_subscriptions.secret:{upstream_id}"
        return UpstreamSubscription(
            id=upstream_id,
            connection_id=connection_id,
            purpose=purpose,
            code=secrets.token_urlsafe(32),
            secret=self._ring.seal(secrets.token_hex(32), associated_data=associated_data),
            types=" ".join(types),
            state="PENDING",
            upstream_id=None,
            created_at=now,
            updated_at=now,
        )

    async def _same(
        self, tx: DatabaseTransaction, upstream: UpstreamSubscription
    ) -> UpstreamSubscription | None:
        """Return the record as it is now, held; None when it's gone, or another took its place."""
        now = await tx.upstream_subscriptions.of_connection(
            upstream.connection_id, upstream.purpose, hold=True
        )
        return now if now is not None and now.id == upstream.id else None


async def _acting(tx: DatabaseTransaction, connection_id: str) -> Account | None:
    """Return an account of a connection in whose name the provider may be called."""
    accounts = await tx.accounts.of_connection(connection_id)
    return next((one for one in accounts if one.status == Status.ACTIVE), None)


def _of(step: Ask | UpstreamSubscription) -> UpstreamSubscription:
    return step.upstream if isinstance(step, Ask) else step
