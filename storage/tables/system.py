"""A tenant's app credentials for one target system."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime


class SystemRow(BaseRow, table=True):
    __tablename__ = "systems"
    __table_args__ = (UniqueConstraint("tenant_id", "target"),)

    id: str = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenants.id")
    target: str
    client_id: str
    client_secret: bytes
    """Sealed."""
    custom_values: bytes
    """Sealed: a JSON object of names to strings, such as the staging token."""
    scopes: str | None = None
    """Space separated; None asks for the connector's default set."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
