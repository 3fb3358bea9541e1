"""The sealed tokens of a connection, and the lease that keeps refreshes single."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime

_UNFINISHED = text("lease_until IS NOT NULL")


class TokenRow(BaseRow, table=True):
    __tablename__ = "tokens"
    __table_args__ = (
        # For refreshes that were begun and not finished: a handful at any moment.
        Index(
            "ix_tokens_unfinished",
            "lease_until",
            sqlite_where=_UNFINISHED,
            postgresql_where=_UNFINISHED,
        ),
    )

    connection_id: str = Field(primary_key=True, foreign_key="connections.id")
    access_token: bytes
    """Sealed."""
    refresh_token: bytes | None = None
    """Sealed; None when offline access wasn't granted."""
    expires_at: datetime = Field(sa_type=UtcDateTime)
    scopes: str
    """Granted scopes, space separated."""
    version: int = 1
    """Counts the token sets this connection has had; every save is a compare-and-set on it."""
    lease_owner: str | None = None
    """Who refreshes this set; None beside a `lease_until` when that may have worked or not."""
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    kind: str = "OAUTH"
    """OAUTH, or API_KEY: then `access_token` holds the whole Authorization header."""
    checked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When a refused access that can't be renewed was last checked at the provider."""
    custom_values: bytes | None = None
    """Sealed JSON: what the calls of an API key need in the place of the registered values."""
