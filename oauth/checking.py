"""A refused access that can't be renewed is checked before it's believed to be gone.

An organisation's API key, or a token without offline access, is all there is: were one answer 401
believed, a hiccup on the way would end the link. So one more call with the same access decides.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from oauth.accounts import Ready
from oauth.errors import UnknownTarget
from oauth.ports import TargetSystem
from oauth.sealed_tokens import open_ready
from oauth.settings import OAuthSettings
from storage.clock import Clock
from storage.errors import ServiceError
from storage.log import logger
from storage.repositories.tokens import StoredTokens
from storage.sealing import KeyRing

EVERY = timedelta(minutes=1)
"""How often at most one set is checked, by all processes together: a provider that takes nothing
but the check isn't asked in a loop."""

_LEASE_LEFT = 5.0
"""Seconds of its lease that a check leaves for noting what came of it."""


@dataclass(frozen=True)
class Checker:
    """Asks the provider whether an access still works."""

    ring: KeyRing
    targets: Mapping[str, TargetSystem]
    settings: OAuthSettings
    clock: Clock

    def wait(self, tokens: StoredTokens) -> float:
        """Return the seconds until a set may be checked again; 0 when it may be now."""
        if tokens.checked_at is None:
            return 0.0
        since = self.clock() - tokens.checked_at
        # a check that lies ahead was noted by a clock that is wrong
        return (EVERY - since).total_seconds() if timedelta(0) <= since < EVERY else 0.0

    async def works(self, ready: Ready) -> bool | None:
        """Return whether the access of an account still works; None when that can't be told.

        Raises UnknownTarget and SecretUnreadable.
        """
        target = self.targets.get(ready.account.target)
        if target is None:
            raise UnknownTarget
        if ready.tokens.expires_at <= self.clock():
            return False
        access = open_ready(self.ring, target, ready)
        longest = self.settings.lease_seconds - _LEASE_LEFT
        try:
            async with asyncio.timeout(min(self.settings.identify_timeout_seconds, longest)):
                return await target.accepts(access)
        except (ServiceError, TimeoutError) as error:
            logger.warning(
                "access.not_checked", account_id=ready.account.id, error=type(error).__name__
            )
            return None
