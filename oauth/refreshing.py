"""Refreshing an account's tokens, once, whoever and however many ask for it.

A lease on the row lets one process call the provider while the others wait for what it stores; and
a set is stored only if the version it was made from still is the current one.

What is lost on the way is found again: a process that dies between the provider's answer and our
commit leaves the old refresh token in the row and a lease that ends after 20 s; whoever comes then
presents the same token again, which Qonto takes for 60 s after its first use.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from oauth.accounts import Ready, Status, read_ready
from oauth.client import OAuthClient
from oauth.credentials import open_credentials
from oauth.endings import end_consent
from oauth.errors import GrantInvalid, ProviderUnavailable, ReauthRequired, UnknownTarget
from oauth.ports import TargetSystem
from oauth.sealed_tokens import seal_tokens
from oauth.settings import OAuthSettings
from storage.clock import Clock
from storage.errors import StorageUnavailable
from storage.repositories.tokens import StoredTokens
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork

logger = structlog.get_logger()

_FIRST_POLL_SECONDS = 0.1
_LONGEST_POLL_SECONDS = 1.0
_PATIENCE_IN_LEASES = 2
_SAVE_PAUSES = (0.2, 1.0)


@dataclass(frozen=True, slots=True)
class _Lease:
    """The right to refresh one version of one account's tokens."""

    owner: str
    ready: Ready


@dataclass(frozen=True)
class Refresher:
    """Brings newer token sets about."""

    work: UnitOfWork
    ring: KeyRing
    targets: Mapping[str, TargetSystem]
    client: OAuthClient
    settings: OAuthSettings
    clock: Clock
    observe: Callable[[str], None]
    """Told how each refresh ended: `refreshed`, `overtaken`, `failed` or `ended`."""
    serving: Status = Status.ACTIVE
    """The status in which an account may be called for."""

    async def replace(self, account_id: str, version: int) -> None:
        """Return once the stored set is newer than `version`.

        Raises ReauthRequired when the provider won't give another, which ends the account's
        ACTIVE status; AccountInactive; SystemNotRegistered; and the children of ProviderError,
        which leave the account as it is.
        """
        lease = await self._claim(account_id, version)
        if lease is None:
            return
        try:
            stored = await self._refresh(lease)
        except GrantInvalid:
            await self._settle_invalid(lease)
            return
        except Exception as error:
            self.observe("failed")
            logger.warning(
                "token.refresh_failed", account_id=account_id, error=type(error).__name__
            )
            await self._release(lease)
            raise
        saved = await self._save(stored, version)
        self.observe("refreshed" if saved else "overtaken")
        logger.info("token.refreshed", account_id=account_id, saved=saved)

    async def _claim(self, account_id: str, version: int) -> _Lease | None:
        """Take the lease on this version; None once somebody else has replaced it.

        Waits while another process holds it, at most as long as two leases last.
        """
        owner = secrets.token_hex(8)
        loop = asyncio.get_running_loop()
        pause = _FIRST_POLL_SECONDS
        patience = loop.time() + _PATIENCE_IN_LEASES * self.settings.lease_seconds
        while True:
            async with self.work.writing() as tx:
                connection_id = (await read_ready(tx, account_id, self.serving)).connection_id
                claimed = await tx.tokens.claim(
                    connection_id, version, owner=owner, at=self.clock(), lease=self.settings.lease
                )
                # Read after the claim, which may have waited for a process that ended the consent.
                ready = await read_ready(tx, account_id, self.serving)
            if ready.tokens.version != version:
                return None
            if claimed:
                return _Lease(owner, ready)
            if loop.time() > patience:
                raise ProviderUnavailable("another process is still renewing this access")
            # Less and less often: when all accounts are due at once, asking is what costs most.
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_POLL_SECONDS)

    async def _refresh(self, lease: _Lease) -> StoredTokens:
        account, tokens = lease.ready.account, lease.ready.tokens
        target = self.targets.get(account.target)
        if target is None:
            raise UnknownTarget
        system = lease.ready.system
        if tokens.refresh_token is None or system is None:
            raise GrantInvalid("offline_access was not granted")
        at = self.clock()
        fresh = await self.client.refresh(
            target,
            open_credentials(self.ring, system),
            refresh_token=self.ring.open_text(tokens.refresh_token, place=tokens.refresh_place),
            granted=frozenset(tokens.scopes.split()),
            at=at,
        )
        return seal_tokens(self.ring, tokens.connection_id, fresh, at)

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
        self.observe("ended" if is_final else "overtaken")
        if is_final:
            logger.warning("account.reauth_required", account_id=account_id)
            raise ReauthRequired

    async def _save(self, stored: StoredTokens, version: int) -> bool:
        """Store a refreshed set, with patience: the one in the row is on its way out."""
        for pause in _SAVE_PAUSES:
            try:
                return await self._try_save(stored, version)
            except StorageUnavailable:
                await asyncio.sleep(pause)
        return await self._try_save(stored, version)

    async def _try_save(self, stored: StoredTokens, version: int) -> bool:
        async with self.work.writing() as tx:
            return await tx.tokens.replace(stored, version=version)

    async def _release(self, lease: _Lease) -> None:
        """Give the lease back; when the database is away too, it ends by itself."""
        account_id = lease.ready.account.id
        try:
            async with self.work.writing() as tx:
                await tx.tokens.release(lease.ready.connection_id, lease.owner)
        except StorageUnavailable:
            logger.warning("token.lease_not_released", account_id=account_id)
