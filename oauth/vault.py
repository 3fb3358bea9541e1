"""The token vault: valid access to linked accounts, from memory whenever that is safe.

An opened access is kept until shortly before it expires, and used for five seconds at most without
looking whether the account still stands; so what happens elsewhere is known here in time. While the
database is away, a set that was just refreshed is used from memory.
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from oauth.accounts import CredentialStatus, Ready, Status, read_ready
from oauth.client import OAuthClient
from oauth.credentials import open_credentials
from oauth.errors import AccountUnusable, ProviderError, UnknownTarget
from oauth.flights import Flights
from oauth.ports import TargetSystem
from oauth.refreshing import Refresher
from oauth.resuming import Resumer
from oauth.sealed_tokens import open_ready
from oauth.settings import OAuthSettings
from oauth.tokens import Access, needs_refresh
from oauth.unsaved import Unsaved
from storage.bounded import Bounded
from storage.clock import Clock, system_clock
from storage.errors import ServiceError, StorageUnavailable
from storage.log import logger
from storage.repositories.tokens import API_KEY
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork

_NO_MARGIN = timedelta(0)

_MOST_ACCOUNTS = 100_000
"""Accounts that are remembered; of one that isn't, the rows are read again."""

_AT_ONCE = 100

_WHILE_GOOD = 1.0
"""Seconds that a call waits for a refresh while the present token still is good."""


@dataclass(frozen=True, slots=True)
class _Held:
    """An opened access, and until when it may be used without a look at the database."""

    access: Access
    margin: timedelta
    """How long before its end it is refreshed."""
    received_at: datetime
    """When its tokens were received: two sets of one version may exist, and one of them wins."""
    registered_at: datetime | None
    """When the custom values among its headers were registered."""
    fresh_until: datetime


