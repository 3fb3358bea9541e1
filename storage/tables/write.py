"""What was asked to be written at a target system, so that nothing is ever written twice."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime


class WriteRow(BaseRow, table=True):
    __tablename__ = "writes"
    __table_args__ = (
        UniqueConstraint("account_id", "operation", "key_digest"),
        UniqueConstraint("account_id", "operation", "made_id"),
        Index("ix_writes_open", "status", "lease_until"),
        Index("ix_writes_alike", "account_id", "operation", "fingerprint"),
    )

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id")
    operation: str
    """The resource and what is done with it, such as invoices.create."""
    record_id: str | None = None
    """The record that is changed, or that a new one belongs to; None when one stands alone."""
    key_digest: str | None = None
    """SHA-256 of the caller's idempotency key, hex; None when none was sent."""
    fingerprint: str
    """SHA-256 of what was asked, hex."""
    status: str
    """SENT: on its way. LOST: its answer was, and it is looked for. UNKNOWN: that was in vain.
    DONE."""
    request: bytes | None = None
    """Sealed: what was sent, to know the record by; None once it is done."""
    answer: bytes | None = None
    """Sealed: the record as the target system answered it; None when nobody can ask again."""
    made_id: str | None = None
    """The record that was made; None when none was, or not yet."""
    sent_at: datetime = Field(sa_type=UtcDateTime)
    """When it left for the target system, the last time."""
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    lease_owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class WriteTurnRow(BaseRow, table=True):
    """Whose turn it is to write about a record; so writes about one don't overlap."""

    __tablename__ = "write_turns"

    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    record_id: str = Field(primary_key=True)
    write_id: str
    until: datetime = Field(sa_type=UtcDateTime)
    """When the next may write although this one's end wasn't told."""
