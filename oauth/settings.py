"""The settings of this floor."""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from oauth.callbacks import is_loopback
from storage.egress import EgressPolicy


class OAuthSettings(BaseModel):
    """How links are made and tokens kept. Frozen; times are in the unit their name says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    public_url: str = "http://127.0.0.1:8000"
    """Where customers' browsers reach this service; a path prefix is allowed. The only source of
    redirect URIs: no request header has a say."""
    allow_loopback_callbacks: bool = False
    """Let callbacks be on this machine and without TLS: for development only."""
    egress: EgressPolicy = EgressPolicy()
    """Where the relay may post to, for what is to be told to a vendor's server."""
    scopes: Mapping[str, str] = Field(default_factory=dict[str, str])
    """By target system: the scopes to ask for, space separated, or the name of a preset."""
    state_minutes: int = Field(default=15, ge=1, le=60)
    exchange_minutes: int = Field(default=5, ge=1, le=60)
    token_timeout_seconds: float = Field(default=10, gt=0, le=15)
    """The whole of one call to a token endpoint; well below the lease."""
    identify_timeout_seconds: float = Field(default=15, gt=0, le=60)
    """The whole of asking the target system who has just consented."""
    lease_seconds: float = Field(default=20, ge=15, le=40)
    """How long a process may take to refresh before another tries; well below Qonto's 60 s of
    grace for a refresh token presented twice."""
    recheck_seconds: float = Field(default=5, ge=0, le=5)
    """How long a cached access is used without looking whether the account still stands."""
    refresh_margin_seconds: float = Field(default=120, ge=0)
    """How long before it expires a token is refreshed; at most a quarter of its life."""
    refresh_jitter_seconds: float = Field(default=60, ge=0)
    """Up to this much earlier, at random: accounts linked at once aren't refreshed at once."""
    keep_alive_days: float = Field(default=30, gt=0, le=60)
    """An account idle for this long is refreshed; Qonto's refresh tokens die after 90 days."""

    @field_validator("public_url")
    @classmethod
    def _is_public(cls, value: str) -> str:
        parts = urlsplit(value)
        if not parts.hostname or parts.username or parts.query or parts.fragment:
            raise ValueError("public_url is an origin and, if need be, a path: https://api.example")
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
            raise ValueError("public_url must begin with https:// (http only on this machine)")
        return value.rstrip("/")

    @property
    def recheck(self) -> timedelta:
        return timedelta(seconds=self.recheck_seconds)

    @property
    def margin(self) -> timedelta:
        return timedelta(seconds=self.refresh_margin_seconds)

    @property
    def jitter(self) -> timedelta:
        return timedelta(seconds=self.refresh_jitter_seconds)

    @property
    def keep_alive(self) -> timedelta:
        return timedelta(days=self.keep_alive_days)

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=self.lease_seconds)

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach this service by TLS; without it only in development."""
        return self.public_url.startswith("https:")

    def page_url(self, token: str) -> str:
        """Return the address of a link page."""
        return f"{self.public_url}/link/{token}"

    def callback_path(self, target: str) -> str:
        """Return the path of the redirect URI, to which a link's cookie is bound."""
        return urlsplit(self.redirect_uri(target)).path

    def redirect_uri(self, target: str) -> str:
        """Return the redirect URI to register at the provider for a target system."""
        return f"{self.public_url}/auth/callback/{target}"
