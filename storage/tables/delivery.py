"""One event (or notice) to be brought to one callback URL, and every try at it.

This table is the queue: a row is due when it's PENDING, `due_at` has come and no lease is live.
"""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field

from storage.base import Record, UtcDateTime

_PENDING = text("status = 'PENDING'")


class DeliveryRow(Record, table=True):
    __tablename__ = "deliveries"
    __table_args__ = (
        # Only what waits is indexed, so that millions of delivered rows cost a claim nothing.
        Index("ix_deliveries_pending", "due_at", sqlite_where=_PENDING, postgresql_where=_PENDING),
    )

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id")
    event_id: str | None = Field(default=None, foreign_key="events.id", index=True)
    subscription_id: str | None = Field(default=None, foreign_key="subscriptions.id", index=True)
    notice_id: str | None = Field(default=None, foreign_key="notices.id")
    status: str
    """PENDING, DELIVERED, GIVEN_UP or CANCELED."""
    attempts: int = 0
    """Tries recorded so far; a completion is a compare-and-set on it and on the lease."""
    due_at: datetime = Field(sa_type=UtcDateTime)
    lease_owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    completed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AttemptRow(Record, table=True):
    __tablename__ = "attempts"

    delivery_id: str = Field(primary_key=True, foreign_key="deliveries.id")
    number: int = Field(primary_key=True)
    started_at: datetime = Field(sa_type=UtcDateTime)
    duration_ms: int
    status_code: int | None = None
    error: str | None = None
    """An upper-snake name of what went wrong: TIMEOUT, CONNECTION_FAILED, HTTP_500, ..."""
