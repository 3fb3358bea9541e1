"""Something a lower floor wants told to the vendor; the relay sends it."""

from datetime import datetime

from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime


class NoticeRow(BaseRow, table=True):
    __tablename__ = "notices"

    id: str = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenants.id")
    account_id: str = Field(foreign_key="accounts.id")
    kind: str
    """ACCOUNT_LINKED, ACCOUNT_REVOKED, ACCOUNT_REAUTH_REQUIRED, or SUBSCRIPTION_PAUSED, _DISABLED,
    _RESUMED."""
    callback_url: str
    body: bytes | None = None
    """Sealed JSON, since it may hold an account key; erased on 2xx or when given up."""
    tenant_webhook_id: str | None = None
    """The tenant's webhook it is sent for, which may end first; None when the URL came with a link.
    Without a foreign key, so that SQLite could add it without copying the table."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    planned_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    """When its delivery was planned; None while the relay hasn't seen it."""
