"""The sealed tokens of a connection, and the lease that keeps refreshes single."""

from datetime import datetime

from sqlmodel import Field

from storage.base import Record, UtcDateTime


class TokenRow(Record, table=True):
    __tablename__ = "tokens"

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
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    kind: str = "OAUTH"
    """OAUTH, or API_KEY: then `access_token` holds the whole Authorization header."""
    custom_values: bytes | None = None
    """Sealed JSON: what the calls of an API key need in the place of the registered values."""
