"""Sending again what was sent before, as a job that survives restarts."""

from datetime import datetime

from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime


class ReplayRow(BaseRow, table=True):
    __tablename__ = "replays"

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id")
    subscription_id: str = Field(foreign_key="subscriptions.id", index=True)
    criteria: str
    """JSON: which deliveries."""
    state: str
    """RUNNING, DONE or CANCELED."""
    total: int
    """Deliveries that fitted when it began."""
    planned: int = 0
    """Of those, how many were planned again."""
    cursor: str | None = None
    """The id of the last delivery that was looked at."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    lease_owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
