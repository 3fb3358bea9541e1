"""A link under way, and the one-time code that its end hands out."""

from datetime import datetime

from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime


class LinkRow(BaseRow, table=True):
    __tablename__ = "links"

    id: str = Field(primary_key=True)
    """Also the nonce inside the signed state."""
    tenant_id: str = Field(foreign_key="tenants.id")
    target: str
    callback_url: str | None = None
    """Where the browser ends; None is at a page of our own."""
    cancel_callback_url: str | None = None
    webhook_callback_url: str | None = None
    """Where the account key goes server to server; without it the redirect carries a code."""
    reference: str | None = None
    include_signature: bool = False
    account_id: str | None = Field(default=None, foreign_key="accounts.id")
    """Set when an existing account is linked again under its key."""
    page_id: str | None = Field(default=None, index=True)
    """The link page it was begun on. No foreign key: the page is cleared away first."""
    code_verifier: bytes
    """Sealed PKCE verifier; empty for a link page, which mints none itself."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    return_digest: str | None = None
    """A keyed hash of the authorization code that the browser brought; only it may come again."""
    outcome: str | None = None
    """LINKED, or the code of what went wrong; null while the link is under way."""
    outcome_message: str | None = None
    linked_account_id: str | None = None
    """What was linked. No foreign key: it goes with the link, a day later."""
    handed: str | None = None
    """What the browser took along: the hash of a one-time code, or the id of an account key."""


class ExchangeCodeRow(BaseRow, table=True):
    __tablename__ = "exchange_codes"

    digest: str = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenants.id")
    account_id: str = Field(foreign_key="accounts.id")
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
