"""Receivers that fail for days, are gone, or asked for a rest: paused, probed, resumed.

A subscription whose attempts have all failed for days is PAUSED. Its new deliveries are HELD, and
so are the deliveries that were given up since the failures began. Once an hour the oldest held
delivery is sent as a probe. When a probe arrives, or the vendor resumes the subscription, all held
deliveries are sent, in their order. A receiver that answers 410 is believed at once: its
subscription is DISABLED, nothing more is planned for it, and what waits is HELD all the same, since
a vendor may have erred.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import LiteralString

import msgspec

from storage.clock import Clock, iso_millis, maybe_iso_millis
from storage.errors import NotFound
from storage.ids import new_id
from storage.log import logger
from storage.repositories.accounts import Account
from storage.repositories.deliveries import Delivery
from storage.repositories.endpoints import (
    ACTIVE,
    DISABLED,
    FAILING,
    GONE,
    PAUSED,
    VENDOR,
    Endpoint,
)
from storage.repositories.notices import Notice
from storage.sealing import KeyRing
from storage.unit_of_work import DatabaseTransaction, UnitOfWork
from storage.values import Value
from webhooks.subscription_notice import NOTICES, SubscriptionChanged

CHUNK = 500
"""Deliveries held or released in one transaction."""

_NEWS: dict[str, LiteralString] = {
    ACTIVE: "endpoint.resumed",
    PAUSED: "endpoint.paused",
    DISABLED: "endpoint.disabled",
}


@dataclass(frozen=True)
class EndpointSettings:
    """When a receiver counts as failing: without a success for so long, over so many attempts."""

    pause_after: timedelta = timedelta(days=1.5)
    least_attempts: int = 5
    probe_every: timedelta = timedelta(hours=1)


class EndpointOutcome(Value, frozen=True):
    """What an attempt says of a subscription's endpoint, and what was known of it before."""

    subscription_id: str
    succeeded: bool
    gone: bool
    failing_since: datetime | None
    probed: bool


