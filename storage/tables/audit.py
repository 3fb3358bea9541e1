"""Who did what to which account or key: rows are added, never changed or deleted."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime


class AuditRow(BaseRow, table=True):
    __tablename__ = "audit"
    # No foreign keys: an entry outlives what it tells of. The revision's triggers refuse changes.
    __table_args__ = (Index("ix_audit_tenant", "tenant_id", "at"), Index("ix_audit_at", "at"))

    id: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    tenant_id: str | None = None
    account_id: str | None = None
    actor: str
    """The id of an API key, or operator, customer or system."""
    action: str
    """What was done: api_key.created, account.linked, ..."""
    detail: str
    """A JSON object of names to ids; no secrets, no personal data."""
