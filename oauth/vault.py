"""The token vault: sealed storage, and one refresh at a time per account.

Three fences keep a refresh single. In a process, whoever asks joins the one under way. Between
processes, a lease on the row lets one call the provider, and the others wait for what it stores.
And a set is stored only if the version it was made from still is the current one.

What is lost on the way is found again: a process that dies between the provider's answer and our
commit leaves the old refresh token in the row and a lease that ends after 20 s; whoever comes then
presents the same token again, which Qonto takes for 60 s after its first use.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from oauth.client import OAuthClient
from oauth.credentials import AppCredentials, open_credentials
from oauth.errors import (
    AccountInactive,
    GrantInvalid,
    ProviderError,
    ProviderUnavailable,
    ReauthRequired,
    SystemNotRegistered,
    UnknownTarget,
)
from oauth.flights import Flights
from oauth.ports import TargetSystem
from oauth.settings import OAuthSettings
from oauth.tokens import Access, TokenSet, needs_refresh
from storage.clock import Clock, system_clock
from storage.errors import StorageUnavailable
from storage.repositories.accounts import Account
from storage.repositories.systems import System
from storage.repositories.tokens import StoredTokens, access_place, refresh_place
from storage.sealing import KeyRing
from storage.unit_of_work import Transaction, UnitOfWork

logger = structlog.get_logger()

_POLL_SECONDS = 0.2
_SAVE_PAUSES = (0.2, 1.0, None)
_QUARTER = 4


def bearer(token: str, extra: Mapping[str, str]) -> dict[str, str]:
    """Write the headers of a call with an access token, beside those every call needs."""
    return {"Authorization": f"Bearer {token}", **extra}


def seal_tokens(ring: KeyRing, account_id: str, tokens: TokenSet, at: datetime) -> StoredTokens:
    """Seal a token set received at `at` for its account's row."""
    return StoredTokens(
        account_id=account_id,
        access_token=ring.seal(tokens.access_token, place=access_place(account_id)),
        refresh_token=(
            None
            if tokens.refresh_token is None
            else ring.seal(tokens.refresh_token, place=refresh_place(account_id))
        ),
        expires_at=tokens.expires_at,
        scopes=" ".join(sorted(tokens.scopes)),
        updated_at=at,
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """What is held for an account: its consent, not its tokens."""

    scopes: tuple[str, ...]
    expires_at: datetime
    is_renewable: bool


@dataclass(frozen=True, slots=True)
class _Row:
    """An account that may be called for, with what a call needs."""

    account: Account
    tokens: StoredTokens
    system: System


@dataclass(frozen=True, slots=True)
class _Held:
    """An opened access, and how long it may be used without another look at the database."""

    access: Access
    fresh_until: datetime
    margin: timedelta
    values_of: datetime
    """When the custom values in the headers were registered."""


@dataclass(frozen=True, slots=True)
class _Lease:
    """The right to refresh, with the opened secrets that it takes."""

    owner: str
    row: _Row
    credentials: AppCredentials
    refresh_token: str = field(repr=False)


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
    ) -> None:
        """`observe` is told of each refresh how it ended: refreshed, lost, failed or ended."""
        self._work = work
        self._ring = ring
        self._targets = targets
        self._client = client
        self._settings = settings
        self._clock = clock
        self._observe = observe or _ignore
        self._held: dict[str, _Held] = {}
        self._looks = Flights[str, _Held]()
        self._refreshes = Flights[tuple[str, int], _Held]()

    async def get(self, account_id: str) -> Access:
        """Answer a valid access; from memory while it was looked at in the last five seconds.

        A refresh that fails near the end of a token's life is tried again later, while the token
        still is good. Raises ReauthRequired, AccountInactive, SystemNotRegistered, the children of
        ProviderError, and StorageUnavailable.
        """
        held = self._held.get(account_id)
        if held is not None and self._clock() < held.fresh_until:
            return held.access
        held = await self._look(account_id)
        if not needs_refresh(held.access.expires_at, self._clock(), margin=held.margin):
            return held.access
        try:
            held = await self._refresh(account_id, held.access.version)
        except ProviderError:
            if needs_refresh(held.access.expires_at, self._clock(), margin=timedelta(0)):
                raise
            held = self._stretch(account_id, held)
        return held.access

    async def renew(self, account_id: str, refused: Access) -> Access:
        """Answer a newer access than the refused one; refreshes only if nobody has yet.

        Raises what `get` does.
        """
        held = await self._look(account_id)
        if held.access.version > refused.version:
            return await self.get(account_id)
        return (await self._refresh(account_id, held.access.version)).access

    async def standing(self, account_id: str) -> Standing | None:
        """Say what is held for an account, whatever its status; None when nothing is."""
        async with self._work.reading() as tx:
            tokens = await tx.tokens.get(account_id)
        if tokens is None:
            return None
        return Standing(
            tuple(tokens.scopes.split()), tokens.expires_at, tokens.refresh_token is not None
        )

    def forget(self, account_id: str) -> None:
        """Drop what is held in memory, so that the next call looks at the database."""
        self._held.pop(account_id, None)

    async def close(self) -> None:
        """Wait for refreshes under way: their answers must be stored."""
        await self._looks.settle()
        await self._refreshes.settle()

    async def _look(self, account_id: str) -> _Held:
        return await self._looks.join(account_id, lambda: self._open(account_id))

    async def _refresh(self, account_id: str, version: int) -> _Held:
        return await self._refreshes.join(
            (account_id, version), lambda: self._replace(account_id, version)
        )

    async def _open(self, account_id: str) -> _Held:
        """Look at the account's rows, and open the access unless it's in memory already."""
        try:
            async with self._work.reading() as tx:
                row = await _read(tx, account_id)
        except (ReauthRequired, AccountInactive):
            self.forget(account_id)
            raise
        tokens = row.tokens
        held = self._held.get(account_id)
        if (
            held is None
            or held.access.version != tokens.version
            or held.values_of != row.system.updated_at
        ):
            credentials = open_credentials(self._ring, row.system)
            token = self._ring.open_text(tokens.access_token, place=tokens.access_place)
            return self._hold(row, credentials, token, tokens)
        return self._keep(account_id, replace(held, fresh_until=self._fresh_until(held)))

    async def _replace(self, account_id: str, version: int) -> _Held:
        """Bring a newer version about, by refreshing or by waiting for whoever does."""
        lease = await self._claim(account_id, version)
        if lease is None:
            self._observe("lost")
            return await self._open(account_id)
        row, at = lease.row, self._clock()
        try:
            fresh = await self._client.refresh(
                self._target(row.account.target),
                lease.credentials,
                refresh_token=lease.refresh_token,
                granted=frozenset(row.tokens.scopes.split()),
                at=at,
            )
        except GrantInvalid:
            return await self._settle_invalid(lease)
        except Exception as error:
            self._observe("failed")
            logger.warning(
                "token.refresh_failed", account_id=account_id, error=type(error).__name__
            )
            await self._release(lease)
            raise
        stored = replace(seal_tokens(self._ring, account_id, fresh, at), version=version + 1)
        if not await self._save(stored, version):
            self._observe("lost")
            return await self._open(account_id)
        self._observe("refreshed")
        logger.info("token.refreshed", account_id=account_id, version=stored.version)
        return self._hold(row, lease.credentials, fresh.access_token, stored)

    async def _claim(self, account_id: str, version: int) -> _Lease | None:
        """Take the lease on this version; None once somebody else has replaced it.

        Waits while another process holds it, at most as long as two leases last.
        """
        owner = secrets.token_hex(8)
        waited = asyncio.get_running_loop().time() + 2 * self._settings.lease_seconds
        while True:
            async with self._work.writing() as tx:
                row = await _read(tx, account_id)
                if row.tokens.version != version:
                    return None
                if row.tokens.refresh_token is None:
                    await self._end(tx, account_id)
                    claimed = True
                else:
                    claimed = await tx.tokens.claim(
                        account_id,
                        version,
                        owner=owner,
                        at=self._clock(),
                        lease=self._settings.lease,
                    )
            if row.tokens.refresh_token is None:
                self.forget(account_id)
                raise ReauthRequired("the access has ended and can't be renewed; link again")
            if claimed:
                return _Lease(
                    owner,
                    row,
                    open_credentials(self._ring, row.system),
                    self._ring.open_text(row.tokens.refresh_token, place=row.tokens.refresh_place),
                )
            if asyncio.get_running_loop().time() > waited:
                raise ProviderUnavailable("another process is still renewing this access")
            await asyncio.sleep(_POLL_SECONDS)

    async def _settle_invalid(self, lease: _Lease) -> _Held:
        """Believe `invalid_grant` only if nobody has stored a newer set meanwhile."""
        account_id = lease.row.account.id
        async with self._work.writing() as tx:
            await tx.accounts.get(account_id, lock=True)
            current = await tx.tokens.get(account_id)
            is_final = current is None or current.version == lease.row.tokens.version
            if is_final:
                await self._end(tx, account_id)
            await tx.tokens.release(account_id, lease.owner)
        if not is_final:
            self._observe("lost")
            return await self._open(account_id)
        self.forget(account_id)
        self._observe("ended")
        logger.warning("account.reauth_required", account_id=account_id)
        raise ReauthRequired

    async def _end(self, tx: Transaction, account_id: str) -> None:
        await tx.accounts.move(account_id, to="REAUTH_REQUIRED", before="ACTIVE", at=self._clock())

    async def _save(self, stored: StoredTokens, version: int) -> bool:
        """Store a refreshed set, with patience: the one in the row is on its way out."""
        for pause in _SAVE_PAUSES:
            try:
                async with self._work.writing() as tx:
                    return await tx.tokens.replace(stored, version=version)
            except StorageUnavailable:
                if pause is None:
                    raise
                await asyncio.sleep(pause)
        raise AssertionError

    async def _release(self, lease: _Lease) -> None:
        """Give the lease back; when the database is away too, it ends by itself."""
        try:
            async with self._work.writing() as tx:
                await tx.tokens.release(lease.row.account.id, lease.owner)
        except StorageUnavailable:
            logger.warning("token.lease_not_released", account_id=lease.row.account.id)

    def _hold(
        self, row: _Row, credentials: AppCredentials, token: str, tokens: StoredTokens
    ) -> _Held:
        target = self._target(row.account.target)
        access = Access(
            headers=bearer(token, target.extra_headers(credentials.custom_values)),
            scopes=frozenset(tokens.scopes.split()),
            expires_at=tokens.expires_at,
            version=tokens.version,
        )
        # A token that lives shorter than expected must not be due from its first moment.
        margin = min(self._settings.margin, (tokens.expires_at - tokens.updated_at) / _QUARTER)
        held = _Held(access, self._clock(), margin, row.system.updated_at)
        return self._keep(row.account.id, replace(held, fresh_until=self._fresh_until(held)))

    def _keep(self, account_id: str, held: _Held) -> _Held:
        """Remember it, unless a newer version was remembered while this one was being read."""
        known = self._held.get(account_id)
        if known is None or known.access.version <= held.access.version:
            self._held[account_id] = held
        return held

    def _fresh_until(self, held: _Held) -> datetime:
        recheck = self._clock() + self._settings.recheck
        expires_at = held.access.expires_at
        return recheck if expires_at is None else min(recheck, expires_at - held.margin)

    def _stretch(self, account_id: str, held: _Held) -> _Held:
        """Go on for a while with a token that couldn't be renewed but still is good."""
        until = self._clock() + self._settings.recheck
        expires_at = held.access.expires_at
        fresh_until = until if expires_at is None else min(until, expires_at)
        return self._keep(account_id, replace(held, fresh_until=fresh_until))

    def _target(self, name: str) -> TargetSystem:
        target = self._targets.get(name)
        if target is None:
            raise UnknownTarget
        return target


async def _read(tx: Transaction, account_id: str) -> _Row:
    """Read what calling for an account takes. Raises unless it may be called for."""
    account = await tx.accounts.get(account_id)
    if account is None:
        raise AccountInactive("DELETED")
    if account.status == "REAUTH_REQUIRED":
        raise ReauthRequired
    if account.status != "ACTIVE":
        raise AccountInactive(account.status)
    tokens = await tx.tokens.get(account_id)
    if tokens is None:
        raise ReauthRequired
    system = await tx.systems.get(account.tenant_id, account.target)
    if system is None:
        raise SystemNotRegistered(account.target)
    return _Row(account, tokens, system)


def _ignore(outcome: str) -> None:
    """Nobody counts refreshes."""
