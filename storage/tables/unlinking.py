"""An account on its way out, and how far it got: whoever finds it half-way goes on from there."""

from datetime import datetime

from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime


class UnlinkingRow(BaseRow, table=True):
    __tablename__ = "unlinkings"

    id: str = Field(primary_key=True)
    account_id: str = Field(index=True)
    """No foreign key: the row is the receipt, and outlives the account."""
    tenant_id: str = Field(foreign_key="tenants.id")
    erases: bool
    step: str
    """The last one done: STOPPED, UNSUBSCRIBED, REVOKED, DELETED or ERASED."""
    counts: str = "{}"
    """A JSON object: rows erased so far, by table."""
    started_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    completed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
