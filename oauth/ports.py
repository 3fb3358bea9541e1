"""What a target system offers to identity. Providers implement it; this floor knows none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from oauth.tokens import Access
from oauth.topics import Use


@dataclass(frozen=True, slots=True)
class OAuthSpec:
    """Where and how a target system speaks OAuth 2.0 (authorization code, client_secret_post)."""

    authorize_url: str
    token_url: str
    revoke_url: str
    default_scopes: tuple[str, ...]
    scope_presets: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    display_name: str = ""
    """The name people know it by, for pages."""
    scope_meanings: Mapping[str, Use] = field(default_factory=dict[str, Use])
    """What each scope allows, for pages."""
    log_in_first: bool = False
    """Whether customers must be logged in there before the authorization address works."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who linked: the organisation at the provider, and the person's membership if known."""

    organization_id: str
    organization_name: str | None = None
    membership_id: str | None = None
    ibans: tuple[str, ...] = ()
    """Of the organisation's open accounts, as far as the access tells."""


class TargetSystem(Protocol):
    """One linkable system: `qonto`, `qonto-sandbox`."""

    @property
    def target(self) -> str: ...

    @property
    def oauth(self) -> OAuthSpec: ...

    def extra_headers(self, values: Mapping[str, str]) -> dict[str, str]:
        """Headers every call needs, made of the tenant's custom values (the staging token)."""
        ...

    def api_key_authorization(self, login: str, secret: str) -> str:
        """The Authorization header of calls with an organisation's own API key."""
        ...

    def requirements(self) -> tuple[str, ...]:
        """Names of the custom values this system can't do without."""
        ...

    async def identify(self, access: Access) -> Identity:
        """Learn who linked, from the cheapest source the granted scopes allow."""
        ...

    async def accepts(self, access: Access) -> bool:
        """Say whether an access still works, from one call that the granted scopes allow.

        Raises what `identify` does where that can't be told.
        """
        ...

    async def end_consent(self, access: Access) -> bool:
        """Take back the consent that an access rests on; False where the scopes don't allow it.

        One that is gone already is fine.
        """
        ...
