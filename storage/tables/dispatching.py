"""What documents are dispatched with: a vendor's configurations and templates."""

from datetime import datetime

from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime


class ConfigurationRow(BaseRow, table=True):
    __tablename__ = "configurations"

    id: str = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenants.id", index=True)
    provider: str
    settings: bytes
    """Sealed JSON: the fields as they were given."""
    account_id: str | None = Field(default=None, foreign_key="accounts.id", index=True)
    """The account linked with it; None while something it needs is missing."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class TemplateRow(BaseRow, table=True):
    __tablename__ = "templates"

    tenant_id: str = Field(primary_key=True, foreign_key="tenants.id")
    number: int = Field(primary_key=True)
    """Counts up for each tenant."""
    name: str
    document_type: str
    content: str
    """JSON; empty once it was deleted."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """The row stays, so that its number is never given to another template."""
