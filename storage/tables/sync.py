"""How far the changes of an account are known, by resource."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime


class WatermarkRow(BaseRow, table=True):
    __tablename__ = "watermarks"
    __table_args__ = (Index("ix_watermarks_due", "due_at"),)

    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    resource: str = Field(primary_key=True)
    changed_until: datetime = Field(sa_type=UtcDateTime)
    """Changes up to this moment are known; the first value is the moment of subscribing."""
    since: datetime = Field(sa_type=UtcDateTime)
    """The moment of subscribing: nothing older is emitted."""
    due_at: datetime = Field(sa_type=UtcDateTime)
    """When to ask next."""
    interval_seconds: int
    """How long to wait after an answer without changes; it grows while there are none."""
    polled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failures: int = 0
    """In a row."""
    lease_owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class KnownRecordRow(BaseRow, table=True):
    __tablename__ = "known_records"

    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    resource: str = Field(primary_key=True)
    resource_id: str = Field(primary_key=True)
    version: str
    """The newest state that was emitted: the moment of the record's last change, or a hash of
    it."""
    emitted_until: datetime = Field(sa_type=UtcDateTime)
    """Changes of the record up to this moment have been emitted."""
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When a poll last read the record."""
