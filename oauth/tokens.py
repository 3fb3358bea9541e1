"""What a token is, when it is due, and the one way other floors get access. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TokenSet:
    """What the provider's token endpoint handed over. `repr` hides both tokens."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime
    scopes: frozenset[str]
    oddities: tuple[str, ...] = ()
    """Members of the answer that made no sense, and were replaced by what is usual."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a call to the provider needs; the headers are secret, so `repr` hides them.

    Bearer tokens, API keys and the staging header look alike from here on. `expires_at` is None for
    credentials that don't expire. `version` tells two accesses of one account apart.
    """

    headers: Mapping[str, str] = field(repr=False)
    scopes: frozenset[str] | None
    """Granted scopes; None when the credential isn't limited by scopes (an API key)."""
    expires_at: datetime | None
    version: int = 0
    is_renewable: bool = True
    """Whether one that is refused is replaced by another; else it is checked, and used again."""


class AccessSource(Protocol):
    """Hands out access to linked accounts; whoever asks never sees a token being refreshed."""

    async def get(self, account_id: str) -> Access:
        """Return a valid access. Raises ReauthRequired or AccountInactive."""
        ...

    async def renew(self, account_id: str, refused: Access) -> Access:
        """Return a newer access after the provider refused this one with 401.

        Refreshes at most once per refused access, whoever asks. One that can't be renewed is
        checked, and answered as a newer version if it works. Raises ReauthRequired when the
        provider won't give another, or refuses the check too.
        """
        ...


def needs_refresh(expires_at: datetime | None, now: datetime, *, margin: timedelta) -> bool:
    """Say whether a token is expired or so close to it that a call may outlive it."""
    return expires_at is not None and now >= expires_at - margin
