"""What is known of the copies of accounts' records: how far each is, and what it consists of."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime


class CopyRow(BaseRow, table=True):
    __tablename__ = "copies"
    __table_args__ = (Index("ix_copies_due", "destination", "due_at"),)

    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    resource: str = Field(primary_key=True)
    destination: str = Field(primary_key=True)
    """Where the copy is, without credentials."""
    changed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """All that changed until then is in the copy; None until a run has succeeded."""
    newest_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """The newest change in the copy, by the target system's clock."""
    first_from: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Nothing older is copied; None copies everything."""
    compared_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When all that there is was read last, to notice what is gone."""
    due_at: datetime = Field(sa_type=UtcDateTime)
    interval_seconds: int | None = None
    """Between two runs, where this account has a time of its own."""
    failures: int = 0
    """In a row."""
    lease_owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class CopiedRecordRow(BaseRow, table=True):
    __tablename__ = "copied_records"

    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    resource: str = Field(primary_key=True)
    destination: str = Field(primary_key=True)
    record_id: str = Field(primary_key=True)
    version: str
    content_hash: str
    """SHA-256 of the record in the unified model, hex."""


class CopiedDocumentRow(BaseRow, table=True):
    __tablename__ = "copied_documents"
    __table_args__ = (Index("ix_copied_documents_due", "destination", "status", "due_at"),)

    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    resource: str = Field(primary_key=True)
    destination: str = Field(primary_key=True)
    record_id: str = Field(primary_key=True)
    file_id: str = Field(primary_key=True)
    """Empty while the target system is still making the file."""
    status: str
    """PENDING, STORED or MISSING."""
    due_at: datetime = Field(sa_type=UtcDateTime)
    queued_at: datetime = Field(sa_type=UtcDateTime)
    attempts: int = 0
    code: str | None = None
    """The code of what went wrong at the last attempt."""
    digest: str | None = None
    size: int | None = None
    path: str | None = None


class CopyRunRow(BaseRow, table=True):
    __tablename__ = "copy_runs"
    __table_args__ = (
        Index("ix_copy_runs_account", "account_id", "id"),
        Index("ix_copy_runs_open", "destination", "status"),
    )

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id")
    resource: str
    destination: str
    origin: str
    """API, COMMAND or SCHEDULE."""
    status: str
    """OPEN, RUNNING, SUCCESS, PARTIAL_SUCCESS, FAILED or INTERRUPTED."""
    since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Where whoever asked for it wants it to begin; then where it began."""
    until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    is_full: bool = False
    """Whether all that there is was read, so that it was noticed what is gone."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    read: int = 0
    changed: int = 0
    gone: int = 0
    unreadable: int = 0
    downloaded: int = 0
    pending: int = 0
    failed: int = 0
    code: str | None = None
    message: str | None = None
