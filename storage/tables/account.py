"""One customer of one vendor at one target system, and the keys that select it."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime

_REFERRED = text("reference IS NOT NULL")
_PLAIN = text("reference IS NULL")


class AccountRow(BaseRow, table=True):
    __tablename__ = "accounts"
    __table_args__ = (
        Index(
            "uq_accounts_reference",
            "tenant_id",
            "target",
            "organization_id",
            "reference",
            unique=True,
            sqlite_where=_REFERRED,
            postgresql_where=_REFERRED,
        ),
        Index(
            "uq_accounts_without_reference",
            "tenant_id",
            "target",
            "organization_id",
            unique=True,
            sqlite_where=_PLAIN,
            postgresql_where=_PLAIN,
        ),
    )

    id: str = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenants.id")
    target: str
    organization_id: str
    organization_name: str | None = None
    membership_id: str | None = None
    status: str
    """ACTIVE, REAUTH_REQUIRED, REVOKED or DISABLED."""
    reference: str | None = None
    """The vendor's own id of this customer, echoed everywhere."""
    connection_id: str | None = Field(default=None, foreign_key="connections.id", index=True)
    """The consent it lives on; several customers of one vendor may share one. None once it was
    unlinked."""
    linked_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class AccountKeyRow(BaseRow, table=True):
    __tablename__ = "account_keys"

    id: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="accounts.id", index=True)
    name: str = Field(default="first", sa_column_kwargs={"server_default": "first"})
    hint: str
    digest: str = Field(unique=True)
    hash_key_id: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Exact to a minute."""
    ends_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Set while the key is being replaced: until then it works beside the new one."""
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