class Endpoints:
    """Use cases of pausing. `wake` is called when there is something to send again."""

    def __init__(
        self,
        work: UnitOfWork,
        ring: KeyRing,
        clock: Clock,
        settings: EndpointSettings | None = None,
        *,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._work = work
        self._ring = ring
        self._clock = clock
        self._settings = settings or EndpointSettings()
        self._wake = wake

    # -- for vendors -----------------------------------------------------------------------------

    async def pause(self, account: Account, subscription_id: str) -> Endpoint:
        """Hold what a subscription would get until it's resumed; return how it stands now.

        Nothing is probed meanwhile. Raises NotFound for one that isn't this account's, or has
        ended. One that is disabled stays so.
        """
        now = self._clock()
        async with self._work.writing() as tx:
            found = await self._own(tx, account, subscription_id)
            if found.state != DISABLED and found.state_reason != VENDOR:
                found = await self._move(tx, found, PAUSED, VENDOR, now)
        await self._settle(subscription_id, found.state, most=CHUNK)
        return found

    async def resume(self, account: Account, subscription_id: str) -> Endpoint:
        """Send again what a subscription gets, whatever it was stopped for, and what was held.

        A long backlog is released over some seconds. Raises NotFound as `pause` does.
        """
        now = self._clock()
        async with self._work.writing() as tx:
            found = await self._own(tx, account, subscription_id)
            if found.state != ACTIVE:
                found = await self._move(tx, found, ACTIVE, None, now)
        await self._settle(subscription_id, ACTIVE, most=CHUNK)
        return found

    # -- for the dispatcher ----------------------------------------------------------------------

    async def probes(self, owner: str, *, until: datetime, most: int = 100) -> list[Delivery]:
        """Take one held delivery of each paused subscription whose hour has come."""
        async with self._work.writing() as tx:
            return await tx.endpoints.probes(
                owner, now=self._clock(), until=until, again=self._settings.probe_every, most=most
            )

    async def note(self, attempts: Sequence[EndpointOutcome]) -> set[str]:
        """Draw the conclusions of attempts that are recorded already.

        Returns the ids of subscriptions that may stand otherwise now. It costs nothing while all
        goes well, or all has failed before and not for long.
        """
        now = self._clock()
        gone = {one.subscription_id for one in attempts if one.gone}
        healthy = {one.subscription_id for one in attempts if one.succeeded}
        mended = {one.subscription_id for one in attempts if one.succeeded and one.failing_since}
        resumed = {one.subscription_id for one in attempts if one.succeeded and one.probed}
        failing = {
            one.subscription_id
            for one in attempts
            if not one.succeeded and one.failing_since is None
        }
        overdue = {
            one.subscription_id
            for one in attempts
            if not one.succeeded
            and not one.probed
            and one.failing_since is not None
            and now - one.failing_since >= self._settings.pause_after
        }
        failing -= healthy | gone
        overdue -= healthy | gone
        if mended or failing:
            async with self._work.writing() as tx:
                await tx.endpoints.note(failing=sorted(failing), healthy=sorted(mended), at=now)
        for subscription_id in sorted(gone):
            await self._disable(subscription_id, now)
        for subscription_id in sorted(resumed - gone):
            await self._answered(subscription_id, now)
        for subscription_id in sorted(overdue):
            await self._failed(subscription_id, now)
        return gone | resumed | overdue

    # -- a periodic task ---------------------------------------------------------------------------

    async def settle(self) -> int:
        """Hold and release what is left to be; return how many deliveries that were.

        Paused subscriptions may have deliveries that were under way or planned meanwhile; resumed
        ones may have more than what one transaction takes.
        """
        async with self._work.reading() as tx:
            unsettled = await tx.endpoints.unsettled()
        moved = 0
        for subscription_id, state in unsettled:
            moved += await self._settle(subscription_id, state)
        return moved

    async def _settle(self, subscription_id: str, state: str, *, most: int | None = None) -> int:
        moved = 0
        while most is None or moved < most:
            now = self._clock()
            async with self._work.writing() as tx:
                step = tx.endpoints.release if state == ACTIVE else tx.endpoints.hold
                number = await step(subscription_id, now=now, most=CHUNK)
            moved += number
            if number and state == ACTIVE:
                self._wake()
            if number < CHUNK:
                break
        return moved

    # -- steps -----------------------------------------------------------------------------------

    async def _own(
        self, tx: DatabaseTransaction, account: Account, subscription_id: str
    ) -> Endpoint:
        found = await tx.endpoints.get(subscription_id, lock=True)
        if found is None or found.account_id != account.id:
            raise NotFound("This account has no such subscription.")
        return found

    async def _failed(self, subscription_id: str, now: datetime) -> None:
        """Pause it, if it has failed for as long and as often as it takes."""
        settings = self._settings
        async with self._work.writing() as tx:
            found = await tx.endpoints.get(subscription_id, lock=True)
            if found is None or found.state != ACTIVE or found.failing_since is None:
                return
            if now - found.failing_since < settings.pause_after:
                return
            attempts = await tx.endpoints.failed_attempts(
                subscription_id, found.failing_since, most=settings.least_attempts
            )
            if attempts < settings.least_attempts:
                return
            await self._move(tx, found, PAUSED, FAILING, now, probe_at=now + settings.probe_every)
            taken = await tx.endpoints.take_back(subscription_id, found.failing_since, most=CHUNK)
        while taken == CHUNK:
            async with self._work.writing() as tx:
                taken = await tx.endpoints.take_back(
                    subscription_id, found.failing_since, most=CHUNK
                )
        await self._settle(subscription_id, PAUSED, most=CHUNK)

    async def _answered(self, subscription_id: str, now: datetime) -> None:
        """Resume what was paused for failing; a vendor's own pause stands."""
        async with self._work.writing() as tx:
            found = await tx.endpoints.get(subscription_id, lock=True)
            if found is None or (found.state, found.state_reason) != (PAUSED, FAILING):
                return
            await self._move(tx, found, ACTIVE, None, now)
        await self._settle(subscription_id, ACTIVE, most=CHUNK)

    async def _disable(self, subscription_id: str, now: datetime) -> None:
        async with self._work.writing() as tx:
            found = await tx.endpoints.get(subscription_id, lock=True)
            if found is None or found.state == DISABLED:
                return
            await self._move(tx, found, DISABLED, GONE, now)
        await self._settle(subscription_id, DISABLED, most=CHUNK)

    async def _move(
        self,
        tx: DatabaseTransaction,
        endpoint: Endpoint,
        state: str,
        reason: str | None,
        at: datetime,
        *,
        probe_at: datetime | None = None,
    ) -> Endpoint:
        """Change the state, and tell the vendor in the same commit."""
        await tx.endpoints.move(endpoint.id, to=state, reason=reason, at=at, probe_at=probe_at)
        account = await tx.accounts.get(endpoint.account_id)
        told = SubscriptionChanged(
            event_type=NOTICES[state],
            subscription_id=endpoint.id,
            account_id=endpoint.account_id,
            resource=endpoint.resource,
            reason=reason,
            failing_since=maybe_iso_millis(endpoint.failing_since),
            reference=None if account is None else account.reference,
            changed_date=iso_millis(at),
        )
        body = msgspec.json.encode(told)
        for webhook in await tx.tenant_webhooks.live(endpoint.tenant_id, hold=True):
            bare = Notice(
                id=new_id("ntc", at),
                tenant_id=endpoint.tenant_id,
                account_id=endpoint.account_id,
                kind=told.event_type,
                callback_url=webhook.callback_url,
                body=None,
                created_at=at,
                tenant_webhook_id=webhook.id,
            )
            await tx.notices.add(
                replace(bare, body=self._ring.seal(body, associated_data=bare.associated_data))
            )
        logger.warning(
            _NEWS[state],
            account_id=endpoint.account_id,
            subscription_id=endpoint.id,
            code=reason,
        )
        return replace(
            endpoint,
            state=state,
            state_reason=reason,
            next_probe_at=probe_at,
            failing_since=None if state == ACTIVE else endpoint.failing_since,
        )
