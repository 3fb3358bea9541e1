"""Payments on their way to a target system, and what a vendor may pay with."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime


class PaymentOrderRow(BaseRow, table=True):
    __tablename__ = "payment_orders"
    __table_args__ = (
        UniqueConstraint("account_id", "key_digest"),
        UniqueConstraint("account_id", "transfer_id"),
        Index("ix_payment_orders_due", "due_at"),
        Index("ix_payment_orders_day", "tenant_id", "day"),
    )

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id")
    tenant_id: str
    key_digest: str | None = None
    """SHA-256 of the caller's idempotency key, hex; None once nobody can ask with it again."""
    fingerprint: str
    """SHA-256 of what was asked, hex."""
    likeness: str
    """SHA-256 of what its transfer will show of it, hex: by that it's told from others."""
    status: str
    """Where it stands; see `connector.paying.states`."""
    amount_cents: int = Field(sa_type=BigInteger)
    payee: str
    """Keyed hash of the payee's account number."""
    day: str
    """The day that its amount counts on, such as 2026-11-30, where limits have their days."""
    asked_by: str
    """The id of the API key that asked for it."""
    confirmed_by: str | None = None
    """The id of the second API key that confirmed it, where one has to."""
    state: bytes | None = None
    """Sealed: what is paid and to whom, the key and the request at the target system, and what the
    owner still has to approve; None a while after its end."""
    transfer_id: str | None = None
    """The transfer that was made; None when none was, or not yet."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When its next step is to be taken; None when it has none."""
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    lease_owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class PaymentSettingsRow(BaseRow, table=True):
    """What a vendor may pay with; without a row, nothing."""

    __tablename__ = "payment_settings"

    tenant_id: str = Field(primary_key=True, foreign_key="tenants.id")
    enabled: bool = False
    per_payment_cents: int | None = Field(default=None, sa_type=BigInteger)
    """The most that one payment may come to; None for no limit of ours."""
    per_day_cents: int | None = Field(default=None, sa_type=BigInteger)
    """The most that all payments of a day may come to."""
    per_payee_cents: int | None = Field(default=None, sa_type=BigInteger)
    """The most that all payments of a day to one payee may come to."""
    four_eyes: bool = False
    """Whether a second API key has to confirm each payment."""
    updated_at: datetime = Field(sa_type=UtcDateTime)
