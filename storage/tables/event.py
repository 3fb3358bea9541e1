"""A change at the provider, accepted: ids, times and a hash, never the document."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime


class EventRow(BaseRow, table=True):
    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("account_id", "upstream_event_id"),
        Index("ix_events_resource", "account_id", "resource", "resource_id"),
    )

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id")
    upstream_event_id: str
    resource: str
    resource_id: str
    event_type: str
    """CREATED, UPDATED or DELETED; REVOKED for the resource TOKEN, whose id is the account's."""
    occurred_at: datetime = Field(sa_type=UtcDateTime)
    received_at: datetime = Field(sa_type=UtcDateTime)
    body_sha256: str
    source: str = "WEBHOOK"
    """WEBHOOK; POLL, found by asking the provider; TEST, made for a subscription."""
