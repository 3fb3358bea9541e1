"""Where a vendor wants to be told that an account can't be used any more."""

from datetime import datetime

from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime


class TenantWebhookRow(BaseRow, table=True):
    __tablename__ = "tenant_webhooks"

    id: str = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenants.id", index=True)
    callback_url: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Set by DELETE; the row stays for the delivery log."""
