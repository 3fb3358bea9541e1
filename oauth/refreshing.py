"""Refreshing an account's tokens, once, whoever and however many ask for it.

A lease on the row lets one process call the provider while the others wait for what it stores; and
a set is stored only if the version it was made from still is the current one. docs/links.md draws
the states.

A refresh that was interrupted is taken up again: a process that dies between the provider's answer
and our commit leaves the old refresh token in the row, with a lease that ends after 20 s. The next
process presents the same token again, which Qonto accepts for 60 s after its first use. After these
60 s a used token must not be presented: that revokes the whole token family, also a set that a
process without its database may still hold in memory. So that process is given time to store its
set first.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from oauth.accounts import Ready, Status, read_ready
from oauth.checking import EVERY, Checker
from oauth.client import OAuthClient
from oauth.credentials import open_credentials
from oauth.endings import end_consent
from oauth.errors import (
    AnswerUnreadable,
    GrantInvalid,
    OutcomeUnknown,
    ProviderError,
    ProviderUnavailable,
    ReauthRequired,
    UnknownTarget,
)
from oauth.ports import TargetSystem
from oauth.sealed_tokens import seal_tokens
from oauth.settings import OAuthSettings
from oauth.unsaved import Unsaved
from storage.clock import Clock
from storage.errors import ServiceError, StorageUnavailable
from storage.log import logger
from storage.repositories.tokens import StoredTokens, Unfinished
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork

_FIRST_POLL_SECONDS = 0.1
_LONGEST_POLL_SECONDS = 1.0
_PATIENCE_IN_LEASES = 2
_IN_DOUBT = "the target system refused the access, and can't say whether it still works; try again"

IN_GRACE = timedelta(seconds=45)
"""How long after a lease began its refresh token may be presented again without a doubt: a call of
10 s more, and the 60 s of grace aren't over."""

OWNER_RETURNS_WITHIN = 30.0
"""Seconds that the owner of an older lease is given to save what it has in hand, counted from when
this process saw the lease first: the database may have been away for both until then."""


@dataclass(frozen=True, slots=True)
class _Lease:
    """The right to refresh one version of one account's tokens."""

    owner: str
    ready: Ready
    is_in_doubt: bool
    """An attempt before this one may have had its effect, which nobody knows."""
    is_late: bool
    """Another process began this refresh, and the grace may be over."""

    @property
    def is_for_check(self) -> bool:
        """There is nothing to refresh it with."""
        return self.ready.tokens.refresh_token is None


