"""What a person allowed an assistant's client to do with an account, and its codes and tokens."""

from datetime import datetime

from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime


class AssistantGrantRow(BaseRow, table=True):
    __tablename__ = "assistant_grants"

    id: str = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenants.id")
    account_id: str = Field(foreign_key="accounts.id", index=True)
    api_key_id: str
    """The vendor's key that was entered. It ends with it, as with the account's key."""
    account_key_id: str
    client_digest: str
    """SHA-256, hex, of the client's id, which is its whole registration."""
    client_name: str
    permissions: str
    """Space separated; never more than the vendor's key has."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AssistantTokenRow(BaseRow, table=True):
    __tablename__ = "assistant_tokens"

    digest: str = Field(primary_key=True)
    """A keyed hash: the secret itself is kept nowhere."""
    grant_id: str = Field(foreign_key="assistant_grants.id", index=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    kind: str
    """CODE, ACCESS or REFRESH."""
    challenge: str | None = None
    """Of a code: PKCE's, S256."""
    redirect_uri: str | None = None
    """Of a code: where it was sent to."""
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
