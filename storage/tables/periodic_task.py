"""Work that one process at a time does for all, and who does it now."""

from datetime import datetime

from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime


class PeriodicTaskRow(BaseRow, table=True):
    __tablename__ = "periodic_tasks"

    name: str = Field(primary_key=True)
    owner: str
    until: datetime = Field(sa_type=UtcDateTime)
    """No other process takes it before."""