class TokenVault:
    """Hands out access to linked accounts (`oauth.tokens.AccessSource`). One per process."""

    def __init__(
        self,
        work: UnitOfWork,
        ring: KeyRing,
        targets: Mapping[str, TargetSystem],
        client: OAuthClient,
        settings: OAuthSettings,
        *,
        clock: Clock = system_clock,
        observe: Callable[[str], None] | None = None,
        unsaved: Unsaved | None = None,
        serving: Status = Status.ACTIVE,
        jitter: Callable[[], float] = random.random,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`observe` is told how each refresh ended: refreshed, overtaken, failed, ended or lost;
        and of each access that was checked and works: checked.

        `unsaved` is shared by all vaults of a process; what it keeps has no place on the disk
        unless it is given. `serving` is the status in which accounts may be called for: DISABLED
        for taking leave of those that are being unlinked. `jitter` answers a number from 0 to 1,
        and `now` seconds of a clock that only goes forward.
        """
        self._work = work
        self._ring = ring
        self._targets = targets
        self._client = client
        self._settings = settings
        self._clock = clock
        self._serving = serving
        self._jitter = jitter
        observe = observe or (lambda _: None)
        self._unsaved = unsaved or Unsaved(work, None, observe)
        self._refresher = Refresher(
            work, ring, targets, client, settings, clock, observe, self._unsaved, serving, now
        )
        self._resumer = Resumer(work, clock, self._refresher, self._newer, jitter=jitter, now=now)
        self._held: Bounded[str, _Held] = Bounded(_MOST_ACCOUNTS)
        self._connections: Bounded[str, str] = Bounded(_MOST_ACCOUNTS)
        """The connections that accounts live on, as they were last read."""
        self._forgotten = 0
        """Counts what was forgotten: a look that began before then isn't kept."""
        self._looks = Flights[str, _Held]()
        self._refreshes = Flights[tuple[str, int], Access]()

    async def get(self, account_id: str) -> Access:
        """Return a valid access, refreshed if it's about to expire.

        While a token still is good, a refresh that fails is put off. Raises ReauthRequired,
        AccountInactive, SystemNotRegistered, the children of ProviderError, StorageUnavailable.
        """
        held = self._held.get(account_id)
        if held is not None and self._clock() < held.fresh_until:
            return held.access
        held = await self._look(account_id)
        if not self._is_due(held, held.margin):
            return held.access
        is_good = not self._is_due(held, _NO_MARGIN)
        try:
            async with asyncio.timeout(_WHILE_GOOD if is_good else None):
                return await self._newer(account_id, held.access.version)
        except (ProviderError, StorageUnavailable, TimeoutError):
            if not is_good or self._is_due(held, _NO_MARGIN):
                raise
            return self._keep(account_id, held, margin=_NO_MARGIN).access

    async def renew(self, account_id: str, refused: Access) -> Access:
        """Return a newer access than the refused one; refreshes only if nobody has yet.

        One that can't be renewed is checked, and comes as a newer version when it works. Raises
        what `get` does.
        """
        held = await self._look(account_id)
        if held.access.version > refused.version or held.access.headers != refused.headers:
            return await self.get(account_id)
        return await self._newer(account_id, held.access.version)

    async def credential_status(self, account_id: str) -> CredentialStatus | None:
        """Say what is held for an account, whatever its status; None when nothing is."""
        async with self._work.reading() as tx:
            tokens = await tx.tokens.of_account(account_id)
        if tokens is None:
            return None
        return CredentialStatus(
            tuple(tokens.scopes.split()), tokens.expires_at, tokens.refresh_token is not None
        )

    async def keep_alive(self) -> int:
        """Refresh the accounts that nobody has used for long; return how many were refreshed.

        A refresh token that isn't used dies. Any number of processes may do this at once: each
        version is refreshed by the one that gets its lease. What fails is tried again next time.
        """
        before = self._clock() - self._settings.keep_alive
        after, refreshed = "", 0
        while True:
            async with self._work.reading() as tx:
                idle = await tx.tokens.idle(before, after=after, most=_AT_ONCE)
            for account_id, version in idle:
                try:
                    await self._newer(account_id, version)
                except ServiceError as error:
                    logger.warning(
                        "token.keep_alive_failed", account_id=account_id, code=error.code
                    )
                else:
                    refreshed += 1
            if len(idle) < _AT_ONCE:
                return refreshed
            after = idle[-1][0]

    async def start(self, *, alone: bool = False) -> None:
        """Save what an earlier process left unsaved, and finish interrupted refreshes from now on.

        Needs no traffic. Any number of processes may do this on one database, unless this one is
        `alone` with it.
        """
        self._refresher.is_alone = alone
        await self._unsaved.recover()
        self._resumer.start()

    async def resume(self) -> int:
        """Finish the refreshes that were interrupted; return how many were begun again."""
        return await self._resumer.turn()

    async def revoke(self, account_id: str) -> None:
        """Have the provider end the consent behind an account's tokens; they stay here.

        Raises AccountUnusable's and ProviderError's children.
        """
        async with self._work.reading() as tx:
            ready = await read_ready(tx, account_id, self._serving)
        target = self._targets.get(ready.account.target)
        if target is None:
            raise UnknownTarget
        tokens = ready.tokens
        if tokens.kind == API_KEY or ready.system is None:
            return  # an organisation's own key is ended by the organisation
        token = (
            self._ring.open_text(tokens.access_token, associated_data=tokens.access_associated_data)
            if tokens.refresh_token is None
            else self._ring.open_text(
                tokens.refresh_token, associated_data=tokens.refresh_associated_data
            )
        )
        if await self._end_consent(account_id, target):
            return
        credentials = open_credentials(self._ring, ready.system)
        await self._client.revoke(target, credentials, token=token)

    async def _end_consent(self, account_id: str, target: TargetSystem) -> bool:
        """Take the consent back with an access token; False where that can't be done."""
        try:
            return await target.end_consent(await self.get(account_id))
        except (AccountUnusable, ServiceError) as error:
            logger.info("consent.not_ended", account_id=account_id, code=error.code)
            return False

    def forget(self, account_id: str) -> None:
        """Drop what is held in memory, so that the next call looks at the database."""
        self._forgotten += 1
        self._held.pop(account_id, None)

    async def close(self) -> None:
        """Wait for refreshes under way: their answers must be stored. Raises TokensLost."""
        await self._resumer.stop()
        await self._refreshes.settle()
        await self._looks.settle()
        await self._unsaved.close()

    async def _look(self, account_id: str) -> _Held:
        """Read the account's rows, together with whoever else wants to."""
        return await self._looks.join(account_id, lambda: self._read(account_id))

    async def _newer(self, account_id: str, version: int) -> Access:
        """Bring a newer version about, together with whoever else wants to."""
        try:
            # By account: two that live on one connection are kept apart by its lease.
            return await self._refreshes.join(
                (account_id, version), lambda: self._replaced(account_id, version)
            )
        except AccountUnusable:
            self.forget(account_id)
            raise

    async def _replaced(self, account_id: str, version: int) -> Access:
        """Replace a version, and read what came of it once for all who wait."""
        await self._refresher.replace(account_id, version)
        known = self._held.get(account_id)
        if known is not None and known.access.version > version:
            return known.access
        # A look that began before the refresh ended may still be under way: it would be too old.
        return (await self._read(account_id)).access

    async def _read(self, account_id: str) -> _Held:
        began = self._forgotten
        try:
            ready = await self._rows(account_id)
        except AccountUnusable:
            self.forget(account_id)
            raise
        known = self._held.get(account_id)
        if began != self._forgotten:
            return self._open(ready)
        if (
            known is not None
            and known.access.version == ready.tokens.version
            and known.received_at == ready.tokens.updated_at
            and known.registered_at == ready.registered_at
        ):
            return self._keep(account_id, known, margin=known.margin)
        held = self._open(ready)
        return self._keep(account_id, held, margin=held.margin)

    async def _rows(self, account_id: str) -> Ready:
        """Read an account's rows, with the set that this process has in hand, if there is one.

        While the database is away that set is used with the rows as they were at its refresh.
        """
        try:
            async with self._work.reading() as tx:
                ready = await read_ready(tx, account_id, self._serving)
        except StorageUnavailable:
            in_hand = self._unsaved.get(self._connections.get(account_id, ""))
            if in_hand is None or in_hand.ready is None:
                raise
            return in_hand.over(in_hand.ready)
        self._connections[account_id] = ready.connection_id
        in_hand = self._unsaved.get(ready.connection_id)
        if in_hand is not None and in_hand.version == ready.tokens.version:
            return in_hand.over(ready)
        return ready

    def _open(self, ready: Ready) -> _Held:
        target = self._targets.get(ready.account.target)
        if target is None:
            raise UnknownTarget
        tokens = ready.tokens
        access = open_ready(self._ring, target, ready)
        # A token that lives shorter than usual must not be due from its first moment.
        margin = self._settings.margin + self._settings.jitter * self._jitter()
        margin = min(margin, (tokens.expires_at - tokens.updated_at) / 4)
        if not access.is_renewable:
            margin = _NO_MARGIN  # nothing comes after it, so it's used to its end
        return _Held(
            access, margin, tokens.updated_at, ready.registered_at, fresh_until=self._clock()
        )

    def _keep(self, account_id: str, held: _Held, *, margin: timedelta) -> _Held:
        """Use it until the next look is due, or until `margin` before it expires."""
        until = self._clock() + self._settings.recheck
        if held.access.expires_at is not None:
            until = min(until, held.access.expires_at - margin)
        kept = replace(held, fresh_until=until)
        known = self._held.get(account_id)
        if known is None or known.access.version <= kept.access.version:
            self._held[account_id] = kept
        return kept

    def _is_due(self, held: _Held, margin: timedelta) -> bool:
        return needs_refresh(held.access.expires_at, self._clock(), margin=margin)
