"""Work that takes longer than a request may, done step by step."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime


class JobRow(BaseRow, table=True):
    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("account_id", "kind", "key_digest"),
        Index("ix_jobs_due", "status", "due_at"),
    )

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    kind: str
    """What is done, such as issue."""
    key_digest: str | None = None
    """SHA-256 of the caller's idempotency key, hex; None when none was sent."""
    fingerprint: str
    """SHA-256 of what was asked, hex."""
    status: str
    """OPEN, IN_PROGRESS, SUCCESS, PARTIAL_SUCCESS or FAILED."""
    state: bytes
    """Sealed: what its next step needs to know, and what came of the ones before."""
    due_at: datetime = Field(sa_type=UtcDateTime)
    """When its next step is to be taken."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    lease_owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