@dataclass
class Refresher:
    """Brings newer token sets about."""

    work: UnitOfWork
    ring: KeyRing
    targets: Mapping[str, TargetSystem]
    client: OAuthClient
    settings: OAuthSettings
    clock: Clock
    observe: Callable[[str], None]
    """Told how each refresh ended: `failed`, `ended` (by the provider) or `lost` (by us); and that
    an access was `checked` and works."""
    unsaved: Unsaved
    serving: Status = Status.ACTIVE
    """The status in which an account may be called for."""
    now: Callable[[], float] = time.monotonic
    checker: Checker = field(init=False)
    is_alone: bool = False
    """No other process can have tokens in hand: whoever began a refresh is dead."""
    _first_seen: dict[tuple[str, int, str], float] = field(
        default_factory=dict[tuple[str, int, str], float]
    )

    def __post_init__(self) -> None:
        self.checker = Checker(self.ring, self.targets, self.settings, self.clock)

    async def replace(self, account_id: str, version: int) -> None:
        """Return once there is a newer set than `version`, in the row or in hand.

        A set that can't be renewed is checked instead, and counts as a newer one if it works.
        Raises ReauthRequired when the provider won't give another, which ends the account's
        ACTIVE status; AccountInactive; SystemNotRegistered; StorageUnavailable; and the children of
        ProviderError, which leave the account as it is.
        """
        lease = await self._claim(account_id, version)
        if lease is None:
            return
        try:
            if lease.is_for_check:
                await self._check(lease)
                return
            stored = await self._refresh(lease)
        except GrantInvalid:
            await self._settle_invalid(lease)
            return
        except Exception as error:
            self.observe("failed")
            logger.warning(
                "token.refresh_failed", account_id=account_id, error=type(error).__name__
            )
            is_known = isinstance(error, ServiceError) and not isinstance(error, OutcomeUnknown)
            # a refusal now says nothing about the attempt before
            is_finished = lease.is_for_check or (is_known and not lease.is_in_doubt)
            await self._release(lease, is_finished=is_finished)
            raise
        await self.unsaved.save(stored, version, lease.ready)

    def must_wait(self, lease: Unfinished) -> bool:
        """Say whether a lease is its owner's still, or may be: see the module's first lines."""
        if not lease.is_free:
            return True
        if not self._is_late(lease) or lease.owner is None or self.is_alone:
            return False
        key = (lease.connection_id, lease.version, lease.owner)
        since = self._first_seen.setdefault(key, self.now())
        return self.now() - since < OWNER_RETURNS_WITHIN

    def _is_late(self, lease: Unfinished) -> bool:
        return lease.over_for + self.settings.lease > IN_GRACE

    async def _claim(self, account_id: str, version: int) -> _Lease | None:
        """Take the lease on this version; None once it was replaced, in the row or in hand here.

        Waits while another process holds it, at most as long as two leases last.
        """
        owner = secrets.token_hex(8)
        loop = asyncio.get_running_loop()
        pause = _FIRST_POLL_SECONDS
        patience = loop.time() + _PATIENCE_IN_LEASES * self.settings.lease_seconds
        while True:
            async with self.work.writing() as tx:
                found = await read_ready(tx, account_id, self.serving)
                connection_id = found.connection_id
                if found.tokens.version == version and (wait := self.checker.wait(found.tokens)):
                    raise ProviderUnavailable(_IN_DOUBT, retry_after=wait)
                in_hand = self.unsaved.get(connection_id)
                before = await tx.tokens.unfinished(connection_id, self.clock())
                if before is not None and before.version != version:
                    before = None
                is_free = in_hand is None and not (before and self.must_wait(before))
                claimed = is_free and await tx.tokens.claim(
                    connection_id, version, owner=owner, at=self.clock(), lease=self.settings.lease
                )
                # Read after the claim, which may have waited for a process that ended the consent.
                ready = await read_ready(tx, account_id, self.serving)
            if in_hand is not None:
                # its row still has the refresh token that it was made from, which is used up
                if in_hand.version >= version:
                    return None
                if await self.unsaved.is_settled(in_hand):
                    continue
                raise StorageUnavailable("the database is away, and the access can't be renewed")
            if ready.tokens.version != version:
                return None
            if claimed:
                self._forget_seen(connection_id)
                is_in_doubt = before is not None
                is_late = before is not None and self._is_late(before)
                return _Lease(owner, ready, is_in_doubt, is_late)
            if loop.time() > patience:
                raise ProviderUnavailable("another process is still renewing this access")
            # Less and less often: when all accounts are due at once, asking is what costs most.
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_POLL_SECONDS)

    def _forget_seen(self, connection_id: str) -> None:
        for key in [key for key in self._first_seen if key[0] == connection_id]:
            del self._first_seen[key]

    async def _refresh(self, lease: _Lease) -> StoredTokens:
        account, tokens = lease.ready.account, lease.ready.tokens
        target = self.targets.get(account.target)
        if target is None:
            raise UnknownTarget
        system = lease.ready.system
        assert tokens.refresh_token is not None and system is not None
        credentials = open_credentials(self.ring, system)
        refresh_token = self.ring.open_text(
            tokens.refresh_token, associated_data=tokens.refresh_associated_data
        )
        granted = frozenset(tokens.scopes.split())
        at = self.clock()
        try:
            fresh = await self.client.refresh(
                target, credentials, refresh_token=refresh_token, granted=granted, at=at
            )
        except AnswerUnreadable:
            # the token was used, and can be presented again while its grace lasts
            at = self.clock()
            try:
                fresh = await self.client.refresh(
                    target, credentials, refresh_token=refresh_token, granted=granted, at=at
                )
            except GrantInvalid:
                raise
            except ProviderError as error:  # which says nothing about the first
                raise OutcomeUnknown(error.message) from error
        return seal_tokens(self.ring, tokens.connection_id, fresh, at)

    async def _check(self, lease: _Lease) -> None:
        """Go on with an access that works. Raises GrantInvalid for one that doesn't."""
        works = await self.checker.works(lease.ready)
        if works is False:
            raise GrantInvalid("there is nothing to renew the access with")
        at = self.clock()
        async with self.work.writing() as tx:
            await tx.tokens.checked(
                lease.ready.connection_id,
                lease.ready.tokens.version,
                owner=lease.owner,
                is_good=works is True,
                at=at,
            )
        if works is None:
            raise ProviderUnavailable(_IN_DOUBT, retry_after=EVERY.total_seconds())
        self.observe("checked")
        logger.info("access.checked", account_id=lease.ready.account.id)

    async def _settle_invalid(self, lease: _Lease) -> None:
        """Believe that the grant is dead only if nobody has stored a newer set meanwhile."""
        account_id, connection_id = lease.ready.account.id, lease.ready.connection_id
        async with self.work.writing() as tx:
            beside = await tx.accounts.of_connection(connection_id)
            for account in beside:
                await tx.accounts.get(account.id, lock=True)
            current = await tx.tokens.get(connection_id)
            is_final = current is None or current.version == lease.ready.tokens.version
            if is_final:
                for account in beside:
                    await end_consent(
                        tx, self.ring, account.id, to=Status.REAUTH_REQUIRED, at=self.clock()
                    )
            await tx.tokens.release(connection_id, lease.owner)
        if not is_final:
            self.observe("overtaken")
            return
        # an interrupted refresh that nobody finished in time is our loss, not the customer's wish
        outcome = "lost" if lease.is_late and not lease.is_for_check else "ended"
        self.observe(outcome)
        logger.warning("account.reauth_required", account_id=account_id, outcome=outcome)
        raise ReauthRequired

    async def _release(self, lease: _Lease, *, is_finished: bool) -> None:
        """Give the lease back; when the database is away too, it ends by itself."""
        connection_id = lease.ready.connection_id
        try:
            async with self.work.writing() as tx:
                if is_finished:
                    await tx.tokens.release(connection_id, lease.owner)
                else:
                    await tx.tokens.interrupt(connection_id, lease.owner, at=self.clock())
        except StorageUnavailable:
            logger.warning("token.lease_not_released", account_id=lease.ready.account.id)
