"""One event (or notice) to be brought to one callback URL, and every attempt at it.

This table is the queue: a row is due when it's PENDING, `due_at` has come and no lease is live.
"""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime

_PENDING = text("status = 'PENDING'")
_HELD = text("status = 'HELD'")
_WAITING = text("status = 'PENDING' OR status = 'HELD'")
_JOINED = text("merged_into IS NOT NULL")


class DeliveryRow(BaseRow, table=True):
    __tablename__ = "deliveries"
    __table_args__ = (
        # Only what waits is indexed, so that millions of delivered rows cost a claim nothing.
        Index("ix_deliveries_pending", "due_at", sqlite_where=_PENDING, postgresql_where=_PENDING),
        # For what must wait for its predecessor, and for what waits to be joined by a successor.
        Index(
            "ix_deliveries_record",
            "subscription_id",
            "record_key",
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
        # A paused subscription's backlog, oldest first.
        Index(
            "ix_deliveries_held",
            "subscription_id",
            "id",
            sqlite_where=_HELD,
            postgresql_where=_HELD,
        ),
        # What a delivery stands for, when it was joined with others.
        Index(
            "ix_deliveries_merged",
            "merged_into",
            sqlite_where=_JOINED,
            postgresql_where=_JOINED,
        ),
        # The log of a subscription, newest first; ids grow with time.
        Index("ix_deliveries_log", "subscription_id", "id"),
    )

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id")
    event_id: str | None = Field(default=None, foreign_key="events.id", index=True)
    subscription_id: str | None = Field(default=None, foreign_key="subscriptions.id")
    notice_id: str | None = Field(default=None, foreign_key="notices.id")
    status: str
    """PENDING, DELIVERED, GIVEN_UP, CANCELED, HELD (its subscription is paused) or MERGED."""
    origin: str = "EVENT"
    """EVENT, REPLAY or TEST."""
    replay_id: str | None = Field(default=None, foreign_key="replays.id")
    record_key: str | None = None
    """Resource and id of the record, where its deliveries are ordered or joined; else null."""
    merged_into: str | None = None
    """The delivery that this one was joined with."""
    attempts: int = 0
    """Attempts recorded so far; a completion is a compare-and-set on it and on the lease."""
    due_at: datetime = Field(sa_type=UtcDateTime)
    lease_owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    completed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AttemptRow(BaseRow, table=True):
    __tablename__ = "attempts"

    delivery_id: str = Field(primary_key=True, foreign_key="deliveries.id")
    number: int = Field(primary_key=True)
    started_at: datetime = Field(sa_type=UtcDateTime)
    duration_ms: int
    status_code: int | None = None
    request_headers: str | None = None
    """JSON, without what proves anything."""
    response_headers: str | None = None
    """JSON."""
    response_body: str | None = None
    """The beginning of it, at most 2 KiB."""
    error: str | None = None
    """An upper-snake name of what went wrong: TIMEOUT, CONNECTION_FAILED, HTTP_500, ..."""
