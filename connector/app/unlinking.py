"""Unlinking an account: stop, unsubscribe, revoke, delete, and erase what is left when asked to.

The consent ends with the last account that lives on it; what others need of it stays.

It spans all floors, so it lives here. Each step is written down when it is done, and can be done
twice; a crash half-way is taken up by whichever worker finds it. While it goes on the account is
DISABLED, which no link can change; then it is REVOKED, or gone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connector.registry import Registry
from oauth.accounts import Status
from oauth.audit import OPERATOR, SYSTEM, entry
from oauth.joining import end_connection, is_last
from oauth.vault import TokenVault
from storage.clock import Clock
from storage.errors import NotFound, ServiceError
from storage.ids import new_id
from storage.log import logger
from storage.repositories.accounts import Account
from storage.repositories.unlinkings import Unlinking
from storage.unit_of_work import DatabaseTransaction, UnitOfWork
from webhooks.upstream import Upstream

STOPPED, UNSUBSCRIBED, REVOKED, DELETED, ERASED = (
    "STOPPED",
    "UNSUBSCRIBED",
    "REVOKED",
    "DELETED",
    "ERASED",
)
"""The steps, each named after what is done when it is noted."""

SETTLED_AFTER = 5.0
"""Seconds after which no process uses an access or a callback address it has in memory."""

TAKEN_UP_AFTER = timedelta(seconds=60)
"""How long an unlinking may rest before a worker takes it up."""

_PATIENCE = timedelta(days=1)
"""How long a provider that is away is asked again, before it is left as it is."""

_AT_MOST = 20.0
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came of an unlinking. `erased` counts rows by table, and is empty unless asked for.

    Two kinds of rows outlive an erasure, and are not counted: the unlinking itself and the audit
    trail. Both hold ids and times, and nothing about the customer.
    """

    unlinking_id: str
    account_id: str
    is_complete: bool
    """Otherwise the worker goes on with it; nothing is called or sent for the account meanwhile."""
    erased: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True)
