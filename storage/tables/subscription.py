"""What a vendor subscribed to, and what we subscribed to upstream because of it."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime

_LIVE = text("deleted_at IS NULL")
_PAUSED = text("state = 'PAUSED'")


class SubscriptionRow(BaseRow, table=True):
    __tablename__ = "subscriptions"
    __table_args__ = (
        Index(
            "uq_subscriptions_live",
            "account_id",
            "resource",
            "callback_url",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index(
            "ix_subscriptions_probe",
            "next_probe_at",
            sqlite_where=_PAUSED,
            postgresql_where=_PAUSED,
        ),
    )

    id: str = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenants.id")
    account_id: str = Field(foreign_key="accounts.id")
    resource: str
    callback_url: str
    secret: bytes
    """Sealed: the 32 random bytes both signatures are keyed with."""
    previous_secret: bytes | None = None
    """Sealed: the secret before the last rotation, until `previous_until`."""
    previous_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ordered: bool = False
    """The events of one record are sent one after the other, in their order."""
    coalesce_seconds: int = 0
    """How long an event waits for later ones of the same record, to go out as one; 0 is not."""
    deletions: bool = False
    """DELETED is sent as well."""
    state: str = "ACTIVE"
    """ACTIVE. PAUSED: its deliveries are HELD, but for a probe now and then.
    DISABLED: the receiver said that it is gone (410); nothing is planned for it."""
    state_reason: str | None = None
    """Why it isn't ACTIVE: FAILING, GONE or VENDOR."""
    failing_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Since when no attempt has succeeded; null when the last one did."""
    next_probe_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When a PAUSED one may be tried next."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Set by DELETE; the row stays for the delivery log."""


class UpstreamSubscriptionRow(BaseRow, table=True):
    __tablename__ = "upstream_subscriptions"
    __table_args__ = (UniqueConstraint("connection_id", "purpose"),)

    id: str = Field(primary_key=True)
    connection_id: str = Field(foreign_key="connections.id")
    purpose: str
    """RESOURCES, or CONSENT for the revocations of the link itself."""
    code: str = Field(unique=True)
    """The last part of the callback address the provider posts to."""
    secret: bytes
    """Sealed; ours, given to the provider."""
    types: str
    """The provider's event types asked for, space separated."""
    state: str
    """PENDING: being asked for, not confirmed. ACTIVE. ENDING: being removed.
    REFUSED: not given, and not asked for again before the account is linked again."""
    upstream_id: str | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
