"""Payouts: files of many payments, and each of their lines."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime


class PayoutRow(BaseRow, table=True):
    __tablename__ = "payouts"
    __table_args__ = (
        UniqueConstraint("account_id", "key_digest"),
        Index("ix_payouts_due", "status", "due_at"),
        Index("ix_payouts_digest", "account_id", "digest"),
    )

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id")
    key_digest: str | None = None
    """SHA-256 of the caller's idempotency key, hex; None when none was sent."""
    digest: str
    """SHA-256 of the file, hex."""
    status: str
    """DRAFT, CONFIRMED, RUNNING, STOPPED, DONE or PARTIAL."""
    mode: str
    """PROPOSE: people approve the lines in the target system's app. PAY: they are paid."""
    kind: str
    """Of the file: CSV, JSON, or the version of pain.001."""
    line_count: int
    total_cents: int = Field(sa_type=BigInteger)
    """The sum of all lines; amounts alone tell nobody's name."""
    batches: int = 0
    """How many times lines were taken together for the target system."""
    content: bytes
    """Sealed: the file's name, who asked for it, and why it stopped."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    """When it is to be gone on with, while it is running."""
    lease_owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class PayoutLineRow(BaseRow, table=True):
    __tablename__ = "payout_lines"
    __table_args__ = (
        UniqueConstraint("payout_id", "number"),
        Index("ix_payout_lines_state", "payout_id", "state", "number"),
        Index("ix_payout_lines_batch", "payout_id", "batch"),
    )

    id: str = Field(primary_key=True)
    payout_id: str = Field(foreign_key="payouts.id")
    account_id: str = Field(foreign_key="accounts.id", index=True)
    number: int
    """Its place in the file, from 1."""
    key: str
    """Its own key, stored before anything leaves; by it a payment is made once."""
    state: str
    """OPEN, SENDING, AWAITING_SCA, PROPOSED, SENT, SETTLED, REFUSED or UNDECIDED."""
    amount_cents: int = Field(sa_type=BigInteger)
    content: bytes
    """Sealed: the payment."""
    outcome: bytes | None = None
    """Sealed: what was wrong, in words; None while nothing was."""
    batch: int | None = None
    """The batch that it left with; None before it leaves."""
    result_id: str | None = None
    """The request or the payment that came of it; None while there is none."""
    begun_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it left first in its batch."""
    updated_at: datetime = Field(sa_type=UtcDateTime)