class Unlinker:
    """The use case. `disabled_registry` and `disabled_vault` reach the provider for DISABLED
    accounts only."""

    work: UnitOfWork
    clock: Clock
    upstream: Upstream
    disabled_registry: Registry
    disabled_vault: TokenVault
    forget: Callable[[str], None]
    """Told the account's id when its access must not be used any more in this process."""
    deleted: Callable[[str], None]
    """Told the id of each of its subscriptions, for which no attempt may start any more."""
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def unlink(self, account_id: str, *, erase: bool = False, by: str = OPERATOR) -> Receipt:
        """End an account's link. On return nothing is called or sent for it, by any process.

        `by` is who asks, for the audit trail, which stays when the account is erased: it holds ids
        only.

        A worker later repeats calls that the provider didn't answer in time, and erases what was
        too much for one call. Raises NotFound and StorageUnavailable.
        """
        unlinking = await self._stop(account_id, erase, by)
        settled = asyncio.create_task(self._settle())
        try:
            reached = await self._go_on(unlinking, upto=DELETED)
        finally:
            await settled
        if reached.step == DELETED and erase:
            reached = await self._go_on(reached, upto=ERASED)
        return Receipt(
            reached.id, account_id, reached.completed_at is not None, dict(reached.counts)
        )

    async def resume(self) -> int:
        """Take up what was left half-way; return how many are complete now."""
        async with self.work.reading() as tx:
            waiting = await tx.unlinkings.unfinished(self.clock() - TAKEN_UP_AFTER)
        complete = 0
        for unlinking in waiting:
            at = self.clock()
            async with self.work.writing() as tx:
                if not await tx.unlinkings.claim(unlinking, at):
                    continue
            reached = await self._go_on(replace(unlinking, updated_at=at), upto=ERASED)
            complete += reached.completed_at is not None
        return complete

    async def _settle(self) -> None:
        await self.pause(SETTLED_AFTER)

    async def _stop(self, account_id: str, erase: bool, by: str) -> Unlinking:
        """Switch the account off, with all that could call or send for it, in one commit."""
        at = self.clock()
        async with self.work.writing() as tx:
            account = await tx.accounts.get(account_id)
            if account is not None and account.connection_id is not None:
                # Of several that are unlinked at once, one is the last.
                await tx.connections.get(account.connection_id, lock=True)
            account = await tx.accounts.get(account_id, lock=True)
            if account is None:
                raise NotFound("There is no such account.")
            unlinking = await tx.unlinkings.of_account(account_id)
            if unlinking is not None and unlinking.completed_at is None:
                unlinking = replace(unlinking, erases=unlinking.erases or erase, updated_at=at)
                await tx.unlinkings.change(unlinking.id, at, erases=unlinking.erases)
            else:
                unlinking = Unlinking(
                    new_id("unl", at), account_id, account.tenant_id, erase, STOPPED, at, at
                )
                await tx.unlinkings.add(unlinking)
            await tx.audit.add(
                entry(
                    "account.unlinked",
                    by=by,
                    at=at,
                    tenant_id=account.tenant_id,
                    account_id=account_id,
                    unlinking_id=unlinking.id,
                )
            )
            await tx.accounts.move(account_id, to=Status.DISABLED, before=account.status, at=at)
            await tx.accounts.revoke_keys_of(account_id, at)
            await tx.links.use_up(account_id, at)
            subscriptions = await tx.subscriptions.end_all_of(account_id, at)
            await tx.deliveries.cancel_all_of(account_id, at)
        self.forget(account_id)
        for subscription_id in subscriptions:
            self.deleted(subscription_id)
        logger.info("account.stopped", account_id=account_id, tenant_id=account.tenant_id)
        return unlinking

    async def _go_on(self, unlinking: Unlinking, *, upto: str) -> Unlinking:
        """Do the steps that are left, up to one; stops early where only waiting helps."""
        try:
            async with asyncio.timeout(_AT_MOST):
                while unlinking.completed_at is None and unlinking.step != upto:
                    unlinking = await self._step(unlinking)
        except TimeoutError:
            logger.warning("unlinking.postponed", account_id=unlinking.account_id, error="TIMEOUT")
        except ServiceError as error:
            logger.warning("unlinking.postponed", account_id=unlinking.account_id, code=error.code)
        return unlinking

    async def _step(self, unlinking: Unlinking) -> Unlinking:
        match unlinking.step:
            case "STOPPED":
                await self._politely(unlinking, self._unsubscribe)
                return await self._note(unlinking, UNSUBSCRIBED)
            case "UNSUBSCRIBED":
                await self._politely(unlinking, self._revoke)
                return await self._note(unlinking, REVOKED)
            case "REVOKED":
                return await self._delete(unlinking)
            case _:
                return await self._erase(unlinking)

    async def _politely(
        self, unlinking: Unlinking, ask: Callable[[Account], Awaitable[None]]
    ) -> None:
        """Ask the provider for something; a refusal, or a day of silence, is taken for an answer.

        Raises ServiceError when it should be asked again.
        """
        async with self.work.reading() as tx:
            account = await tx.accounts.get(unlinking.account_id)
        if account is None:
            return
        try:
            await ask(account)
        except ServiceError as error:
            if error.retryable and self.clock() - unlinking.started_at < _PATIENCE:
                raise
            logger.warning("unlinking.refused", account_id=account.id, code=error.code)

    async def _unsubscribe(self, account: Account) -> None:
        """Remove the subscriptions at the provider, or narrow them to what others need."""
        if account.connection_id is None:
            return
        async with self.work.writing() as tx:
            if not await is_last(tx, account):
                await self.upstream.narrow(tx, account, self.clock())
                return  # what that leaves to do at the provider is settled in the others' name
            standing = await tx.upstream_subscriptions.all_of(account.connection_id)
        adapter = self.disabled_registry.get(account.target).webhooks
        for upstream in standing:
            await self.upstream.remove(upstream, adapter, account.id)

    async def _revoke(self, account: Account) -> None:
        async with self.work.reading() as tx:
            if not await is_last(tx, account):
                return
        await self.disabled_vault.revoke(account.id)

    async def _delete(self, unlinking: Unlinking) -> Unlinking:
        """Delete the tokens, and what may still stand for the provider's events."""
        at, account_id = self.clock(), unlinking.account_id
        async with self.work.writing() as tx:
            # Whether it erases may have been decided since this was read.
            current = await tx.unlinkings.get(unlinking.id, lock=True) or unlinking
            codes = await self._leave(tx, account_id)
            if not current.erases:
                await tx.accounts.move(account_id, to=Status.REVOKED, before=Status.DISABLED, at=at)
            completed_at = None if current.erases else at
            await tx.unlinkings.change(unlinking.id, at, step=DELETED, completed_at=completed_at)
        self.disabled_vault.forget(account_id)
        for code in codes:
            self.upstream.forget(code)
        logger.info("account.unlinked", account_id=account_id, tenant_id=unlinking.tenant_id)
        return replace(current, step=DELETED, updated_at=at, completed_at=completed_at)

    async def _leave(self, tx: DatabaseTransaction, account_id: str) -> list[str]:
        """Take an account off its connection, which ends with its last; return ended callbacks."""
        account = await tx.accounts.get(account_id)
        if account is None or account.connection_id is None:
            return []
        await tx.connections.get(account.connection_id, lock=True)
        await tx.accounts.leave(account_id)
        if await tx.accounts.of_connection(account.connection_id):
            return [
                one.code for one in await tx.upstream_subscriptions.all_of(account.connection_id)
            ]
        return await end_connection(tx, account.connection_id)

    async def _erase(self, unlinking: Unlinking) -> Unlinking:
        """Delete one chunk of the account's rows and count it, both in one commit."""
        at = self.clock()
        async with self.work.writing() as tx:
            current = await tx.unlinkings.get(unlinking.id, lock=True) or unlinking
            counts = dict(current.counts)
            erased = await tx.erasure.erase(unlinking.account_id, _CHUNK)
            if erased is not None:
                table, rows = erased
                counts[table] = counts.get(table, 0) + rows
                await tx.unlinkings.change(unlinking.id, at, counts=counts)
                return replace(current, counts=counts, updated_at=at)
            await tx.unlinkings.change(unlinking.id, at, step=ERASED, completed_at=at)
            await tx.audit.add(
                entry(
                    "account.erased",
                    by=SYSTEM,
                    at=at,
                    tenant_id=unlinking.tenant_id,
                    account_id=unlinking.account_id,
                    unlinking_id=unlinking.id,
                )
            )
        logger.info("account.erased", account_id=unlinking.account_id)
        return replace(current, step=ERASED, counts=counts, updated_at=at, completed_at=at)

    async def _note(self, unlinking: Unlinking, step: str) -> Unlinking:
        at: datetime = self.clock()
        async with self.work.writing() as tx:
            await tx.unlinkings.change(unlinking.id, at, step=step)
        return replace(unlinking, step=step, updated_at=at)
